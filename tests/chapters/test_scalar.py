"""What the chapter on scalars says and does not show in a cell."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import jacobian


def test_a_tape_that_is_not_persistent_answers_once():
    x = tf.Variable(1.5)
    with tf.GradientTape() as tape:
        y = x**2
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match="only be used to compute one set"):
        tape.gradient(y, x)


def test_training_without_a_path_says_no_gradients():
    model = keras.Sequential([keras.Input([2]), keras.layers.Dense(1)])
    model.compile("sgd", lambda y, p: tf.reduce_mean(tf.round(p)))
    with pytest.raises(ValueError, match="No gradients provided for any var"):
        model.fit(np.ones([4, 2]), np.ones([4, 1]), verbose=0)


@pytest.mark.parametrize("watch", [True, False])
def test_variables_that_are_not_watched(watch):
    x = tf.Variable(1.5, trainable=not watch)
    with tf.GradientTape(watch_accessed_variables=watch) as tape:
        y = x**2
    assert tape.gradient(y, x) is None


def test_zero_on_request_where_there_is_no_path():
    x = tf.Variable(1.5)
    with tf.GradientTape(persistent=True) as tape:
        y = tf.stop_gradient(x)
    for ask in (tape.gradient, tape.jacobian):
        assert ask(y, x) is None
        assert ask(y, x, unconnected_gradients="zero") == 0


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda x: tf.math.xlogy(x, 2.0), np.log(2)),
        (lambda x: tf.math.divide_no_nan(3.0, x + 1), -3),
    ],
)
def test_safe_functions_away_from_zero(f, slope):
    at = tf.constant(1e-6 if slope > 0 else 0.0)
    np.testing.assert_allclose(jacobian(f)(at), slope, rtol=1e-5)


def test_xlogy_at_zero_has_a_slope_that_is_set():
    zero = tf.constant(0.0)
    assert jacobian(lambda x: tf.math.xlogy(x, 2.0))(zero) == 0
    assert jacobian(lambda x: tf.math.divide_no_nan(3.0, x))(zero) == 0


def test_floor_has_no_path_and_root_grows():
    assert jacobian(tf.floor, unconnected="zero")(tf.constant(2.0)) == 0
    with pytest.raises(ValueError, match="not connected"):
        jacobian(tf.floor)(tf.constant(2.0))
    np.testing.assert_allclose(tf.sqrt(1e-3) / 1e-3, 32, atol=0.5)


@pytest.mark.parametrize(
    "hand_out",
    [
        lambda x: tf.constant(float(x)) ** 2,
        lambda x: tf.constant(x.numpy()) ** 2,
        lambda x: tf.constant(np.square(x)),
    ],
    ids=["float", "numpy()", "NumPy"],
)
def test_plain_numbers_cut_the_tape(hand_out):
    x = tf.constant(1.5)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = hand_out(x)
    assert y == 2.25
    assert tape.gradient(y, x) is None


def test_predict_cuts_the_tape_and_a_call_does_not():
    model = keras.Sequential([keras.Input([2]), keras.layers.Dense(1)])
    x = tf.ones([3, 2])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        called = model(x)
        predicted = tf.convert_to_tensor(model.predict(x, verbose=0))
    np.testing.assert_allclose(called, predicted, rtol=1e-5)
    assert tape.gradient(predicted, x) is None
    assert tape.gradient(called, x) is not None


def test_a_low_and_slowly_bending_gap_bounds_the_gap_of_slopes():
    gap, bend, bound = 1e-3, 1e5, np.sqrt(2 * 1e-3 * 1e5)
    t = np.linspace(0, 1e-2, 20_001)
    ripple = gap * np.sin(np.sqrt(bend / gap) * t)
    slopes = np.gradient(ripple, t)
    assert abs(np.gradient(slopes, t)).max() < 1.01 * bend
    assert 9.9 < abs(slopes).max() < bound < 14.2


def test_a_softmax_has_a_slope_where_argmax_has_none():
    x = tf.constant([0.5, 2.0, 1.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        position = tf.argmax(x)
        smooth = tf.reduce_sum(tf.nn.softmax(x) * [0.0, 1.0, 2.0])
    assert tape.gradient(position, x) is None
    assert np.all(tape.gradient(smooth, x) != 0)
