"""Markers for the exercises of the chapter on batch Jacobians."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from helpers.exercises.marking import (
    Answer,
    Hint,
    array,
    near,
    read_letters,
    read_places,
    read_shapes,
)


def exercise_1(shapes: Answer) -> str:
    """Shapes of the full and the per-sample Jacobian of a window model."""
    full, batch = read_shapes(shapes, 2)
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


def exercise_2(numbers: Answer) -> str:
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


def exercise_3(letters: Answer) -> str:
    """Which of six functions couple the samples of a batch."""
    found, right = read_letters(letters), {"b", "d"}
    reasons = {
        "f": "In f the values meet, but stop_gradient cuts the derivative.",
        "a": "Without an axis, softmax runs over the last one: a sample.",
        "c": "axis=1 runs over the features of one sample.",
        "e": "axis=1 runs over the features of one sample.",
        "b": "One of them runs over everything when no axis is named.",
        "d": "One of them hands each sample the numbers of another.",
    }  # fmt: skip
    for letter, reason in reasons.items():
        if letter in found ^ right:
            raise Hint(reason)
    return "Only what mixes along axis 0, and passes a derivative on."


def exercise_4(choices: Answer) -> str:
    """Mode and number of passes for five shapes."""
    modes, passes = (list(part) for part in choices)
    if len(modes) != 5 or len(passes) != 5:
        raise Hint("Five modes and five numbers of passes are needed.")
    right = [
        ("reverse", 10), ("forward", 3), ("reverse", 1), ("forward", 2),
        ("reverse", 40),
    ]  # fmt: skip
    batch = [256, 64, 512, 32, 8]
    tasks = zip(modes, passes, right, batch, strict=True)
    for number, (mode, count, best, samples) in enumerate(tasks, 1):
        if str(mode).lower() != best[0]:
            raise Hint(
                f"Task {number}: which side of one sample holds fewer "
                "numbers? One pass per output, or one per input."
            )
        if number == 5 and count * samples == best[1]:
            raise Hint("Task 5: coupled samples may not share a pass.")
        if number < 5 and count == samples * best[1]:
            raise Hint(f"Task {number}: all samples share each pass.")
        if count != best[1]:
            raise Hint(f"Task {number}: count the smaller side again.")
    return "The smaller side of one sample, as long as samples are apart."


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


def exercise_5(influenced: Answer) -> str:
    """The samples whose output changes with the input of sample k."""
    x = tf.constant(np.random.default_rng(4).normal(size=(4, 3)), tf.float32)
    for f, reach in couplings():
        for k in range(4):
            found = read_places(influenced(f, x, k))
            right = np.flatnonzero(reach[:, k]).tolist()
            if found != right:
                raise Hint(hint_5(found, right, reach[k], k))
    return "One forward pass shows one column of tiles."


def hint_5(found: list, right: list, backwards: np.ndarray, k: int) -> str:
    if found == np.flatnonzero(backwards).tolist():
        return "Those are the samples that k depends on; turn it around."
    if not set(right) <= set(found):
        return (
            f"For k = {k}, {found} misses some of {right}: use random numbers "
            "and absolute values, so that nothing cancels."
        )
    return f"For k = {k}, {found} is too much; only {right} change."


def exercise_6(lengths: Answer) -> str:
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


def exercise_7(curvature: Answer) -> str:
    """Second derivatives of each sample."""
    numbers = np.random.default_rng(4).normal(size=(4, 3))
    x = tf.constant(numbers, tf.float32)
    found = array(curvature(bent, x))
    right = np.zeros([4, 2, 3, 3])
    for j in range(3):
        right[:, 0, j, j] = 6 * numbers[:, j]
    right[:, 1, 0, 1] = right[:, 1, 1, 0] = 1
    if found.shape == (4, 2, 4, 3, 3) or found.ndim > 4:
        raise Hint("Too many axes: per sample twice, not a full Jacobian.")
    if found.shape != right.shape:
        raise Hint(f"For this f, shape {right.shape}, not {found.shape}.")
    if not found.any():
        raise Hint(
            "Still zeros: the tape had stopped when `slopes` was computed."
        )
    if not near(found, right):
        raise Hint("The right shape; compare f(x) = x ** 3 by hand.")
    return "The outer tape saw how the slopes are computed."


def bent(x: tf.Tensor) -> tf.Tensor:
    """(b, 3) to (b, 2), with second derivatives that are not zero."""
    cubes = tf.reduce_sum(x**3, axis=1)
    return tf.stack([cubes, x[:, 0] * x[:, 1]], axis=1)


def exercise_8(clipped: Answer) -> str:
    """The mean of the samples' clipped gradients."""
    random = np.random.default_rng(4)
    x = tf.constant(random.normal(size=(5, 3)), tf.float32)
    t = tf.constant(random.normal(size=(5, 2)), tf.float32)
    dense = keras.layers.Dense(2, "tanh")
    model = keras.Sequential([keras.Input([3]), dense])
    model.set_weights([random.normal(size=(3, 2)), np.array([0.5, -0.5])])
    each = sample_gradients(model, x, t)
    longest = float(np.median(np.linalg.norm(each, axis=1)))
    answer = clipped(model, x, t, longest)
    found = np.concatenate([array(part).ravel() for part in answer])
    if found.size != each.shape[1]:
        raise Hint("One array per weight array, as in the model.")
    explain_clipping(found, each, longest)
    return "No sample pulls harder than the longest allowed."


