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


def test_copy_of_a_normalization_that_was_adapted():
    norm = L.Normalization()
    norm.adapt(np.array([[1.0, 10.0], [3.0, 30.0], [5.0, 20.0]]))
    model = keras.Sequential([keras.Input([2]), norm, L.Dense(1)])
    x = np.array([[2.0, 20.0]])
    np.testing.assert_allclose(
        helpers.float64_copy(model)(x), model(x), rtol=1e-5
    )


def test_copy_keeps_casts_to_integers():
    inputs = keras.Input([2])
    whole = keras.ops.cast(inputs, "int32")
    model = keras.Model(inputs, 2 * keras.ops.cast(whole, "float32"))
    y = helpers.float64_copy(model)(np.array([[2.7, -1.5]]))
    assert y.dtype == "float64"
    np.testing.assert_array_equal(y, [[4, -2]])


def test_copy_takes_integer_inputs():
    inputs = keras.Input([3], dtype="int32")
    table = L.Embedding(5, 2)(inputs)
    model = keras.Model(inputs, keras.ops.sum(table, axis=1))
    tokens = np.array([[0, 4, 4]], "int32")
    y = helpers.float64_copy(model)(tokens)
    assert y.dtype == "float64"
    np.testing.assert_allclose(y, model(tokens), rtol=1e-6)


@keras.saving.register_keras_serializable()
class Stubborn(L.Layer):
    """A layer that does not keep its dtype."""

    def __init__(self):
        super().__init__()

    def build(self, shape):
        self.scale = self.add_weight(shape=(), initializer="ones")

    def call(self, x):
        return self.scale * x

    def get_config(self):
        return {}


def test_copy_of_a_layer_that_stays_narrow_is_refused():
    model = keras.Sequential([keras.Input([2]), Stubborn()])
    with pytest.raises(ValueError, match=r"weights of \['float32'\]"):
        helpers.float64_copy(model)


@keras.saving.register_keras_serializable()
class Scaled(keras.Model):
    """A subclass that keeps its dtype."""

    def __init__(self, **options):
        super().__init__(**options)
        self.dense = L.Dense(2, dtype=self.dtype_policy)

    def call(self, x):
        return 3 * self.dense(x)


def test_copy_of_a_subclass():
    model, x = Scaled(), np.array([[1.0, 2.0, 3.0]])
    model(x)
    y = helpers.float64_copy(model)(x)
    assert y.dtype == "float64"
    np.testing.assert_allclose(y, model(x), rtol=1e-5)
