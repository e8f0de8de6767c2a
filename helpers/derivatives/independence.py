"""Do the samples of a batch influence each other?"""

from functools import partial

import numpy as np
import tensorflow as tf

from helpers.derivatives.core.compiled import Compiled, autographed
from helpers.derivatives.core.pullback import pullback, traced
from helpers.derivatives.core.refusals import public, refusal
from helpers.derivatives.core.requirements import (
    as_tensors,
    check_batch,
    check_function,
    filled,
    keeps_batch,
)
from helpers.derivatives.core.silent_losses import refuse_losses
from helpers.derivatives.core.types import Function, Structure
from helpers.derivatives.magnitudes import epsilon_of

# How many times the machine epsilon, relative to a sample's own gradient,
# another sample's may reach and still be called rounding.
ROUNDING = 100


@public
def check_independence(f: Function, x: Structure) -> None:
    """Raise when samples of a batch influence each other; else silent.

    Seeds the outputs of one part of the batch with random numbers and looks
    at the gradient of the other part, which must be zero, up to rounding
    (100 machine epsilons of the samples' own gradients). The parts
    are given by the binary digits of the sample number, so every ordered
    pair of samples is separated by one of 2·⌈log2 b⌉ vector-Jacobian
    products: no coupling between two samples escapes.

    It speaks of the derivative at x only: a coupling whose slope is zero
    there (relu, max) is not seen, nor is any in a batch of one. f runs once;
    with training=True it updates moving statistics as it always does. A part
    of f that leaves TensorFlow is refused: its coupling could not be seen.

    Args:
        f: function, Keras model or layer; axis 0 of x and y is the batch.
        x: a tensor or a structure of tensors, shape (b, ...).

    Raises:
        ValueError: some sample influences another; no common batch axis; a
            gradient is nan, which hides the answer; a part of f has no
            derivative.
        TypeError: f is not callable, x or y is not of a floating type.

    Source: the seeding idea is that of sparsity detection by probing;
    Griewank and Walther 2008, chapter 8.

    Example:
        >>> import tensorflow as tf
        >>> check_independence(lambda x: x ** 2, tf.ones([4, 3]))
    """
    check_function(f)
    x = as_tensors(x)
    check_batch(x)
    parts = binary_parts(eager_size(x))
    if not len(parts):
        return
    compute = partial(cross_gradients, autographed(f), parts)
    own, leaks = np.array(Compiled("check_independence", compute, f=f)(x))
    found = leaks > rounding(x) * np.nanmax(own, axis=1, keepdims=True)
    if found.any():
        raise coupled(leaks, found, parts)
    if np.isnan(leaks).any():
        raise undecided(int(np.argwhere(np.isnan(leaks))[0][1]))


def eager_size(x: Structure) -> int:
    """The number of samples; x must hold numbers to look at."""
    if not tf.executing_eagerly():
        raise refusal(
            "numbers to look at",
            "a symbolic tensor inside of a tf.function",
            "`check_independence` outside of it",
        )
    return int(tf.nest.flatten(x)[0].shape[0])


def rounding(x: Structure) -> float:
    """What of a sample's own gradient another may reach by rounding.

    A transform over the batch and back couples nothing, to rounding.
    """
    dtypes = {leaf.dtype for leaf in tf.nest.flatten(x)}
    return ROUNDING * max(map(epsilon_of, dtypes))


def coupled(
    leaks: np.ndarray, found: np.ndarray, parts: np.ndarray
) -> ValueError:
    part, sample = np.argwhere(found)[0]
    others = [int(k) for k in np.flatnonzero(parts[part])]
    some = f"{others[:8]}{' ...' if len(others) > 8 else ''}"
    return refusal(
        "samples that do not influence each other",
        f"an output among those of samples {some} that changes with the "
        f"input of sample {sample} (gradient {leaks[part, sample]:.2g})",
        "`jacobian` for the full Jacobian, or training=False",
        causes="BatchNormalization with training=True, a reduction or a "
        "softmax over axis 0",
    )


def undecided(sample: int) -> ValueError:
    return refusal(
        "finite derivatives",
        f"nan for sample {sample}: 0 · ∞ or nan in the data (a log, square "
        "root or norm at 0) hides whether samples influence each other",
        "a point x where f is smooth",
    )


def binary_parts(size: int) -> np.ndarray:
    """Masks (2·⌈log2 size⌉, size): digit k of the number is 1, or is 0."""
    digits = max(size - 1, 0).bit_length()
    number = np.arange(size)
    ones = [(number >> k) & 1 for k in range(digits)]
    masks = [part for one in ones for part in (one, 1 - one)]
    return np.array(masks, bool).reshape(2 * digits, size)


def cross_gradients(
    f: Function, parts: np.ndarray, x: Structure
) -> tuple[tf.Tensor, tf.Tensor]:
    """For each part, the summed |gradient| of each sample in and out of it.

    Each is of shape (parts, samples), with zeros for the other samples.
    """
    xs = tf.nest.flatten(x)

    def batched(x: Structure) -> Structure:
        return keeps_batch(f(x), xs)

    pull = pullback(batched, x)
    refuse_losses(traced(batched, pull))
    # Two outputs with the same random numbers could cancel each other.
    weights = [
        tf.cast(tf.random.stateless_normal(tf.shape(y), (1, k)), y.dtype)
        for k, y in enumerate(pull.ys)
    ]

    def leak(part: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        found = pull([w * spread(part, w) for w in weights])
        found = filled(found, pull.xs, "zero")
        sizes = tf.add_n([per_sample(g) for g in found])
        zeros = tf.zeros_like(sizes)
        return tf.where(part, sizes, zeros), tf.where(part, zeros, sizes)

    return tf.map_fn(
        leak, tf.constant(parts), fn_output_signature=(tf.float64, tf.float64)
    )


def spread(part: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """The part as numbers 0 and 1 that multiply the samples of y."""
    ones = tf.ones([tf.rank(y) - 1], tf.int32)
    return tf.cast(tf.reshape(part, tf.concat([[-1], ones], 0)), y.dtype)


def per_sample(gradient: tf.Tensor) -> tf.Tensor:
    """The sum of |gradient| over each sample."""
    flat = tf.reshape(gradient, [tf.shape(gradient)[0], -1])
    return tf.cast(tf.reduce_sum(tf.abs(flat), axis=1), tf.float64)
