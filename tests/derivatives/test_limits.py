"""Inputs at the edge of what the helpers accept, each once silently wrong."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import helpers

L = keras.layers


def test_copy_of_a_normalization_that_was_adapted():
    norm = L.Normalization()
    norm.adapt(np.array([[1.0, 10.0], [3.0, 30.0], [5.0, 20.0]]))
    model = keras.Sequential([keras.Input([2]), norm, L.Dense(1)])
    x = np.array([[2.0, 20.0]])
    np.testing.assert_allclose(
        helpers.float64_copy(model)(x), model(x), rtol=1e-5
    )


def test_copy_keeps_casts_to_integers():
    inputs = keras.Input([2])
    whole = keras.ops.cast(inputs, "int32")
    model = keras.Model(inputs, 2 * keras.ops.cast(whole, "float32"))
    y = helpers.float64_copy(model)(np.array([[2.7, -1.5]]))
    assert y.dtype == "float64"
    np.testing.assert_array_equal(y, [[4, -2]])


def test_copy_takes_integer_inputs():
    inputs = keras.Input([3], dtype="int32")
    table = L.Embedding(5, 2)(inputs)
    model = keras.Model(inputs, keras.ops.sum(table, axis=1))
    tokens = np.array([[0, 4, 4]], "int32")
    y = helpers.float64_copy(model)(tokens)
    assert y.dtype == "float64"
    np.testing.assert_allclose(y, model(tokens), rtol=1e-6)


@keras.saving.register_keras_serializable()
class Stubborn(L.Layer):
    """A layer that does not keep its dtype."""

    def __init__(self):
        super().__init__()

    def build(self, shape):
        self.scale = self.add_weight(shape=(), initializer="ones")

    def call(self, x):
        return self.scale * x

    def get_config(self):
        return {}


def test_copy_of_a_layer_that_stays_narrow_is_refused():
    model = keras.Sequential([keras.Input([2]), Stubborn()])
    with pytest.raises(ValueError, match=r"weights of \['float32'\]"):
        helpers.float64_copy(model)


@keras.saving.register_keras_serializable()
class Scaled(keras.Model):
    """A subclass that keeps its dtype."""

    def __init__(self, **options):
        super().__init__(**options)
        self.dense = L.Dense(2, dtype=self.dtype_policy)

    def call(self, x):
        return 3 * self.dense(x)


def test_copy_of_a_subclass():
    model, x = Scaled(), np.array([[1.0, 2.0, 3.0]])
    model(x)
    y = helpers.float64_copy(model)(x)
    assert y.dtype == "float64"
    np.testing.assert_allclose(y, model(x), rtol=1e-5)


def test_masks_are_not_dropped():
    x = L.Masking()(tf.constant([[[1.0, 2.0], [3.0, 4.0], [0.0, 0.0]]] * 3))
    layer = L.LSTM(2)
    layer.build(x.shape)
    with pytest.raises(ValueError, match="`fast_lstm`.*without a mask"):
        helpers.fast_lstm(layer)(x)
    J = helpers.lstm_jacobian(layer)
    with pytest.raises(ValueError, match="`map_batches`.*without a mask"):
        helpers.map_batches(J, x, batch_size=2)


def test_a_mask_made_by_a_model_inside_is_seen():
    inner = keras.Sequential([keras.Input([3, 2]), L.Masking()])
    model = keras.Sequential([keras.Input([3, 2]), inner, L.LSTM(2)])
    x = tf.constant([[[1.0, 2.0], [3.0, 4.0], [0.0, 0.0]]])
    with pytest.raises(ValueError, match="`fast_lstm`.*without a mask"):
        helpers.fast_lstm(model)(x)


class Tripled(keras.Sequential):
    def call(self, *args, **kwargs):
        return 3 * super().call(*args, **kwargs)


def test_a_sequential_with_a_call_of_its_own():
    model = Tripled([keras.Input([3, 2]), L.LSTM(2)])
    with pytest.raises(TypeError, match="`call` of its own"):
        helpers.fast_lstm(model)


def test_blocks_that_are_not_alike():
    x = np.arange(6.0)

    def shorter(block):
        return block[block != 4]

    def other_dtype(block):
        return block if block[0] else block.astype(int)

    for J in (shorter, other_dtype, lambda b: b if b[0] == 0 else b[:1]):
        with pytest.raises(ValueError, match="blocks of the same shape"):
            helpers.map_batches(J, x, batch_size=3, progress=False)


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
        helpers.weight_jacobian(Module())(tf.ones([3, 2]))


def test_half_a_step_that_rounds_away():
    J = helpers.finite_difference_jacobian(
        np.sin, method="richardson", step=1e-7
    )
    with pytest.raises(ValueError, match="lost in rounding"):
        J(np.array([1.5], "float32"))


@pytest.mark.parametrize("first", ["NA,NA,NA,NA,NA", '"1,5",2,3,4,5', "1_0"])
def test_a_first_line_of_numbers_is_not_a_header(tmp_path, first):
    lines = [first if "," in first else f"{first},2,3,4,5"]
    lines += [f"{k},{k * k},{-k},{k + 1},{2 * k}" for k in range(1, 9)]
    path = tmp_path / "series.csv"
    path.write_text("\n".join(lines))
    with pytest.raises(ValueError, match="line 1, column 1"):
        helpers.read_series(path, min_rows=5)


def test_no_rounds_no_steps():
    with pytest.raises(ValueError, match="at least one round, got 0"):
        helpers.median_seconds(lambda: None, rounds=0)
    series = helpers.simulate_series(30)
    with pytest.raises(ValueError, match="at least one step, got 0"):
        helpers.make_windows(series.inputs, series.output, length=0)
    for length in (0, 30, 40):
        with pytest.raises(ValueError, match="`exact_sensitivities`"):
            helpers.exact_sensitivities(series, length)
    assert helpers.exact_sensitivities(series, 29).shape == (1, 29, 4)


def test_an_open_quote_and_a_cell_of_two_lines(tmp_path):
    path = tmp_path / "series.csv"
    path.write_text('1,2,3,4,5\n"1,2,3,4,5\n')
    with pytest.raises(ValueError, match="within a quoted cell"):
        helpers.read_series(path)
    path.write_text('"first\ninput",b,c,d,e\n1,2,3,4,x\n')
    with pytest.raises(ValueError, match="line 3, column 5"):
        helpers.read_series(path)
