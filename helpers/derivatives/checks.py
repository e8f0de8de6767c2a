"""Checks that are silent when all is right and say what is wrong if not."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from helpers.derivatives.core.refusals import public
from helpers.derivatives.core.requirements import (
    as_tensors,
    check_function,
)
from helpers.derivatives.differences import finite_difference_jacobian
from helpers.derivatives.jacobians import jacobian
from helpers.derivatives.magnitudes import largest


class JacobianError(AssertionError):
    """A Jacobian differs from finite differences by more than allowed."""


@public
def check_jacobian(
    f: Callable[[Any], Any],
    x: Any,
    J: Any = None,
    *,
    rtol: float | None = None,
    atol: float | None = None,
) -> None:
    """Compare J with central differences of f at x; silent when right.

    Args:
        f: function of one argument, a Keras model or a layer.
        x: the point, a tensor or a structure of tensors, float32 or float64.
        J: the Jacobian to check, of shape y.shape + x.shape, or the
            per-sample one, (b, *y.shape[1:], *x.shape[1:]). None: that of
            `jacobian(f)(x)`.
        rtol: allowed error, relative to the largest entry. None:
            1000 ε^(2/3), that is 4e-8 in float64 and 2e-2 in float32.
        atol: allowed error besides. None: 10 ε^(2/3) times the largest |y|,
            the rounding noise of the differences.

    Raises:
        JacobianError: the worst entry is off by more than atol + rtol times
            the largest entry; the message names it.
        ValueError: J has neither of the two shapes.
        TypeError: x or y is float16 or bfloat16, too coarse for differences.

    Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM
    2008, chapter 1; step and tolerance as in `finite_difference_jacobian`.

    Example:
        >>> import tensorflow as tf
        >>> x = tf.constant([1.0, 2.0, 3.0], tf.float64)
        >>> check_jacobian(lambda x: x[:2] * x[2], x)
    """
    check_function(f)
    tensors = tf.nest.flatten(as_tensors(x))
    ys = [np.asarray(y) for y in tf.nest.flatten(f(x))]
    refuse_half([*tensors, *ys])
    J = jacobian(f)(x) if J is None else J
    found = [np.asarray(block) for block in tf.nest.flatten(J)]
    batched = is_per_sample(found, ys, tensors)
    differences = finite_difference_jacobian(f, batched=batched)(x)
    noise = max(map(noise_level, [*ys, *map(np.asarray, tensors)]))
    rtol = 1000 * noise if rtol is None else rtol
    if atol is None:
        atol = 10 * noise * max(map(largest, ys))
    for block, reference in zip(
        found, tf.nest.flatten(differences), strict=True
    ):
        compare(block, reference, rtol, atol)


def refuse_half(tensors: list) -> None:
    for dtype in [tf.as_dtype(tensor.dtype) for tensor in tensors]:
        if dtype.size < 4:
            raise TypeError(
                "`check_jacobian`: expected float32 or float64, got "
                f"{dtype.name}, too coarse for finite differences; "
                "use a float64 copy of f and x."
            )


def is_per_sample(found: list, ys: list, xs: list[tf.Tensor]) -> bool:
    """Tell a per-sample Jacobian from a full one by the shapes."""
    pairs = [(y.shape, tuple(x.shape)) for y in ys for x in xs]
    shapes = [block.shape for block in found]
    full = [y + x for y, x in pairs]
    if shapes == full:
        return False
    samples = [y[:1] + y[1:] + x[1:] for y, x in pairs]
    same_batch = all(y[:1] == x[:1] != () for y, x in pairs)
    if same_batch and shapes == samples:
        return True
    raise ValueError(
        f"`check_jacobian`: expected J of shape {full} (full) or {samples} "
        f"(per sample), got {shapes}; use y.shape + x.shape."
    )


def compare(J: np.ndarray, D: np.ndarray, rtol: float, atol: float) -> None:
    """Raise a JacobianError when J and the differences D disagree."""
    if J.size == 0:
        return
    error = np.abs(J - D)
    error = np.where(np.isnan(error), np.inf, error)
    worst = np.unravel_index(np.argmax(error), error.shape)
    scale = largest(D)
    allowed = atol + rtol * scale
    if error[worst] <= allowed:
        return
    where = ", ".join(str(int(i)) for i in worst)
    raise JacobianError(
        f"`check_jacobian`: expected J[{where}] = {D[worst]:.6g} (central "
        f"differences), got {J[worst]:.6g}; the error {error[worst]:.2g} "
        f"exceeds {allowed:.2g}, with entries up to {scale:.3g}. Use float64 "
        "to tell a wrong formula from rounding; a kink (relu, max) near x "
        "also makes the two differ."
    )


def noise_level(array: np.ndarray) -> float:
    return float(np.finfo(array.dtype).eps ** (2 / 3))
