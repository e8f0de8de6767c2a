"""The stored results of `benchmarks/`, as text for a page."""

import json
import math
from pathlib import Path
from typing import NotRequired, TypedDict

CARRIED = Path(__file__).parent / "results"


def benchmark_text(path: str | Path) -> str:
    """Every call of a stored result with its time, the first line being 1.

    The number is the median ratio of processor times, in two digits; below
    the first line the fastest call comes first. The machine and the
    versions follow at the end. Where there is no such file, the one of that
    name that came with `helpers` is read: a notebook may lie anywhere.

    Args:
        path: a file that `make bench` has written.

    Raises:
        FileNotFoundError: there is no such file.

    Example:
        >>> try:
        ...     benchmark_text("no_such_result.json")
        ... except FileNotFoundError as error:
        ...     assert "no_such_result.json" in str(error)
    """
    carried = CARRIED / Path(path).name
    found = next(filter(Path.is_file, (Path(path), carried)), None)
    if found is None:
        raise FileNotFoundError(
            f"`benchmark_text`: expected a stored result, got {str(path)!r}, "
            "which does not exist; use `make bench` to measure."
        )
    stored = json.loads(found.read_text())
    works = list(stored["workloads"].values())
    lines = [line for work in works for line in workload_lines(work)]
    machine = stored["machine"]
    where = f"{machine['processor']}, threads: {stored['threads']}"
    each = [versions(row) for work in works for row in rows(work)]
    packages = filter(None, dict.fromkeys(each))
    return "\n".join([*lines[1:], "", where, *packages])


class Row(TypedDict):
    """One call of a workload; some were stopped and have no ratio."""

    label: str
    cpu_ratio: NotRequired[list[float]]
    stopped_after: NotRequired[float]
    versions: NotRequired[dict[str, str]]


class Workload(TypedDict):
    title: str
    rows: dict[str, Row]


def versions(row: Row) -> str:
    """The packages of one call; each framework has its own environment."""
    named = row.get("versions", {}).items()
    return ", ".join(f"{name} {version}" for name, version in named)


def workload_lines(work: Workload) -> list[str]:
    """A blank line, the title in one or two lines, the calls."""
    title = work["title"].replace(": ", ":\n")
    first, *others = rows(work)
    others.sort(key=lambda row: row.get("cpu_ratio", [0, math.inf])[1])
    return ["", title, *(row_line(row) for row in (first, *others))]


def row_line(row: Row) -> str:
    label = row["label"].replace("`", "")
    if "stopped_after" in row:
        return f"   stopped  {label}"
    return f"{two_digits(row['cpu_ratio'][1])}  {label}"


def two_digits(ratio: float) -> str:
    """Two digits, behind the point at most, points below one another."""
    rounded = float(f"{ratio:.2g}")
    places = 0 if rounded >= 10 else 1 if rounded >= 1 else 2
    whole, point, after = f"{rounded:,.{places}f}".partition(".")
    return f"{whole:>6}{point + after:3}"


def rows(work: Workload) -> list[Row]:
    return list(work["rows"].values())
