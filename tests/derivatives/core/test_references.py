"""A compiled callable notices that a name leads to something else."""

import keras
import numpy as np
import tensorflow as tf

from helpers import batch_jacobian, jacobian
from helpers.derivatives.core.references import references, same

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
