"""What the exercise on clipped gradients of samples is marked with."""

import keras
import numpy as np
import tensorflow as tf

from helpers.exercises.marking import Hint, near


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
