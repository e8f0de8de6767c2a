"""Markers for the exercises of the chapter on batch Jacobians."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from helpers.exercises.marking import Hint, array, near


def exercise_1(shapes: Any) -> str:
    """Shapes of the full and the per-sample Jacobian of a window model."""
    full, batch = (tuple(shape) for shape in shapes)
    right = (16, 3, 16, 10, 4), (16, 3, 10, 4)
    if (full, batch) == right[::-1]:
        raise Hint("The other way round: the full one comes first.")
    if full == (16, 10, 4, 16, 3) or batch == (16, 10, 4, 3):
        raise Hint("Target first: the shape of y, then the shape of x.")
    if full != right[0]:
        raise Hint("Full: y.shape + x.shape, with both batch axes.")
    if batch != right[1]:
        raise Hint("Per sample: one batch axis, then output, then input.")
    return "The per-sample Jacobian is 16 times smaller."


def exercise_2(numbers: Any) -> str:
    """Own, other and summed derivative of a batch with its mean removed."""
    if len(numbers) != 3:
        raise Hint(f"Three numbers are needed, not {len(numbers)}.")
    own, other, returned = map(array, numbers)
    if near(own, 1.0) and near(other, 0.0):
        raise Hint("The mean depends on all four samples as well.")
    if not near(own, 0.75):
        raise Hint("y_0 is x_0 minus a quarter of x_0, and of the others.")
    if not near(other, -0.25):
        raise Hint("How much of x_1 is in the mean, and with which sign?")
    if near(returned, 0.75) or near(returned, 0.25):
        raise Hint("Sum over all four targets: own and three others.")
    if not near(returned, 0.0):
        raise Hint("batch_jacobian returns the sum over the target batch.")
    return "True derivatives on every tile, and a sum of zero."


def couplings() -> list[tuple[Callable, np.ndarray]]:
    """Functions of (4, 3), with who reaches whom: [output, input]."""
    own, last = np.eye(4, dtype=bool), np.zeros((4, 4), bool)
    last[3, :2] = True
    return [
        (lambda x: tf.sin(x), own),
        (lambda x: tf.cumsum(x, axis=0), np.tri(4, dtype=bool)),
        (lambda x: tf.roll(x, 1, axis=0), np.roll(own, 1, axis=0)),
        (lambda x: x - tf.reduce_mean(x, 1, keepdims=True), own),
        (lambda x: tf.stack([x[:, 0], -x[:, 0]], 1), own),
        (
            lambda x: tf.concat([x[:3], x[3:] + x[:1] * x[1:2]], 0),
            own | last,
        ),
    ]


def exercise_3(influenced: Any) -> str:
    """The samples whose output changes with the input of sample k."""
    x = tf.constant(np.random.default_rng(4).normal(size=(4, 3)), tf.float32)
    for f, reach in couplings():
        for k in range(4):
            answer = influenced(f, x, k)
            found = [int(sample) for sample in answer]
            right = np.flatnonzero(reach[:, k]).tolist()
            if found != right:
                raise Hint(hint_3(found, right, reach[k], k))
    return "One forward pass shows one column of tiles."


def hint_3(found: list, right: list, backwards: np.ndarray, k: int) -> str:
    if found == np.flatnonzero(backwards).tolist():
        return "Those are the samples that k depends on; turn it around."
    if not set(right) <= set(found):
        return (
            f"For k = {k}, {found} misses some of {right}: use random numbers "
            "and absolute values, so that nothing cancels."
        )
    return f"For k = {k}, {found} is too much; only {right} change."


def exercise_4(lengths: Any) -> str:
    """The length of each sample's gradient, from one gradient."""
    for shape in ((4, 3), (2, 5, 3)):
        numbers = np.random.default_rng(4).normal(size=shape)
        x = tf.constant(numbers, tf.float32)
        axes = list(range(1, len(shape)))
        found = array(lengths(lambda x: tf.reduce_sum(x**3, axes), x))  # noqa: B023
        gradient = (3 * numbers**2).reshape(shape[0], -1)
        right = np.linalg.norm(gradient, axis=1)
        if found.shape != right.shape:
            raise Hint(
                f"For x of shape {shape}: one length per sample, shape "
                f"{right.shape}, not {found.shape}."
            )
        if near(found * shape[0], right):
            raise Hint("Add the outputs up; do not average them.")
        if near(found, gradient.sum(1)) or near(found, right**2):
            raise Hint("The Euclidean norm: the root of the sum of squares.")
        if not near(found, right):
            raise Hint("One gradient of the sum, then a norm per sample.")
    return "One reverse pass, whatever the size of the batch."
