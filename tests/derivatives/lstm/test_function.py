"""Keras LSTM layers as plain functions: values, modes, refusals."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import batch_jacobian, fast_lstm, jacobian, jvp, vjp

OPTIONS = [
    {},
    {"return_sequences": True},
    {"use_bias": False, "activation": "relu"},
    {"return_sequences": True, "go_backwards": True},
    {"go_backwards": True, "recurrent_activation": "hard_sigmoid"},
    {"activation": lambda x: x / (1 + x**2)},
]
SHAPES = [(2, 5), (1, 1), (3, 1), (1, 9)]


def lstm(**options: object) -> keras.layers.LSTM:
    keras.utils.set_random_seed(1)
    layer = keras.layers.LSTM(4, dtype="float64", **options)
    layer.build([None, None, 3])
    return layer


def sequences(b: int, T: int, dtype: str = "float64") -> tf.Tensor:
    return tf.constant(np.random.default_rng(3).normal(size=(b, T, 3)), dtype)


def stack() -> keras.Sequential:
    """Two LSTM layers among others, seven outputs."""
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input([5, 3]),
            keras.layers.LSTM(4, return_sequences=True),
            keras.layers.Dropout(0.5),
            keras.layers.LSTM(6, activation="relu"),
            keras.layers.Dense(7),
        ]
    )


@pytest.mark.parametrize("options", OPTIONS, ids=range(len(OPTIONS)))
@pytest.mark.parametrize("shape", SHAPES)
def test_same_values(options: dict, shape: tuple) -> None:
    layer, x = lstm(**options), sequences(*shape)
    np.testing.assert_allclose(
        fast_lstm(layer)(x), layer(x), rtol=0, atol=1e-14
    )


@pytest.mark.parametrize("options", OPTIONS, ids=range(len(OPTIONS)))
def test_same_products(options: dict) -> None:
    layer, x = lstm(**options), sequences(2, 4)
    f, v, u = fast_lstm(layer), tf.cos(9 * x), tf.sin(9 * layer(x))
    _, expected = vjp(layer)(x, u)
    _, row = vjp(f)(x, u)
    np.testing.assert_allclose(row, expected, rtol=0, atol=1e-13)
    _, column = jvp(f)(x, v)
    left, right = tf.reduce_sum(u * column), tf.reduce_sum(expected * v)
    np.testing.assert_allclose(left, right, rtol=0, atol=1e-13)


def test_every_mode() -> None:
    layer, x = lstm(return_sequences=True), sequences(2, 4)
    expected = batch_jacobian(layer)(x)
    for mode in ("forward", "reverse"):
        J = batch_jacobian(fast_lstm(layer), mode=mode)(x)
        np.testing.assert_allclose(J, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("T", [1, 5])
def test_xla_compiles_a_scalar_output(T: int) -> None:
    layer, x = lstm(), sequences(2, T)
    f, weights = fast_lstm(layer), tf.constant([1.0, -2, 3, -4], tf.float64)
    J = batch_jacobian(lambda x: tf.linalg.matvec(f(x), weights), jit=True)
    expected = tf.einsum("i,bisk->bsk", weights, batch_jacobian(layer)(x))
    np.testing.assert_allclose(J(x), expected, rtol=0, atol=1e-14)


def test_a_model_with_several_lstms() -> None:
    model, x = stack(), sequences(2, 5, "float32")
    f = fast_lstm(model)
    np.testing.assert_allclose(f(x), model(x), rtol=0, atol=1e-6)
    J = batch_jacobian(f, mode="forward")(x)
    expected = batch_jacobian(model)(x)
    np.testing.assert_allclose(J, expected, rtol=0, atol=1e-6)


def test_weights_are_read_at_every_call() -> None:
    layer, x = lstm(), sequences(2, 5)
    J = jacobian(fast_lstm(layer), mode="forward")
    before = J(x)
    layer.set_weights([w / 2 for w in layer.get_weights()])
    expected = jacobian(layer)(x)
    np.testing.assert_allclose(J(x), expected, rtol=0, atol=1e-14)
    assert not np.allclose(before, expected)
    assert J.traces == 1


def test_empty_batch_and_unknown_batch() -> None:
    layer = lstm(return_sequences=True)
    f, x = fast_lstm(layer), sequences(2, 5)
    assert f(x[:0]).shape == (0, 5, 4)
    assert batch_jacobian(f, mode="forward")(x[:0]).shape == (0, 5, 4, 5, 3)
    spec = tf.TensorSpec([None, 5, 3], tf.float64)
    graph = tf.function(f, input_signature=[spec])
    np.testing.assert_allclose(graph(x), layer(x), rtol=0, atol=1e-14)


def test_refused_layers() -> None:
    dense = keras.Sequential([keras.Input([3]), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match=r"with an LSTM .*\['Dense'\]"):
        fast_lstm(dense)
    gru = keras.layers.GRU(4)
    with pytest.raises(TypeError, match="a keras.layers.LSTM .*got GRU"):
        fast_lstm(gru)


def test_refused_options() -> None:
    kept = keras.layers.LSTM(4, stateful=True)
    kept.build([2, 5, 3])
    with pytest.raises(ValueError, match="got stateful=True"):
        fast_lstm(kept)
    masking = [keras.layers.Masking(), keras.layers.LSTM(4)]
    with pytest.raises(ValueError, match="expected input without a mask"):
        fast_lstm(keras.Sequential([keras.Input([5, 3]), *masking]))
    unknown = keras.Sequential([keras.layers.LSTM(4, name="new")])
    with pytest.raises(ValueError, match="'new', not built yet"):
        fast_lstm(unknown)


def test_refused_inputs() -> None:
    f = fast_lstm(lstm())
    with pytest.raises(TypeError, match="float64, got float32; use tf.cast"):
        f(sequences(2, 5, "float32"))
    with pytest.raises(ValueError, match=r"3 features .*\(2, 5, 4\)"):
        f(tf.ones([2, 5, 4], tf.float64))
    with pytest.raises(TypeError, match="`fast_lstm`: .* without a mask"):
        f(np.ma.masked_array(np.ones([2, 5, 3])))
    spec = tf.TensorSpec([2, None, 3], tf.float64)
    with pytest.raises(ValueError, match="a known number T"):
        tf.function(f).get_concrete_function(spec)
