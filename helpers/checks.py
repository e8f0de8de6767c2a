"""Checks that are silent when all is right and say what is wrong if not."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from helpers.compiled import Compiled, autographed
from helpers.finite_differences import finite_difference_jacobian
from helpers.inputs import (
    as_tensors,
    check_batch,
    check_function,
    check_output,
    check_target_batch,
)
from helpers.jacobians import jacobian

INDEPENDENCE = "check_independence"


class JacobianError(AssertionError):
    """A Jacobian differs from finite differences by more than allowed."""


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
    check_function("check_jacobian", f)
    tensors = tf.nest.flatten(as_tensors("check_jacobian", x))
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


def largest(array: np.ndarray) -> float:
    """The largest finite |entry|: an infinite one would excuse all errors."""
    return float(np.abs(array[np.isfinite(array)]).max(initial=0))


def check_independence(f: Callable[[Any], Any], x: Any) -> None:
    """Raise when samples of a batch influence each other; else silent.

    Seeds the outputs of one part of the batch with random numbers and looks
    at the gradient of the other part, which must be exactly zero. The parts
    are given by the binary digits of the sample number, so every ordered
    pair of samples is separated by one of 2·⌈log2 b⌉ vector-Jacobian
    products: no coupling between two samples escapes.

    It speaks of the derivative at x only: a coupling whose slope is zero
    there (relu, max) is not seen, nor is any in a batch of one. f runs once;
    with training=True it updates moving statistics as it always does.

    Args:
        f: function, Keras model or layer; axis 0 of x and y is the batch.
        x: a tensor or a structure of tensors, shape (b, ...).

    Raises:
        ValueError: some sample influences another; no common batch axis; a
            gradient is nan, which hides the answer.
        TypeError: f is not callable, x or y is not of a floating type.

    Source: the seeding idea is that of sparsity detection by probing;
    Griewank and Walther 2008, chapter 8.

    Example:
        >>> import tensorflow as tf
        >>> check_independence(lambda x: x ** 2, tf.ones([4, 3]))
    """
    check_function(INDEPENDENCE, f)
    x = as_tensors(INDEPENDENCE, x)
    check_batch(INDEPENDENCE, x)
    parts = binary_parts(tf.nest.flatten(x)[0].shape[0])
    compute = partial(cross_gradients, autographed(f), parts)
    leaks = Compiled(INDEPENDENCE, compute, f=f)(x).numpy()
    if (leaks > 0).any():
        raise coupled(leaks, parts)
    if np.isnan(leaks).any():
        raise undecided(np.argwhere(np.isnan(leaks))[0][1])


def coupled(leaks: np.ndarray, parts: np.ndarray) -> ValueError:
    part, sample = np.argwhere(leaks > 0)[0]
    others = [int(k) for k in np.flatnonzero(parts[part])]
    some = f"{others[:8]}{' ...' if len(others) > 8 else ''}"
    return ValueError(
        f"`{INDEPENDENCE}`: expected samples that do not influence each "
        f"other, got an output among those of samples {some} that changes "
        f"with the input of sample {sample} (gradient "
        f"{leaks[part, sample]:.2g}). Likely causes: BatchNormalization "
        "with training=True, a reduction or a softmax over axis 0. Use "
        "`jacobian` for the full Jacobian, or training=False."
    )


def undecided(sample: int) -> ValueError:
    return ValueError(
        f"`{INDEPENDENCE}`: expected finite derivatives, got nan for sample "
        f"{sample}: 0 · ∞ or nan in the data (a log, square root or norm at "
        "0) hides whether samples influence each other; use a point x where "
        "f is smooth."
    )


def binary_parts(size: int) -> np.ndarray:
    """Masks (2·⌈log2 size⌉, size): digit k of the number is 1, or is 0."""
    digits = max(size - 1, 0).bit_length()
    number = np.arange(size)
    ones = [(number >> k) & 1 for k in range(digits)]
    masks = [part for one in ones for part in (one, 1 - one)]
    return np.array(masks, bool).reshape(2 * digits, size)


def cross_gradients(
    f: Callable[[Any], Any], parts: np.ndarray, x: Any
) -> tf.Tensor:
    """For each part: the summed |gradient| of each sample outside it."""
    xs = tf.nest.flatten(x)
    with tf.GradientTape(
        persistent=True, watch_accessed_variables=False
    ) as tape:
        tape.watch(xs)
        ys = tf.nest.flatten(check_output(INDEPENDENCE, f(x)))
    check_target_batch(INDEPENDENCE, ys, xs)
    # Two outputs with the same random numbers could cancel each other.
    weights = [
        tf.cast(tf.random.stateless_normal(tf.shape(y), (1, k)), y.dtype)
        for k, y in enumerate(ys)
    ]

    def leak(part: tf.Tensor) -> tf.Tensor:
        gradients = tape.gradient(
            ys,
            xs,
            output_gradients=[w * spread(part, w) for w in weights],
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )
        found = tf.add_n([per_sample(g) for g in gradients])
        return tf.where(part, tf.zeros_like(found), found)

    return tf.map_fn(leak, tf.constant(parts), fn_output_signature=tf.float64)


def spread(part: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    ones = tf.ones([tf.rank(y) - 1], tf.int32)
    return tf.cast(tf.reshape(part, tf.concat([[-1], ones], 0)), y.dtype)


def per_sample(gradient: tf.Tensor) -> tf.Tensor:
    flat = tf.reshape(gradient, [tf.shape(gradient)[0], -1])
    return tf.cast(tf.reduce_sum(tf.abs(flat), axis=1), tf.float64)
