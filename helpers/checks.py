"""Checks that are silent when all is right and say what is wrong if not."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from helpers.compiled import autographed
from helpers.finite_differences import finite_difference_jacobian
from helpers.inputs import as_tensors, check_batch, check_function
from helpers.jacobians import jacobian


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
        TypeError: x is float16 or bfloat16, too coarse for differences.

    Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM
    2008, chapter 1; step and tolerance as in `finite_difference_jacobian`.

    Example:
        >>> import tensorflow as tf
        >>> x = tf.constant([1.0, 2.0, 3.0], tf.float64)
        >>> check_jacobian(lambda x: x[:2] * x[2], x)
    """
    check_function("check_jacobian", f)
    tensors = tf.nest.flatten(as_tensors("check_jacobian", x))
    refuse_half(tensors)
    J = jacobian(f)(x) if J is None else J
    ys = [np.asarray(y) for y in tf.nest.flatten(f(x))]
    found = [np.asarray(block) for block in tf.nest.flatten(J)]
    batched = is_per_sample(found, ys, tensors)
    differences = finite_difference_jacobian(f, batched=batched)(x)
    epsilon = max(np.finfo(y.dtype).eps for y in [*ys, *map(np.array, tensors)])
    noise = float(epsilon ** (2 / 3))
    rtol = 1000 * noise if rtol is None else rtol
    if atol is None:
        atol = 10 * noise * max((np.abs(y).max(initial=0) for y in ys))
    for block, reference in zip(
        found, tf.nest.flatten(differences), strict=True
    ):
        compare(block, reference, rtol, atol)


def refuse_half(tensors: list[tf.Tensor]) -> None:
    for tensor in tensors:
        if tensor.dtype.size < 4:
            raise TypeError(
                "`check_jacobian`: expected float32 or float64, got "
                f"{tensor.dtype.name}, too coarse for finite differences; "
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
    scale = float(np.abs(D).max())
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


def check_independence(f: Callable[[Any], Any], x: Any) -> None:
    """Raise when samples of a batch influence each other; else silent.

    Seeds the outputs of one part of the batch with random numbers and looks
    at the gradient of the other part, which must be exactly zero. The parts
    are given by the binary digits of the sample number, so every ordered
    pair of samples is separated by one of 2·⌈log2 b⌉ vector-Jacobian
    products: no coupling between two samples escapes.

    Args:
        f: function, Keras model or layer; axis 0 of x and y is the batch.
        x: a tensor or a structure of tensors, shape (b, ...).

    Raises:
        ValueError: some sample influences another; no common batch axis.
        TypeError: f is not callable, x is not of a floating type.

    Source: the seeding idea is that of sparsity detection by probing;
    Griewank and Walther 2008, chapter 8.

    Example:
        >>> import tensorflow as tf
        >>> check_independence(lambda x: x ** 2, tf.ones([4, 3]))
    """
    name = "check_independence"
    check_function(name, f)
    x = as_tensors(name, x)
    check_batch(name, x)
    size = tf.nest.flatten(x)[0].shape[0]
    parts = binary_parts(size)
    leaks = cross_gradients(autographed(f), x, parts).numpy()
    bad = ~(leaks == 0)
    if bad.any():
        part, sample = np.argwhere(bad)[0]
        others = np.flatnonzero(parts[part])
        raise ValueError(
            f"`{name}`: expected samples that do not influence each other, "
            f"got outputs of samples {list(map(int, others[:8]))} that "
            f"change with the input of sample {sample} (gradient "
            f"{leaks[part, sample]:.2g}). Likely causes: BatchNormalization "
            "with training=True, a reduction or a softmax over axis 0. Use "
            "`jacobian` for the full Jacobian, or training=False."
        )


def binary_parts(size: int) -> np.ndarray:
    """Masks (2·⌈log2 size⌉, size): digit k of the number is 1, or is 0."""
    digits = max(size - 1, 0).bit_length()
    number = np.arange(size)
    ones = [(number >> k) & 1 for k in range(digits)]
    masks = [part for one in ones for part in (one, 1 - one)]
    return np.array(masks, bool).reshape(2 * digits, size)


@tf.autograph.experimental.do_not_convert
def cross_gradients(
    f: Callable[[Any], Any], x: Any, parts: np.ndarray
) -> tf.Tensor:
    """For each part: the largest gradient of each sample outside it."""

    @tf.function(autograph=False)
    def compute(x: Any) -> tf.Tensor:
        xs = tf.nest.flatten(x)
        with tf.GradientTape(
            persistent=True, watch_accessed_variables=False
        ) as tape:
            tape.watch(xs)
            ys = tf.nest.flatten(f(x))
        weights = [tf.random.stateless_normal(tf.shape(y), (1, 2)) for y in ys]

        def leak(part: tf.Tensor) -> tf.Tensor:
            seeds = [
                tf.cast(w, y.dtype) * spread(part, y)
                for w, y in zip(weights, ys, strict=True)
            ]
            zero = tf.UnconnectedGradients.ZERO
            gradients = tape.gradient(
                ys, xs, output_gradients=seeds, unconnected_gradients=zero
            )
            found = tf.add_n([per_sample(g) for g in gradients])
            return tf.where(part, tf.zeros_like(found), found)

        return tf.map_fn(
            leak, tf.constant(parts), fn_output_signature=tf.float64
        )

    return compute(x)


def spread(part: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    ones = [1] * (y.shape.rank - 1)
    return tf.cast(tf.reshape(part, [-1, *ones]), y.dtype)


def per_sample(gradient: tf.Tensor) -> tf.Tensor:
    flat = tf.reshape(gradient, [gradient.shape[0], -1])
    return tf.cast(tf.reduce_sum(tf.abs(flat), axis=1), tf.float64)
