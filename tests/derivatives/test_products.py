"""jvp and vjp against full Jacobians, for functions and Keras layers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import jvp, vjp
from tests.support import mixing, normal, tape_jacobian


@pytest.mark.parametrize("jit", [False, True])
def test_products_match_the_full_jacobian(jit):
    x, v, u = normal(3, 2), normal(3, 2, seed=8), normal(2, 4, 5, seed=9)
    J = tape_jacobian(mixing, x)
    y, Jv = jvp(mixing, jit=jit)(x, v)
    np.testing.assert_allclose(y, mixing(x), rtol=1e-12)
    np.testing.assert_allclose(Jv, tf.tensordot(J, v, 2), rtol=1e-11)
    y, uJ = vjp(mixing, jit=jit)(x, u)
    np.testing.assert_allclose(y, mixing(x), rtol=1e-12)
    np.testing.assert_allclose(uJ, tf.tensordot(u, J, 3), rtol=1e-11)


def test_the_dot_test_through_a_recurrent_layer():
    layer = keras.layers.LSTM(3, return_sequences=True, dtype="float64")
    x, v, u = normal(2, 5, 4), normal(2, 5, 4, seed=8), normal(2, 5, 3, seed=9)
    layer(x)
    _, Jv = jvp(layer)(x, v)
    _, uJ = vjp(layer)(x, u)
    left, right = tf.reduce_sum(u * Jv), tf.reduce_sum(uJ * v)
    np.testing.assert_allclose(left, right, rtol=1e-12)
    with tf.autodiff.ForwardAccumulator(x, v) as accumulator:
        y = layer(x)
    np.testing.assert_allclose(Jv, accumulator.jvp(y), rtol=1e-11)


def test_structures():
    def f(x):
        return {"p": x[0] * x[1], "s": x[0] + 1}

    x = (normal(3), normal(3, seed=4))
    y, Jv = jvp(f)(x, (tf.ones_like(x[0]), tf.zeros_like(x[1])))
    np.testing.assert_allclose(Jv["p"], x[1])
    np.testing.assert_allclose(Jv["s"], np.ones(3))
    u = {"p": tf.ones_like(y["p"]), "s": 2 * tf.ones_like(y["s"])}
    _, uJ = vjp(f)(x, u)
    np.testing.assert_allclose(uJ[0], x[1] + 2)
    np.testing.assert_allclose(uJ[1], x[0])


@pytest.mark.parametrize("product", [jvp, vjp])
def test_second_call_does_not_trace(product):
    run = product(tf.sin)
    run(normal(3), normal(3))
    run(normal(3, seed=5), normal(3))
    assert run.traces == 1


@pytest.mark.parametrize("product", [jvp, vjp])
def test_unconnected(product):
    x = normal(3)
    with pytest.raises(ValueError, match=f"`{product.__name__}`.*connected"):
        product(tf.stop_gradient)(x, x)
    _, zeros = product(tf.stop_gradient, unconnected="zero")(x, x)
    np.testing.assert_array_equal(zeros, np.zeros(3))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: jvp(1), TypeError, "`jvp`: expected a function"),
        (lambda: vjp(1), TypeError, "`vjp`: expected a function"),
        (lambda: jvp(tf.sin)(normal(3), normal(2)), ValueError,
         r"v like x, shape \(3,\) and float64, got shape \(2,\)"),
        (lambda: vjp(tf.reduce_sum)(normal(3), normal(3)), ValueError,
         r"u like y = f\(x\), shape \(\)"),
        (lambda: jvp(tf.sin)(normal(3), normal(3, dtype="float32")),
         ValueError, r"got shape \(3,\) and float32"),
        (lambda: jvp(lambda x: x[0])([normal(3)], normal(3)), ValueError,
         r"v with the structure of x"),
        (lambda: jvp(tf.sin)(tf.constant(1), tf.constant(1)), TypeError,
         r"floating input, got int32"),
        (lambda: vjp(tf.sin, unconnected="no"), ValueError, "got 'no'"),
    ],
)  # fmt: skip
def test_bad_calls_are_explained(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_an_operation_without_a_forward_rule():
    x = normal(3)
    for product in (jvp, vjp):
        _, zeros = product(tf.sign)(x, x)
        np.testing.assert_array_equal(zeros, np.zeros(3))
    y, Jv = jvp(lambda x: [tf.sign(x), x**2])(x, tf.ones_like(x))
    np.testing.assert_array_equal(Jv[0], np.zeros(3))
    np.testing.assert_allclose(Jv[1], 2 * x)


# Arguments


@pytest.mark.parametrize("make", [jvp, vjp])
def test_number_of_arguments(make):
    x = tf.ones([3])
    for arguments in ((), (x,), (x, x, x)):
        with pytest.raises(TypeError, match=r"expected 2 argument\(s\), got"):
            make(tf.sin)(*arguments)


def test_a_shape_known_only_when_it_runs():
    product = vjp(lambda z: tf.boolean_mask(z, z > 0) ** 2)
    x = tf.constant([1.0, -1.0, 2.0, 3.0])
    y, row = product(x, tf.constant([1.0, 10.0, 100.0]))
    np.testing.assert_array_equal(row, [2, 0, 40, 600])
    with pytest.raises(ValueError, match=r"expected u of the shape of y"):
        product(x, tf.ones([1]))


@pytest.mark.parametrize("make", [jvp, vjp])
@pytest.mark.parametrize(
    ("f", "got"),
    [
        (lambda x: None, "got None"),
        (lambda x: tf.cast(x, tf.int32), "got int32"),
        (lambda x: "text", "got string"),
    ],
)
def test_results_without_a_derivative(make, f, got):
    x = tf.ones([3])
    with pytest.raises(TypeError, match=f"`{make.__name__}`: expected.*{got}"):
        make(f)(x, x)
