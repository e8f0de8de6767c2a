"""Stored results as tables in Markdown.

python -m benchmarks.tables      print the tables of results/lstm.json
"""

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results" / "lstm.json"


def tables(stored: dict[str, Any]) -> str:
    """Every workload of a stored result, with machine and versions."""
    machine = stored["machine"]
    versions: dict[str, str] = {}
    parts = []
    for workload in stored["workloads"].values():
        parts += [f"**{workload['title']}** ({workload['date']})", ""]
        parts += [table(workload), ""]
        for row in workload["rows"].values():
            versions |= row.get("versions", {})
    versions.pop("numpy", None)
    packages = ", ".join(f"{k} {v}" for k, v in sorted(versions.items()))
    threads = stored["threads"]
    where = (
        f"{machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gigabytes']} GB, {machine['system']}; {threads} "
        f"thread{'s' * (threads > 1)}; Python {machine['python']}, {packages}."
    )
    return "\n".join([*parts, where])


def table(workload: dict[str, Any]) -> str:
    """One line per variant: ratio with quartiles, time, first call."""
    clock = workload["clock"]
    lines = [
        "| | time / ours (quartiles) | median | first call |",
        "|---|--:|--:|--:|",
    ]
    for row in workload["rows"].values():
        lines.append(f"| {row['label']} | {' | '.join(cells(row, clock))} |")
    return "\n".join(lines)


def cells(row: dict[str, Any], clock: str) -> list[str]:
    if "stopped_after" in row:
        return ["", "", f"> {row['stopped_after']:.0f} s"]
    low, middle, high = row[f"{clock}_ratio"]
    milliseconds = row[f"{clock}_milliseconds"]
    return [
        f"{figure(middle)} ({figure(low)}–{figure(high)})",
        f"{figure(milliseconds)} ms",
        f"{row['first_seconds']:.1f} s",
    ]


def figure(number: float) -> str:
    """Three significant digits, never an exponent."""
    return f"{number:.2f}" if number < 10 else f"{float(f'{number:.3g}'):,.4g}"


if __name__ == "__main__":
    print(tables(json.loads(RESULTS.read_text())))
