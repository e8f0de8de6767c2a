"""What `lstm_jacobian` refuses, and the words it says it with."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import lstm_jacobian
from tests.derivatives.lstm.test_jacobian import lstm, sequences


class OwnLSTM(keras.layers.LSTM):
    pass


REFUSED = [
    (keras.layers.GRU(4), TypeError, "expected a keras.layers.LSTM .*GRU"),
    (keras.layers.SimpleRNN(4), TypeError, "got SimpleRNN; use `batch_jaco"),
    (OwnLSTM(4), TypeError, "got OwnLSTM"),
    (
        keras.layers.Bidirectional(keras.layers.LSTM(4)),
        TypeError,
        "got Bidirectional",
    ),
    (
        keras.Sequential([keras.Input([5, 3]), keras.layers.LSTM(4)]),
        TypeError,
        "got Sequential",
    ),
    (
        keras.layers.LSTM(4, stateful=True, name="kept"),
        ValueError,
        "stateful=False.*got stateful=True",
    ),
    (
        keras.layers.LSTM(4, return_state=True),
        ValueError,
        "got return_state=True; use `jacobian`",
    ),
    (
        keras.layers.LSTM(4, dtype="mixed_float16"),
        TypeError,
        "got the policy 'mixed_float16'",
    ),
    (
        keras.layers.LSTM(4, dtype="float16"),
        TypeError,
        "got the policy 'float16'",
    ),
    (
        keras.layers.LSTM(4, activation=lambda x: x * 2),
        ValueError,
        "expected activation to be one of elu, .*got '<lambda>'; use `batch_",
    ),
    (
        keras.layers.LSTM(4, recurrent_activation="softmax"),
        ValueError,
        "expected recurrent_activation .*got 'softmax'",
    ),
]


@pytest.mark.parametrize(("layer", "error", "match"), REFUSED)
def test_refused_layers(layer: object, error: type, match: str) -> None:
    if not layer.built:
        shape = [2, 5, 3] if getattr(layer, "stateful", 0) else [None, 5, 3]
        layer.build(shape)
    with pytest.raises(error, match=match):
        lstm_jacobian(layer)


def test_refuses_a_layer_without_weights() -> None:
    layer = keras.layers.LSTM(4, name="new")
    with pytest.raises(ValueError, match=r"'new', not built .*use layer.bui"):
        lstm_jacobian(layer)


@pytest.mark.parametrize("option", ["dropout", "recurrent_dropout"])
def test_dropout_does_nothing(option: str) -> None:
    x, layer, plain = sequences(), lstm(**{option: 0.25}), lstm()
    plain.set_weights(layer.get_weights()[:3])
    np.testing.assert_allclose(
        lstm_jacobian(layer)(x), lstm_jacobian(plain)(x)
    )


def test_refuses_masks() -> None:
    masked = keras.layers.Masking()(sequences(dtype="float32"))
    with pytest.raises(ValueError, match="expected input without a mask"):
        lstm_jacobian(lstm("float32"))(masked)
    model = keras.Sequential(
        [keras.Input([5, 3]), keras.layers.Masking(), keras.layers.LSTM(4)]
    )
    with pytest.raises(ValueError, match="without a mask.*Masking or Embed"):
        lstm_jacobian(model.layers[-1])


@pytest.mark.parametrize(
    ("x", "error", "match"),
    [
        (np.ones([5, 3]), ValueError, r"\(b, T, 3\).*got shape \(5, 3\)"),
        (np.ones([2, 0, 3]), ValueError, r"T ≥ 1 .*got shape \(2, 0, 3\)"),
        (np.ones([2, 5, 4]), ValueError, r"3 features .*\(2, 5, 4\)"),
        ([np.ones([2, 5, 3])], ValueError, "one tensor .*got list"),
        (np.ones([2, 5, 3], np.float32), TypeError, "layer's float64, got f"),
        (np.ones([2, 5, 3], int), TypeError, "expected a floating input"),
    ],
)
def test_refused_inputs(x: object, error: type, match: str) -> None:
    with pytest.raises(error, match=match):
        lstm_jacobian(lstm())(x)


def test_refuses_to_round_the_input() -> None:
    with pytest.raises(TypeError, match="input of the layer's float32"):
        lstm_jacobian(lstm("float32"))(sequences())


def test_refuses_an_unknown_shape() -> None:
    J = lstm_jacobian(lstm())
    for shape in ([None, 5, 3], [2, None, 3]):
        spec = tf.TensorSpec(shape, tf.float64)
        with pytest.raises(ValueError, match="known|tf.ensure_shape"):
            tf.function(lambda x: J(x)).get_concrete_function(spec)
