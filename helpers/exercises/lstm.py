"""Markers for the exercises of the chapter on LSTM Jacobians."""

from typing import Any

import numpy as np
import tensorflow as tf

from helpers.exercises.marking import Hint, array, near


def exercise_1(answers: Any) -> str:
    """Shapes and exact zeros of the Jacobian of an LSTM."""
    full, per_sample, zeros = answers
    full, per_sample = tuple(full), tuple(per_sample)
    if full == (16, 30, 8, 30, 5):
        raise Hint("Full: y.shape + x.shape, so the batch axis comes twice.")
    if full != (16, 30, 8, 16, 30, 5):
        raise Hint("Full: the shape of y, then the shape of x.")
    if per_sample != (16, 30, 8, 30, 5):
        raise Hint("Per sample: one batch axis, output, then input.")
    check_zeros(float(array(zeros, "The number of zeros")))
    return "29 of 60 numbers are zero before anything is computed."


def check_zeros(zeros: float) -> None:
    """Raise a hint unless it is the number of zeros above the diagonal."""
    if zeros == 30 * 31 // 2 * 8 * 5:
        raise Hint("The diagonal is not zero: a step sees its own input.")
    if zeros in (30 * 29 // 2, 16 * 30 * 29 // 2 * 8 * 5):
        raise Hint("Count numbers, not blocks, and one sample only.")
    if zeros != 30 * 29 // 2 * 8 * 5:
        raise Hint("How many blocks lie above the diagonal, how large?")


def weighted(x: tf.Tensor) -> tf.Tensor:
    """One number per sequence, each step with another weight."""
    weights = tf.reshape(tf.range(1.0, x.shape[1] + 1), [1, -1, 1])
    return tf.reduce_sum(weights * tf.sin(x), axis=[1, 2])[:, tf.newaxis]


def exercise_2(memory: Any) -> str:
    """The mean length of the gradient at each step, newest first."""
    numbers = np.random.default_rng(4).normal(size=(7, 5, 3))
    gradient = np.cos(numbers) * np.arange(1, 6)[:, None]
    lengths = np.linalg.norm(gradient, axis=2)
    right = lengths.mean(axis=0)[::-1]
    found = array(memory(weighted, tf.constant(numbers, tf.float32)))
    alone = np.linalg.norm(gradient.mean(0), axis=1)[::-1]
    check_memory(found, right, alone)
    return "A fading curve from one gradient."


def check_memory(
    found: np.ndarray, right: np.ndarray, averaged_first: np.ndarray
) -> None:
    """Raise a hint unless found is right; name the usual slips."""
    if found.shape != right.shape:
        raise Hint(f"One number per step, shape (5,), not {found.shape}.")
    if near(found, right[::-1]):
        raise Hint("The newest step comes first: turn the order around.")
    if near(found, averaged_first):
        raise Hint("Lengths first, then the mean; gradients can cancel.")
    if near(found, 7 * right):
        raise Hint("Average over the sequences; do not add them up.")
    if near(found * 7, right):
        raise Hint("Add the outputs up before the gradient; average after.")
    if not near(found, right):
        raise Hint("The Euclidean norm over the features of each step.")


def exercise_3(state_jacobian: Any) -> str:
    """The Jacobian of the last state of a SimpleRNN by the first."""
    random = np.random.default_rng(4)
    K, R = random.normal(size=(2, 3)), random.normal(size=(3, 3))
    x = random.normal(size=(4, 2))
    h, A = np.zeros(3), []
    for x_t in x:
        h = np.tanh(x_t @ K + h @ R)
        A.append(np.diag(1 - h**2) @ R.T)
    found = array(state_jacobian(K, R, x))
    check_product(found, A)
    return "A product of step Jacobians, the newest on the left."


def check_product(found: np.ndarray, A: list[np.ndarray]) -> None:
    """Raise a hint unless found is the product, the newest on the left."""
    right = A[3] @ A[2] @ A[1] @ A[0]
    if found.shape != right.shape:
        raise Hint(f"A matrix of shape (3, 3), not {found.shape}.")
    if near(found, A[0] @ A[1] @ A[2] @ A[3]):
        raise Hint("Each new step Jacobian belongs on the left.")
    if near(found, right.T):
        raise Hint("Rows are outputs: this is the transpose.")
    if near(found, A[3]):
        raise Hint("That is the last step alone; multiply all of them.")
    if not near(found, right):
        raise Hint("One step has the Jacobian diag(1 - h²) Rᵀ, h the new.")
