"""finite_difference_jacobian: accuracy, black boxes, batches, errors.

What it says of itself with full_output, noise and bounds is tested in
`test_difference_estimates.py`, `test_difference_bounds.py`.
"""

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

    x = normal(5, 3, 2)
    finite_difference_jacobian(f, batched=True, step=1e-5)(x)
    assert rows == [5, 2 * 6 * 5]
    # Two sizes for each entry, and eight points for the rounding of y.
    finite_difference_jacobian(f, batched=True)(x)
    assert rows[2:] == [5, 4 * 6 * 5 + 8 * 5]


@pytest.mark.parametrize(
    ("method", "step", "calls"),
    [
        ("forward", 1e-6, 1 + 6),
        ("central", 1e-6, 1 + 2 * 6),
        ("richardson", 1e-3, 1 + 4 * 6),
        ("forward", None, 1 + 2 * 6 + 8),
        ("central", None, 1 + 4 * 6 + 8),
        ("richardson", None, 1 + 6 * 6 + 8),
        ("complex", None, 1 + 6),
    ],
)
def test_values_per_column(method, step, calls):
    count = []

    def f(x):
        count.append(1)
        return np.sin(3 * x)

    J = finite_difference_jacobian(f, method=method, step=step)
    J(np.asarray(normal(6)))
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
        (lambda: finite_difference_jacobian(np.sin)(np.ones(2), np.ones(2)),
         TypeError, r"expected 1 argument\(s\), got 2"),
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


# The step that is chosen

