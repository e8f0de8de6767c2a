"""One grammar of refusals, and the faults that were silent before."""

import copy
import pickle

import keras
import numpy as np
import pytest
import tensorflow as tf

import helpers
from helpers import batch_jacobian, jacobian, jvp, lstm_jacobian, vjp
from helpers.derivatives.core.refusals import public, refusal, speaking_as

X = tf.constant([0.5, -1.0, 2.0])


def black_box(x):
    y = tf.numpy_function(lambda a: a[::-1].copy(), [x], x.dtype)
    return tf.ensure_shape(y, x.shape)


def test_the_name_is_that_of_the_public_function():
    @public
    def outer():
        with speaking_as("inner"):
            first = str(refusal("a", "b", "c"))
        return first, str(refusal("a", "b", "c", causes="d"))

    assert outer() == (
        "`inner`: expected a, got b; use c.",
        "`outer`: expected a, got b. Likely causes: d. Use c.",
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda f: jacobian(f)(X),
        lambda f: batch_jacobian(f)(X[tf.newaxis]),
        lambda f: jvp(f)(X, X),
        lambda f: vjp(f)(X, X),
        lambda f: helpers.check_independence(f, tf.ones([4, 3])),
    ],
)
@pytest.mark.parametrize("f", [black_box, lambda x: x + black_box(x)])
def test_a_part_that_leaves_tensorflow(call, f):
    with pytest.raises(ValueError, match="one with PyFunc, whose part would"):
        call(f)


def test_a_part_that_leaves_tensorflow_may_be_a_constant():
    J = jacobian(lambda x: x + black_box(x), unconnected="zero")
    np.testing.assert_array_equal(J(X), np.eye(3))


