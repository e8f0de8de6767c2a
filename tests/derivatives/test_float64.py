"""float64_copy: what it can copy, what it refuses, what it leaves alone."""

import random

import keras
import numpy as np
import pytest
import tensorflow as tf

import helpers

L = keras.layers
X = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 2.0]])


def scaled(x):
    return 2 * x


def lambdas():
    factor = 3.0
    return {
        "lambda": L.Lambda(lambda x: x**2),
        "closure": L.Lambda(lambda x: factor * tf.sin(x)),
        "named function": L.Lambda(scaled),
        "output shape": L.Lambda(lambda x: x[:, :2], output_shape=(2,)),
    }


@pytest.mark.parametrize("kind", lambdas())
def test_lambda_layers(kind):
    model = keras.Sequential([keras.Input([3]), lambdas()[kind], L.Dense(2)])
    nested = keras.Sequential([keras.Input([3]), model, L.Dense(1)])
    for each in (model, nested):
        copy = helpers.float64_copy(each)
        y = copy(X)
        assert y.dtype == "float64"
        np.testing.assert_allclose(y, each(X), rtol=1e-5, atol=1e-6)


def test_two_lambda_layers_in_a_functional_model():
    inputs = keras.Input([3])
    one, two = L.Lambda(lambda x: x**2), L.Lambda(lambda x: x + 1)
    model = keras.Model(inputs, L.Dense(2)(two(one(inputs))))
    y = helpers.float64_copy(model)(X)
    np.testing.assert_allclose(y, model(X), rtol=1e-5)


class Whole(keras.Model):
    """Neither registered nor rebuilt without help."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units
        self.dense = L.Dense(units, dtype=self.dtype_policy)

    def call(self, x):
        return self.dense(x)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class WithoutConfig(keras.Model):
    def __init__(self, units):
        super().__init__()
        self.dense = L.Dense(units)

    def call(self, x):
        return self.dense(x)


class WithoutOptions(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = L.Dense(2)

    def call(self, x):
        return self.dense(x)


class Own(L.Layer):
    """A layer of the reader's, not registered."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],))

    def call(self, x):
        return self.scale * x


def test_classes_that_are_not_registered():
    model = Whole(2)
    layered = keras.Sequential([keras.Input([3]), Own(), L.Dense(2)])
    for each in (model, layered):
        expected = each(X)
        y = helpers.float64_copy(each)(X)
        assert y.dtype == "float64"
        np.testing.assert_allclose(y, expected, rtol=1e-5)


@pytest.mark.parametrize(
    "make", [lambda: WithoutConfig(3), WithoutOptions], ids=["config", "init"]
)
def test_a_class_that_cannot_be_rebuilt_is_refused(make):
    model = make()
    model(X)
    with pytest.raises(
        ValueError,
        match="`float64_copy`: expected a model that can be rebuilt from its "
        "config, got Without.* use a model of standard layers",
    ):
        helpers.float64_copy(model)


def draws():
    layer = L.Dense(2)
    layer.build([None, 3])
    return [
        random.random(),
        np.random.normal(),
        float(tf.random.normal([])),
        float(keras.random.normal([])),
        np.asarray(layer.kernel).tolist(),
    ]


@pytest.mark.parametrize("refused", [False, True])
def test_random_numbers_go_on_as_before(refused):
    layers = [L.Dense(2), L.Dropout(0.5), L.GaussianNoise(0.1), L.Dense(1)]
    model = keras.Sequential([keras.Input([3]), *layers])
    if refused:
        model = WithoutConfig(3)
        model(X)
    keras.utils.set_random_seed(5)
    expected = draws()
    keras.utils.set_random_seed(5)
    try:
        helpers.float64_copy(model)
    except ValueError:
        assert refused
    assert draws() == expected
