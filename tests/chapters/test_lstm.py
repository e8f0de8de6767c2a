"""The functions written out on the LSTM pages, on shapes of their own.

The pages assert each of them once. Here the same code, taken from the
pages, meets other layers, sizes and seeds.
"""

import ast

import keras
import nbformat
import numpy as np
import pytest
import tensorflow as tf

import helpers
from helpers import batch_jacobian, vjp
from tests.support import ROOT, normal

LAYERS = keras.layers


def written_out(page: str) -> dict:
    """Imports, and all functions defined at the top of a page's cells."""
    notebook = nbformat.read(ROOT / "chapters" / f"{page}.ipynb", 4)
    code = [c.source for c in notebook.cells if c.cell_type == "code"]
    kept = [
        node
        for source in code
        for node in ast.parse(source).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        or (isinstance(node, ast.FunctionDef) and not node.decorator_list)
    ]
    # Exercises come last and are stubs; none has the name of a function.
    names: dict = {"layers": keras.layers}
    exec(compile(ast.Module(kept, []), page, "exec"), names)
    return names


FADING = written_out("04_lstm_fading")
FAST = written_out("04_lstm_fast")
READING = written_out("04_lstm")
SETTINGS = written_out("04_lstm_settings")


def layer_and_input(kind, **options):
    keras.utils.set_random_seed(3)
    layer = kind(4, dtype="float64", **options)
    x = normal(2, 5, 3)
    layer.build(x.shape)
    return layer, x


def tape_jacobian(f, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.batch_jacobian(y, x).numpy()


@pytest.mark.parametrize("page", [FADING, FAST], ids=["fading", "fast"])
@pytest.mark.parametrize(
    ("kind", "states"),
    [(LAYERS.SimpleRNN, 1), (LAYERS.GRU, 1), (LAYERS.LSTM, 2)],
)
def test_product_of_steps_is_the_derivative_by_the_first_state(
    page, kind, states
):
    layer, x = layer_and_input(kind, return_state=True, unroll=True)
    zeros = tf.zeros([2, 4 * states], tf.float64)

    def last(state):
        start = tf.split(state, states, axis=1)
        return tf.concat(layer(x, initial_state=start)[1:], axis=1)

    expected = tape_jacobian(last, zeros)
    product = np.eye(4 * states)
    for A, _ in page["step_jacobians"](layer.cell, x):
        product = A @ product
    np.testing.assert_allclose(product, expected, atol=1e-13)
    products = FADING["state_products"](layer.cell, x)
    assert products.shape == (2, 5, 4 * states, 4 * states)
    np.testing.assert_allclose(products[:, -1], expected, atol=1e-13)


def test_last_step_jacobian_is_the_derivative_by_the_last_input():
    layer, x = layer_and_input(LAYERS.LSTM)
    *_, (A, B) = FADING["step_jacobians"](layer.cell, x)
    assert A.shape == (2, 8, 8) and B.shape == (2, 8, 3)
    expected = tape_jacobian(layer, x)[:, :, -1]
    np.testing.assert_allclose(B[:, :4], expected, atol=1e-13)


@pytest.mark.parametrize(
    "page", [FADING, FAST, SETTINGS], ids=["fading", "fast", "settings"]
)
def test_copies_are_the_batch_jacobian(page):
    layer, x = layer_and_input(LAYERS.GRU)
    J = page["jacobian_by_copies"](layer, x, 4)
    assert J.shape == (2, 4, 5, 3)
    np.testing.assert_allclose(J, tape_jacobian(layer, x), atol=1e-13)


def test_fading_is_the_norm_by_lag():
    x = normal(2, 5, 3, dtype="float32")
    sizes = FADING["fading"](lambda: LAYERS.SimpleRNN(4), x, seeds=[0, 1])
    assert sizes.shape == (2, 5)
    keras.utils.set_random_seed(1)
    J = tape_jacobian(LAYERS.SimpleRNN(4), x)
    expected = np.sqrt((J**2).sum((1, 3))).mean(0)[::-1]
    np.testing.assert_allclose(sizes[1], expected, rtol=1e-5)


@pytest.mark.parametrize("kind", [LAYERS.GRU, LAYERS.LSTM])
def test_carried_jacobian_is_that_of_the_tape(kind):
    layer, x = layer_and_input(kind, return_sequences=True)
    pairs = FAST["step_jacobians"](layer.cell, x)
    J = FAST["carried_jacobian"](pairs, x, 4)
    assert J.shape == (2, 5, 4, 5, 3)
    np.testing.assert_allclose(J, tape_jacobian(layer, x), atol=1e-13)


def test_the_step_by_hand_is_that_of_the_cell():
    layer, x = layer_and_input(LAYERS.LSTM, return_sequences=True)
    layer.cell.bias.assign(normal(16, seed=8))
    by_hand = FAST["formula_steps"](layer.cell, x[1])
    by_tape = FAST["step_jacobians"](layer.cell, x)
    for found, expected in zip(by_hand, by_tape, strict=True):
        for mine, right in zip(found, expected, strict=True):
            np.testing.assert_allclose(mine[0], right[1], atol=1e-13)


def test_shares_and_lags_of_a_table():
    sizes = READING["size_by_lag"](
        np.array([[[0.0, 0.0], [0.0, 2.0], [-3.0, 2.0]]])
    )
    np.testing.assert_array_equal(sizes, [[3, 2], [0, 2], [0, 0]])
    np.testing.assert_allclose(READING["shares"](sizes), [3 / 7, 4 / 7])
    found = READING["steps_for_90_percent"](sizes)
    np.testing.assert_array_equal(found, [1, 2])


def test_block_sizes_are_what_the_picture_shows():
    from helpers.figures.recurrent import step_norms

    J = normal(2, 3, 4, 5, 6).numpy()
    np.testing.assert_allclose(READING["block_sizes"](J), step_norms(J))


def test_jvp_of_a_loop_agrees_with_the_copies():
    layer, x = layer_and_input(LAYERS.LSTM)
    v = normal(*x.shape, seed=9)
    _, product = helpers.jvp(layer)(x, v)
    J = FAST["jacobian_by_copies"](layer, x, 4)
    expected = np.einsum("nitk,ntk->ni", J, v)
    np.testing.assert_allclose(product, expected, atol=1e-13)


def test_helpers_on_a_loaded_saved_model(tmp_path):
    net = keras.Sequential([keras.Input((4, 3)), LAYERS.LSTM(2)])
    x = normal(2, 4, 3, dtype="float32")
    loaded = SETTINGS["exported"](net, str(tmp_path))
    right = tape_jacobian(net, x)
    with pytest.raises(ValueError, match=r"`batch_jacobian`.*SavedModel"):
        batch_jacobian(loaded.serve)(x)
    for k in range(2):
        one = batch_jacobian(lambda x, k=k: loaded.serve(x)[:, k])(x)
        np.testing.assert_allclose(one, right[:, k], atol=1e-6)
        product = vjp(loaded.serve)(x, tf.one_hot([k, k], 2))[1]
        np.testing.assert_allclose(product, right[:, k], atol=1e-6)