REFUSED = {
    "two arguments": (
        lambda: jacobian(lambda a, b: a * b),
        TypeError,
        r"function of one argument, got one with the arguments \(a, b\)",
    ),
    "ragged": (
        lambda: jacobian(lambda x: tf.RaggedTensor.from_row_lengths(
            x, [1, 2]))(X),
        TypeError,
        "dense tensors, got a RaggedTensor",
    ),
    "sparse": (
        lambda: jacobian(tf.sparse.from_dense)(X),
        TypeError,
        "dense tensors, got a SparseTensor",
    ),
    "masked array": (
        lambda: jacobian(tf.sin)(np.ma.masked_array([1.0, 2], [0, 1])),
        TypeError,
        r"without a mask.*use `.filled\(value\)`",
    ),
    "symbolic": (
        lambda: jacobian(tf.sin)(keras.Input([3])),
        TypeError,
        "numbers, got a symbolic KerasTensor",
    ),
    "too large": (
        lambda: jacobian(lambda x: tf.tile(x, [1000]))(tf.ones(40_000)),
        ValueError,
        "at most 4 GB .max_gigabytes., got",
    ),
    "no limit": (
        lambda: jacobian(tf.sin, max_gigabytes=None),
        ValueError,
        "max_gigabytes to be a positive number, got None",
    ),
    "nan as limit": (
        lambda: jacobian(tf.sin, max_gigabytes=float("nan")),
        ValueError,
        "max_gigabytes to be a positive number, got nan",
    ),
    "pickled": (
        lambda: pickle.dumps(jacobian(tf.sin)),
        TypeError,
        "got an attempt to pickle or copy",
    ),
    "copied": (
        lambda: copy.deepcopy(jacobian(tf.sin)),
        TypeError,
        "got an attempt to pickle or copy",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_words(name):
    call, kind, message = REFUSED[name]
    with pytest.raises(kind, match=f"`jacobian`: expected .*{message}"):
        call()


def test_unknown_rank():
    J = jacobian(tf.sin)

    @tf.function(input_signature=[tf.TensorSpec(None)])
    def outer(x):
        return J(x)

    with pytest.raises(ValueError, match="input whose number of axes"):
        outer(X)


def test_samples_that_are_dropped_when_it_runs():
    J = batch_jacobian(lambda x: tf.boolean_mask(x, x[:, 0] > 0))

    @tf.function(input_signature=[tf.TensorSpec([None, 3])])
    def outer(x):
        return J(x)

    assert outer(tf.ones([2, 3])).shape == (2, 3, 3)
    with pytest.raises(tf.errors.InvalidArgumentError, match="keep the batch"):
        outer(tf.constant([[1.0, 2, 3], [-1, 2, 3]]))


@pytest.mark.parametrize("text", ["numpy is missing", "of the shape of"])
def test_errors_of_the_caller_are_passed_on(text):
    def f(x):
        raise NotImplementedError(text)

    with pytest.raises(NotImplementedError, match=text):
        jacobian(f)(X)


def test_the_same_tensor_twice_when_functions_run_eagerly():
    tf.config.run_functions_eagerly(True)
    try:
        first, second = jacobian(lambda z: z[0] * z[1] ** 2)([X, X])
    finally:
        tf.config.run_functions_eagerly(False)
    np.testing.assert_allclose(np.diag(first), X**2)
    np.testing.assert_allclose(np.diag(second), 2 * X**2)


@pytest.mark.parametrize(
    "make",
    [
        lambda model: model,
        lambda model: lambda x: model(x),
        lambda model: tf.function(model),
    ],
)
@pytest.mark.parametrize("kind", ["weights", "none"])
def test_float64_is_not_rounded_without_a_word(make, kind):
    layer = {
        "weights": keras.layers.Dense(2),
        "none": keras.layers.Activation("tanh"),
    }[kind]
    f = make(keras.Sequential([keras.Input([3]), layer]))
    for _ in range(2):
        with pytest.raises(TypeError, match="input no wider than .*float32"):
            batch_jacobian(f)(tf.ones([2, 3], tf.float64))


def test_casts_of_the_caller_are_meant():
    J = batch_jacobian(lambda x: tf.cast(x, tf.float32) ** 2)
    assert J(tf.ones([2, 3], tf.float64)).shape == (2, 3, 3)


def test_numpy_sizes_of_chunks():
    J = jacobian(tf.sin, chunk_size=np.int64(2))
    assert J(X).shape == (3, 3)


def lstm(**options):
    layer = keras.layers.LSTM(3, **options)
    layer.build([None, 4, 2])
    return layer


def test_second_derivatives_of_loops_are_right_or_refused():
    x = tf.constant(np.random.default_rng(0).normal(size=(2, 4, 2)))
    x = tf.cast(x, tf.float32)
    layer = lstm(return_sequences=True)
    again = {
        "of mapped loops": batch_jacobian(batch_jacobian(layer)),
        "of lstm_jacobian": jacobian(lstm_jacobian(layer)),
    }
    messages = "rows it cannot differentiate again", "to be the last derivat"
    for J, message in zip(again.values(), messages, strict=True):
        with pytest.raises(ValueError, match=message):
            J(x)
    with tf.GradientTape() as tape, pytest.raises(ValueError, match="last d"):
        tape.watch(x)
        lstm_jacobian(layer)(x)


@pytest.mark.parametrize("call", [
    lambda f: jacobian(f)(X), lambda f: jacobian(f, mode="forward")(X),
    lambda f: jvp(f)(X, X), lambda f: vjp(f)(X, X),
    lambda f: helpers.hessian(lambda x: tf.reduce_sum(f(x)))(X),
    lambda f: batch_jacobian(f)(X[tf.newaxis]),
])  # fmt: skip
def test_an_input_that_tensorflow_forgets(call):
    """Nobody has written the derivative of zeta by its first argument."""
    with pytest.raises(ValueError, match="one with Zeta, whose part would"):
        call(lambda x: tf.math.zeta(x**2 + 2, x + 2))


def functional():
    inputs = keras.Input([3])
    return keras.Model(inputs, keras.layers.Dense(2)(inputs))


@pytest.mark.parametrize("make", [
    functional,
    lambda: keras.Sequential([keras.Input([3]), functional()]),
    lambda: keras.Sequential([keras.layers.Dense(2)]),
    lambda: keras.layers.Dense(2),
])  # fmt: skip
def test_float64_is_refused_again_and_leaves_the_model_whole(make):
    """Once None, and a layer whose weights had no numbers."""
    model = make()
    J = jacobian(model)
    for _ in range(2):
        with pytest.raises(TypeError, match="input no wider than .*float32"):
            J(tf.ones([2, 3], tf.float64))
    assert np.isfinite(model(tf.ones([2, 3]))).all()


def test_an_error_in_a_new_layer_comes_again():
    def f(x):
        holder.setdefault("layer", keras.layers.Dense(2))(x)
        raise NotImplementedError("not yet")

    holder = {}
    J = jacobian(f)
    for _ in range(2):
        with pytest.raises(NotImplementedError, match="not yet"):
            J(X[tf.newaxis])


def test_a_new_layer_that_keeps_tensors():
    norm = keras.layers.Normalization(mean=1.0, variance=4.0)
    J = batch_jacobian(norm)
    for size in (2, 3):
        slopes = J(tf.ones([size, 3]))
        np.testing.assert_allclose(slopes, [np.eye(3) / 2] * size)


@pytest.mark.parametrize("kind", ["Dense", "LSTM"])
def test_mixed_precision_is_meant(kind):
    shape = [4, 3] if kind == "LSTM" else [3]
    layer = getattr(keras.layers, kind)(2, dtype="mixed_bfloat16")
    model = keras.Sequential([keras.Input(shape), layer])
    x = tf.ones([2, *shape])
    assert batch_jacobian(model)(x).shape == (2, 2, *shape)


def test_a_wide_variable_beside_a_narrow_model_excuses_nothing():
    model = keras.Sequential([keras.Input([3]), keras.layers.Dense(2)])
    wide = tf.Variable(2.0, dtype=tf.float64)
    J = batch_jacobian(lambda x: wide * tf.cast(model(x), tf.float64))
    with pytest.raises(TypeError, match="input no wider than .*float32"):
        J(tf.ones([2, 3], tf.float64))


def fails_once_in_a_loop(x):
    """Raise inside of tf.map_fn, which cannot clean up after itself."""

    def fail(index):
        raise NotImplementedError("not yet")

    return tf.map_fn(fail, tf.range(3), fn_output_signature=x.dtype)


@pytest.mark.parametrize("call", [
    lambda f: jacobian(f)(X), lambda f: jvp(f)(X, X),
    lambda f: helpers.check_jacobian(f, X.numpy(), np.eye(3)),
])  # fmt: skip
def test_a_failing_loop_leaves_nothing_behind(call):
    """Once "Caching devices is not yet supported" for all new variables."""
    with pytest.raises(NotImplementedError, match="not yet"):
        call(fails_once_in_a_loop)
    assert tf.compat.v1.get_variable_scope().caching_device is None
    with tf.distribute.MirroredStrategy(["/cpu:0"]).scope():
        assert tf.Variable(2.0) == 2


def test_forward_mode_that_fails_in_chunks_leaves_nothing_behind():
    layer = keras.layers.LSTM(4, return_sequences=True)
    J = jacobian(layer, mode="auto", chunk_size=2)
    assert J(tf.ones([1, 5, 1])).shape == (1, 5, 4, 1, 5, 1)
    assert tf.compat.v1.get_variable_scope().caching_device is None
