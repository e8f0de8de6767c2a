"""What is returned without being compiled: called, never pickled."""

import copy
import pickle

import keras
import pytest
import tensorflow as tf

from helpers import fast_lstm, finite_difference_jacobian, fixed_point


def built_lstm():
    layer = keras.layers.LSTM(2)
    layer.build([1, 4, 3])
    return layer


KEPT = {
    "finite_difference_jacobian": lambda: finite_difference_jacobian(tf.sin),
    "fast_lstm": lambda: fast_lstm(built_lstm()),
    "fixed_point": lambda: fixed_point(lambda z, x: z / 2 + x),
}


@pytest.mark.parametrize("name", KEPT)
@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy])
def test_what_is_not_compiled_is_not_pickled_either(name, take):
    message = f"`{name}`: .*pickle or copy what `{name}` returned; use"
    with pytest.raises(TypeError, match=message):
        take(KEPT[name]())


def test_arguments_go_by_name_too():
    solve = fixed_point(lambda theta, x: x / 2 + theta)
    x = solve(theta=tf.constant(1.0), x0=tf.constant(0.0))
    assert abs(x - 2) < 1e-5
