"""What the chapter on tensors says and does not show in a cell."""

import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from helpers import jacobian


def test_values_of_a_sparse_tensor_are_a_source():
    indices, shape = [[0, 1], [1, 0], [1, 2]], [2, 3]
    right = tf.constant([[1.0], [10.0], [100.0]])

    def product(values):
        rebuilt = tf.SparseTensor(indices, values, shape)
        return tf.sparse.sparse_dense_matmul(rebuilt, right)[:, 0]

    J = jacobian(product)(tf.constant([2.0, 3.0, 4.0]))
    np.testing.assert_allclose(J, [[10, 0, 0], [0, 1, 100]])


def test_sources_after_an_embedding_need_no_table():
    vectors = tf.constant([[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]])
    J = jacobian(lambda v: tf.reduce_sum(v**2, axis=[1, 2]))(vectors)
    np.testing.assert_allclose(J[0], 2 * vectors)


def test_a_persistent_tape_answers_for_each_target():
    x = tf.constant([1.0, 2.0, 3.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        targets = (x**2, x[:2] * x[2])
    first, second = (tape.jacobian(y, x) for y in targets)
    np.testing.assert_allclose(first, np.diag([2, 4, 6]))
    np.testing.assert_allclose(second, [[3, 0, 1], [0, 3, 2]])


def test_reshape_after_the_tape_is_not_recorded():
    x = tf.constant([1.0, 2.0, 3.0, 4.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x**2
    assert tape.gradient(tf.reshape(y, [2, 2]), x) is None


def test_columns_first_swaps_the_kronecker_factors():
    A = np.arange(6.0).reshape(2, 3)
    D = np.random.default_rng(1).standard_normal((3, 4))
    columns_first = np.kron(np.eye(4), A) @ D.ravel(order="F")
    np.testing.assert_allclose(columns_first, (A @ D).ravel(order="F"))
    rows_first = np.kron(A, np.eye(4)) @ D.ravel()
    np.testing.assert_allclose(rows_first, (A @ D).ravel())


def test_a_factor_on_the_right_gives_its_transpose_on_the_diagonal():
    B = tf.constant([[1.0, -2.0], [3.0, 0.5], [0.0, 1.0], [-1.0, 2.0]])
    J = jacobian(lambda X: X @ B)(tf.ones([3, 4]))
    table = tf.reshape(J, [6, 12])
    np.testing.assert_allclose(table, np.kron(np.eye(3), B.numpy().T))


@pytest.mark.parametrize("persistent", [True, False])
def test_a_tape_entered_again_goes_on_recording(persistent):
    x = tf.constant([1.0, 2.0, 3.0])
    with tf.GradientTape(persistent=persistent) as tape:
        tape.watch(x)
        y = x**2
    with tape:
        row = y[1]
    np.testing.assert_allclose(tape.gradient(row, x), [0, 4, 0])


def test_a_tape_entered_while_it_is_open_refuses():
    refusal = pytest.raises(ValueError, match="Tape is still recording")
    with tf.GradientTape() as tape, refusal, tape:
        pass


@pytest.mark.slow
def test_the_plain_jacobian_prints_nothing():
    """Versions of 2019 printed executor errors beside the right result."""
    code = """
import sys
import keras
import tensorflow as tf

model = keras.Sequential([keras.Input([2]), keras.layers.Dense(2)])
x = tf.constant([[1.0, 2.0]])
with tf.GradientTape() as tape:
    y = model(x)
print("from here", file=sys.stderr, flush=True)
assert tape.jacobian(y, model.trainable_variables)[0].shape == (1, 2, 2, 2)
"""
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stderr.split("from here")[1].strip() == "", run.stderr
    assert run.stdout == ""


@pytest.mark.skipif(sys.platform != "linux", reason="reads peak memory")
@pytest.mark.slow
def test_the_tape_keeps_the_chain_and_the_accumulator_forgets_it():
    code = """
import resource
import sys
import tensorflow as tf

mode = sys.argv[1]
x = tf.linspace(0.0, 1.0, 10_000_000)  # 40 megabytes

def chain(y, steps):
    for _ in range(steps):
        y = tf.sin(y)
    return y

def run(steps):
    if mode == "reverse":
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = chain(x, steps)
        return tape.gradient(y, x)
    with tf.autodiff.ForwardAccumulator(x, tf.ones_like(x)) as forward:
        y = chain(x, steps)
    return forward.jvp(y)

for steps in (4, 14):
    run(steps)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""

    def growth(mode):
        command = [sys.executable, "-c", code, mode]
        run = subprocess.run(command, capture_output=True, check=True)
        few, many = map(int, run.stdout.split())
        return (many - few) / 1000  # from kilobytes to megabytes

    assert growth("reverse") > 250
    assert growth("forward") < 120
