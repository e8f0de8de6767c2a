"""float64_copy: the same model in double precision, or a refusal."""

import keras
import numpy as np
import pytest

import helpers

L = keras.layers


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
