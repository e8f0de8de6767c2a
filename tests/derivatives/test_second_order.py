"""hessian and hvp: values, structures, loops, refusals."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import hessian, hvp, jacobian, vjp
from tests.support import normal


def f(x):
    """(3, 2) to one number, nothing of it separable."""
    A = normal(6, 6, dtype=x.dtype, seed=5)
    z = tf.reshape(x, [-1])
    return tf.sin(tf.tensordot(z, tf.linalg.matvec(A, tf.exp(z / 2)), 1))


def reference(x):
    """TensorFlow's own tapes, one inside of the other."""
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = f(x)
        slope = inner.gradient(y, x)
    return outer.jacobian(slope, x)


@pytest.mark.parametrize("chunk_size", [None, 1, 4])
@pytest.mark.parametrize("jit", [False, True])
def test_hessian(chunk_size, jit):
    x = normal(3, 2)
    H = hessian(f, chunk_size=chunk_size, jit=jit)
    assert H(x).shape == (3, 2, 3, 2)
    np.testing.assert_allclose(H(x), reference(x), rtol=1e-10)
    H(x + 1)
    assert H.traces == 1


@pytest.mark.parametrize("jit", [False, True])
def test_product(jit):
    x, v = normal(3, 2), normal(3, 2, seed=9)
    product = hvp(f, jit=jit)(x, v)
    expected = tf.tensordot(reference(x), v, 2)
    np.testing.assert_allclose(product, expected, rtol=1e-10)


def test_structures():
    def g(x):
        return tf.reduce_sum(x["a"]) ** 2 * tf.reduce_sum(x["b"] ** 2)

    x = {"a": normal(2), "b": normal(3, 1)}
    H = hessian(g)(x)
    assert H["a"]["b"].shape == (2, 3, 1) and H["b"]["a"].shape == (3, 1, 2)
    np.testing.assert_allclose(
        H["a"]["a"], tf.fill([2, 2], 2 * tf.reduce_sum(x["b"] ** 2))
    )
    product = hvp(g)(x, {"a": tf.zeros_like(x["a"]), "b": x["b"]})
    expected = tf.tensordot(H["a"]["b"], x["b"], 2)
    np.testing.assert_allclose(product["a"], expected)


def test_a_linear_function_has_no_curvature():
    x = normal(4)
    np.testing.assert_array_equal(hessian(tf.reduce_sum)(x), np.zeros((4, 4)))
    np.testing.assert_array_equal(hvp(tf.reduce_sum)(x, x), np.zeros(4))


def test_through_a_recurrent_layer():
    layer = keras.layers.LSTM(3, dtype="float64")
    layer.build([None, 4, 2])

    def g(x):
        return tf.reduce_sum(layer(x) ** 2)

    x, v = normal(2, 4, 2), normal(2, 4, 2, seed=8)
    one, step = tf.constant(1.0, tf.float64), 1e-5
    slope = vjp(g)
    above, below = slope(x + step * v, one)[1], slope(x - step * v, one)[1]
    np.testing.assert_allclose(
        hvp(g)(x, v), (above - below) / (2 * step), atol=1e-8
    )


def test_jacobian_of_a_jacobian():
    x = normal(3, 2)
    twice = jacobian(jacobian(f))(x)
    np.testing.assert_allclose(twice, hessian(f)(x), rtol=1e-10)
    third = jacobian(jacobian(lambda z: tf.stack([z[0] ** 2 * z[1], z[2]])))
    T = third(tf.constant([2.0, 3.0, 5.0]))
    assert T.shape == (2, 3, 3)
    np.testing.assert_allclose(T[0], [[6, 4, 0], [4, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(T[1], np.zeros((3, 3)))


@pytest.mark.parametrize("make", [hessian, hvp])
@pytest.mark.parametrize(
    ("g", "message"),
    [
        (tf.sin, r"f to return one number, of shape \(\), got shape \(4,\)"),
        (lambda x: [x[0], x[1]], "got shapes"),
        (lambda x: tf.constant(1.0, tf.float64), "not connected to it"),
        (lambda x: tf.reduce_sum(tf.nn.softsign(x)), "SoftsignGrad, which"),
        (
            lambda x: tf.cast(tf.reduce_sum(tf.image.resize(
                tf.reshape(x, [1, 4, 1, 1]), [6, 1]) ** 2), tf.float64),
            "ResizeBilinearGrad, whose part would be left out",
        ),
    ],
)  # fmt: skip
def test_refused_by_name(make, g, message):
    arguments = (normal(4),) if make is hessian else (normal(4), normal(4))
    match = f"(?s)`{make.__name__}`: expected .*{message}"
    with pytest.raises((ValueError, TypeError), match=match):
        make(g)(*arguments)


def branched(x):
    """Two branches and a loop, none of which TensorFlow can vectorise."""
    y = tf.cond(x[0] > 0, lambda: tf.sin(x) * x[0], lambda: x)
    return tf.switch_case(tf.constant(1), [lambda: x, lambda: y**2])


def recurrent(kind):
    layer = getattr(keras.layers, kind)(2, dtype="float64")
    layer.build([None, 3, 2])
    return lambda x: layer(tf.reshape(x, [1, 3, 2]))


HARD = {
    "branches": (branched, 2),
    "LSTM": (recurrent("LSTM"), 6),
    "GRU": (recurrent("GRU"), 6),
}


@pytest.mark.parametrize("case", HARD)
def test_what_cannot_be_vectorised_goes_row_by_row(case, capfd):
    inner, size = HARD[case]

    def g(x):
        return tf.reduce_sum(inner(x) ** 2)

    x, step = tf.abs(normal(size)), 1e-5
    slope, one = vjp(g), tf.constant(1.0, tf.float64)
    moved = [step * unit for unit in tf.unstack(tf.eye(size, dtype=x.dtype))]
    columns = [slope(x + d, one)[1] - slope(x - d, one)[1] for d in moved]
    expected = np.stack(columns, 1) / (2 * step)
    capfd.readouterr()
    H = hessian(g)(x)
    assert "pfor" not in "".join(capfd.readouterr())
    np.testing.assert_allclose(H, expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(
    ("compute", "name"), [(hessian, "hessian"), (hvp, "hvp")]
)
def test_recomputed_functions_are_refused_by_name(compute, name) -> None:
    squares = tf.recompute_grad(lambda x: tf.sin(x) ** 2)
    arguments = [tf.constant([1.0, 2.0])] * (1 + (name == "hvp"))
    call = compute(lambda x: tf.reduce_sum(squares(x)))
    with pytest.raises(ValueError, match=f"`{name}`.*tf.recompute_grad"):
        call(*arguments)
