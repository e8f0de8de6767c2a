"""The step of a finite difference, for every entry of x."""

import math
from typing import Any

import ml_dtypes
import numpy as np

NAME = "finite_difference_jacobian"
EXPONENTS = {"forward": 1 / 2, "central": 1 / 3, "richardson": 1 / 5}


def step_sizes(
    x: np.ndarray, ys: list, method: str, step: float | None
) -> np.ndarray:
    """The step for each entry of x, in the dtype of x."""
    if method == "complex":
        real = np.zeros([], complex_dtype(x.dtype)).real.dtype
        return np.full(x.shape, checked_tiny(step or 1e-20, real), real)
    if step is None:
        epsilon = max(float(ml_dtypes.finfo(a.dtype).eps) for a in [x, *ys])
        relative = epsilon ** EXPONENTS[method]
        return (relative * np.maximum(1, np.abs(x))).astype(x.dtype)
    steps = np.full(x.shape, step, x.dtype)
    least = steps / 2 if method == "richardson" else steps
    if np.any(x + least == x) or np.any(x - least == x):
        worst = float(np.max(np.abs(x)))
        raise ValueError(
            f"`{NAME}`: expected a step that changes x, got {step}, which is "
            f"lost in rounding beside {worst:.3g} in {x.dtype}; use "
            "step=None or float64."
        )
    return steps


def checked_tiny(step: float, dtype: np.dtype) -> float:
    if dtype.type(step) == 0:
        raise ValueError(
            f"`{NAME}`: expected a step above zero in {dtype}, got {step}; "
            "use step=None."
        )
    return step


def check_step(step: Any) -> None:
    if step is not None and not (math.isfinite(step) and step > 0):
        raise ValueError(
            f"`{NAME}`: expected a positive, finite step, got {step}; use "
            "step=None for one that fits the dtype."
        )


def complex_dtype(dtype: np.dtype) -> type:
    return np.complex128 if dtype == np.float64 else np.complex64
