"""Time, memory and precision tools."""

import time

import keras
import numpy as np
import pytest

import helpers


def test_median_takes_turns_and_warms_up():
    order = []
    times = helpers.median_seconds(
        lambda: order.append("a"), lambda: order.append("b"), rounds=3
    )
    assert order == ["a", "b"] * 4
    assert all(t >= 0 for t in times)
    order.clear()
    helpers.median_seconds(lambda: order.append("a"), rounds=1, warm_up=False)
    assert order == ["a"]


def test_median_tells_slow_from_fast():
    slow, fast = helpers.median_seconds(
        lambda: time.sleep(0.05), lambda: None, rounds=3
    )
    assert slow > 10 * fast


def test_peak_memory_of_an_array():
    def allocate():
        array = np.ones(25_000_000)  # 200 MB
        time.sleep(0.05)
        del array

    assert 100 < helpers.peak_megabytes(allocate) < 400
    assert helpers.peak_megabytes(lambda: None) < 50


def test_float64_copy_computes_the_same():
    model = keras.Sequential([
        keras.Input((5, 3)),
        keras.layers.Bidirectional(keras.layers.LSTM(4)),
        keras.layers.Dense(2, activation="tanh"),
    ])  # fmt: skip
    x = np.random.default_rng(0).standard_normal((2, 5, 3))
    copy = helpers.float64_copy(model)
    assert copy(x).dtype == "float64"
    assert all(w.dtype == "float64" for w in copy.weights)
    np.testing.assert_allclose(copy(x), model(x.astype("f4")), atol=1e-5)
    helpers.check_jacobian(copy, x, helpers.batch_jacobian(copy)(x))


def test_float64_copy_of_a_functional_model():
    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(4, activation="relu")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2)(hidden))
    copy = helpers.float64_copy(model)
    x = np.ones((1, 3))
    np.testing.assert_allclose(copy(x), model(x.astype("f4")), atol=1e-5)
    assert copy(x).dtype == "float64"


def test_float64_copy_explains_what_it_needs():
    with pytest.raises(TypeError, match="a Keras model, got Dense"):
        helpers.float64_copy(keras.layers.Dense(2))
    with pytest.raises(ValueError, match="built model"):
        helpers.float64_copy(keras.Sequential([keras.layers.Dense(2)]))