def one_way(x: tf.Tensor, pairs: list[tuple[int, int]]) -> tf.Tensor:
    """x, with sin of sample b added to sample c for each pair (c, b)."""
    for c, b in pairs:
        x = tf.tensor_scatter_nd_add(x, [[c]], [tf.sin(x[b])])
    return x


def exercise_9(hidden_pairs: Answer) -> str:
    """All ordered pairs (c, b) of different samples that are coupled."""
    x = tf.constant(np.random.default_rng(4).normal(size=(6, 3)), tf.float32)
    for right in ([], [(0, 5)], [(1, 4), (3, 2), (5, 2)]):
        answer = hidden_pairs(lambda x: one_way(x, right), x)  # noqa: B023
        found = [tuple(int(k) for k in pair) for pair in answer]
        if any(c == b for c, b in found):
            raise Hint("Leave out the own sample: c and b must differ.")
        if right and found == sorted((b, c) for c, b in right):
            raise Hint("Turned around: the target comes first in a pair.")
        if set(found) == set(right) and found != right:
            raise Hint("The right pairs; sort the list, each pair once.")
        if found != right:
            raise Hint(f"Found {found} where the pairs are {right}.")
    cancelling = hidden_pairs(lambda x: cancel(x), x)
    if [tuple(pair) for pair in cancelling] != [(2, 4)]:
        raise Hint("Seed with random numbers: with ones, effects cancel.")
    return "One pass per sample, and no pair escapes."


def cancel(x: tf.Tensor) -> tf.Tensor:
    """Sample 2 hears sample 4 with opposite signs on two outputs."""
    zero = tf.zeros_like(x[4, 0])
    heard = tf.stack([x[4, 0], -x[4, 0], zero])
    return tf.tensor_scatter_nd_add(x, [[2]], [heard])


def exercise_10(masks: Answer) -> str:
    """Four passes that separate every ordered pair of six samples."""
    masks = array(masks)
    if masks.shape != (4, 6):
        raise Hint(f"Shape (4, 6), passes first, not {masks.shape}.")
    if not np.isin(masks, (0, 1)).all():
        raise Hint("Zeros and ones only: seeded is 1, looked at is 0.")
    for c, b in np.ndindex(6, 6):
        if c != b and not np.any((masks[:, c] == 1) & (masks[:, b] == 0)):
            raise Hint(
                f"The pair ({c}, {b}) is missed: every pass that seeds {c} "
                f"seeds {b} as well."
            )
    return "Six sets of two passes out of four; none lies within another."


def sample_gradients(
    model: keras.Model, x: tf.Tensor, t: tf.Tensor
) -> np.ndarray:
    """(b, n): the gradient of each sample's loss, all weights in a row."""
    rows = []
    for k in range(len(x)):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum((model(x[k : k + 1]) - t[k]) ** 2)
        parts = tape.gradient(loss, model.trainable_variables)
        rows.append(np.concatenate([np.ravel(part) for part in parts]))
    return np.array(rows)


def explain_clipping(
    found: np.ndarray, each: np.ndarray, longest: float
) -> None:
    """Raise the hint that fits a wrong mean of clipped gradients."""
    lengths = np.linalg.norm(each, axis=1, keepdims=True)
    short = each * np.minimum(1, longest / lengths)
    mean = each.mean(0)
    if near(found, short.mean(0)):
        return
    if near(found, mean):
        raise Hint("Nothing was clipped.")
    if near(found, short.sum(0)):
        raise Hint("The mean over the samples, not the sum.")
    if near(found, mean * min(1, longest / np.linalg.norm(mean))):
        raise Hint("Clip each sample first, then average.")
    if near(found, (each * longest / lengths).mean(0)):
        raise Hint("Shorten only what is too long; leave the rest.")
    raise Hint("All weights together are one vector, with one length.")
