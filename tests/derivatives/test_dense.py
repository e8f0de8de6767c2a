"""A chain of dense layers is multiplied out, and nothing else is."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import chain_jacobians, layer_jacobian
from helpers.derivatives import dense
from tests.support import keras_in_float64, normal

layers = keras.layers
ACTIVATIONS = [activation.__name__ for activation in dense.ELEMENTWISE]


@pytest.fixture(autouse=True)
def double_precision():
    with keras_in_float64():
        keras.utils.set_random_seed(5)
        yield


@pytest.fixture
def products(monkeypatch) -> list[int]:
    """The lengths of the chains that were multiplied out."""
    lengths: list[int] = []

    def noted(chain):
        lengths.append(len(chain))
        return dense.product(chain)

    monkeypatch.setattr("helpers.derivatives.layers.product", noted)
    return lengths


class OwnDense(layers.Dense):
    """A class of a reader's own, which may compute anything."""

    def call(self, inputs, training=None):
        return super().call(inputs) ** 2


def two(first, last=None):
    """A layer between two dense ones, which makes 4 numbers of 5."""
    return keras.Sequential(
        [keras.Input([3]), layers.Dense(5), first, last or layers.Dense(2)]
    )


def by_rows(model, x, **places):
    """The same Jacobian in a mode that was asked for: never multiplied."""
    return layer_jacobian(model, model.layers[0], mode="reverse", **places)(x)


def test_every_activation_is_as_in_reverse_mode(products) -> None:
    x = normal(7, 3)
    for name in ACTIVATIONS:
        model = two(layers.Dense(4, name), layers.Dense(2, name))
        for places in ({}, {"of": "layer", "wrt": "input"}):
            J = layer_jacobian(model, model.layers[0], **places)(x)
            np.testing.assert_allclose(
                J, by_rows(model, x, **places), rtol=1e-12, atol=1e-15
            )
    assert products == [2, 1] * len(ACTIVATIONS)
    # Softmax and its like join the numbers of a row.
    joined = {"softmax", "log_softmax", "sparsemax", "glu"}
    assert not joined & set(ACTIVATIONS)


@pytest.mark.parametrize("units", [(9, 2), (2, 9), (6, 6)])
@pytest.mark.parametrize("jit", [False, True])
def test_from_both_ends(products, units, jit) -> None:
    """The cheaper order, with and without slopes, in one compiled graph."""
    n, m = units
    model = keras.Sequential(
        [
            keras.Input([n]),
            layers.Dense(7, "tanh"),
            layers.Activation("sigmoid"),
            layers.Dense(5, use_bias=False),
            layers.Dense(m, "elu"),
        ]
    )
    whole = {"of": model.layers[-1], "wrt": "input"}
    J = layer_jacobian(model, model.layers[0], jit=jit, **whole)(normal(4, n))
    right = by_rows(model, normal(4, n), **whole)
    np.testing.assert_allclose(J, right, rtol=1e-11, atol=1e-14)
    assert products == [4] and J.shape == (4, m, n)


def test_only_activations_and_no_slope_at_all(products) -> None:
    x = normal(3, 4)
    model = keras.Sequential(
        [
            keras.Input([4]),
            layers.Activation("tanh"),
            layers.Activation("relu"),
            layers.Dense(2),
        ]
    )
    first, second, last = model.layers
    h_by_x = layer_jacobian(model, second, of="layer", wrt="input")(x)
    right = by_rows(model, x, of=second, wrt="input")
    np.testing.assert_allclose(h_by_x, right, rtol=1e-12)
    y_by_h = layer_jacobian(model, second)(x)
    for sample in y_by_h:
        np.testing.assert_array_equal(sample, tf.transpose(last.kernel))
    assert products == [2, 1]


def test_the_identity_hands_on_the_tensor_that_it_was_given(products) -> None:
    """As a layer on the way it is passed by, as an end it is a place."""
    x, same = normal(6, 3), layers.Activation("linear")
    model = two(same, layers.Dense(2, "tanh"))
    first = model.layers[0]
    for places in ({}, {"wrt": "input"}, {"of": same}, {"wrt": same}):
        J = layer_jacobian(model, first, **places)(x)
        right = by_rows(model, x, **places)
        np.testing.assert_allclose(J, right, rtol=1e-12, atol=1e-15)
    assert products == [1, 2, 1]


def test_an_empty_batch_and_a_batch_of_unknown_size(products) -> None:
    model = two(layers.Dense(4, "tanh"))
    J = layer_jacobian(model, model.layers[0], wrt="input")
    assert J(tf.zeros([0, 3], "float64")).shape == (0, 2, 3)
    served = tf.function(
        J, input_signature=[tf.TensorSpec([None, 3], "float64")]
    )
    assert served(normal(5, 3)).shape == (5, 2, 3)
    assert len(products) == 2


OTHERS = {
    "softmax": lambda: layers.Dense(4, "softmax"),
    "own activation": lambda: layers.Dense(
        4, lambda x: x * tf.reduce_sum(x, axis=-1, keepdims=True)
    ),
    "own class": lambda: OwnDense(4),
    "batch normalisation": layers.BatchNormalization,
    "layer normalisation": layers.LayerNormalization,
    "rescaling": lambda: layers.Rescaling(2.0),
}


