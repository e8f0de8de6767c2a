"""The step of a finite difference, for every entry of x."""

import math
from collections.abc import Iterator

import ml_dtypes
import numpy as np

from helpers.derivatives.core.refusals import refusal

EXPONENTS = {"forward": 1 / 2, "central": 1 / 3, "richardson": 1 / 5}
RATIO = 8.0


def machine_epsilon(*arrays: np.ndarray) -> float:
    """ε of the narrowest dtype among the arrays."""
    return max(float(ml_dtypes.finfo(a.dtype).eps) for a in arrays)


def usual_steps(x: np.ndarray, epsilon: float, method: str) -> np.ndarray:
    """Steps for a function that varies on the scale of max(1, |x|)."""
    relative = epsilon ** EXPONENTS[method]
    return (relative * np.maximum(1, np.abs(x))).astype(x.dtype)


def given_steps(x: np.ndarray, step: float, method: str) -> np.ndarray:
    """The caller's step for every entry, if x + step is not x."""
    if method == "complex":
        real: np.dtype = np.zeros([], complex_dtype(x.dtype)).real.dtype
        return np.full(x.shape, checked_tiny(step, real), real)
    steps = np.full(x.shape, step, x.dtype)
    least = steps / 2 if method == "richardson" else steps
    if np.any(x + least == x) or np.any(x - least == x):
        worst = float(np.max(np.abs(x)))
        raise refusal(
            "a step that changes x",
            f"{step}, which is lost in rounding beside {worst:.3g} in "
            f"{x.dtype}",
            "step=None or float64",
        )
    return steps


def step_ladder(x: np.ndarray, epsilon: float) -> Iterator[np.ndarray]:
    """Steps from the smallest that means something to the scale of x.

    The first is one unit in the last place of x, each other 8 times the one
    before; nan where it would be too large for an entry.
    """
    usual = usual_steps(x, epsilon, "central").astype("float64")
    unit = np.spacing(np.abs(x)).astype("float64")
    largest = 0.5 * np.maximum(1, np.abs(x).astype("float64"))
    steps = np.maximum(unit, usual * RATIO**-15)
    while np.any(steps <= largest):
        fitting = np.where(steps <= largest, steps, np.nan)
        yield fitting.astype(x.dtype)
        steps = steps * RATIO


def checked_tiny(step: float, dtype: np.dtype) -> float:
    if dtype.type(step) == 0:
        raise refusal(f"a step above zero in {dtype}", f"{step}", "step=None")
    return step


def check_step(step: float | None) -> None:
    if step is None:
        return
    try:
        usable = math.isfinite(step) and step > 0
    except (TypeError, ValueError):
        usable = False
    if not usable:
        raise refusal(
            "a positive, finite step",
            f"{step!r}",
            "step=None for one that fits the dtype",
        )


def complex_dtype(dtype: np.dtype) -> type:
    return np.complex128 if dtype.itemsize == 8 else np.complex64
