"""Steps, products, copies, fading: against the tape and closed forms."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import helpers
from helpers import batch_jacobian, vjp
from helpers.book.outcomes import attempt
from helpers.book.recurrent_settings import settings
from helpers.book.recurrent_steps import (
    fading,
    jacobian_by_copies,
    state_products,
    step_jacobians,
)
from helpers.figures.recurrent import (
    plot_fading,
    plot_learning,
    plot_reach,
    plot_spectrum,
    step_norms,
)

LAYERS = keras.layers


def layer_and_input(kind, **options):
    keras.utils.set_random_seed(3)
    layer = kind(4, dtype="float64", **options)
    x = tf.random.stateless_normal([2, 5, 3], (1, 2), dtype=tf.float64)
    layer.build(x.shape)
    return layer, x


def tape_jacobian(f, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.batch_jacobian(y, x).numpy()


@pytest.mark.parametrize(
    ("kind", "states"),
    [(LAYERS.SimpleRNN, 1), (LAYERS.GRU, 1), (LAYERS.LSTM, 2)],
)
def test_product_of_steps_is_the_derivative_by_the_first_state(kind, states):
    layer, x = layer_and_input(kind, return_state=True, unroll=True)
    zeros = [tf.zeros([2, 4], tf.float64)] * states

    def last(state):
        start = tf.split(state, states, axis=1)
        return tf.concat(layer(x, initial_state=start)[1:], axis=1)

    expected = tape_jacobian(last, tf.concat(zeros, axis=1))
    products = state_products(layer.cell, x)
    assert products.shape == (2, 5, 4 * states, 4 * states)
    np.testing.assert_allclose(products[:, -1], expected, atol=1e-13)
    first = next(step_jacobians(layer.cell, x))[0]
    np.testing.assert_array_equal(products[:, 0], first)


def test_last_step_jacobian_is_the_derivative_by_the_last_input():
    layer, x = layer_and_input(LAYERS.LSTM)
    *_, (A, B) = step_jacobians(layer.cell, x)
    assert A.shape == (2, 8, 8) and B.shape == (2, 8, 3)
    expected = tape_jacobian(layer, x)[:, :, -1]
    np.testing.assert_allclose(B[:, :4], expected, atol=1e-13)


def test_copies_are_the_batch_jacobian():
    layer, x = layer_and_input(LAYERS.GRU, return_sequences=True)
    J = jacobian_by_copies(layer, x)
    assert J.shape == (2, 5, 4, 5, 3)
    np.testing.assert_allclose(J, tape_jacobian(layer, x), atol=1e-13)


def test_copies_of_what_does_not_depend_are_explained():
    with pytest.raises(ValueError, match="depends on x.*no recorded path"):
        jacobian_by_copies(lambda x: tf.ones_like(x), tf.ones([2, 3]))


def test_fading_is_the_norm_by_lag():
    x = tf.random.stateless_normal([2, 5, 3], (1, 2))
    sizes = fading(lambda: LAYERS.SimpleRNN(4), x, seeds=2)
    assert sizes.shape == (2, 5)
    keras.utils.set_random_seed(1)
    layer = LAYERS.SimpleRNN(4)
    J = tape_jacobian(layer, x)
    expected = np.sqrt((J**2).sum((1, 3))).mean(0)[::-1]
    np.testing.assert_allclose(sizes[1], expected, rtol=1e-5)


def test_step_norms():
    J = np.zeros([2, 3, 4, 5, 6])
    J[:, 1, :, 2] = 3.0
    norms = step_norms(J)
    assert norms.shape == (3, 5)
    np.testing.assert_allclose(norms[1, 2], 3 * np.sqrt(24))
    assert norms.sum() == norms[1, 2]
    with pytest.raises(ValueError, match=r"\(b, T, units, S, features\)"):
        step_norms(np.ones([3, 4, 5]))


def test_reach_crosses_exact_zeros_only():
    J = np.ones([2, 3, 4, 3, 6])
    J[:, 0, :, 2] = 0
    fig = plot_reach({"one": J, "two": J + 1})
    crosses = [line.get_data() for line in fig.axes[0].lines]
    assert [(int(x[0]), int(y[0])) for x, y in crosses] == [(2, 0)]
    assert not fig.axes[1].lines
    assert not fig.axes[2].axison


def test_fading_learning_and_spectrum_draw_the_numbers():
    ax = plot_fading({"a": [[4.0, 1.0], [1.0, 1.0]]})
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [2.0, 1.0])
    assert ax.get_yscale() == "log"
    ax = plot_learning([0, 1], {"y": [1.0, 0.1], "J": [1.0, 0.5]})
    assert [line.get_label() for line in ax.lines] == ["y", "J"]
    products = np.array([np.diag([0.5, 2.0]), np.diag([0.25, 4.0])])
    fig = plot_spectrum({"both": products}, steps=(1, 2))
    drawn = fig.axes[0].lines[2]
    np.testing.assert_allclose(sorted(drawn.get_xdata()), [0.25, 4.0])
    assert drawn.get_label() == "2 steps"


def test_attempt_tells_how_it_went(caplog):
    def fails():
        tf.get_logger().error("long log")
        raise KeyError("\x1b[1mfirst words at 0x7f12\nsecond line")

    assert attempt(lambda: None) == "ok"
    found = attempt(fails, width=13)
    assert found.startswith("KeyError: ") and found.endswith("...")
    assert "0x7f" not in attempt(fails) and "\x1b" not in attempt(fails)
    assert "long log" not in caplog.text
    assert attempt(lambda: (_ for _ in ()).throw(OSError())) == (
        "OSError: no message"
    )


FAILING = {
    "XLA": "InvalidArgumentError",
    "model compiled, kept tape": "ValueError",
    "SavedModel": "ValueError",
    "SavedModel, one by one": "ValueError",
    "forward mode, all compiled": "TypeError",
}


def test_which_settings_work(tmp_path):
    net, unrolled = (
        keras.Sequential([keras.Input((4, 3)), LAYERS.LSTM(2, unroll=unroll)])
        for unroll in (False, True)
    )
    x = tf.random.stateless_normal([2, 4, 3], (1, 2))
    table = settings(net, unrolled, x, str(tmp_path))
    assert len(table) == 17
    expected = {"loop": None, "unrolled": None}
    expected["loop"] = tape_jacobian(net, x)
    expected["unrolled"] = tape_jacobian(unrolled, x)
    for name, call in table.items():
        if name in FAILING:
            assert attempt(call).startswith(FAILING[name]), name
            continue
        which = "unrolled" if "unroll" in name else "loop"
        right = expected[which]
        if "forward" in name:
            right = right.sum(axis=(2, 3))
        np.testing.assert_allclose(call(), right, atol=1e-6)


def test_jvp_of_a_loop_agrees_with_the_copies():
    layer, x = layer_and_input(LAYERS.LSTM)
    v = tf.random.stateless_normal(x.shape, (3, 4), dtype=tf.float64)
    _, product = helpers.jvp(layer)(x, v)
    J = jacobian_by_copies(layer, x)
    expected = np.einsum("nitk,ntk->ni", J, v)
    np.testing.assert_allclose(product, expected, atol=1e-13)


def test_helpers_on_a_loaded_saved_model(tmp_path):
    net = keras.Sequential([keras.Input((4, 3)), LAYERS.LSTM(2)])
    x = tf.random.stateless_normal([2, 4, 3], (1, 2))
    net.export(str(tmp_path), verbose=False)
    loaded = tf.saved_model.load(str(tmp_path))
    right = tape_jacobian(net, x)
    with pytest.raises(ValueError, match=r"`batch_jacobian`.*SavedModel"):
        batch_jacobian(loaded.serve)(x)
    for k in range(2):
        one = batch_jacobian(lambda x, k=k: loaded.serve(x)[:, k])(x)
        np.testing.assert_allclose(one, right[:, k], atol=1e-6)
        u = tf.one_hot([k, k], 2)
        product = vjp(loaded.serve)(x, u)[1]
        np.testing.assert_allclose(product, right[:, k], atol=1e-6)
