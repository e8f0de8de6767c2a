"""What every worker does: build one call, then repeat it when asked.

A worker is started as a module, `benchmarks.workers.jax_worker`, with two
arguments, VARIANT and FOLDER. It reads FOLDER/inputs.npz, makes the first
call, stores the result as FOLDER/<framework>-VARIANT.npy and then times its
call for every line "run" that it reads. Answers are lines of JSON.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]
# Seconds that one turn takes at least.
TURN = 0.1


def serve(
    builders: dict[str, Callable[[Arrays], Callable[[], Any]]],
    versions: dict[str, str],
) -> None:
    """Answer requests until the input ends.

    Args:
        builders: from the inputs to a call without arguments, which returns
            when its result is complete; one per variant.
        versions: the packages that are measured.
    """
    answer = protected_answer()
    variant, folder = sys.argv[1], Path(sys.argv[2])
    with np.load(folder / "inputs.npz") as stored:
        arrays = dict(stored)
    memory, start = peak_megabytes(), time.perf_counter()
    call = builders[variant](arrays)
    result = call()
    answers = {
        "versions": versions,
        "first_seconds": time.perf_counter() - start,
        "megabytes_before": memory,
        "megabytes_peak": peak_megabytes(),
    }
    framework = Path(sys.argv[0]).stem.removesuffix("_worker")
    np.save(folder / f"{framework}-{variant}.npy", one_array(result))
    del result
    answer(**answers)
    for _ in sys.stdin:
        answer(**timed(call))


def protected_answer() -> Callable[..., None]:
    """A function that writes to the real output, which nothing else does."""
    stream = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(**content: Any) -> None:
        stream.write(json.dumps(content) + "\n")
        stream.flush()

    return answer


def timed(call: Callable[[], Any]) -> dict[str, float]:
    """Mean seconds per call, by the wall and of the process on all cores.

    One turn repeats short calls for TURN seconds: the first of them finds
    the caches filled by the process that had its turn before.
    """
    calls, wall, cpu = 0, time.perf_counter(), time.process_time()
    while not calls or time.perf_counter() - wall < TURN:
        result = call()
        calls += 1
    times = {
        "wall": (time.perf_counter() - wall) / calls,
        "cpu": (time.process_time() - cpu) / calls,
    }
    del result
    return times


def peak_megabytes() -> float:
    """The most memory that this process has held so far (10⁶ bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def one_array(result: Any) -> np.ndarray:
    """Several results as one: per sample, side by side."""
    if not isinstance(result, list | tuple):
        return np.asarray(result)
    flat = [np.asarray(part).reshape(len(part), -1) for part in result]
    return np.concatenate(flat, axis=1)


def in_chunks(
    call: Callable[[np.ndarray], Any], x: np.ndarray, size: int = 256
) -> np.ndarray:
    """All of x in blocks of one size, the last reaching back."""
    result = np.empty_like(x)
    for start in range(0, len(x), size):
        start = min(start, len(x) - size)
        result[start : start + size] = call(x[start : start + size])
    return result
