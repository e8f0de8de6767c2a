"""Forward mode is taken only where it gives what reverse mode gives."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import batch_jacobian, jacobian, jvp

POINT = tf.constant([0.5, -1.0, 2.0])


def tall(z):
    """Three outputs for each number, so that "auto" prefers forward."""
    return tf.concat([z, 2 * z, z * z], 0)


def fake_quant(z):
    return tf.quantization.fake_quant_with_min_max_args(z, -6, 6)


def resized(z):
    """A part with a forward rule beside a part without."""
    larger = tf.image.resize(tf.reshape(z, [1, 3, 1, 1]), [6, 1])
    return tf.concat([z, tf.reshape(larger, [-1])], 0)


WITHOUT_RULE = {
    "fake quantisation": lambda z: tall(2 * z + fake_quant(z)),
    "resize": resized,
    "softsign": lambda z: tf.nn.softsign(tall(z)),
    "local response": lambda z: tf.nn.lrn(tf.reshape(tall(z), [1, 1, 3, 3])),
}


@pytest.mark.parametrize("name", WITHOUT_RULE)
def test_operations_without_a_forward_rule(name):
    f = WITHOUT_RULE[name]
    reverse = jacobian(f, mode="reverse")(POINT)
    assert np.count_nonzero(reverse) > 3
    np.testing.assert_array_equal(jacobian(f)(POINT), reverse)
    for refused in (jacobian(f, mode="forward"), jvp(f)):
        arguments = (POINT,) if refused.name == "jacobian" else (POINT, POINT)
        with pytest.raises(ValueError, match="no forward rule.*Grad"):
            refused(*arguments)


RANDOM = {
    "uniform": lambda: tf.random.uniform([]),
    "normal": lambda: tf.random.normal([]),
    "truncated": lambda: tf.random.truncated_normal([]),
    "shuffle": lambda: tf.random.shuffle([1.0, 2.0, 3.0, 4.0])[0],
    "generator": lambda: tf.random.get_global_generator().normal([]),
}


@pytest.mark.parametrize("name", RANDOM)
def test_one_draw_for_all_columns(name):
    def f(z):
        return tf.tile(z, [3]) * RANDOM[name]()

    slopes = jacobian(f)(POINT).numpy()
    factor = slopes[0, 0]
    np.testing.assert_array_equal(slopes, factor * np.tile(np.eye(3), (3, 1)))
    y, product = jvp(f)(POINT, POINT)
    np.testing.assert_allclose(product, y, rtol=1e-6)
    slopes = jacobian(f, mode="forward")(POINT).numpy()
    factor = slopes[0, 0]
    np.testing.assert_array_equal(slopes, factor * np.tile(np.eye(3), (3, 1)))


def test_dropout_in_training_draws_once():
    drop = keras.layers.Dropout(0.5)
    J = batch_jacobian(lambda z: tf.tile(drop(z, training=True), [1, 3]))
    for slopes in J(tf.ones([4, 5])).numpy():
        first = slopes[:5]
        np.testing.assert_array_equal(slopes, np.tile(first, (3, 1)))
        assert set(np.unique(first)) <= {0.0, 2.0}


def test_seeded_numbers_stay_in_forward_mode():
    def f(z):
        return tf.tile(z, [3]) * tf.random.stateless_uniform([], (1, 2))

    one = jacobian(f, mode="forward")(POINT)
    np.testing.assert_array_equal(one, jacobian(f, mode="reverse")(POINT))


@pytest.mark.parametrize("make", [jacobian, batch_jacobian, jvp])
def test_state_changes_once_for_each_call(make):
    count = tf.Variable(0.0)

    def f(z):
        count.assign_add(1.0)
        return tf.sign(tf.concat([z * count] * 3, -1)) + count * z[..., :1]

    x = POINT[tf.newaxis]
    call = make(f)
    for calls in (1, 2, 3):
        call(x, x) if make is jvp else call(x)
        assert count == calls


def test_statistics_move_once():
    norm = keras.layers.BatchNormalization(momentum=0.5)
    x = tf.constant([[1.0, 2.0], [3.0, 6.0]])
    norm.build(x.shape)
    jacobian(lambda z: tf.tile(norm(z, training=True), [1, 3]))(x)
    np.testing.assert_allclose(norm.moving_mean, [1.0, 2.0])


def test_own_rules_are_followed_when_functions_run_eagerly():
    @tf.custom_gradient
    def seven(z):
        return z**2, lambda u: 7 * z * u

    expected = np.tile(np.diag(7 * POINT), (3, 1))
    tf.config.run_functions_eagerly(True)
    try:
        found = jacobian(lambda z: tf.tile(seven(z), [3]))(POINT)
    finally:
        tf.config.run_functions_eagerly(False)
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_a_rule_inside_of_a_branch(mode):
    @tf.custom_gradient
    def seven(z):
        return z**2, lambda u: 7 * z * u

    def f(z):
        y = tf.cond(z[0] > 0, lambda: seven(z), lambda: z)
        return tf.tile(y, [3])

    expected = np.tile(np.diag(7 * POINT), (3, 1))
    np.testing.assert_allclose(jacobian(f, mode=mode)(POINT), expected)
    column = jvp(f)(POINT, tf.ones_like(POINT))[1]
    np.testing.assert_allclose(column, expected.sum(1))


def test_unknown_rank_and_py_function():
    def unranked(z):
        return tf.py_function(lambda z: 2 * z, [z], z.dtype)

    def f(z):
        return tf.ensure_shape(unranked(z), z.shape)

    with pytest.raises(ValueError, match="whose number of axes is known"):
        jacobian(unranked)(POINT)
    with pytest.raises(ValueError, match="tf.py_function.*use `vjp`"):
        jacobian(f)(POINT)


@pytest.mark.parametrize("make", [jacobian, batch_jacobian])
def test_errors_inside_a_py_function_reach_the_caller(make):
    def fails(z):
        raise ValueError("bad data")

    def f(z):
        return tf.ensure_shape(tf.py_function(fails, [z], z.dtype), z.shape)

    with pytest.raises(tf.errors.InvalidArgumentError, match="bad data"):
        make(f)(POINT[tf.newaxis])
