"""finite_difference_jacobian: accuracy, black boxes, batches, errors."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import batch_jacobian, finite_difference_jacobian
from tests.support import mixing, normal, per_sample, tape_jacobian

ACCURACY = {
    ("forward", "float32"): 5e-3,
    ("central", "float32"): 5e-4,
    ("richardson", "float32"): 5e-4,
    ("forward", "float64"): 1e-6,
    ("central", "float64"): 1e-9,
    ("richardson", "float64"): 1e-10,
}


@pytest.mark.parametrize(("method", "dtype"), ACCURACY)
def test_accuracy(method, dtype):
    x = normal(3, 2)
    J = finite_difference_jacobian(mixing, method=method)(tf.cast(x, dtype))
    assert J.dtype == dtype and J.shape == (2, 4, 5, 3, 2)
    error = np.abs(J - tape_jacobian(mixing, x)).max()
    assert error < ACCURACY[method, dtype]


@pytest.mark.parametrize("method", ["forward", "central", "richardson"])
def test_batched_equals_one_at_a_time(method):
    x = normal(5, 3, 2)
    make = finite_difference_jacobian
    J = make(per_sample, method=method, batched=True)(x)
    assert J.shape == (5, 4, 3, 2)
    single = make(per_sample, method=method)(x[2:3])[0, :, 0]
    np.testing.assert_allclose(J[2], single, atol=1e-9)
    np.testing.assert_allclose(J, batch_jacobian(per_sample)(x), atol=1e-5)


def test_batched_calls_f_once_for_all_perturbations():
    rows = []

    def f(x):
        rows.append(x.shape[0])
        return per_sample(x)

    finite_difference_jacobian(f, batched=True)(normal(5, 3, 2))
    assert rows == [5, 2 * 6 * 5]


@pytest.mark.parametrize(
    ("method", "calls"), [("forward", 7), ("central", 13), ("richardson", 25)]
)
def test_values_per_column(method, calls):
    count = []

    def f(x):
        count.append(1)
        return mixing(x)

    finite_difference_jacobian(f, method=method)(normal(3, 2))
    assert len(count) == calls


def test_complex_step_has_no_rounding_error():
    def f(x):
        return tf.stack([tf.exp(x[0]) * x[1], tf.sin(x[0])])

    x = normal(2)
    J = finite_difference_jacobian(f, method="complex")(x)
    np.testing.assert_allclose(J, tape_jacobian(f, x), rtol=1e-14)


def test_black_boxes():
    def numpy_only(x):
        assert isinstance(x, np.ndarray)
        return np.array([x.sum() ** 2, x[0] * x[2]])

    x = np.array([1.0, 2.0, 4.0])
    J = finite_difference_jacobian(numpy_only)(x)
    np.testing.assert_allclose(J, [[14, 14, 14], [4, 0, 1]], atol=1e-8)
    J = finite_difference_jacobian(
        lambda x: tf.numpy_function(np.cumsum, [x], tf.float64)
    )(tf.constant(x))
    np.testing.assert_allclose(J, np.tril(np.ones((3, 3))), atol=1e-9)


def test_structures():
    x = {"a": normal(2), "b": normal(3, seed=4)}
    J = finite_difference_jacobian(lambda x: [x["a"][0] * x["b"]])(x)
    assert J[0]["a"].shape == (3, 2) and J[0]["b"].shape == (3, 3)
    np.testing.assert_allclose(J[0]["a"][:, 0], x["b"], atol=1e-8)


def test_steps_scale_with_x():
    x = np.array([1e6, 1.0], "float32")
    J = finite_difference_jacobian(lambda x: x**2)(x)
    np.testing.assert_allclose(np.diag(J), [2e6, 2.0], rtol=2e-2)


def test_given_step_is_used():
    J = finite_difference_jacobian(lambda x: x**2, method="forward", step=0.5)(
        np.array([1.0])
    )
    np.testing.assert_allclose(J, [[2.5]])


def test_empty_input():
    J = finite_difference_jacobian(lambda x: tf.ones([2]) + 0 * sum(x))
    assert J(np.zeros(0)).shape == (2, 0)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: finite_difference_jacobian(1), TypeError,
         "expected a function"),
        (lambda: finite_difference_jacobian(tf.sin, method="exact"),
         ValueError, r"method to be one of .*got 'exact'"),
        (lambda: finite_difference_jacobian(tf.sin, step=0.0), ValueError,
         "positive, finite step, got 0"),
        (lambda: finite_difference_jacobian(tf.sin, step=float("nan")),
         ValueError, "positive, finite step, got nan"),
        (lambda: finite_difference_jacobian(tf.sin)(np.array([1])),
         TypeError, "floating input, got int64"),
        (lambda: finite_difference_jacobian(lambda x: 1)(np.ones(2)),
         TypeError, "f to return floating numbers, got int64"),
        (lambda: finite_difference_jacobian(tf.sin, step=1e-3)(
            np.array([1e6], "float32")), ValueError,
         r"lost in rounding beside 1e\+06 in float32"),
        (lambda: finite_difference_jacobian(tf.math.abs, method="complex")(
            np.ones(2)), TypeError, "complex128 numbers, got float64"),
    ],
)  # fmt: skip
def test_bad_calls_are_explained(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_a_layer_that_rounds_complex_numbers_is_refused():
    layer = keras.layers.Dense(2, dtype="float64")
    layer(normal(1, 3))
    method = finite_difference_jacobian(layer, method="complex")
    with pytest.raises(TypeError, match="complex128 numbers, got complex64"):
        method(normal(1, 3))


# Functions that do as they please with memory


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("method", ["central", "forward", "richardson"])
def test_a_result_in_memory_used_again(method, batched):
    x = np.array([[1.0, 2.0], [3.0, 5.0]])
    buffers = {}

    def f(z):
        buffer = buffers.setdefault(z.shape, np.empty_like(z))
        return np.multiply(z, 2, out=buffer)

    J = finite_difference_jacobian(f, method=method, batched=batched)(x)
    expected = np.tile(2 * np.eye(2), (2, 1, 1)) if batched else 2 * np.eye(4)
    np.testing.assert_allclose(J.reshape(expected.shape), expected, atol=1e-6)


@pytest.mark.parametrize("method", ["central", "forward", "complex"])
def test_a_function_that_changes_its_argument(method):
    x = np.array([1.0, 2.0])

    def f(z):
        z *= 2
        return z

    J = finite_difference_jacobian(f, method=method)(x)
    np.testing.assert_allclose(J, 2 * np.eye(2), atol=1e-6)
    np.testing.assert_array_equal(x, [1, 2])


def test_complex_step_in_half_precision():
    x = np.array([1.0, 2.0], "float16")
    J = finite_difference_jacobian(lambda z: z**2, method="complex")(x)
    np.testing.assert_array_equal(J, np.diag([2, 4]))


def test_complex_step_that_vanishes_is_refused():
    J = finite_difference_jacobian(np.sin, method="complex", step=1e-50)
    with pytest.raises(ValueError, match="above zero in float32, got 1e-50"):
        J(np.array([1.0], "float32"))
