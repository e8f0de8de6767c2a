"""Do the samples of a batch influence each other?"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from helpers.derivatives.core.compiled import Compiled, autographed
from helpers.derivatives.core.requirements import (
    as_tensors,
    check_batch,
    check_function,
    check_output,
    check_target_batch,
)

INDEPENDENCE = "check_independence"


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
