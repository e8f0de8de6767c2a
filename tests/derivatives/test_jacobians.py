"""jacobian and batch_jacobian: values, shapes, dtypes, structures, errors."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

import helpers
from helpers import batch_jacobian, jacobian
from tests.support import mixing, normal, per_sample, tape_jacobian

MODES = ("auto", "forward", "reverse")


@pytest.mark.parametrize(
    ("mode", "chunk_size", "jit"),
    list(itertools.product(MODES, (None, 1, 3, 7, 100), (False, True))),
)
def test_full_matches_the_tape(mode, chunk_size, jit):
    x = normal(3, 2)
    J = jacobian(mixing, mode=mode, chunk_size=chunk_size, jit=jit)
    assert J(x).shape == (2, 4, 5, 3, 2)
    np.testing.assert_allclose(J(x), tape_jacobian(mixing, x), rtol=1e-12)


@pytest.mark.parametrize(
    ("mode", "chunk_size", "jit"),
    list(itertools.product(MODES, (None, 1, 3, 5), (False, True))),
)
def test_batch_matches_one_sample_at_a_time(mode, chunk_size, jit):
    x = normal(5, 3, 2)
    J = batch_jacobian(per_sample, mode=mode, chunk_size=chunk_size, jit=jit)
    assert J(x).shape == (5, 4, 3, 2)
    rows = [x[k : k + 1] for k in range(5)]
    single = [tape_jacobian(per_sample, row)[0, :, 0] for row in rows]
    np.testing.assert_allclose(J(x), np.stack(single), rtol=1e-12)


def test_random_contraction():
    x, v = normal(3, 2), normal(3, 2, seed=8)
    J = jacobian(mixing)(x)
    _, product = helpers.jvp(mixing)(x, v)
    np.testing.assert_allclose(
        tf.tensordot(J, v, 2), product, rtol=1e-12, atol=1e-14
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("n_out", [1, 3, 12])
def test_batch_of_outputs_without_inner_axes(mode, n_out):
    x = normal(6, 2)
    W = normal(2, n_out, seed=4)
    J = batch_jacobian(lambda x: tf.sin(x @ W), mode=mode)(x)
    expected = tf.einsum("bo,io->boi", tf.cos(x @ W), W)
    np.testing.assert_allclose(J, expected, rtol=1e-12)


@pytest.mark.parametrize("mode", MODES)
def test_one_number_per_sample(mode):
    x = normal(6, 2)
    J = batch_jacobian(lambda x: x[:, 0] ** 2 * x[:, 1], mode=mode)(x)
    assert J.shape == (6, 2)
    expected = tf.stack([2 * x[:, 0] * x[:, 1], x[:, 0] ** 2], 1)
    np.testing.assert_allclose(J, expected, rtol=1e-12)


def test_scalar_source_and_target():
    x = tf.constant(0.5, tf.float64)
    np.testing.assert_allclose(jacobian(tf.sin)(x), np.cos(0.5))
    assert jacobian(tf.sin)(x).shape == ()
    assert jacobian(lambda x: tf.stack([x, 2 * x]))(x).shape == (2,)
    assert jacobian(tf.reduce_sum)(normal(2, 3)).shape == (2, 3)
    assert jacobian(lambda x: x**2)(3.0).dtype == tf.float32


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("dtype", "tolerance"),
    [("float16", 5e-3), ("bfloat16", 5e-2), ("float32", 1e-5),
     ("float64", 1e-12)],
)  # fmt: skip
def test_dtypes_are_kept(mode, dtype, tolerance):
    x = normal(3, 2)
    J = jacobian(mixing, mode=mode)(tf.cast(x, dtype))
    assert J.dtype == dtype
    expected = tape_jacobian(mixing, x)
    np.testing.assert_allclose(
        tf.cast(J, tf.float64), expected, atol=tolerance * 5
    )


@pytest.mark.parametrize("mode", MODES)
def test_structures_go_in_and_out(mode):
    def f(x):
        a, (b, c) = x["a"], x["rest"]
        return [tf.einsum("i,j->ij", a, b) * c, {"sum": a[0] + b}]

    x = {"a": normal(2), "rest": (normal(3, seed=5), normal(1, seed=6))}
    J = jacobian(f, mode=mode, unconnected="zero")(x)
    assert J[0]["a"].shape == (2, 3, 2)
    assert J[0]["rest"][0].shape == (2, 3, 3)
    assert J[0]["rest"][1].shape == (2, 3, 1)
    assert J[1]["sum"]["rest"][0].shape == (3, 3)
    np.testing.assert_array_equal(J[1]["sum"]["rest"][1], np.zeros((3, 1)))
    expected = tape_jacobian(lambda a: f({**x, "a": a})[0], x["a"])
    np.testing.assert_allclose(J[0]["a"], expected, rtol=1e-12)


@pytest.mark.parametrize("mode", MODES)
def test_batched_structures(mode):
    def f(x):
        return x["u"] * x["v"][:, :1]

    x = {"u": normal(4, 3), "v": normal(4, 2, seed=5)}
    J = batch_jacobian(f, mode=mode)(x)
    assert J["u"].shape == (4, 3, 3)
    assert J["v"].shape == (4, 3, 2)
    np.testing.assert_allclose(J["v"][:, :, 0], x["u"], rtol=1e-12)


@pytest.mark.parametrize("make", [jacobian, batch_jacobian])
def test_second_call_does_not_trace(make):
    calls = []

    def f(x):
        calls.append(1)
        return tf.sin(x)

    J = make(f)
    J(normal(4, 3))
    traced = len(calls)
    J(normal(4, 3, seed=9))
    assert len(calls) == traced > 0
    assert J.traces == 1
    J(normal(5, 3))
    assert J.traces == 2


def test_auto_takes_the_cheaper_mode():
    seen = []

    def f(x):
        seen.append(1)
        return tf.tile(x, [4])

    jacobian(f, mode="reverse")(normal(3))
    reverse = len(seen)
    seen.clear()
    jacobian(f)(normal(3))
    assert len(seen) > reverse  # forward mode calls f in the map as well
    seen.clear()
    jacobian(lambda x: f(x)[:3])(normal(3))
    assert len(seen) == reverse


@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize("chunk_size", [None, 2])
def test_small_batches(size, chunk_size):
    x = normal(size, 3, 2)
    assert batch_jacobian(per_sample, chunk_size=chunk_size)(x).shape == (
        size, 4, 3, 2,
    )  # fmt: skip
    assert jacobian(per_sample, chunk_size=chunk_size)(x).shape == (
        size, 4, size, 3, 2,
    )  # fmt: skip


@pytest.mark.parametrize("mode", ["auto", "reverse", "forward"])
@pytest.mark.parametrize("chunk_size", [None, 2])
def test_unknown_batch_size(mode, chunk_size):
    J = batch_jacobian(per_sample, mode=mode, chunk_size=chunk_size)

    @tf.function(input_signature=[tf.TensorSpec([None, 3, 2], tf.float64)])
    def run(x):
        return J(x)

    expected = batch_jacobian(per_sample)(normal(5, 3, 2))
    np.testing.assert_allclose(run(normal(5, 3, 2)), expected, rtol=1e-12)
    assert run(normal(2, 3, 2)).shape == (2, 4, 3, 2)


def test_python_branches_on_tensors():
    def f(x):
        if x[0] > 0:
            return x**2
        return 3 * x

    J = jacobian(f)
    np.testing.assert_allclose(J(tf.constant([1.0, 2.0])), np.diag([2, 4]))
    np.testing.assert_allclose(J(tf.constant([-1.0, 2.0])), 3 * np.eye(2))


def test_keras_layers_and_models():
    layer = keras.layers.LSTM(3, return_sequences=True, dtype="float64")
    x = normal(2, 5, 4)
    layer(x)
    J = batch_jacobian(layer)(x)
    assert J.shape == (2, 5, 3, 5, 4)
    full = tape_jacobian(layer, x)
    np.testing.assert_allclose(J[1], full[1, :, :, 1], atol=1e-12)
    np.testing.assert_allclose(jacobian(layer)(x), full, atol=1e-12)


def test_auto_falls_back_where_forward_is_impossible():
    layer = keras.layers.LSTM(9, return_sequences=True)
    x = normal(2, 5, 1, dtype="float32")
    layer(x)
    assert batch_jacobian(layer)(x).shape == (2, 5, 9, 5, 1)
    with pytest.raises(ValueError, match=r'TensorArray.*mode="reverse"'):
        batch_jacobian(layer, mode="forward")(x)


def test_xla_refuses_keras_recurrence_clearly():
    layer = keras.layers.GRU(3, return_sequences=True)
    x = normal(2, 5, 4, dtype="float32")
    layer(x)
    with pytest.raises(ValueError, match="use `jit=False`"):
        batch_jacobian(layer, jit=True)(x)


def test_two_lambdas_in_one_line_are_quiet(capfd):
    for f in (lambda x: x**2, lambda x: x**3):
        jacobian(f)(1.0)
    assert "AutoGraph" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("make", [jacobian, batch_jacobian])
def test_unconnected_is_never_silent(make, mode):
    def f(x):
        return tf.stop_gradient(x) * 2

    x = normal(4, 3)
    with pytest.raises(ValueError, match="not connected.*stop_gradient"):
        make(f, mode=mode)(x)
    zeros = make(f, mode=mode, unconnected="zero")(x)
    assert not tf.reduce_any(zeros != 0)
    assert zeros.dtype == tf.float64
    shape = (4, 3, 4, 3) if make is jacobian else (4, 3, 3)
    assert zeros.shape == shape


NARROW = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
BAD_CALLS = {
    "not callable": (
        lambda: jacobian(3.0), TypeError, r"expected a function.*got float"),
    "integer input": (
        lambda: jacobian(tf.sin)(tf.constant([1, 2])), TypeError,
        r"floating input, got int32.*tf\.cast"),
    "Boolean input": (
        lambda: jacobian(tf.sin)(tf.constant(True)), TypeError,
        r"floating input, got bool"),
    "text": (
        lambda: jacobian(tf.sin)("one"), TypeError, r"got string"),
    "no tensor": (
        lambda: jacobian(tf.sin)(object()), TypeError,
        r"expected tensors, arrays or numbers.*got object"),
    "complex input": (
        lambda: jacobian(tf.sin)(tf.constant(1j)), TypeError,
        r"real input, got complex128.*tf\.complex\(a, b\)"),
    "complex output": (
        lambda: jacobian(lambda x: tf.complex(x, x))(1.0), TypeError,
        r"real output, got complex64"),
    "integer output": (
        lambda: jacobian(tf.argmax)(tf.ones(3)), TypeError,
        r"floating output, got int64"),
    "no output": (
        lambda: jacobian(lambda x: None)(1.0), TypeError,
        r"got None; use `return`"),
    "ragged input": (
        lambda: jacobian(tf.sin)(tf.ragged.constant([[1.0], [2.0, 3.0]])),
        TypeError, r"RaggedTensor.*flat_values"),
    "NumPy inside": (
        lambda: jacobian(np.sin)(1.0), TypeError,
        r"finite_difference_jacobian"),
    ".numpy() inside": (
        lambda: jacobian(lambda x: tf.constant(x.numpy()))(1.0), TypeError,
        r"finite_difference_jacobian"),
    "float64 into a float32 model": (
        lambda: jacobian(NARROW)(np.ones((1, 3))), TypeError,
        r"no wider than the model's float32, got float64"),
    "mode": (
        lambda: jacobian(tf.sin, mode="backward"), ValueError,
        r"mode to be one of .*got 'backward'"),
    "unconnected": (
        lambda: jacobian(tf.sin, unconnected="none"), ValueError,
        r"unconnected to be one of .*got 'none'"),
    "chunk_size zero": (
        lambda: jacobian(tf.sin, chunk_size=0), ValueError,
        r"chunk_size to be a positive whole number.*got 0"),
    "chunk_size fraction": (
        lambda: batch_jacobian(tf.sin, chunk_size=2.0), ValueError,
        r"chunk_size.*got 2\.0"),
    "batch of a scalar": (
        lambda: batch_jacobian(tf.sin)(1.0), ValueError,
        r"batch axis in front, got a scalar; use `jacobian`"),
    "two batch sizes": (
        lambda: batch_jacobian(lambda x: x[0])([tf.ones([2]), tf.ones([3])]),
        ValueError, r"one batch size, got \[2, 3\]"),
    "batch axis lost": (
        lambda: batch_jacobian(tf.reduce_sum)(tf.ones([2, 3])), ValueError,
        r"keep the batch axis of \(2, 3\), got an output of shape \(\)"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_CALLS)
def test_bad_calls_are_explained(case):
    call, kind, message = BAD_CALLS[case]
    with pytest.raises(kind, match=message):
        call()


def test_representation_names_the_derivative():
    assert repr(jacobian(tf.sin)) == "<compiled jacobian, 0 trace(s)>"


@tf.custom_gradient
def sevenfold(x):
    """x² with a wrong rule, on purpose: 7x in place of 2x."""
    return x**2, lambda upstream: 7 * x * upstream


@pytest.mark.parametrize("wrap", [lambda f: f, tf.function])
@pytest.mark.parametrize("make", [jacobian, batch_jacobian])
def test_auto_follows_custom_gradients(make, wrap):
    f = wrap(lambda x: tf.tile(sevenfold(x), [1, 6]))
    x = normal(2, 3)
    np.testing.assert_allclose(make(f)(x), make(f, mode="reverse")(x))


def test_forward_mode_follows_a_custom_gradient():
    x = normal(3)
    J = jacobian(sevenfold, mode="forward")(x)
    np.testing.assert_allclose(J, np.diag(7 * x))


@pytest.mark.parametrize("make", [jacobian, batch_jacobian])
def test_auto_agrees_with_reverse_where_forward_has_no_rule(make):
    def f(x):
        return tf.sign(tf.tile(x, [1, 5]))

    zeros = make(f)(normal(2, 3))
    np.testing.assert_array_equal(zeros, make(f, mode="reverse")(normal(2, 3)))


# What the graph is made of


def list_operations(function, x):
    """How many operations keep or fetch the steps of a loop."""
    graph = function.get_concrete_function(x).graph.as_graph_def()
    nodes = [each for f in graph.library.function for each in f.node_def]
    return sum(node.op.startswith("TensorListP") for node in nodes)


def test_loops_keep_no_more_than_one_gradient_needs():
    model = keras.Sequential([keras.Input([4, 2]), keras.layers.LSTM(3)])
    x = normal(5, 4, 2, dtype="float32")

    def f(x):
        return tf.reduce_sum(model(x), 1)

    @tf.function
    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        return tape.gradient(y, x)

    J = batch_jacobian(f)
    np.testing.assert_array_equal(J(x), gradient(x))
    expected = list_operations(gradient, x)
    assert 0 < list_operations(J._function, x) <= expected


@pytest.mark.parametrize("mode", MODES)
def test_functions_run_eagerly(mode):
    x, seen = normal(3, 2), []

    def f(x):
        seen.append(tf.executing_eagerly())
        return mixing(x)

    tf.config.run_functions_eagerly(True)
    try:
        J = jacobian(f, mode=mode)(x)
    finally:
        tf.config.run_functions_eagerly(False)
    assert seen[0]
    np.testing.assert_allclose(J, tape_jacobian(mixing, x), rtol=1e-12)


# What Keras does to an input without saying so


def test_a_mask_on_the_input_is_refused():
    x = keras.layers.Masking()(tf.constant([[[1.0], [2.0], [0.0]]]))
    layer = keras.layers.SimpleRNN(2)
    layer.build(x.shape)
    v = tf.ones([1, 2])
    calls = {
        "jacobian": lambda: jacobian(layer)(x),
        "batch_jacobian": lambda: batch_jacobian(layer)(x),
        "vjp": lambda: helpers.vjp(layer)(x, v),
        "jvp": lambda: helpers.jvp(layer)(x, x),
        "check_jacobian": lambda: helpers.check_jacobian(layer, x),
    }
    for name, call in calls.items():
        with pytest.raises(ValueError, match=f"`{name}`.*without a mask"):
            call()


@pytest.mark.parametrize(
    "layer",
    [
        lambda: keras.layers.Activation("tanh"),
        lambda: keras.layers.Dense(2),
        lambda: keras.layers.Dense(2, dtype="bfloat16"),
    ],
)
def test_layers_that_would_round_are_refused_before_they_are_built(layer):
    layer = layer()
    dtype = "float64" if layer.variable_dtype == "float32" else "float16"
    for _ in range(2):
        with pytest.raises(TypeError, match="expected input no wider"):
            jacobian(layer)(normal(2, 3, dtype=dtype))


def test_layers_that_do_not_round_are_taken():
    narrow = normal(2, 3, dtype="float16")
    assert jacobian(keras.layers.Dense(2))(narrow).shape == (2, 2, 2, 3)

    class Outer(keras.layers.Layer):
        def __init__(self):
            super().__init__(autocast=False)
            self.inner = keras.layers.Dense(2, dtype="float64")

        def call(self, x):
            return self.inner(x)

    outer, x = Outer(), normal(2, 3)
    J = batch_jacobian(outer)(x)
    right = tf.transpose(outer.inner.kernel.value)
    np.testing.assert_array_equal(J[0], right)


def test_a_mask_can_be_left_behind():
    x = keras.layers.Masking()(tf.constant([[[1.0], [2.0], [0.0]]]))
    assert jacobian(tf.sin)(tf.identity(x)).shape == (1, 3, 1, 1, 3, 1)


def test_a_whole_number_of_numpy_is_a_chunk_size():
    J = jacobian(mixing, chunk_size=np.int64(2))
    np.testing.assert_allclose(
        J(normal(3, 2)), tape_jacobian(mixing, normal(3, 2)), rtol=1e-12
    )


def test_one_argument():
    with pytest.raises(TypeError, match=r"expected 1 argument\(s\), got 0"):
        jacobian(tf.sin)()
