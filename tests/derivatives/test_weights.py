"""weight_jacobian: one matrix over all trainable weights, per sample."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import map_batches, weight_jacobian
from helpers.derivatives.core.graphs import Traced, changes

layers = keras.layers
F64 = {"dtype": "float64"}


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(5)


def normal(*shape, dtype="float64", seed=3):
    values = np.random.default_rng(seed).standard_normal(shape)
    return tf.constant(values, dtype)


def sequential(shape, *inner, dtype="float64"):
    model = keras.Sequential([keras.Input(shape, dtype=dtype), *inner])
    for variable in model.trainable_variables:  # no bias stays zero
        variable.assign(0.6 * normal(*variable.shape, dtype=variable.dtype))
    return model


def dense():
    return sequential(
        [3], layers.Dense(4, "tanh", **F64), layers.Dense(2, **F64)
    )


def one_by_one(model, x):
    """The slow way: a tape per sample, blocks flattened by NumPy."""
    samples = []
    for k in range(len(x)):
        with tf.GradientTape() as tape:
            y = model(x[k : k + 1])
        blocks = tape.jacobian(y, model.trainable_variables)
        shape = (*y.shape[1:], -1)
        flat = [np.reshape(tf.convert_to_tensor(b), shape) for b in blocks]
        samples.append(np.concatenate(flat, axis=-1))
    return np.stack(samples)


def by_differences(model, x, step=1e-6):
    """Central differences: move each weight, run the model again."""
    columns = []
    for variable in model.trainable_variables:
        start = variable.numpy()
        for index in np.ndindex(start.shape):
            sides = []
            for sign in (1, -1):
                moved = start.copy()
                moved[index] += sign * step
                variable.assign(moved)
                sides.append(np.asarray(model(x)))
            columns.append((sides[0] - sides[1]) / (2 * step))
        variable.assign(start)
    return np.stack(columns, axis=-1)


MODELS = {
    "dense": ([3], lambda: [layers.Dense(4, "tanh", **F64)]),
    "one output": ([3], lambda: [layers.Dense(1, **F64)]),
    "rank 3 output": (
        [4, 3],
        lambda: [layers.Conv1D(2, 2, activation="tanh", **F64)],
    ),
    "conv": (
        [6, 5, 2],
        lambda: [
            layers.Conv2D(3, 2, activation="tanh", **F64),
            layers.Flatten(**F64),
            layers.Dense(2, **F64),
        ],
    ),
    "batch norm": (
        [3],
        lambda: [layers.Dense(4, **F64), layers.BatchNormalization(**F64)],
    ),
    "dropout": (
        [3],
        lambda: [layers.Dropout(0.5, **F64), layers.Dense(2, **F64)],
    ),
    "lstm": ([4, 3], lambda: [layers.LSTM(2, **F64)]),
    "gru sequence": (
        [4, 3],
        lambda: [layers.GRU(2, return_sequences=True, **F64)],
    ),
    "lstm unrolled": ([4, 3], lambda: [layers.LSTM(2, unroll=True, **F64)]),
}


@pytest.mark.parametrize("name", MODELS)
def test_matches_a_tape_per_sample_and_differences(name):
    shape, inner = MODELS[name]
    model = sequential(shape, *inner())
    x = normal(5, *shape)
    J = weight_jacobian(model)(x)
    weights = sum(np.size(v) for v in model.trainable_variables)
    assert J.shape == (*model(x).shape, weights)
    assert J.dtype == tf.float64
    np.testing.assert_allclose(J, one_by_one(model, x), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(J, by_differences(model, x), atol=1e-8)


@pytest.mark.parametrize("name", ["dense", "conv", "lstm unrolled"])
def test_jit_gives_the_same(name):
    shape, inner = MODELS[name]
    model = sequential(shape, *inner())
    x = normal(5, *shape)
    J = weight_jacobian(model, jit=True)(x)
    np.testing.assert_allclose(J, one_by_one(model, x), rtol=1e-11, atol=1e-13)


def test_closed_form_of_a_dense_layer():
    model = sequential([3], layers.Dense(2, **F64))
    x = normal(5, 3)
    kernel, bias = weight_jacobian(model).split(weight_jacobian(model)(x))
    eye = np.eye(2)
    np.testing.assert_allclose(
        kernel, np.einsum("bi,op->boip", x, eye), atol=1e-14
    )
    np.testing.assert_allclose(
        bias, np.broadcast_to(eye, (5, 2, 2)), atol=1e-14
    )


def test_columns_and_split_follow_the_variables():
    model = dense()
    J = weight_jacobian(model)
    sizes = [cut.stop - cut.start for cut in J.columns.values()]
    assert sizes == [12, 4, 8, 2]
    assert list(J.columns) == [v.path for v in model.trainable_variables]
    matrix = J(normal(5, 3))
    blocks = J.split(matrix)
    for variable, block, cut in zip(
        model.trainable_variables, blocks, J.columns.values(), strict=True
    ):
        assert block.shape == (5, 2, *variable.shape)
        flat = np.reshape(block, (5, 2, -1))
        np.testing.assert_array_equal(flat, matrix[..., cut])


def test_split_of_a_vector_of_weights():
    J = weight_jacobian(dense())
    blocks = J.split(tf.range(26.0))
    assert [tuple(b.shape) for b in blocks] == [(3, 4), (4,), (4, 2), (2,)]


def test_repeated_names_are_numbered():
    class Pair(tf.Module):
        def __init__(self):
            self.a = tf.Variable(normal(3, 2), name="w")
            self.b = tf.Variable(normal(2), name="w")

        def __call__(self, x):
            return tf.sin(x @ self.a + self.b)

    pair = Pair()
    x = normal(5, 3)
    J = weight_jacobian(pair)
    assert list(J.columns) == ["w:0", "w:0 (2)"]
    np.testing.assert_allclose(J(x), one_by_one(pair, x), atol=1e-13)


def test_frozen_layers_have_no_columns():
    model = dense()
    model.layers[0].trainable = False
    x = normal(5, 3)
    J = weight_jacobian(model)(x)
    assert J.shape == (5, 2, 10)
    np.testing.assert_allclose(J, one_by_one(model, x), atol=1e-13)


def test_integer_input_of_an_embedding():
    model = keras.Sequential(
        [
            keras.Input([4], dtype="int32"),
            layers.Embedding(7, 3, **F64),
            layers.Flatten(**F64),
            layers.Dense(2, **F64),
        ]
    )
    tokens = np.array([[0, 1, 1, 6], [2, 2, 2, 2], [3, 5, 0, 1]])
    J = weight_jacobian(model)
    np.testing.assert_allclose(
        J(tokens), one_by_one(model, tokens), atol=1e-13
    )
    rows = J.split(J(tokens))[0]
    assert not np.asarray(rows[1, :, 3]).any()  # token 3 is not in sample 1
    assert np.asarray(rows[2, :, 3]).all()


def test_several_inputs_and_outputs():
    a = keras.Input([3], name="a", **F64)
    b = keras.Input([2], name="b", **F64)
    joined = layers.Concatenate(**F64)([a, b])
    both = layers.Dense(4, "tanh", **F64)(joined)
    model = keras.Model(
        {"a": a, "b": b}, {"both": both, "sum": layers.Dense(1, **F64)(both)}
    )
    x = {"a": normal(6, 3), "b": normal(6, 2)}
    J = weight_jacobian(model, unconnected="zero")(x)
    assert J["both"].shape == (6, 4, 29) and J["sum"].shape == (6, 1, 29)
    assert not np.asarray(J["both"][..., 24:]).any()
    bias_of_sum = np.asarray(J["sum"][..., 28])
    np.testing.assert_allclose(bias_of_sum, 1.0)


def test_traces_once_and_reads_new_values():
    model = dense()
    x = normal(5, 3)
    J = weight_jacobian(model)
    first = J(x)
    for variable in model.trainable_variables:
        variable.assign(variable + 0.1)
    second = J(x)
    assert J.traces == 1
    assert np.abs(second - first).max() > 1e-3
    np.testing.assert_allclose(second, one_by_one(model, x), atol=1e-13)


def test_map_batches_over_many_samples():
    model, x = dense(), normal(11, 3)
    J = weight_jacobian(model)
    found = map_batches(J, x, batch_size=4, progress=False)
    assert J.traces == 1
    np.testing.assert_allclose(found, one_by_one(model, x), atol=1e-13)


@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize("name", ["dense", "lstm"])
def test_small_batches(name, size):
    shape, inner = MODELS[name]
    model = sequential(shape, *inner())
    J = weight_jacobian(model)(normal(size, *shape))
    outputs = model.output_shape[-1]
    assert J.shape == (size, outputs, model.count_params())


def test_unknown_batch_size():
    model = dense()
    J = weight_jacobian(model)
    spec = tf.TensorSpec([None, 3], tf.float64)
    inside = tf.function(lambda x: J(x), input_signature=[spec])
    x = normal(5, 3)
    np.testing.assert_allclose(inside(x), J(x), atol=1e-14)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtype_is_that_of_the_weights(dtype):
    model = keras.Sequential(
        [keras.Input([3], dtype=dtype), layers.Dense(2, dtype=dtype)]
    )
    assert weight_jacobian(model)(normal(5, 3, dtype=dtype)).dtype == dtype


def test_mixed_precision_keeps_float32():
    model = keras.Sequential(
        [keras.Input([3]), layers.Dense(2, dtype="mixed_float16")]
    )
    J = weight_jacobian(model)(normal(5, 3, dtype="float32"))
    assert J.dtype == "float32" and J.shape == (5, 2, 8)


# Errors


class Training(keras.Model):
    """Runs a layer in training mode, whatever it is asked for."""

    def __init__(self, layer):
        super().__init__()
        self.inner, self.outer = layer, layers.Dense(2)

    def call(self, x):
        return self.outer(self.inner(x, training=True))


@pytest.mark.parametrize(
    "layer", [layers.BatchNormalization, lambda: layers.Dropout(0.5)]
)
def test_training_mode_is_refused_and_changes_nothing(layer):
    model = Training(layer())
    x = normal(5, 3, dtype="float32")
    model(x)
    before = [w.numpy() for w in model.variables if "seed" not in w.path]
    with pytest.raises(ValueError, match="changes its own state.*training=Fa"):
        weight_jacobian(model)(x)
    after = [w.numpy() for w in model.variables if "seed" not in w.path]
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)


def test_state_inside_a_compiled_call_is_found():
    counter = tf.Variable(0.0)

    @tf.function
    def inner(x):
        counter.assign_add(1.0)
        return x * counter

    outer = tf.function(lambda x: inner(x))
    graph = outer.get_concrete_function(tf.TensorSpec([1, 3])).graph
    found = changes(Traced(graph.inputs[:1], graph.outputs))
    assert found == ["AssignAddVariableOp"]


def test_unbuilt_model():
    model = keras.Sequential([layers.Dense(2)])
    with pytest.raises(ValueError, match=r"built model.*use model\(x\) once"):
        weight_jacobian(model)


def test_no_trainable_weights():
    model = dense()
    model.trainable = False
    with pytest.raises(ValueError, match="none; use `trainable = True`"):
        weight_jacobian(model)


@pytest.mark.parametrize("model", [lambda x: x, 3, None, dense])
def test_not_a_model(model):
    with pytest.raises(TypeError, match="expected a Keras model, a layer"):
        weight_jacobian(model)


def test_unused_weights_are_named():
    class Idle(tf.Module):
        def __init__(self):
            self.used = tf.Variable(normal(3, 2), name="used")
            self.idle = tf.Variable(normal(4), name="idle")

        def __call__(self, x):
            return x @ self.used

    x = normal(5, 3)
    with pytest.raises(ValueError, match="not connected to idle:0"):
        weight_jacobian(Idle())(x)
    J = weight_jacobian(Idle(), unconnected="zero")
    cut = J.columns["idle:0"]
    assert J(x).shape == (5, 2, 10) and not np.asarray(J(x)[..., cut]).any()


def test_lost_batch_axis():
    class Mean(tf.Module):
        def __init__(self):
            self.w = tf.Variable(normal(3, 2))

        def __call__(self, x):
            return tf.reduce_sum(x @ self.w)

    with pytest.raises(ValueError, match="keep the batch axis"):
        weight_jacobian(Mean())(normal(5, 3))


def test_wider_input_than_weights():
    model = keras.Sequential([keras.Input([3]), layers.Dense(2)])
    with pytest.raises(TypeError, match="no wider than the model's float32"):
        weight_jacobian(model)(normal(5, 3))


def test_weights_of_two_dtypes():
    model = keras.Sequential(
        [keras.Input([3]), layers.Dense(2), layers.Dense(2, **F64)]
    )
    with pytest.raises(TypeError, match="one dtype, got.*float32.*float64"):
        weight_jacobian(model)


def test_complex_input():
    with pytest.raises(TypeError, match="expected a real input, got complex"):
        weight_jacobian(dense())(tf.ones([5, 3], tf.complex128))


def test_integer_weights():
    class Counting(tf.Module):
        def __init__(self):
            self.w = tf.Variable([1, 2])

        def __call__(self, x):
            return x

    with pytest.raises(TypeError, match="floating weight, got int32"):
        weight_jacobian(Counting())


def test_scalar_input():
    with pytest.raises(ValueError, match="batch axis in front"):
        weight_jacobian(dense())(tf.constant(1.0, tf.float64))


def test_split_of_something_else():
    J = weight_jacobian(dense())
    with pytest.raises(ValueError, match="with 26 columns to split, got"):
        J.split(tf.ones([5, 2, 25]))
    with pytest.raises(TypeError, match="`weight_jacobian`: .*got a list"):
        J.split([tf.ones([5, 2, 26])] * 2)
    masked = np.ma.masked_array(np.ones([5, 2, 26]))
    with pytest.raises(TypeError, match="matrix without a mask"):
        J.split(masked)


def test_one_argument():
    x = tf.ones([5, 4], tf.float64)
    with pytest.raises(TypeError, match=r"expected 1 argument\(s\), got 2"):
        weight_jacobian(dense())(x, x)


def test_unknown_option():
    with pytest.raises(ValueError, match="unconnected to be one of"):
        weight_jacobian(dense(), unconnected="none")


def test_loop_and_xla():
    model = sequential([4, 3], layers.LSTM(2, **F64))
    with pytest.raises(ValueError, match="use `jit=False`"):
        weight_jacobian(model, jit=True)(normal(5, 4, 3))


@pytest.mark.parametrize("draw", [False, True])
def test_weights_of_a_module_with_state_or_chance(draw):
    class Module(tf.Module):
        def __init__(self):
            self.w = tf.Variable([1.0, 2.0])
            self.seen = tf.Variable([0.0, 0.0], trainable=False)

        def __call__(self, x):
            if draw:
                return x * self.w * tf.random.normal([])
            self.seen.scatter_nd_update([[0]], [1.0])
            return x * self.w

    with pytest.raises(ValueError, match="its own state or draws"):
        weight_jacobian(Module())(tf.ones([3, 2]))


class Coupled(tf.Module):
    """x @ w, and what a function makes of it with the batch in sight."""

    def __init__(self, then, **options):
        self.w = tf.Variable(normal(3, 2, **options))
        self.then = then

    def __call__(self, x):
        return self.then(x @ self.w)


def centred(y):
    return y - tf.reduce_mean(y, 0)


COUPLED = {
    "mean": centred,
    "softmax": lambda y: tf.nn.softmax(y, 0),
    "order": lambda y: tf.sort(y, 0),
    "size of the batch": lambda y: y / tf.cast(tf.shape(y)[0], y.dtype),
    "a little": lambda y: y + 1e-3 * tf.reduce_mean(y, 0),
    "beside a large output": lambda y: {"a": 1e6 * y, "b": centred(y)},
    "beside a large number": lambda y: tf.concat(
        [1e6 * y, 1e3 * centred(y)], 1),
    "beside a nan": lambda y: centred(y) + 0 * tf.math.log(y),
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", COUPLED)
def test_samples_that_influence_each_other_are_refused(case, dtype):
    model, x = Coupled(COUPLED[case], dtype=dtype), normal(5, 3, dtype=dtype)
    with pytest.raises(ValueError, match="do not influence.*is alone"):
        weight_jacobian(model)(x)
    run = tf.function(lambda x: weight_jacobian(model)(x))
    with pytest.raises(tf.errors.InvalidArgumentError, match="is alone"):
        run(x)


def test_outputs_that_are_nan_alone_and_together():
    model, x = Coupled(lambda y: y + 0 * tf.math.log(y)), normal(5, 3)
    assert np.isnan(model(x)).any()
    assert weight_jacobian(model)(x).shape == (5, 2, 6)


def test_inside_the_scope_of_a_strategy():
    J = weight_jacobian(dense())
    with tf.distribute.MirroredStrategy(["/cpu:0"]).scope():
        with pytest.raises(ValueError, match="scope of a MirroredStrategy"):
            weight_jacobian(dense())
        assert J(normal(5, 3)).shape[0] == 5
