"""The two checks: silent when all is right, loud for every fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import (
    CannotTellError,
    JacobianError,
    check_independence,
    check_jacobian,
)
from helpers.derivatives.independence import binary_parts
from helpers.derivatives.jacobians import batch_jacobian, jacobian

COUPLED = "expected samples that do not influence each other"
BATCH = 6


def numbers(*shape: int, dtype: str = "float64") -> tf.Tensor:
    """Fixed numbers without structure, neither 0 nor equal."""
    found = np.random.default_rng(5).normal(size=shape)
    return tf.constant(found, dtype)


def normalised(x: tf.Tensor) -> tf.Tensor:
    """What BatchNormalization computes in training mode."""
    mean, variance = tf.nn.moments(x, axes=[0])
    return (x - mean) / tf.sqrt(variance + 1e-3)


# check_independence: silent


def dense(x: tf.Tensor) -> tf.Tensor:
    return tf.tanh(x @ tf.ones([3, 2], x.dtype))


INDEPENDENT = {
    "dense": dense,
    "identity": lambda x: x,
    "softmax over features": lambda x: tf.nn.softmax(x, axis=1),
    "sum per sample": lambda x: tf.reduce_sum(x, axis=1),
    "constant": lambda x: tf.ones([x.shape[0], 2], x.dtype),
    "gather in order": lambda x: tf.gather(x, range(x.shape[0])),
    "there and back": lambda x: tf.reverse(tf.reverse(x, [0]), [0]),
    "value of the mean": lambda x: x - tf.stop_gradient(tf.reduce_mean(x)),
    "Python branch": lambda x: x * 2 if tf.reduce_sum(x) > 0 else x,
    "two outputs": lambda x: {"a": x**2, "b": tf.sin(x[:, :2])},
    "shape unknown inside": lambda x: x * tf.numpy_function(
        lambda a: a, [tf.stop_gradient(x)], x.dtype
    ),
}  # fmt: skip


@pytest.mark.parametrize("f", INDEPENDENT.values(), ids=INDEPENDENT)
def test_silent_for_independent_samples(f: Callable) -> None:
    assert check_independence(f, numbers(BATCH, 3)) is None


@pytest.mark.parametrize("size", range(2, 10))
def test_silent_for_every_batch_size(size: int) -> None:
    check_independence(dense, numbers(size, 3))


# check_independence: loud


def swapped(x: tf.Tensor) -> tf.Tensor:
    return tf.gather(x, [1, 0, *range(2, x.shape[0])])


COUPLINGS = {
    "batch normalisation": normalised,
    "cumulative sum": lambda x: tf.cumsum(x, axis=0),
    "reverse cumulative sum": lambda x: tf.cumsum(x, axis=0, reverse=True),
    "swap of two samples": swapped,
    "roll": lambda x: tf.roll(x, 1, axis=0),
    "reverse": lambda x: tf.reverse(x, [0]),
    "softmax over samples": lambda x: tf.nn.softmax(x, axis=0),
    "mean subtracted": lambda x: x - tf.reduce_mean(x, 0),
    "norm over samples": lambda x: tf.math.l2_normalize(x, axis=0),
    "sorted": lambda x: tf.sort(x, axis=0),
    "attention over samples": lambda x: tf.nn.softmax(
        x @ tf.transpose(x)) @ x,
    "wrong reshape": lambda x: tf.reshape(tf.transpose(x), x.shape),
    "small": lambda x: x + 1e-3 * tf.roll(x, 1, axis=0),
    "outputs that cancel": lambda x: (
        x + tf.roll(x, 1, axis=0), x - tf.roll(x, 1, axis=0)),
    "outputs of two shapes that cancel": lambda x: [
        tf.roll(x, 1, axis=0), -tf.roll(x, 1, axis=0)[:, tf.newaxis]],
    "features that cancel": lambda x: tf.stack(
        [tf.roll(x, 1, 0), -tf.roll(x, 1, 0)], axis=1),
    "samples that cancel": lambda x: tf.concat(
        [x[:2], x[:2] + x[5:], -x[:2] - x[5:]], axis=0),
    "every second sample": lambda x: tf.concat(
        [x[:4], x[4:] + x[:2]], axis=0),
    "loop over samples": lambda x: tf.scan(lambda a, b: a / 2 + b, x),
}  # fmt: skip


@pytest.mark.parametrize("f", COUPLINGS.values(), ids=COUPLINGS)
def test_finds_coupling(f: Callable) -> None:
    with pytest.raises(ValueError, match=COUPLED):
        check_independence(f, numbers(BATCH, 3))


PAIRS = [(i, j) for i in range(BATCH) for j in range(BATCH) if i != j]


@pytest.mark.parametrize("target, source", PAIRS)
def test_finds_a_coupling_of_one_ordered_pair(
    target: int, source: int
) -> None:
    """One output of one sample sees one input of one other sample."""
    pick = tf.scatter_nd([[target, 1]], [1.0], [BATCH, 2])

    def f(x: tf.Tensor) -> tf.Tensor:
        return x[:, :2] ** 2 + pick * x[source, 2]

    with pytest.raises(ValueError, match=f"input of sample {source} "):
        check_independence(f, numbers(BATCH, 3, dtype="float32"))


@pytest.mark.parametrize("size", [*range(18), 64, 100])
def test_parts_separate_every_ordered_pair(size: int) -> None:
    """Some part holds i and not j, for each i and j; none is wasted."""
    parts = binary_parts(size)
    digits = int(np.ceil(np.log2(size))) if size > 1 else 0
    assert parts.shape == (2 * digits, size)
    apart = np.einsum("pi,pj->ij", parts.astype(int), 1 - parts)
    assert np.array_equal(apart > 0, ~np.eye(size, dtype=bool))


def test_message_names_sample_gradient_and_remedy() -> None:
    with pytest.raises(ValueError) as error:
        check_independence(lambda x: tf.roll(x, 1, 0), numbers(20, 3))
    text = str(error.value)
    assert text.startswith("`check_independence`: expected samples that")
    assert "those of samples [1, 3, 5, 7, 9, 11, 13, 15] ..." in text
    assert "input of sample 0 (gradient " in text
    assert "Use `jacobian`" in text and "training=False" in text


# check_independence: layers, structures, edges


@pytest.mark.parametrize("training", [False, True])
def test_batch_normalization_layer(training: bool) -> None:
    layers = [keras.layers.Dense(4), keras.layers.BatchNormalization()]
    model = keras.Sequential([keras.Input((3,)), *layers])
    x = numbers(5, 3, dtype="float32")
    if not training:
        check_independence(model, x)
        return
    with pytest.raises(ValueError, match=COUPLED):
        check_independence(lambda x: model(x, training=True), x)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
def test_recurrent_layers(kind: str) -> None:
    layer = getattr(keras.layers, kind)(4, return_sequences=True)
    x = numbers(5, 7, 2, dtype="float32")
    check_independence(layer, x)
    with pytest.raises(ValueError, match=COUPLED):
        check_independence(lambda x: layer(tf.roll(x, 1, 0)), x)
    with pytest.raises(ValueError, match=COUPLED):
        check_independence(lambda x: layer(tf.reshape(x, [5, 7, 2])[::-1]), x)


def test_time_taken_for_the_batch() -> None:
    """An LSTM that is given (time, batch, features) mixes 'samples'."""
    layer = keras.layers.LSTM(4, return_sequences=True)

    def time_first(x: tf.Tensor) -> tf.Tensor:
        return tf.transpose(layer(tf.transpose(x, [1, 0, 2])), [1, 0, 2])

    with pytest.raises(ValueError, match=COUPLED):
        check_independence(time_first, numbers(5, 7, 2, dtype="float32"))


def test_dropout_is_independent() -> None:
    layer = keras.layers.Dropout(0.5, seed=1)
    x = numbers(8, 3, dtype="float32")
    check_independence(lambda x: layer(x, training=True), x)


def test_structures() -> None:
    x = {"a": numbers(5, 3), "b": [numbers(5, 2, 2)]}

    def own(x: Any) -> Any:
        return [x["a"] * x["b"][0][:, :1, 0], tf.sin(x["a"])]

    def mixed(x: Any) -> Any:
        return [x["a"] * tf.reverse(x["b"][0], [0])[:, :1, 0], x["a"]]

    check_independence(own, x)
    with pytest.raises(ValueError, match=COUPLED):
        check_independence(mixed, x)


@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize("f", [dense, lambda x: tf.cumsum(x, axis=0)])
def test_no_other_sample_no_influence(f: Callable, size: int) -> None:
    check_independence(f, tf.ones([size, 3]))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_low_precision(dtype: str) -> None:
    x = numbers(5, 3, dtype=dtype)
    check_independence(dense, x)
    with pytest.raises(ValueError, match=COUPLED):
        check_independence(lambda x: tf.cumsum(x, axis=0), x)


def test_nan_is_neither_silent_nor_called_a_coupling() -> None:
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [0.0, 5.0]])
    with pytest.raises(ValueError, match="got nan for sample 2: 0 · ∞"):
        check_independence(tf.math.log, x)


def test_nan_does_not_hide_a_coupling() -> None:
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [0.0, 5.0]])
    with pytest.raises(ValueError, match=COUPLED):
        check_independence(lambda x: tf.math.log(x) + tf.roll(x, 1, 0), x)


def test_it_speaks_of_the_derivative_at_x_only() -> None:
    """Documented: a relu that is off hides the coupling behind it."""

    def f(x: tf.Tensor) -> tf.Tensor:
        return x + tf.nn.relu(tf.roll(x, 1, 0) - 1)

    check_independence(f, tf.zeros([4, 3]))
    with pytest.raises(ValueError, match=COUPLED):
        check_independence(f, tf.fill([4, 3], 2.0))


def test_f_is_run_once() -> None:
    layer = keras.layers.BatchNormalization(momentum=0.5)
    x = numbers(5, 3, dtype="float32") + 4.0
    with pytest.raises(ValueError, match=COUPLED):
        check_independence(lambda x: layer(x, training=True), x)
    mean = tf.reduce_mean(x, axis=0)
    np.testing.assert_allclose(layer.moving_mean, mean / 2, rtol=1e-5)


NOT_PER_SAMPLE = {
    "scalar": lambda x: tf.reduce_sum(x),
    "one row": lambda x: tf.reduce_sum(x, 0, keepdims=True),
    "twice as many": lambda x: tf.concat([x, x], 0),
}


@pytest.mark.parametrize("f", NOT_PER_SAMPLE.values(), ids=NOT_PER_SAMPLE)
def test_output_without_the_batch_axis(f: Callable) -> None:
    with pytest.raises(ValueError, match="to keep the batch axis of"):
        check_independence(f, numbers(4, 3))


WRONG_CALLS = [
    (lambda: check_independence(3, tf.ones([4, 3])), "a function, Keras"),
    (lambda: check_independence(dense, tf.ones([4, 3], "int32")), "floating"),
    (lambda: check_independence(tf.argmax, numbers(4, 3)), "floating output"),
    (lambda: check_independence(lambda x: None, numbers(4, 3)), "got None"),
    (
        lambda: check_independence(lambda x: np.sin(x.numpy()), numbers(4, 3)),
        "leaves TensorFlow",
    ),
]


@pytest.mark.parametrize("call, message", WRONG_CALLS)
def test_wrong_types(call: Callable, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()


def test_no_batch_axis() -> None:
    with pytest.raises(ValueError, match="a batch axis in front"):
        check_independence(lambda x: x, 3.0)
    with pytest.raises(ValueError, match=r"one batch size, got \[4, 5\]"):
        check_independence(lambda x: x[0], [numbers(4, 3), numbers(5, 3)])


# check_jacobian

W = numbers(3, 2)


def curved(x: tf.Tensor) -> tf.Tensor:
    """(b, 3) to (b, 2), a different Jacobian for each sample."""
    return tf.tanh(x @ tf.cast(W, x.dtype)) + x[:, :1] * x[:, 1:]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("derivative", [jacobian, batch_jacobian])
def test_silent_when_right(derivative: Callable, dtype: str) -> None:
    x = numbers(4, 3, dtype=dtype)
    check_jacobian(curved, x)
    check_jacobian(curved, x, derivative(curved)(x))


def off_by_a_hundredth(J: np.ndarray) -> np.ndarray:
    J[2, 1, 0] *= 1.01
    return J


FAULTS = {
    "sign": lambda J: -J,
    "one entry": off_by_a_hundredth,
    "samples in another order": lambda J: J[::-1],
    "transposed, then reshaped": lambda J: np.reshape(
        np.swapaxes(J, 1, 2), J.shape),
    "a single precision step too many": lambda J: J.astype("float16"),
    "nan": lambda J: np.where(np.arange(3) == 1, np.nan, J),
    "infinite": lambda J: np.where(np.arange(3) == 1, np.inf, J),
    "zeros": np.zeros_like,
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_finds_a_wrong_jacobian(fault: Callable) -> None:
    x = numbers(4, 3)
    J = fault(batch_jacobian(curved)(x).numpy())
    with pytest.raises(JacobianError, match=r"expected J\[\d, \d, \d\] = "):
        check_jacobian(curved, x, J)


def test_message_names_the_worst_entry() -> None:
    x = numbers(4, 3)
    J = batch_jacobian(curved)(x).numpy()
    J[3, 0, 2] += 1
    with pytest.raises(JacobianError, match=r"J\[3, 0, 2\] = .*error 1 "):
        check_jacobian(curved, x, J)


@pytest.mark.parametrize("shape", [(4, 3, 2), (2, 4, 3), (4, 2, 4), (8, 12)])
def test_wrong_shape(shape: tuple) -> None:
    with pytest.raises(ValueError, match="expected J of shape .*per sample"):
        check_jacobian(curved, numbers(4, 3), np.ones(shape))


def test_per_sample_jacobian_of_coupled_samples_is_wrong() -> None:
    x = numbers(5, 3)
    with pytest.raises(JacobianError):
        check_jacobian(normalised, x, batch_jacobian(normalised)(x))
    check_jacobian(normalised, x, jacobian(normalised)(x))


def test_tolerances() -> None:
    x = numbers(4, 3)
    J = batch_jacobian(curved)(x).numpy()
    off = J + 1e-4 * np.abs(J).max()
    with pytest.raises(JacobianError):
        check_jacobian(curved, x, off)
    check_jacobian(curved, x, off, rtol=1e-3)
    check_jacobian(curved, x, off, atol=1e-3)
    with pytest.raises(JacobianError):
        check_jacobian(curved, x, J, rtol=0, atol=0)


def overflowing(x: tf.Tensor) -> tf.Tensor:
    return tf.stack([tf.exp(1000 * x[0]), x[1] ** 2 + x[2]])


def edge_of_overflow(x: tf.Tensor) -> tf.Tensor:
    """Finite at x, infinite a step further: an infinite difference."""
    return tf.stack([tf.exp(709.7827 * x[0]), x[1] ** 2 + x[2]])


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("f", [overflowing, edge_of_overflow])
def test_infinity_excuses_nothing(f: Callable) -> None:
    x = tf.constant([1.0, 2.0, 3.0], tf.float64)
    with pytest.raises(JacobianError):
        check_jacobian(f, x, np.zeros((2, 3)))


@pytest.mark.parametrize("size", [0, 1])
def test_smallest_batches(size: int) -> None:
    x = numbers(size, 3)
    check_jacobian(curved, x)
    check_jacobian(curved, x, batch_jacobian(curved)(x))
    check_jacobian(curved, x, jacobian(curved)(x))


def test_no_features() -> None:
    def f(x: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(x, 1, keepdims=True)

    check_jacobian(f, numbers(4, 0), np.zeros((4, 1, 0)))


def test_structures_of_jacobians() -> None:
    x = {"a": numbers(4, 3), "b": numbers(4, 2)}

    def f(x: dict) -> list:
        return [x["a"] * x["b"][:, :1], tf.sin(x["b"])]

    J = batch_jacobian(f, unconnected="zero")(x)
    check_jacobian(f, x, J)
    J[0]["b"] = -J[0]["b"]
    with pytest.raises(JacobianError):
        check_jacobian(f, x, J)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_refused(dtype: str) -> None:
    match = f"float32 or float64, got {dtype}, too coarse"
    with pytest.raises(TypeError, match=match):
        check_jacobian(curved, numbers(4, 3, dtype=dtype))
    with pytest.raises(TypeError, match=match):
        check_jacobian(lambda x: tf.cast(x, dtype), numbers(4, 3))


@pytest.mark.parametrize(
    ("dtype", "small", "large"),
    [("float64", 1e-9, 1e-6), ("float32", 1e-4, 0.1)],
)
def test_the_default_tolerance_is_neither_blind_nor_jumpy(dtype, small, large):
    def f(x):
        return tf.exp(x[:2]) * x[2]

    x = tf.constant([0.3, -0.5, 1.2], dtype)
    J = jacobian(f)(x)
    check_jacobian(f, x, J * (1 + small))
    with pytest.raises(JacobianError, match="exceeds"):
        check_jacobian(f, x, J * (1 + large))


# check_jacobian: what differences can tell, and what they cannot

X = tf.constant([0.3, -0.5, 1.2])
X64 = tf.cast(X, "float64")


def price(x: tf.Tensor, bias: float = 2e5) -> tf.Tensor:
    """One large number with slopes 1, 2 and -0.5."""
    weights = tf.constant([1.0, 2.0, -0.5], x.dtype)
    return tf.reduce_sum(x * weights)[tf.newaxis] + bias


def two_heads(x: tf.Tensor) -> tf.Tensor:
    return tf.stack([price(x)[0], 10 * tf.sin(x[0])])


def curved_price(x: tf.Tensor) -> tf.Tensor:
    return tf.exp(0.1 * price(x, 0.0)) + 2e6


@pytest.mark.parametrize("f", [price, two_heads, curved_price])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_large_output_excuses_no_zeros(f: Callable, dtype: str) -> None:
    x = tf.cast(X, dtype)
    J = jacobian(f)(x).numpy()
    J[0] = 0
    with pytest.raises(JacobianError):
        check_jacobian(f, x, J)


def test_rounding_that_hides_the_slopes_is_named() -> None:
    with pytest.raises(CannotTellError, match="can tell whether .*rounding"):
        check_jacobian(price, X)
    with pytest.raises(CannotTellError, match="can tell whether"):
        check_jacobian(lambda x: price(x, 2e9), X, np.zeros((1, 3)))
    check_jacobian(price, X64)


def scales(x: tf.Tensor) -> tf.Tensor:
    """Rows of very different size."""
    return tf.stack([tf.exp(x[0] * x[1]) * 1e3, x[2] ** 3 * 1e-4, x[0] * 1e-6])


@pytest.mark.parametrize("place", [(0, 0), (0, 1), (1, 2), (2, 0)])
def test_one_entry_three_per_cent_off(place: tuple) -> None:
    J = jacobian(scales)(X64).numpy()
    check_jacobian(scales, X64, J)
    J[place] *= 1.03
    with pytest.raises(JacobianError, match=r"J\[{}, {}\]".format(*place)):
        check_jacobian(scales, X64, J)


def test_one_entry_of_an_lstm_three_per_cent_off() -> None:
    layer = keras.layers.LSTM(4, return_sequences=True, dtype="float64")
    x = numbers(2, 5, 3)
    J = batch_jacobian(layer)(x).numpy()
    check_jacobian(layer, x, J)
    J[1, 3, 2, 1, 0] *= 1.03
    with pytest.raises(JacobianError, match=r"J\[1, 3, 2, 1, 0\]"):
        check_jacobian(layer, x, J)


SILENT = {
    "slope zero, curved": (tf.cos, [0.0, 0.0]),
    "all constant": (lambda x: x * 0 + 5, [1.0, 2.0]),
    "one constant": (lambda x: tf.stack([x[0] * 0 + 5, x[1]]), [1.0, 2.0]),
    "saturated units": (tf.tanh, [20.0, 9.0, 7.0, 0.3]),
    "cube at zero": (lambda x: x**3, [0.0, 1.0]),
    "far out": (tf.sin, [1e5, 1.0]),
    "tiny scale": (lambda x: tf.exp(-x * 1e6), [1e-6, 2e-6]),
    "near a kink": (tf.nn.relu, [1e-4, -1e-5, 1.0]),
    "edge of the domain": (tf.math.log, [1e-7, 1.0]),
    "inputs of two units": (lambda x: 1e6 * x[0] + tf.sin(x[1]), [0.1, 1.0]),
    "float32 on the way": (
        lambda x: tf.cast(tf.sin(tf.cast(x, "float32")), x.dtype),
        [0.3, 1.2],
    ),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", SILENT)
def test_right_at_every_scale(case: str, dtype: str) -> None:
    f, numbers = SILENT[case]
    x = tf.constant(numbers, dtype)
    J = jacobian(f)(x)
    check_jacobian(f, x)
    check_jacobian(f, x, J)
    wrong = 1.05 * np.asarray(J) + (np.abs(J).max() or 1) * 0.05
    with pytest.raises(JacobianError):
        check_jacobian(f, x, wrong)


def test_a_kink_or_chance_is_not_silent() -> None:
    with pytest.raises(CannotTellError, match="a kink"):
        check_jacobian(tf.nn.relu, tf.zeros([3]))
    with pytest.raises(JacobianError):
        check_jacobian(lambda x: x * tf.random.normal([3]), X)


@pytest.mark.parametrize("bias", [0.0, 2e5])
def test_a_wrong_gradient_of_ones_own_is_found(bias: float) -> None:
    @tf.custom_gradient
    def f(x: tf.Tensor) -> tuple:
        return bias + tf.sin(x), lambda u: 0 * u

    with pytest.raises(JacobianError, match="got 0; the error"):
        check_jacobian(f, X)


def test_a_black_box_with_a_jacobian_by_hand() -> None:
    x = np.array([1.0, 2.0])
    check_jacobian(np.sin, x, np.diag(np.cos(x)))
    with pytest.raises(JacobianError):
        check_jacobian(np.sin, x, np.diag(np.sin(x)))


def test_half_precision_on_the_way_is_refused() -> None:
    hidden = keras.layers.Dense(5, "tanh", dtype="mixed_float16")
    last = keras.layers.Dense(2, dtype="float32")
    model = keras.Sequential([keras.Input([3]), hidden, last])
    x = numbers(4, 3, dtype="float32")
    for f in (model, lambda x: 2 * model(x)):
        with pytest.raises(TypeError, match="got float16, too coarse"):
            check_jacobian(f, x)


def test_masked_arrays_are_refused() -> None:
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    with pytest.raises(TypeError, match="`check_jacobian`.*without a mask"):
        check_jacobian(tf.sin, masked, np.eye(2))
    with pytest.raises(TypeError, match="`check_jacobian`.*J without a mask"):
        check_jacobian(tf.sin, X64[:2], np.ma.array(np.eye(2)))


# check_jacobian: state


def test_moving_statistics_stay_and_do_not_matter() -> None:
    layer = keras.layers.BatchNormalization()
    x = numbers(4, 3, dtype="float32") + 3
    layer(x, training=True)
    before = [v.numpy() for v in layer.variables]
    check_jacobian(lambda x: layer(x, training=True), x)
    for old, new in zip(before, layer.variables, strict=True):
        np.testing.assert_array_equal(old, new)


def test_state_of_a_module_is_the_same_for_every_evaluation() -> None:
    count = tf.Variable(1.0)

    def f(x: tf.Tensor) -> tf.Tensor:
        count.assign_add(1.0)
        return x * count

    check_jacobian(f, X, 2 * np.eye(3, dtype="float32"))
    check_jacobian(tf.function(f), X)
    assert count == 1


def test_dropout_draws_the_same_in_every_evaluation() -> None:
    drop = keras.layers.Dropout(0.5, seed=1)
    state = drop.seed_generator.state.numpy()
    check_jacobian(lambda x: drop(tf.sin(x), training=True), X)
    np.testing.assert_array_equal(state, drop.seed_generator.state)
    generator = tf.random.Generator.from_seed(3)
    state = generator.state.numpy()
    check_jacobian(lambda x: x * generator.normal([3]), X)
    np.testing.assert_array_equal(state, generator.state)


def test_state_of_a_layer_that_leaves_tensorflow() -> None:
    class Layer(keras.layers.Layer):
        def build(self, shape: tuple) -> None:
            self.count = self.add_weight(name="count", initializer="zeros")

        def call(self, x: tf.Tensor) -> tf.Tensor:
            self.count.assign_add(1.0)
            return tf.constant(np.sin(x.numpy()))

    layer = Layer()
    layer.build([3])
    check_jacobian(layer, X, np.diag(np.cos(X)))
    assert layer.count == 0
