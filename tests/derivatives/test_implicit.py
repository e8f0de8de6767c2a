"""fixed_point against unrolling: first and second derivatives, variables."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import (
    check_jacobian,
    fixed_point,
    jacobian,
    jvp,
)
from tests.support import normal

W, U = 0.2 * normal(4, 4), normal(4, 3, seed=4)
THETA, START = 0.3 * normal(3, seed=5), tf.zeros(4, tf.float64)


def cell(theta, x):
    return tf.tanh(tf.linalg.matvec(W, x) + tf.linalg.matvec(U, theta))


def unrolled(theta):
    x = START
    for _ in range(40):
        x = cell(theta, x)
    return x


@pytest.fixture(scope="module")
def by_steps():
    """The Jacobian of all steps: 40 graphs in one, so traced once."""
    return jacobian(unrolled)(THETA)


SOLVE = fixed_point(cell)
MASKED = np.ma.masked_array(np.zeros(4), mask=[0, 1, 0, 0])


def solved(theta):
    return SOLVE(theta, START)


def test_value_and_jacobian(by_steps):
    x = solved(THETA)
    np.testing.assert_allclose(x, cell(THETA, x), rtol=1e-13)
    with tf.GradientTape() as tape:
        tape.watch(THETA)
        x = solved(THETA)
    J = tape.jacobian(x, THETA)
    assert J.shape == (4, 3)
    np.testing.assert_allclose(J, by_steps, rtol=1e-11)
    np.testing.assert_allclose(jacobian(solved)(THETA), J, rtol=1e-11)
    check_jacobian(solved, THETA, J)


def test_forward_products_are_right_or_refused(by_steps):
    v = normal(3, seed=6)
    _, found = jvp(solved)(THETA, v)
    expected = tf.linalg.matvec(by_steps, v)
    np.testing.assert_allclose(found, expected, rtol=1e-11)
    refused = pytest.raises(LookupError, match="expected reverse mode")
    with refused, tf.autodiff.ForwardAccumulator(THETA, v):
        solved(THETA)
    columns = jacobian(solved, mode="forward")(THETA)
    np.testing.assert_allclose(columns, by_steps, rtol=1e-10)


def test_few_inputs_do_not_lead_past_the_rule():
    def few(solve):
        return lambda k: solve(tf.concat([k, 2 * k, -k], 0))

    k = tf.constant([0.3], tf.float64)
    expected = jacobian(few(unrolled))(k)
    np.testing.assert_allclose(jacobian(few(solved))(k), expected, rtol=1e-10)


def hessian_by_tapes(solve):
    with tf.GradientTape() as outer:
        outer.watch(THETA)
        with tf.GradientTape() as inner:
            inner.watch(THETA)
            y = tf.reduce_sum(solve(THETA) ** 2)
        gradient = inner.gradient(y, THETA)
    return outer.jacobian(gradient, THETA)


def test_second_derivatives():
    expected = hessian_by_tapes(unrolled)
    np.testing.assert_allclose(
        hessian_by_tapes(solved), expected, rtol=1e-10, atol=1e-12
    )


def gradients(f, sources):
    with tf.GradientTape() as tape:
        tape.watch(sources)
        y = tf.nest.flatten(f())
    return tape.gradient(y, sources)


@pytest.mark.parametrize("compiled", [False, True])
def test_variables_of_a_layer(compiled):
    layer = keras.layers.Dense(
        4,
        "tanh",
        dtype="float64",
        kernel_initializer=keras.initializers.RandomNormal(0, 0.2, seed=1),
    )
    layer.build((None, 4))
    theta = normal(5, 4)
    solve = fixed_point(lambda theta, x: layer(x) + theta)

    def rolled():
        x = tf.zeros_like(theta)
        for _ in range(80):
            x = layer(x) + theta
        return x**2

    def by_rule():
        return solve(theta, tf.zeros_like(theta)) ** 2

    sources = [theta, *(v.value for v in layer.trainable_variables)]
    run = tf.function(by_rule) if compiled else by_rule
    both = gradients(run, sources), gradients(rolled, sources)
    for found, expected in zip(*both, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_structures_and_the_start():
    def f(theta, x):
        return {"a": 0.5 * x["b"] + theta["k"], "b": theta["c"] * x["a"]}

    theta = {"k": tf.constant(1.0), "c": tf.constant(0.3)}
    start = {"a": tf.constant(0.0), "b": tf.constant(0.0)}
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([theta, start])
        x = fixed_point(f)(theta, start)
    np.testing.assert_allclose(x["a"], 1 / 0.85, rtol=1e-6)
    slopes = tape.gradient(x["a"], theta)
    np.testing.assert_allclose(slopes["k"], 1 / 0.85, rtol=1e-6)
    np.testing.assert_allclose(slopes["c"], 0.5 / 0.85**2, rtol=1e-5)
    assert tape.gradient(x["a"], start["a"]) is None


def test_a_search_without_end_inside_a_compiled_function():
    solve = fixed_point(lambda theta, x: 2 * x + theta)
    refused = pytest.raises(tf.errors.InvalidArgumentError, match="to rest")
    with refused:
        tf.function(solve)(tf.constant(1.0), tf.ones(2))


def test_second_call_does_not_trace():
    count = []

    def counted(theta, x):
        count.append(1)
        return 0.5 * tf.cos(theta * x)

    solve = fixed_point(counted)
    solve(tf.constant(1.0), tf.constant(0.0))
    first = len(count)
    solve(tf.constant(1.5), tf.constant(0.5))
    assert len(count) == first + 1  # the step that joins x to theta


def test_a_name_that_leads_to_another_number():
    half = 0.5
    solve = fixed_point(lambda theta, x: half * x + theta)
    theta, x0 = tf.constant(3.0, tf.float64), tf.constant(0.0, tf.float64)
    J = jacobian(lambda theta: solve(theta, x0))

    def found():
        with tf.GradientTape() as tape:
            tape.watch(theta)
            x = solve(theta, x0)
        return [x, tape.gradient(x, theta), J(theta)]

    np.testing.assert_allclose(found(), [6, 2, 2])
    half = 0.25
    np.testing.assert_allclose(found(), [4, 4 / 3, 4 / 3])


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: fixed_point(3), TypeError, "expected a function of theta"),
        (lambda: fixed_point(cell, tolerance=0.0), ValueError, "tolerance"),
        (lambda: fixed_point(cell, max_steps=0), ValueError, "max_steps"),
        (lambda: SOLVE(THETA, tf.zeros(4, tf.int32)), TypeError,
         "a floating x0, got int32"),
        (lambda: SOLVE(THETA, MASKED), TypeError, "array without a mask"),
        (lambda: SOLVE(MASKED, tf.zeros(4)), TypeError, "without a mask"),
        (lambda: fixed_point(lambda t, x: x[:1])(1.0, tf.ones(2)),
         ValueError, r"like x, float32 \(2,\), got float32 \(1,\)"),
        (lambda: fixed_point(lambda t, x: tf.cast(x, "float64"))(
            1.0, tf.ones(2)), ValueError, r"got float64 \(2,\)"),
        (lambda: fixed_point(lambda t, x: 2 * x + t, max_steps=50)(
            1.0, tf.ones(2)), ValueError, "after 50 steps still moves"),
        (lambda: fixed_point(lambda t, x: 2 * x + t)(1.0, tf.ones(2)),
         ValueError, "is not finite"),
        (lambda: fixed_point(lambda t, x: x * np.nan)(1.0, tf.ones(2)),
         ValueError, "is not finite"),
    ],
)  # fmt: skip
def test_refusals(call, kind, message):
    with pytest.raises(kind, match=f"`fixed_point`: .*{message}"):
        call()
