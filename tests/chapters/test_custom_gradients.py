"""What the pages on custom gradients say and do not show in a cell."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import helpers


@tf.custom_gradient
def loud(x):
    """2 x, with a rule that says 100."""

    def rule(dy):
        return 100 * dy

    return 2 * x, rule


def forward(f, x):
    with tf.autodiff.ForwardAccumulator(x, tf.ones_like(x)) as accumulator:
        y = f(x)
    return float(accumulator.jvp(y))


X = tf.constant(3.0)
SECTION = "TensorFlow's forward mode passes by the rule"
CHANGED = f"TensorFlow has changed; rewrite {SECTION!r}"


def test_forward_mode_passes_by_the_rule():
    """State of TensorFlow 2.21, told by the page; red when it changes."""
    assert forward(loud, X) == 2, CHANGED
    inside = tf.function(lambda x: forward_jvp(loud, x))
    assert float(inside(X)) == 2, CHANGED
    assert float(helpers.jacobian(loud, mode="forward")(X)) == 100
    assert forward(tf.function(loud), X) == 100, CHANGED


def forward_jvp(f, x):
    with tf.autodiff.ForwardAccumulator(x, tf.ones_like(x)) as accumulator:
        y = f(x)
    return accumulator.jvp(y)


def test_a_rule_may_branch_and_read_a_variable():
    weight = tf.Variable(2.0)

    @tf.custom_gradient
    def f(x):
        def rule(dy, variables=None):
            dx = tf.cond(dy > 0, lambda: weight * dy, lambda: weight * dy)
            return dx, [x * dy]

        return weight * x, rule

    for run in (f, tf.function(f)):
        with tf.GradientTape() as tape:
            tape.watch(X)
            y = run(X)
        assert [float(g) for g in tape.gradient(y, [X, weight])] == [2, 3]


LOAD = """
import sys
import tensorflow as tf

x = tf.constant(3.0)
with tf.GradientTape() as tape:
    tape.watch(x)
    y = tf.saved_model.load(sys.argv[1]).f(x)
print(float(tape.gradient(y, x)))
"""


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.slow
def test_a_saved_model_keeps_the_rule_if_asked(tmp_path, kept):
    module = tf.Module()
    signature = [tf.TensorSpec([], tf.float32)]
    module.f = tf.function(lambda x: loud(x), input_signature=signature)
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=kept)
    tf.saved_model.save(module, str(tmp_path), options=options)
    run = subprocess.run(
        [sys.executable, "-c", LOAD, str(tmp_path)],
        env=os.environ,
        capture_output=True,
        text=True,
    )
    assert (run.returncode == 0) == kept, run.stderr
    assert run.stdout.startswith("100.0") == kept


def test_outside_code_in_a_functional_model():
    @tf.custom_gradient
    def sine(x):
        y, slope = tf.numpy_function(
            lambda x: (np.sin(x), np.cos(x)), [x], [x.dtype, x.dtype]
        )
        slope = tf.ensure_shape(slope, x.shape)
        return tf.ensure_shape(y, x.shape), lambda dy: slope * dy

    class Sine(keras.layers.Layer):
        def call(self, x):
            return sine(x)

    inputs = keras.Input([3])
    outputs = keras.layers.Dense(2)(Sine()(inputs))
    model = keras.Model(inputs, outputs)
    x = keras.random.normal([4, 3])
    kernel = model.layers[-1].kernel
    expected = tf.einsum("bi,io->boi", tf.cos(x), kernel.value)
    found = helpers.batch_jacobian(model, mode="reverse")(x)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_an_unwatched_input_passes_by_the_rule_in_eager_mode():
    weight = tf.Variable(2.0)

    def f(x, inner):
        @tf.custom_gradient
        def ruled(x):
            return inner * x, lambda dy: 100 * dy

        return ruled(x)

    found = []
    for watched in (False, True):
        with tf.GradientTape() as tape:
            if watched:
                tape.watch(X)
            y = f(X, 1 * weight)
        found.append(tape.gradient(y, weight))
    assert float(found[0]) == 3 and found[1] is None
