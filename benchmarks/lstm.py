"""Measure the Jacobians of LSTMs: `helpers` and its peers, in turn.

    python -m benchmarks.lstm                     all workloads
    python -m benchmarks.lstm windows-256 ...     some of them
    python -m benchmarks.lstm --threads 2         with another thread count
    python -m benchmarks.lstm --list              names of the workloads

Stores results/lstm.json and prints its tables; see README.md.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import description, today
from benchmarks.tables import table, tables
from benchmarks.turns import Slow, Worker, make_peers, take_turns
from benchmarks.workloads import WORKLOADS, Workload

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "results" / "lstm.json"
FIRST_CALL_LIMIT = 300.0
# Calls that take longer than this (seconds) join the first rounds only.
SLOW, SLOW_ROUNDS = 8.0, 3


def main() -> None:
    options = parsed_options()
    if options.list:
        print("\n".join(f"{w.name:16s} {w.title}" for w in WORKLOADS))
        return
    make_peers()
    stored = stored_results(options.threads)
    for workload in WORKLOADS:
        if options.names and workload.name not in options.names:
            continue
        found = measure(workload, options.threads)
        stored["workloads"][workload.name] = found
        print(table(found), flush=True)
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(stored, indent=1) + "\n")
    print(tables(stored))


def parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [workload.name for workload in WORKLOADS]
    parser.add_argument("names", nargs="*", choices=[[], *names])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


def stored_results(threads: int) -> dict[str, Any]:
    """The results so far; none of another machine or thread count."""
    now = {"machine": description(), "threads": threads}
    stored = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    same = all(stored.get(key) == value for key, value in now.items())
    return {**now, "workloads": stored["workloads"] if same else {}}


def measure(workload: Workload, threads: int) -> dict[str, Any]:
    """Run one workload: first calls, agreement, then rounds in turn."""
    print(f"\n{workload.title}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        inputs = Path(folder)
        np.savez(inputs / "inputs.npz", **workload.inputs())
        rows, workers = started(workload, inputs, threads)
        try:
            times = take_turns(workers, workload.rounds, SLOW_ROUNDS, SLOW)
        finally:
            for worker in workers:
                worker.close()
    for name, row in rows.items():
        if name in times:
            row |= summary(times[name], times[workload.ours])
    return {
        "date": today(),
        "title": workload.title,
        "ours": workload.ours,
        "clock": "cpu" if threads == 1 else "wall",
        "rows": rows,
    }


def started(
    workload: Workload, inputs: Path, threads: int
) -> tuple[dict[str, Any], list[Worker]]:
    """Start all workers, one after the other, and compare their results."""
    rows, workers = {}, []
    for framework, variant, label in workload.variants:
        worker, row = begun(framework, variant, inputs, threads)
        rows[worker.name] = {"label": label, **row}
        if "stopped_after" in row:
            print(f"  {label}: stopped after {row['stopped_after']} s")
            continue
        workers.append(worker)
        row = compared(worker, workers[0], workload.agreement)
        rows[worker.name] |= row
        print(f"  {label}: differs by {row['largest_error']:.1e}", flush=True)
    return rows, workers


def begun(
    framework: str, variant: str, inputs: Path, threads: int
) -> tuple[Worker, dict[str, Any]]:
    """A worker after its first call, and what that call took.

    Code that torch.compile has just made may run slower in the process that
    made it than in one that finds it, so that such a worker starts twice.
    """
    worker = Worker(framework, variant, inputs, threads)
    try:
        row = worker.first(FIRST_CALL_LIMIT)
    except Slow:
        worker.close()
        return worker, {"stopped_after": FIRST_CALL_LIMIT}
    if variant.startswith("compile"):
        worker.close()
        worker = Worker(framework, variant, inputs, threads)
        worker.first(FIRST_CALL_LIMIT)
    return worker, row


def compared(
    worker: Worker, ours: Worker, agreement: float
) -> dict[str, float]:
    """Assert that both computed the same; tell how much they differ."""
    found, expected = worker.result(), ours.result()
    assert found.shape == expected.shape, (worker.name, found.shape)
    scale = float(np.abs(expected).max())
    errors = np.concatenate(
        [
            np.abs(a - b).reshape(len(a), -1).max(axis=1) / scale
            for a, b in zip(slabs(found), slabs(expected), strict=True)
        ]
    )
    share = float(np.mean(errors <= 1e-4))
    assert share >= agreement, (worker.name, share, float(errors.max()))
    return {"largest_error": float(errors.max()), "agreeing": share}


def slabs(array: np.ndarray) -> list[np.ndarray]:
    """Views that fit in memory twice: single steps of long sequences."""
    if array.ndim == 5:
        array = array.reshape(-1, *array.shape[2:])
    return np.array_split(array, max(1, array.nbytes // 10**8))


def summary(mine: list[dict], ours: list[dict]) -> dict[str, Any]:
    """Medians in milliseconds and ratios of the same round, by both clocks."""
    result: dict[str, Any] = {"rounds": len(mine)}
    for clock in ("cpu", "wall"):
        a, b = ([time[clock] for time in times] for times in (mine, ours))
        ratios = [x / y for x, y in zip(a, b, strict=False)]
        result[f"{clock}_milliseconds"] = float(np.median(a)) * 1e3
        quartiles = np.percentile(ratios, [25, 50, 75])
        result[f"{clock}_ratio"] = [round(float(q), 3) for q in quartiles]
    return result


if __name__ == "__main__":
    main()
