"""Basis directions, and seeds of a caller's own."""

import numpy as np
import pytest
import tensorflow as tf

from helpers.derivatives.core.basis import Basis, stacked
from helpers.derivatives.core.pullback import pullback
from helpers.derivatives.core.pushforward import pushforward, transposed
from tests.support import normal

X = tf.constant([0.5, -1.0, 2.0, 0.25], tf.float64)


def f(x):
    return tf.stack([x[0] * x[1], x[2] ** 2 * x[3]])


JACOBIAN = np.array([[-1.0, 0.5, 0.0, 0.0], [0.0, 0.0, 1.0, 4.0]])


def test_directions_of_two_tensors():
    basis = Basis([tf.zeros([2]), tf.zeros([1, 3], tf.float64)])
    assert basis.size == 5
    first, second = basis(tf.constant(3))
    np.testing.assert_array_equal(first, [0, 0])
    np.testing.assert_array_equal(second, [[0, 1, 0]])
    assert (first.dtype, second.dtype) == (tf.float32, tf.float64)


def test_one_direction_for_all_samples():
    basis = Basis([tf.zeros([4, 3])], batched=True)
    assert basis.size == 3
    np.testing.assert_array_equal(basis(tf.constant(1))[0], [[0, 1, 0]] * 4)


@pytest.mark.parametrize("chunk_size", [None, 1, 3])
def test_three_maps_make_one_jacobian(chunk_size):
    @tf.function
    def all_three(x):
        pull = pullback(f, x)
        rows, columns = Basis(pull.ys), Basis(pull.xs)
        options = {"chunk_size": chunk_size}
        by_rows = stacked(pull, rows, rows.size, pull.xs, **options)
        found = [by_rows[0]]
        for push in (pushforward(f, x), transposed(pull)):
            parts = stacked(push, columns, columns.size, pull.ys, **options)
            found.append(tf.transpose(parts[0]))
        return found

    for J in all_three(X):
        np.testing.assert_allclose(J, JACOBIAN)


def test_seeds_of_the_callers_own():
    """Columns 0 and 2 never meet in a row: one seed serves both."""
    seeds = tf.constant([[1.0, 0, 1, 0], [0, 1, 0, 1]], tf.float64)

    @tf.function
    def compressed(x):
        push = pushforward(f, x)
        return stacked(push, lambda k: [seeds[k]], 2, [f(x)])

    (found,) = compressed(X)
    np.testing.assert_allclose(found, seeds.numpy() @ JACOBIAN.T)


def test_one_direction_after_the_other():
    x = normal(3)
    pull = pullback(lambda x: tf.concat([tf.sin(x), x**2], 0), x)
    basis = Basis(pull.ys)
    (all_at_once,) = stacked(pull, basis, basis.size, pull.xs)
    (in_turn,) = stacked(pull, basis, basis.size, pull.xs, vectorised=False)
    np.testing.assert_allclose(in_turn, all_at_once)
