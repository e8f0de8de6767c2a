"""check_custom_gradient: silent for a right rule, a name for each fault."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import JacobianError, check_custom_gradient
from tests.support import normal

matvec = tf.linalg.matvec
A, X = normal(2, 3), normal(3, seed=4)
SQUARE, BATCH = normal(3, 3, seed=5), normal(5, 3, seed=6)


def outer(a, b):
    return a[:, tf.newaxis] * b


def back(A, dy):
    return matvec(A, dy, transpose_a=True)


def ruled(value, rule):
    """A function of one argument, a tuple, with a rule of its own."""

    @tf.custom_gradient
    def f(*inputs):
        return value(*inputs), lambda *dy: rule(*dy, *inputs)

    return lambda inputs: f(*inputs)


RIGHT = {
    "matrix-vector": (
        ruled(matvec, lambda dy, A, x: (outer(dy, x), back(A, dy))),
        (A, X),
    ),
    "dense": (
        ruled(
            lambda x, w: x @ w,
            lambda dy, x, w: (dy @ tf.transpose(w), tf.transpose(x) @ dy),
        ),
        (BATCH, normal(3, 2)),
    ),
    "two outputs": (
        ruled(
            lambda x: (x**2, tf.reduce_sum(x**3)),
            lambda da, db, x: 2 * x * da + 3 * x**2 * db,
        ),
        (X,),
    ),
    "no rule": (lambda x: {"a": x[0] ** 2, "b": x[1]}, [X, A]),
    "an input without effect": (lambda p: p[0] ** 2, (X, A)),
    "a layer": (keras.layers.Dense(2, "tanh", dtype="float64"), BATCH),
    "float32": (keras.layers.Dense(2, "tanh"), tf.cast(BATCH, "float32")),
    "many inputs": (tf.reduce_sum, normal(40, 50, dtype="float32")),
    "large numbers": (tf.square, tf.constant([1e6, 2e6])),
    "small numbers": (lambda x: 1e-12 * x**2, tf.constant([1.0, 2.0])),
    "no numbers": (tf.square, tf.zeros([0], tf.float64)),
    "a Python number": (lambda x: x**2, 3.0),
}


@pytest.mark.parametrize("case", RIGHT.values(), ids=RIGHT)
def test_silent_for_a_right_rule(case):
    assert check_custom_gradient(*case) is None


def square(rule):
    return ruled(tf.square, rule), (X,)


WRONG = {
    "ignores dy": (*square(lambda dy, x: 2 * x), "it ignores dy"),
    "ignores dy, scalar": (
        ruled(lambda x: tf.reduce_sum(x**2), lambda dy, x: 2 * x),
        (X,),
        "it ignores dy",
    ),
    "dy squared": (*square(lambda dy, x: 2 * x * dy**2), "linear in dy"),
    "clips": (
        *square(lambda dy, x: 2 * x * tf.clip_by_value(dy, -0.1, 0.1)),
        "linear in dy",
    ),
    "adds": (*square(lambda dy, x: 2 * x * dy + 1), "linear in dy"),
    "None": (*square(lambda dy, x: None), "got None; use"),
    "None for one": (
        ruled(matvec, lambda dy, A, x: (None, back(A, dy))),
        (A, X),
        "for input 0, got None",
    ),
    "zero": (*square(lambda dy, x: 0 * dy), "got 0 from the rule, more"),
    "nan": (*square(lambda dy, x: np.nan * dy), "a finite gradient"),
    "half": (*square(lambda dy, x: x * dy), r"\(0.5 times as much"),
    "wrong sign": (*square(lambda dy, x: -2 * x * dy), r"\(-1 times"),
    "a power too much": (
        *square(lambda dy, x: 2 * x**2 * dy),
        r"dyᵀ J v = .* \(central differences\), got",
    ),
    "mean over the batch": (
        ruled(
            lambda x, w: x @ w,
            lambda dy, x, w: (dy @ tf.transpose(w), tf.transpose(x) @ dy / 5),
        ),
        (BATCH, normal(3, 2)),
        r"for input 1, got .*\(0.2 times as much",
    ),
    "A for its transpose": (
        ruled(matvec, lambda dy, A, x: (outer(dy, x), matvec(A, dy))),
        (SQUARE, X),
        "for input 1, got .* it is transposed",
    ),
    "the outer product turned": (
        ruled(matvec, lambda dy, A, x: (outer(x, dy), back(A, dy))),
        (SQUARE, X),
        "for input 0, got .* it is transposed",
    ),
    "turned, not square": (
        ruled(matvec, lambda dy, A, x: (outer(x, dy), back(A, dy))),
        (A, X),
        r"shape \(2, 3\) for input 0, got shape \(3, 2\).*transposed",
    ),
    "weights of a dense layer": (
        ruled(
            lambda x, w: x @ w,
            lambda dy, x, w: (dy @ w, tf.transpose(x) @ dy),
        ),
        (BATCH, SQUARE),
        "for input 0, got .* it is transposed",
    ),
    "bias not summed": (
        ruled(lambda x, b: x + b, lambda dy, x, b: (dy, dy)),
        (BATCH, X),
        r"shape \(3,\) for input 1, got shape \(5, 3\); .*broadcasting",
    ),
    "straight-through": (
        ruled(tf.round, lambda dy, x: dy),
        (X,),
        r"dyᵀ J v = 0 \(central",
    ),
}


@pytest.mark.parametrize(("f", "x", "message"), WRONG.values(), ids=WRONG)
def test_names_the_fault(f, x, message):
    start = "`check_custom_gradient`: expected .*"
    with pytest.raises(JacobianError, match=start + message):
        check_custom_gradient(f, x)


def test_tolerances_are_the_callers():
    f, x = square(lambda dy, x: 2.002 * x * dy)
    check_custom_gradient(f, x, rtol=1e-2)
    check_custom_gradient(f, x, atol=1.0)
    with pytest.raises(JacobianError, match="1 times as much"):
        check_custom_gradient(f, x)


@pytest.mark.parametrize(
    ("f", "x", "message"),
    [
        (3, X, "expected a function.*got int; use f itself"),
        (tf.square, tf.cast(X, "float16"), "float64, got float16"),
        (tf.square, tf.constant([1, 2]), "float64, got int32"),
        (lambda x: tf.cast(x, "int32"), X, "float64, got int32"),
        (tf.square, np.ma.array([1.0, 2], mask=[0, 1]), "without a mask"),
    ],
)
def test_refusals(f, x, message):
    with pytest.raises(TypeError, match=message):
        check_custom_gradient(f, x)
