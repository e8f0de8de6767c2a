"""What several tests use: places, random tensors, functions to derive."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

ROOT = Path(__file__).resolve().parents[1]


def normal(*shape, dtype="float64", seed=3):
    values = np.random.default_rng(seed).standard_normal(shape)
    return tf.constant(values, dtype)


@contextmanager
def keras_in_float64() -> Iterator[None]:
    """New layers, and new inputs of models, in float64."""
    policy, width = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(width)
    keras.config.set_dtype_policy(policy)


def tape_jacobian(f, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.jacobian(y, x)


def mixing(x):
    """(3, 2) to (2, 4, 5): every output depends on every input."""
    A = normal(2, 4, 3, dtype=x.dtype, seed=1)
    B = normal(2, 5, dtype=x.dtype, seed=2)
    return tf.sin(tf.einsum("abi,ij,jc->abc", A, x, B))


def per_sample(x):
    """(b, 3, 2) to (b, 4): samples do not meet."""
    A = normal(4, 3, 2, dtype=x.dtype, seed=1)
    return tf.tanh(tf.einsum("oij,bij->bo", A, x))