@pytest.mark.parametrize("other", OTHERS)
def test_any_other_layer_goes_the_general_way(products, other) -> None:
    x = normal(6, 3)
    model = two(OTHERS[other]())
    first, middle, _ = model.layers
    for places in ({}, {"of": middle}, {"of": middle, "wrt": "input"}):
        J = layer_jacobian(model, first, **places)(x)
        right = by_rows(model, x, **places)
        np.testing.assert_allclose(J, right, rtol=1e-10, atol=1e-13)
    assert not products


def test_a_second_path_and_an_axis_of_time(products) -> None:
    x = keras.Input([3])
    h = layers.Dense(4, "tanh", name="h")(x)
    skip = layers.Add()([layers.Dense(4)(h), h])
    outer = keras.Model(x, layers.Dense(2)(skip))
    long = keras.Sequential(
        [keras.Input([5, 3]), layers.Dense(4, name="h"), layers.Dense(2)]
    )
    for model, shape in ((outer, [6, 3]), (long, [6, 5, 3])):
        J = layer_jacobian(model, "h")(normal(*shape))
        right = layer_jacobian(model, "h", mode="reverse")(normal(*shape))
        np.testing.assert_allclose(J, right, rtol=1e-12)
    assert not products


def test_a_replaced_call(products) -> None:
    model, x = two(layers.Dense(4, name="h")), normal(6, 3)
    h = model.get_layer("h")
    own = h.call
    vars(h)["call"] = lambda inputs, **more: own(inputs, **more) ** 3
    J = layer_jacobian(model, model.layers[0])(x)
    np.testing.assert_allclose(J, by_rows(model, x), rtol=1e-12)
    assert not products


def test_a_layer_that_is_called_twice_and_a_model_in_a_model(
    products,
) -> None:
    x, again = keras.Input([4]), layers.Dense(4, "tanh", name="again")
    inner = keras.Sequential([keras.Input([4]), layers.Dense(3, "relu")])
    model = keras.Model(x, layers.Dense(2)(inner(again(again(x)))))
    for wrt in ("input", ("again", 0), ("again", 1)):
        J = layer_jacobian(model, inner, wrt=wrt)
        right = layer_jacobian(model, inner, wrt=wrt, mode="reverse")
        values = normal(5, 4)
        np.testing.assert_allclose(J(values), right(values), rtol=1e-12)
    assert products == [4, 3, 2]


def test_half_precision_and_what_was_asked_for(products) -> None:
    x = tf.cast(normal(6, 3), "float32")
    policy = keras.mixed_precision.DTypePolicy("mixed_float16")
    half = keras.Sequential(
        [
            keras.Input([3]),
            layers.Dense(5, "tanh", dtype=policy),
            layers.Dense(2, dtype=policy),
        ]
    )
    assert layer_jacobian(half, half.layers[0])(x).dtype == "float16"
    model = two(layers.Dense(4, "tanh"))
    layer_jacobian(model, model.layers[0], mode="forward")(normal(6, 3))
    layer_jacobian(model, model.layers[0], chunk_size=2)(normal(6, 3))
    assert not products
    with pytest.raises(ValueError, match="max_gigabytes"):
        chain_jacobians(model, model.layers[1], max_gigabytes=1e-9)(
            normal(6, 3)
        )


def test_new_weights_count_and_the_model_stays_as_it_is(products) -> None:
    model, x = two(layers.Dense(4, "tanh")), normal(6, 3)
    J = layer_jacobian(model, model.layers[0])
    before = J(x)
    assert "call" not in vars(model.layers[1])
    model.layers[1].kernel.assign(2 * model.layers[1].kernel)
    np.testing.assert_allclose(J(x), by_rows(model, x), rtol=1e-12)
    assert np.max(abs(J(x) - before)) > 0.01
    model.layers[1].activation = keras.activations.softmax
    np.testing.assert_allclose(J(x), by_rows(model, x), rtol=1e-12)
    assert products == [2] and J.traces == 2


def test_a_derivative_of_it() -> None:
    model, x = two(layers.Dense(4, "tanh")), normal(2, 3)
    found = []
    for mode in ("auto", "reverse"):
        last = model.layers[-1]
        J = layer_jacobian(model, last, of="layer", wrt="input", mode=mode)
        with tf.GradientTape() as tape:
            tape.watch(x)
            length = tf.reduce_sum(J(x) ** 2)
        found.append(tape.gradient(length, [x, *model.trainable_variables]))
    for ours, theirs in zip(*found, strict=True):
        if theirs is not None:
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_eager_as_compiled(products) -> None:
    model, x = two(layers.Dense(4, "tanh")), normal(6, 3)
    compiled = layer_jacobian(model, model.layers[0])(x)
    tf.config.run_functions_eagerly(True)
    try:
        eager = layer_jacobian(model, model.layers[0])(x)
    finally:
        tf.config.run_functions_eagerly(False)
    np.testing.assert_allclose(eager, compiled, rtol=1e-12)
    assert products == [2, 2]