HARD = {
    "sine far out": (np.sin, np.cos, 1e5),
    "square far out": (np.square, lambda x: 2 * x, 1e5),
    "square of little": (np.square, lambda x: 2 * x, 1e-6),
    "tiny scale": (
        lambda x: np.exp(-x * 1e6), lambda x: -1e6 * np.exp(-x * 1e6), 1e-6),
    "tinier scale": (
        lambda x: np.exp(-x * 1e12), lambda x: -1e12 * np.exp(-x * 1e12),
        1e-12),
    "steep and odd": (
        lambda x: np.tanh(x * 1e6), lambda x: 1e6 / np.cosh(x * 1e6) ** 2, 0),
    "bump": (
        lambda x: np.exp(-((x * 1e6) ** 2)),
        lambda x: -2e12 * x * np.exp(-((x * 1e6) ** 2)), 1e-6),
    "logarithm of little": (np.log, lambda x: 1 / x, 1e-6),
    "root of little": (np.sqrt, lambda x: 0.5 / np.sqrt(x), 1e-10),
    "cube at zero": (lambda x: x**3, lambda x: 3 * x**2, 0),
    "cosine at zero": (np.cos, lambda x: -np.sin(x), 0),
    "behind a kink": (lambda x: np.maximum(x, 0), lambda x: 1.0, 1e-5),
    "beside a large number": (lambda x: x + 2e5, lambda x: 1.0, 0.3),
    "in half precision": (
        lambda x: np.sin(x.astype("f2")), np.cos, 0.7),
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("method", ["forward", "central", "richardson"])
@pytest.mark.parametrize("case", HARD)
@pytest.mark.filterwarnings("error")
def test_the_chosen_step_fits_the_function(case, method, dtype):
    function, slope, at = HARD[case]

    def f(x):
        return function(x).astype(dtype)

    x = np.array([at], dtype)
    D = finite_difference_jacobian(f, method=method)(x)
    assert D.dtype == dtype
    expected = slope(x.astype("float64"))
    np.testing.assert_allclose(D[0], expected, rtol=1e-2, atol=1e-20)
    D = finite_difference_jacobian(f, method=method, batched=True)(x)
    np.testing.assert_allclose(D, expected, rtol=1e-2, atol=1e-20)


def test_steps_differ_between_entries_and_samples():
    x = np.array([[1e5, 0.3], [1.0, 1e5], [0.2, 0.1]])
    J = finite_difference_jacobian(np.sin, batched=True)(x)
    expected = np.cos(x)[:, :, None] * np.eye(2)
    np.testing.assert_allclose(J, expected, atol=1e-7)


@pytest.mark.filterwarnings("error")
def test_a_function_that_is_not_defined_far_away():
    def f(x):
        if abs(x[0] - 1e-6) > 1e-5:
            raise ArithmeticError("far away")
        return np.exp(-x * 1e6)

    J = finite_difference_jacobian(f, method="central")(np.array([1e-6]))
    np.testing.assert_allclose(J, [[-1e6 / np.e]], rtol=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_one_call_of_a_recurrent_layer_is_enough(seed):
    """Rounding differs with the number of samples: x goes along."""
    keras.utils.set_random_seed(seed)
    layer, calls = keras.layers.LSTM(2, return_sequences=True), []

    def f(x):
        calls.append(1)
        return layer(x)

    finite_difference_jacobian(f, batched=True)(tf.random.normal([1, 3, 2]))
    assert len(calls) == 2


# What was silent or raw


@pytest.mark.parametrize("method", ["central", "complex"])
@pytest.mark.parametrize("dtype", [">f8", ">f4"])
def test_big_endian_numbers(method, dtype):
    x = np.array([0.3, 1.2], dtype)
    J = finite_difference_jacobian(np.sin, method=method)(x)
    exact = np.diag(np.cos(x.astype("f8")))
    tolerance = 1e-9 if dtype == ">f8" else 1e-4
    np.testing.assert_allclose(J, exact, atol=tolerance)
    assert J.dtype == np.dtype(dtype).newbyteorder("=")


def in_a_function():
    J = finite_difference_jacobian(tf.sin)
    return tf.function(lambda x: J(x))(tf.ones([2]))


def alternating(x, calls=[]):  # noqa: B006
    calls.append(1)
    return x if len(calls) == 1 else x[:1]


ragged = tf.ragged.constant([[1.0], [2.0, 3.0]])
BATCH = np.ones((4, 3))
REFUSED = {
    "lost batch axis": (
        lambda: finite_difference_jacobian(np.sum, batched=True)(BATCH),
        ValueError, "f\\(x\\) with one common batch axis"),
    "one row for all": (
        lambda: finite_difference_jacobian(
            lambda x: np.concatenate([x[:1]] * 4), batched=True)(BATCH),
        ValueError, "near x, as at x"),
    "no batch axis": (
        lambda: finite_difference_jacobian(np.sin, batched=True)(1.0),
        ValueError, "x with one common batch axis"),
    "two batch sizes": (
        lambda: finite_difference_jacobian(lambda x: x[0], batched=True)(
            [BATCH, BATCH[:2]]), ValueError, "x with one common batch axis"),
    "another shape next time": (
        lambda: finite_difference_jacobian(alternating)(np.ones(3)),
        ValueError, "shapes"),
    "masked x": (
        lambda: finite_difference_jacobian(np.sin)(
            np.ma.array([1.0, 2.0], mask=[0, 1])),
        TypeError, "without a mask"),
    "masked y": (
        lambda: finite_difference_jacobian(
            lambda x: np.ma.array(x, mask=[0, 1]))(np.ones(2)),
        TypeError, "f to return numbers without a mask"),
    "ragged y": (
        lambda: finite_difference_jacobian(lambda x: ragged * x[0])(
            tf.ones([2])), TypeError, "dense tensors, got a RaggedTensor"),
    "sparse y": (
        lambda: finite_difference_jacobian(tf.sparse.from_dense)(
            tf.ones([2])), TypeError, "dense tensors, got a SparseTensor"),
    "no y": (
        lambda: finite_difference_jacobian(lambda x: None)(np.ones(2)),
        TypeError, "tensors, arrays or numbers, got None"),
    "an empty list": (
        lambda: finite_difference_jacobian(lambda x: [])(np.ones(2)),
        TypeError, "an empty list"),
    "text": (
        lambda: finite_difference_jacobian(lambda x: "y")(np.ones(2)),
        TypeError, "got a str"),
    "symbolic": (in_a_function, TypeError, "a symbolic tensor"),
    "a step in words": (
        lambda: finite_difference_jacobian(np.sin, step="small"),
        ValueError, "positive, finite step, got 'small'"),
    "a step per entry": (
        lambda: finite_difference_jacobian(np.sin, step=np.ones(3)),
        ValueError, "positive, finite step"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_by_name(case):
    call, kind, message = REFUSED[case]
    with pytest.raises(
        kind, match=f"`finite_difference_jacobian`: expected .*{message}"
    ):
        call()


@pytest.mark.parametrize("batched", [False, True])
def test_a_function_that_changes_the_other_input(batched):
    x = {"a": np.ones((2, 2)), "b": np.full((2, 2), 3.0)}

    def f(z):
        z["b"] *= z["a"]
        z["a"] *= 2
        return z["b"] + 0

    J = finite_difference_jacobian(f, batched=batched)(x)
    np.testing.assert_array_equal(x["a"], np.ones((2, 2)))
    np.testing.assert_array_equal(x["b"], np.full((2, 2), 3.0))
    expected = np.tile(np.eye(2), (2, 1, 1)) if batched else np.eye(4)
    for name, slope in (("a", 3), ("b", 1)):
        found = J[name].reshape(expected.shape)
        np.testing.assert_allclose(found, slope * expected, atol=1e-6)


@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize("batched", [False, True])
def test_the_smallest_batches(size, batched):
    J = finite_difference_jacobian(np.sin, batched=batched)
    shape = (size, 3, 3) if batched else (size, 3, size, 3)
    assert J(np.ones((size, 3))).shape == shape


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision(dtype):
    x = tf.constant([1.0, 2.0], dtype)
    J = finite_difference_jacobian(lambda x: x**2)(x)
    np.testing.assert_allclose(J.astype("f4"), np.diag([2, 4]), atol=0.3)
