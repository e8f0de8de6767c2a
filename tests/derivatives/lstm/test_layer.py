"""Which layers and inputs the LSTM helpers take: no mask, no own call."""

import keras
import pytest
import tensorflow as tf

import helpers

L = keras.layers


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
