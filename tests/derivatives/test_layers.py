"""Jacobians between layers: what is computed, what is refused, what stays."""

from __future__ import annotations

import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import batch_jacobian, chain_jacobians, layer_jacobian
from helpers.derivatives import layer_calls
from tests.support import keras_in_float64, normal

layers = keras.layers


@pytest.fixture(autouse=True)
def double_precision():
    with keras_in_float64():
        keras.utils.set_random_seed(5)
        yield


def small():
    """3 inputs, 5 and 4 hidden units, 2 outputs."""
    return keras.Sequential(
        [
            keras.Input([3]),
            layers.Dense(5, "tanh", name="first"),
            layers.Dense(4, "tanh", name="second"),
            layers.Dense(2, name="last"),
        ]
    )


def by_hand(model, x):
    """∂a/∂x, ∂b/∂a, ∂y/∂b of `small` by its formula, in NumPy."""
    (A, a0), (B, b0), (C, _) = (layer.get_weights() for layer in model.layers)
    a = np.tanh(x @ A + a0)
    b = np.tanh(a @ B + b0)
    return (
        (1 - a**2)[:, :, None] * A.T,
        (1 - b**2)[:, :, None] * B.T,
        np.broadcast_to(C.T, [len(x), *C.T.shape]),
    )


def test_every_pair_of_places_against_the_formula():
    model, x = small(), normal(7, 3)
    of_a, of_b, of_y = by_hand(model, x.numpy())
    pairs = {
        ("output", "layer"): of_y @ of_b,
        ("layer", "input"): of_a,
        ("output", "input"): of_y @ of_b @ of_a,
        ("second", "layer"): of_b,
        ("last", "second"): of_y,
        (model.get_layer("second"), "input"): of_b @ of_a,
    }
    for (of, wrt), expected in pairs.items():
        J = layer_jacobian(model, "first", of=of, wrt=wrt)(x)
        assert J.shape == expected.shape
        np.testing.assert_allclose(J, expected, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
@pytest.mark.parametrize("chunk_size", [None, 2])
def test_chain_in_every_mode(mode, chunk_size):
    model, x = small(), normal(7, 3)
    found = chain_jacobians(
        model, ["first", "second"], mode=mode, chunk_size=chunk_size
    )(x)
    assert isinstance(found, list) and len(found) == 3
    for J, expected in zip(found, by_hand(model, x.numpy()), strict=True):
        np.testing.assert_allclose(J, expected, rtol=1e-10, atol=1e-13)


def test_compiled_with_xla():
    model, x = small(), normal(7, 3)
    found = chain_jacobians(model, "second", jit=True)(x)
    of_a, of_b, of_y = by_hand(model, x.numpy())
    np.testing.assert_allclose(found[0], of_b @ of_a, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found[1], of_y, rtol=1e-9)


def test_one_run_of_the_model_in_reverse_mode():
    runs = []

    class Counted(layers.Layer):
        def call(self, x):
            runs.append(tf.executing_eagerly())
            return tf.sin(x)

    model = keras.Sequential(
        [keras.Input([3]), Counted(name="h"), layers.Dense(2)]
    )
    runs.clear()
    chain_jacobians(model, "h", mode="reverse")(normal(4, 3))
    assert runs == [False]


def test_each_factor_takes_its_own_mode(monkeypatch):
    """∂h/∂x is tall, ∂y/∂h is wide: columns for one, rows for the other."""

    def bent(x):
        return tf.tanh(x)  # not one that `dense` knows

    model = keras.Sequential(
        [keras.Input([2]), layers.Dense(9, bent), layers.Dense(3, bent)]
    )
    taken = []
    task = layer_calls.between

    def seen(run, x, start, end):
        part = task(run, x, start, end)
        name = "tail" if end is None else "head"

        def counted(value):
            taken.append(name)
            return part(value)

        return counted

    monkeypatch.setattr("helpers.derivatives.layers.between", seen)
    chain_jacobians(model, model.layers[0])(normal(4, 2))
    # Forward mode runs its part of the model once more; reverse does not.
    assert set(taken) == {"head"}


def test_forward_mode_stops_at_the_layer():
    """A loop behind the layer would forbid forward mode: it never runs."""
    model = keras.Sequential(
        [
            keras.Input([6, 2]),
            layers.Dense(9, "tanh", name="h"),
            layers.LSTM(4),
        ]
    )
    x = normal(3, 6, 2)
    h = model.get_layer("h")
    J = layer_jacobian(model, h, of="layer", wrt="input", mode="forward")(x)
    expected = batch_jacobian(h, mode="reverse")(x)
    np.testing.assert_allclose(J, expected, rtol=1e-10, atol=1e-13)


def test_second_call_does_not_trace():
    J = chain_jacobians(small(), "first")
    J(normal(7, 3))
    J(normal(7, 3, seed=8))
    assert J.traces == 1


def test_new_weights_count_without_a_new_trace():
    model, x = small(), normal(7, 3)
    J = layer_jacobian(model, "second")
    J(x)
    model.layers[-1].kernel.assign(normal(4, 2, seed=9))
    np.testing.assert_allclose(J(x)[0], by_hand(model, x.numpy())[2][0])
    assert J.traces == 1


def test_several_inputs_give_a_structure():
    one, two = keras.Input([3], name="one"), keras.Input([2], name="two")
    h = layers.Dense(4, "tanh", name="h")(layers.concatenate([one, two]))
    model = keras.Model({"one": one, "two": two}, layers.Dense(2)(h))
    x = {"one": normal(6, 3), "two": normal(6, 2, seed=4)}
    J = layer_jacobian(model, "h", of="layer", wrt="input")(x)
    both = layers.concatenate([x["one"], x["two"]])
    expected = batch_jacobian(model.get_layer("h"))(both)
    np.testing.assert_allclose(J["one"], expected[..., :3])
    np.testing.assert_allclose(J["two"], expected[..., 3:])


def test_an_input_that_the_layer_never_reads():
    one, two = keras.Input([3]), keras.Input([2])
    h = layers.Dense(4, name="h")(one)
    model = keras.Model([one, two], layers.concatenate([h, two]))
    x = [normal(6, 3), normal(6, 2)]
    with pytest.raises(ValueError, match="not connected"):
        layer_jacobian(model, "h", of="layer", wrt="input")(x)
    J = layer_jacobian(
        model, "h", of="layer", wrt="input", unconnected="zero"
    )(x)
    assert J[0].shape == (6, 4, 3)
    np.testing.assert_array_equal(J[1], np.zeros([6, 4, 2]))


def test_several_outputs_and_a_layer_with_a_state():
    inputs = keras.Input([5, 3])
    whole, h, c = layers.LSTM(
        4, return_sequences=True, return_state=True, name="lstm"
    )(inputs)
    first = layers.Dense(2)(h)
    model = keras.Model(inputs, {"first": first, "second": whole * 2})
    x = normal(2, 5, 3)
    J = layer_jacobian(model, "lstm", unconnected="zero")(x)
    assert J["first"][0].shape == (2, 2, 5, 4)
    np.testing.assert_array_equal(J["first"][0], np.zeros([2, 2, 5, 4]))
    kernel = next(
        layer for layer in model.layers if layer.name.startswith("dense")
    ).kernel
    np.testing.assert_allclose(J["first"][1][0], tf.transpose(kernel))
    eye = 2 * np.eye(20).reshape(5, 4, 5, 4)
    np.testing.assert_allclose(J["second"][0][0], eye)


def test_tokens_go_in_where_a_layer_is_differentiated_by():
    model = keras.Sequential(
        [
            keras.Input([5], dtype="int32"),
            layers.Embedding(11, 3, name="words"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(2, "tanh", name="last"),
        ]
    )
    x = np.random.default_rng(0).integers(0, 11, [4, 5])
    J = layer_jacobian(model, "words")(x)
    assert J.shape == (4, 2, 5, 3)
    kernel = model.get_layer("last").kernel
    slope = (1 - model(x).numpy() ** 2)[:, :, None, None]
    expected = slope * np.transpose(kernel)[None, :, None, :] / 5
    np.testing.assert_allclose(J, np.broadcast_to(expected, J.shape))
    with pytest.raises(TypeError, match=r"1 argument\(s\), got 2"):
        layer_jacobian(model, "words")(x, x)
    with pytest.raises(TypeError, match="expected a floating input, got int"):
        layer_jacobian(model, "last", wrt="input")(x)


def test_a_layer_that_hands_on_its_input_is_a_place_of_its_own():
    """Dropout at inference returns its very input, which is used twice."""
    inputs = keras.Input([3])
    h = layers.Dense(4, "tanh")(inputs)
    dropped = layers.Dropout(0.5, name="dropped")(h)
    model = keras.Model(inputs, dropped * 3 + h)
    J = layer_jacobian(model, "dropped")(normal(2, 3))
    np.testing.assert_allclose(J[0], 3 * np.eye(4))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_what_goes_past_the_layer_is_held_fixed(mode):
    inputs = keras.Input([4])
    h = layers.Dense(4, "tanh", name="h")(inputs)
    model = keras.Model(inputs, h * inputs + inputs)
    x = normal(5, 4)
    J = layer_jacobian(model, "h", mode=mode)(x)
    expected = np.einsum("bi,ij->bij", x, np.eye(4))
    np.testing.assert_allclose(J, expected)


def test_masks_stay():
    model = keras.Sequential(
        [
            keras.Input([6, 2]),
            layers.Masking(name="mask"),
            layers.SimpleRNN(3, return_sequences=True),
            layers.GlobalAveragePooling1D(),
        ]
    )
    x = normal(2, 6, 2).numpy()
    x[:, 4:] = 0
    expected = batch_jacobian(model)(x)
    assert np.all(expected[:, :, 4:] == 0)
    J = layer_jacobian(model, "mask")(x)
    np.testing.assert_allclose(J, expected, atol=1e-13)


class Applied(keras.Model):
    """One layer, applied three times, and one that is never called."""

    def __init__(self):
        super().__init__()
        self.again = layers.Dense(4, "tanh", name="again")
        self.last = layers.Dense(2, name="last")
        self.unused = layers.Dense(3, name="unused")

    def call(self, x):
        for _ in range(3):
            x = self.again(x)
        return self.last(x)


def applied():
    model = Applied()
    model(tf.zeros([1, 4]))
    model.unused.build([None, 4])
    return model


def test_each_call_of_a_shared_layer():
    model, x = applied(), normal(6, 4)
    points = [x]
    for _ in range(3):
        points.append(model.again(points[-1]))
    steps = [batch_jacobian(model.again)(point) for point in points[:3]]
    found = chain_jacobians(model, [("again", k) for k in range(3)])(x)
    for J, expected in zip(found, steps, strict=False):
        np.testing.assert_allclose(J, expected, rtol=1e-10)
    two = layer_jacobian(model, ("again", 2), wrt=(model.again, 0), of="layer")
    np.testing.assert_allclose(two(x), steps[2] @ steps[1], rtol=1e-10)


def test_ambiguous_shared_layer_says_how_to_choose():
    with pytest.raises(ValueError, match="expected one call of the layer, got "
                       r"3 calls of 'again'.*use \('again', 0\) or "
                       r"\('again', 1\)"):  # fmt: skip
        layer_jacobian(applied(), "again")(normal(6, 4))
    with pytest.raises(ValueError, match="got number 3; use a number from 0"):
        layer_jacobian(applied(), ("again", 3))(normal(6, 4))


def test_a_layer_that_never_runs():
    with pytest.raises(ValueError, match="got 'unused', which never ran"):
        layer_jacobian(applied(), "unused")(normal(6, 4))


def test_a_layer_inside_of_a_loop():
    model = keras.Sequential([keras.Input([6, 2]), layers.LSTM(3)])
    cell = model.layers[0].cell
    with pytest.raises(ValueError, match="runs inside of a loop.*use the "
                       "layer around it"):  # fmt: skip
        layer_jacobian(model, cell)(normal(2, 6, 2))


def test_unrolled_cells_are_calls():
    lstm = layers.LSTM(3, unroll=True, name="lstm")
    model = keras.Sequential([keras.Input([4, 2]), lstm])
    x = normal(2, 4, 2)
    state = layer_jacobian(
        model, (lstm.cell, 2), wrt=(lstm.cell, 1), of="layer",
        unconnected="zero",
    )(x)  # fmt: skip
    h, (h_again, c) = state
    assert h_again[1][0].shape == (2, 3, 3)

    def step(hc):
        _, (h, c) = lstm.cell(x[:, 2], [hc[:, :3], hc[:, 3:]])
        return tf.concat([h, c], 1)

    states = [tf.zeros([2, 3], "float64")] * 2
    for t in range(2):
        _, states = lstm.cell(x[:, t], states)
    expected = batch_jacobian(step)(tf.concat(states, 1))
    np.testing.assert_allclose(c[1][1], expected[:, 3:, 3:], rtol=1e-9)
    np.testing.assert_allclose(h_again[1][1], expected[:, :3, 3:], rtol=1e-9)


def test_unknown_names_bring_the_nearest():
    with pytest.raises(
        ValueError,
        match=r"expected the name of a layer of "
        r"this model, got 'frist'; use the nearest: 'first'",
    ):
        layer_jacobian(small(), "frist")  # fmt: skip
    with pytest.raises(ValueError, match="use one of: 'first', 'second'"):
        layer_jacobian(small(), "xyz")
    with pytest.raises(ValueError, match="a function has no names of layers"):
        layer_jacobian(lambda x: x, "first")


def test_one_name_for_two_layers():
    inner = small()
    model = keras.Sequential(
        [keras.Input([3]), inner, layers.Dense(2, name="first")]
    )
    with pytest.raises(ValueError, match="'first', which 2 layers have"):
        layer_jacobian(model, "first")
    J = layer_jacobian(model, inner.get_layer("first"))(normal(4, 3))
    assert J.shape == (4, 2, 5)


def test_the_same_name_in_another_model_is_refused():
    model, other = small(), small()
    with pytest.raises(ValueError, match="expected a layer of this model, got "
                       "'first' of another one, whose namesake here has "
                       "other weights; use model.get_layer"):  # fmt: skip
        layer_jacobian(model, other.get_layer("first"))


@pytest.mark.parametrize(
    "thing", [3, None, ("first", -1), ("first", True), ("first", "one")]
)
def test_what_is_not_a_layer(thing):
    with pytest.raises(TypeError, match="expected a layer, its name, or a"):
        layer_jacobian(small(), thing)


def test_symbolic_tensors():
    model = small()
    with pytest.raises(TypeError, match="got a symbolic KerasTensor.*no "
                       r"values; use model.get_layer"):  # fmt: skip
        layer_jacobian(model, model.layers[0].output)
    J = layer_jacobian(model, "first")
    with pytest.raises(TypeError, match="expected numbers, got a symbolic"):
        J(keras.Input([3]))
    with pytest.raises(TypeError, match="`layer_jacobian`: expected a func"):
        layer_jacobian(model.outputs[0], "first")


def test_places_without_a_path():
    model = small()
    with pytest.raises(
        ValueError,
        match="a path from layer 'second' to layer "
        r"'first', got none.*Use `of` and `wrt` exch",
    ):
        layer_jacobian(model, "first", of="layer", wrt="second")(normal(4, 3))
    with pytest.raises(ValueError, match="expected two places"):
        layer_jacobian(model, "first", of="layer")
    with pytest.raises(ValueError, match="in the order of the data"):
        chain_jacobians(model, ["second", "first"])(normal(4, 3))
    with pytest.raises(ValueError, match='got the input layer.*use "input"'):
        one = keras.Input([3], name="one")
        both = keras.Model([one], layers.Dense(2)(one))
        layer_jacobian(both, "one")


def test_argmax_in_the_tail_is_no_path():
    inputs = keras.Input([3])
    h = layers.Dense(4, name="h")(inputs)
    best = keras.ops.cast(keras.ops.argmax(h, axis=1), "float64")
    model = keras.Model(inputs, best)
    with pytest.raises(ValueError, match=r"integers \(argmax, round\)"):
        layer_jacobian(model, "h")(normal(4, 3))


def test_unbuilt_models():
    model = keras.Sequential([layers.Dense(4, name="h"), layers.Dense(2)])
    with pytest.raises(ValueError, match="expected a built model"):
        layer_jacobian(model, "h")
    model(normal(4, 3))
    assert layer_jacobian(model, "h")(normal(4, 3)).shape == (4, 2, 4)


def test_a_layer_that_gives_up_the_batch():
    class Joined(layers.Layer):
        def call(self, x):
            return tf.reshape(x, [1, -1])

    model = keras.Sequential([Joined(name="h"), layers.Dense(2)])
    model(normal(4, 3))
    with pytest.raises(ValueError, match="to keep the batch axis"):
        layer_jacobian(model, "h")(normal(4, 3))


def test_a_function_of_the_model_runs_as_it_says():
    model = keras.Sequential(
        [
            keras.Input([3]),
            layers.Dense(4, name="h"),
            layers.GaussianDropout(0.3, seed=1),
            layers.Dense(2),
        ]
    )

    def training(x):
        return model(x, training=True)

    J = layer_jacobian(training, model.get_layer("h"), mode="reverse")
    x = normal(5, 3)
    first, again = J(x), J(x)
    assert np.max(abs(first - again)) > 0.1


def test_the_model_is_not_changed_and_no_weight_is_copied():
    model, x = small(), normal(7, 3)
    attributes = {layer.name: set(vars(layer)) for layer in model.layers}
    nodes = [len(layer._inbound_nodes) for layer in model.layers]
    before, y = model.get_weights(), model(x)
    alive = variables_alive()
    J = chain_jacobians(model, ["first", "second"])
    J(x)
    assert variables_alive() == alive
    for layer in model.layers:
        assert set(vars(layer)) == attributes[layer.name]
    assert [len(layer._inbound_nodes) for layer in model.layers] == nodes
    np.testing.assert_array_equal(model(x), y)
    for one, two in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def variables_alive():
    gc.collect()
    kinds = keras.Variable, tf.Variable
    return sum(isinstance(thing, kinds) for thing in gc.get_objects())


def test_the_model_is_itself_again_after_an_error():
    class Failing(layers.Layer):
        today = False

        def call(self, x):
            if self.today:
                raise OSError("not today")
            return x

    model = keras.Sequential([layers.Dense(2, name="h"), Failing()])
    model(normal(4, 3))
    model.layers[1].today = True
    with pytest.raises(OSError, match="not today"):
        layer_jacobian(model, "h")(normal(4, 3))
    assert "call" not in vars(model.get_layer("h"))


def test_a_call_of_the_callers_own_is_put_back():
    model = small()
    layer = model.get_layer("first")
    own = layer.call
    vars(layer)["call"] = own
    layer_jacobian(model, "first")(normal(4, 3))
    assert vars(layer)["call"] is own


def test_eager_functions():
    model, x = small(), normal(7, 3)
    expected = chain_jacobians(model, "first")(x)
    tf.config.run_functions_eagerly(True)
    try:
        found = chain_jacobians(model, "first", mode="reverse")(x)
    finally:
        tf.config.run_functions_eagerly(False)
    for J, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(J, right, rtol=1e-10)


@pytest.mark.parametrize("size", [0, 1])
def test_small_batches(size):
    of_h, of_y = chain_jacobians(small(), "first")(normal(size, 3))
    assert of_h.shape == (size, 5, 3) and of_y.shape == (size, 2, 5)


def test_unknown_batch_size():
    model, x = small(), normal(7, 3)
    J = chain_jacobians(model, "first")

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float64)])
    def run(x):
        return J(x)

    for found, right in zip(run(x), J(x), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-10)


def test_layers_can_be_forgotten():
    """Nothing keeps a model alive behind the caller's back."""
    model = small()
    J = layer_jacobian(model, "first")
    J(normal(4, 3))
    gone = weakref.ref(model)
    del model, J
    gc.collect()
    assert gone() is None
