"""Time and memory of a call, as ratios that mean something."""

import ctypes
import gc
import statistics
import sys
import threading
import time
from collections.abc import Callable

import psutil

from helpers.derivatives.core.log import without_warning
from helpers.derivatives.core.refusals import public, refusal


@public
def median_seconds(
    *calls: Callable[[], object], rounds: int = 5, warm_up: bool = True
) -> list[float]:
    """Median time of each call, all calls in turn in every round.

    Taking turns exposes all calls to the same noise, so that the ratio of
    two medians is worth more than either time.

    Args:
        calls: functions of no argument.
        rounds: how often each is timed.
        warm_up: call each once before, untimed, so that tracing is not
            counted.

    Returns:
        One median per call, in seconds.

    Raises:
        ValueError: fewer than one round.

    Example:
        >>> slow, fast = median_seconds(
        ...     lambda: sum(range(100_000)), lambda: sum(range(10))
        ... )
        >>> assert slow > fast > 0
    """
    if rounds < 1:
        raise refusal("at least one round", f"{rounds}", "rounds=5")
    with without_warning("triggered tf.function retracing"):
        if warm_up:
            for call in calls:
                call()
        times = [[seconds(call) for call in calls] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*times, strict=True)]


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def peak_megabytes(call: Callable[[], object]) -> float:
    """Memory that a call needs at its peak, beyond what was in use before.

    Watches the resident memory of the process while the call runs; memory
    that the process keeps from earlier calls is given back first where the
    system can (Linux), else it hides part of the peak. TensorFlow's own
    allocator with oneDNN on, its default, keeps what it once had.

    Returns:
        Megabytes (10⁶ bytes), at least 0.

    Example:
        >>> assert peak_megabytes(lambda: list(range(10))) >= 0
    """
    gc.collect()
    release_free_memory()
    before = resident_bytes()
    with without_warning("triggered tf.function retracing"):
        peak = peak_while(call)
    return max(peak - before, 0) / 1e6


def peak_while(call: Callable[[], object]) -> int:
    """The largest resident memory seen while the call runs, in bytes."""
    seen, done = [resident_bytes()], threading.Event()

    def watch() -> None:
        while not done.wait(0.001):
            seen.append(resident_bytes())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        result = call()
        seen.append(resident_bytes())
        del result
    finally:
        done.set()
        watcher.join()
    return max(seen)


def resident_bytes() -> int:
    return psutil.Process().memory_info().rss


def release_free_memory() -> None:
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
