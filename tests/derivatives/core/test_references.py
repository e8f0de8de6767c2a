"""A compiled callable notices that a name leads to something else."""

import functools

import keras
import numpy as np
import tensorflow as tf

from helpers import batch_jacobian, fast_lstm, jacobian
from helpers.derivatives.core import references as module
from helpers.derivatives.core.references import References, references, same

X = tf.constant([[1.0, -2.0, 3.0], [0.5, 0.1, -1.0]])


def network(activation="tanh"):
    return keras.Sequential(
        [keras.Input([3]), keras.layers.Dense(2, activation=activation)]
    )


def test_a_model_under_an_old_name():
    model = network()
    J = batch_jacobian(lambda x: model(x))
    before = J(X)
    model = network()
    after = J(X)
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(after, batch_jacobian(model)(X), rtol=1e-6)


def test_a_layer_that_was_added():
    model = network()
    J = batch_jacobian(model)
    assert J(X).shape == (2, 2, 3)
    model.add(keras.layers.Dense(4))
    assert J(X).shape == (2, 4, 3)


def test_an_activation_that_was_set():
    model = network()
    J = batch_jacobian(model)
    J(X)
    model.layers[0].activation = keras.activations.relu
    np.testing.assert_allclose(J(X), batch_jacobian(model)(X), rtol=1e-6)


def test_a_derivative_inside_of_a_derivative():
    model = network()
    J = batch_jacobian(lambda x: model(x))
    H = batch_jacobian(lambda x: J(x))
    before = H(X)
    model = network()
    after = H(X)
    assert np.abs(after - before).max() > 1e-3
    fresh = batch_jacobian(batch_jacobian(model))(X)
    np.testing.assert_allclose(after, fresh, rtol=1e-4, atol=1e-6)


def test_a_fast_lstm_whose_layers_change():
    x = tf.ones([2, 4, 3])
    layer = keras.layers.LSTM(2)
    model = keras.Sequential([keras.Input([4, 3]), layer])
    f = fast_lstm(model)
    direct, inside = batch_jacobian(f), batch_jacobian(lambda x: f(x))
    direct(x), inside(x)
    layer.cell.activation = keras.activations.sigmoid
    for J in (direct, inside):
        fresh = batch_jacobian(lambda x: layer(x))(x)
        np.testing.assert_allclose(J(x), fresh, rtol=1e-4, atol=1e-6)
    model.add(keras.layers.Dense(5))
    assert direct(x).shape == inside(x).shape == (2, 5, 4, 3)


def test_a_number_and_a_function_under_old_names():
    factor = 2.0

    def inner(x):
        return factor * x

    J = jacobian(lambda x: inner(x))
    assert J(tf.constant(1.0)) == 2
    factor = 5.0
    assert J(tf.constant(1.0)) == 5


def test_nothing_is_traced_when_nothing_changed():
    model, count = network(), 0

    def f(x):
        nonlocal count
        count += 1
        return model(x)

    J = batch_jacobian(f)
    for _ in range(4):
        J(X)
    assert J.traces == 1


def test_new_values_of_weights_need_no_new_graph():
    model = network(activation=None)
    J = batch_jacobian(model)
    J(X)
    kernel = np.arange(6.0).reshape(3, 2)
    model.layers[0].kernel.assign(kernel)
    np.testing.assert_array_equal(J(X)[0], kernel.T)
    assert J.traces == 1


def test_references_compare_by_identity():
    first, second = [1], [1]
    assert same(references(first), [first])
    assert not same([first], [second])
    assert not same([first], [first, first])


def test_a_function_of_another_file_under_an_old_name(monkeypatch):
    monkeypatch.setitem(globals(), "bend", tf.exp)
    J = jacobian(lambda x: bend(x))  # noqa: F821
    assert J(tf.constant(0.0)) == 1
    monkeypatch.setitem(globals(), "bend", tf.cos)
    assert J(tf.constant(0.0)) == 0


def test_code_that_was_exchanged():
    """As IPython's autoreload does it."""

    def f(x):
        return 2.0 * x

    def changed(x):
        return 3.0 * x

    J = jacobian(f)
    assert J(tf.constant(1.0)) == 2
    f.__code__ = changed.__code__
    assert J(tf.constant(1.0)) == 3


def test_a_rebound_argument_of_a_partial_of_a_method():
    class Scaled:
        factor = 2.0

        def times(self, x, by=1.0):
            return by * self.factor * x

    f = functools.partial(Scaled().times, by=1.0)
    J = jacobian(f)
    assert J(tf.constant(1.0)) == 2
    f.keywords["by"] = 5.0
    assert J(tf.constant(1.0)) == 10


def test_what_a_layer_keeps_for_itself_is_no_change():
    model = network()
    seen = References(lambda x: model(x))
    model.layers[0]._kept = object()
    assert not seen.changed()
    model.layers[0].rate = 0.5
    assert seen.changed()


def test_where_nothing_is_new_nothing_is_walked(monkeypatch):
    model = network()
    seen = References(lambda x: model(x))
    monkeypatch.setattr(module, "references", None)
    assert not seen.changed()
