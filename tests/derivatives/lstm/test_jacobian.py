"""The Jacobian of an LSTM layer by its recurrence, against the tape."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import (
    batch_jacobian,
    lstm_jacobian,
    lstm_jacobian_gigabytes,
    peak_megabytes,
)
from helpers.derivatives.lstm import jacobian as recurrent
from helpers.derivatives.lstm.layer import ACTIVATIONS

TOLERANCE = {"float64": 1e-12, "float32": 2e-6}


def lstm(dtype: str = "float64", **options: object) -> keras.layers.LSTM:
    """Four units, three features, biases that are not zero."""
    keras.utils.set_random_seed(1)
    layer = keras.layers.LSTM(4, dtype=dtype, **options)
    layer.build([None, None, 3])
    if layer.use_bias:
        noise = np.random.default_rng(2).normal(0, 0.5, layer.cell.bias.shape)
        layer.cell.bias.assign_add(noise)
    return layer


def sequences(b: int = 2, T: int = 5, dtype: str = "float64") -> tf.Tensor:
    return tf.constant(np.random.default_rng(3).normal(size=(b, T, 3)), dtype)


def tape_jacobian(layer: keras.layers.LSTM, x: tf.Tensor) -> np.ndarray:
    """Per sample with TensorFlow's own tape, nothing of the helpers."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    return tape.batch_jacobian(y, x).numpy()


def assert_close(J: tf.Tensor, expected: np.ndarray, dtype: str) -> None:
    assert J.shape == expected.shape
    assert J.dtype == dtype
    error = np.abs(J.numpy() - expected).max(initial=0)
    assert error <= TOLERANCE[dtype] * np.abs(expected).max(initial=0)


# The numbers

OPTIONS = [
    {},
    {"return_sequences": True},
    {"return_sequences": True, "use_bias": False},
    {"return_sequences": True, "unit_forget_bias": False},
    {"return_sequences": True, "go_backwards": True},
    {"go_backwards": True},
    {"return_sequences": True, "unroll": True},
    {"return_sequences": True, "implementation": 1},
    {"return_sequences": True, "dropout": 0.5, "recurrent_dropout": 0.5},
    {"return_sequences": True, "use_cudnn": False},
    {
        "return_sequences": True,
        "activation": "relu",
        "recurrent_activation": "hard_sigmoid",
    },
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_equals_the_tape(options: dict) -> None:
    layer, x = lstm(**options), sequences()
    expected = tape_jacobian(layer, x)
    assert_close(lstm_jacobian(layer)(x), expected, "float64")


@pytest.mark.parametrize("sequence", [True, False])
def test_float32(sequence: bool) -> None:
    layer, x = lstm("float32", return_sequences=sequence), sequences()
    x = tf.cast(x, tf.float32)
    expected = tape_jacobian(layer, x)
    assert_close(lstm_jacobian(layer)(x), expected, "float32")


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_known_activation(name: str) -> None:
    names = {"activation": name, "recurrent_activation": name}
    layer, x = lstm(return_sequences=True, **names), sequences(2, 2)
    layer.set_weights([w / 10 for w in layer.get_weights()])
    expected = batch_jacobian(layer)(x).numpy()
    assert_close(lstm_jacobian(layer)(x), expected, "float64")


@pytest.mark.parametrize("sequence", [True, False])
@pytest.mark.parametrize("shape", [(1, 1), (3, 4), (2, 9)])
def test_every_length(sequence: bool, shape: tuple) -> None:
    layer, x = lstm(return_sequences=sequence), sequences(*shape)
    expected = batch_jacobian(layer)(x).numpy()
    assert_close(lstm_jacobian(layer)(x), expected, "float64")


@pytest.mark.parametrize("sequence", [True, False])
def test_empty_batch(sequence: bool) -> None:
    J = lstm_jacobian(lstm(return_sequences=sequence))(sequences(0))
    assert J.shape == ((0, 5, 4, 5, 3) if sequence else (0, 4, 5, 3))


@pytest.mark.parametrize("backwards", [False, True])
def test_the_future_is_exactly_zero(backwards: bool) -> None:
    layer = lstm(return_sequences=True, go_backwards=backwards)
    J = lstm_jacobian(layer)(sequences()).numpy()
    for t in range(5):
        blocks = J[:, t, :, ::-1] if backwards else J[:, t]
        assert (blocks[:, :, t + 1 :] == 0).all()
        assert (blocks[:, :, : t + 1] != 0).all()


def test_long_sequence_against_products() -> None:
    """T = 200: a random combination of rows, and one of columns."""
    layer, x = lstm(return_sequences=True), sequences(2, 200)
    u, v = tf.sin(40 * layer(x)), tf.cos(40 * x)
    J = lstm_jacobian(layer)(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    row = tape.gradient(y, x, output_gradients=u)
    found = tf.einsum("bti,btisk->bsk", u, J)
    np.testing.assert_allclose(found, row, rtol=0, atol=1e-11)
    step = 1e-6
    column = (layer(x + step * v) - layer(x - step * v)) / (2 * step)
    found = tf.einsum("btisk,bsk->bti", J, v)
    np.testing.assert_allclose(found, column, rtol=0, atol=1e-8)


# The callable


def test_traces_once_and_follows_the_weights(monkeypatch) -> None:
    traced = []
    monkeypatch.setattr(recurrent, "check_size", lambda *_: traced.append(1))
    layer, x = lstm(return_sequences=True), sequences()
    J = lstm_jacobian(layer)
    first = J(x)
    np.testing.assert_array_equal(J(x), first)
    layer.set_weights([w / 2 for w in layer.get_weights()])
    assert_close(J(x + 1), tape_jacobian(layer, x + 1), "float64")
    assert J.traces == len(traced) == 1
    assert J.name == "lstm_jacobian"


def test_size_is_told_and_limited() -> None:
    layer, x = lstm(return_sequences=True), sequences(2, 5)
    size = lstm_jacobian_gigabytes(layer, x)
    assert size == 2 * 5 * 4 * 5 * 3 * 8 / 1e9
    assert lstm_jacobian(layer, max_gigabytes=size)(x) is not None
    with pytest.raises(ValueError, match=r"\(2, 5, 4, 5, 3\) in float64.*GB"):
        lstm_jacobian(layer, max_gigabytes=size * 0.99)(x)
    huge = tf.zeros([2, 10_000, 3], tf.float64)
    with pytest.raises(ValueError, match=r"which is 19\.2 GB"):
        lstm_jacobian(layer)(huge)
    assert lstm_jacobian_gigabytes(lstm(), huge) < 0.01


def test_memory_is_close_to_the_size_of_the_result() -> None:
    layer = lstm("float32", return_sequences=True)
    x = sequences(1, 1500, "float32")
    J = lstm_jacobian(layer)
    J(x)
    megabytes = lstm_jacobian_gigabytes(layer, x) * 1000
    assert megabytes > 100
    assert peak_megabytes(lambda: J(x)) < 1.5 * megabytes
