"""Keras LSTM layers as plain functions that every mode can differentiate."""

from collections.abc import Callable

import keras
import tensorflow as tf

from helpers.derivatives.core.refusals import public, refusal
from helpers.derivatives.core.requirements import masked, unmasked
from helpers.derivatives.core.returned import Plain
from helpers.derivatives.core.tensorflow_private import has_keras_mask
from helpers.derivatives.lstm.layer import (
    Outputs,
    check_lstm,
    check_sequence,
    lstm_step,
    lstm_weights,
)


@public
def fast_lstm(layer: keras.Layer) -> Callable[[tf.Tensor], tf.Tensor]:
    """The function of a Keras LSTM, or of a Sequential model with LSTMs.

    Shape law: that of layer(x); the values are the same, to rounding, and
    so are the weights, which are read at every call.

    Keras keeps the outputs of all steps in a TensorArray, even when only
    the last one is wanted. Forward mode cannot pass it, and it takes time.
    This function carries only the two states, so that `jvp` and
    `mode="forward"` work, and one scalar output per sample is differentiated
    faster, most of all by `batch_jacobian` with jit=True (several outputs
    need jit=False); `make bench` measures by how much. The memory traffic of
    a gradient with respect to x grows with T²: meant for windows of up to
    some hundred steps.

    Args:
        layer: a built keras.layers.LSTM, any activation, or a built
            Sequential model of LSTM and other layers. Zero initial states,
            no masks; dropout does nothing, as in inference.

    Returns:
        A function of x, of shape (b, T, features) and the layer's dtype,
        to be given to `batch_jacobian` and its kind. It is not compiled by
        itself.

    Raises:
        TypeError: layer is neither, or of mixed precision; x is of another
            dtype than the layer.
        ValueError: no LSTM in the model; a mask; stateful or return_state;
            a layer without weights; x of another shape.

    Source: Hochreiter and Schmidhuber, Long Short-Term Memory, Neural
    Computation 9 (1997).

    Example:
        >>> import keras, tensorflow as tf
        >>> from helpers import batch_jacobian
        >>> model = keras.Sequential([keras.Input([5, 3]),
        ...     keras.layers.LSTM(4), keras.layers.Dense(2)])
        >>> x = tf.random.normal([7, 5, 3])
        >>> f = fast_lstm(model)
        >>> tf.debugging.assert_near(f(x), model(x), atol=1e-5)
        >>> J = batch_jacobian(f, mode="forward")(x)
        >>> assert J.shape == (7, 2, 5, 3)
    """
    stages(layer)

    def run(x: tf.Tensor) -> tf.Tensor:
        # Read again: a layer may have been added since.
        for each in stages(layer):
            if has_keras_mask(x):
                raise masked()
            x = each(x)
        return x

    return Plain("fast_lstm", run, layer)


def stages(layer: keras.Layer) -> list[Callable[[tf.Tensor], tf.Tensor]]:
    return [stage(each) for each in layers_of(layer)]


def layers_of(layer: keras.Layer) -> list[keras.Layer]:
    """The layers in the order of their use, at least one of them an LSTM."""
    if not isinstance(layer, keras.Sequential):
        return [check_lstm(layer)]
    if type(layer).call is not keras.Sequential.call:
        raise refusal(
            "a plain Sequential model",
            f"{type(layer).__name__}, which has a `call` of its own",
            "the model itself",
            kind=TypeError,
        )
    layers = layer.layers
    if not any(isinstance(each, keras.layers.LSTM) for each in layers):
        raise refusal(
            "a Sequential model with an LSTM layer",
            [type(each).__name__ for each in layers],
            "the model itself",
        )
    return layers


def stage(layer: keras.Layer) -> Callable[[tf.Tensor], tf.Tensor]:
    if not isinstance(layer, keras.layers.LSTM):
        return layer
    check_lstm(layer)

    def run(x: tf.Tensor) -> tf.Tensor:
        x = unmasked(x)
        check_sequence(layer, x)
        return all_steps(layer, x)

    return run


@tf.autograph.experimental.do_not_convert
def all_steps(layer: keras.layers.LSTM, x: tf.Tensor) -> tf.Tensor:
    """Run the layer over x and return what it returns.

    The first step stands before the loop: it has no old state, so that
    neither it nor its derivative needs the recurrent kernel.
    """
    kernel, _, bias = lstm_weights(layer)
    steps = tf.transpose(x[:, :: -1 if layer.go_backwards else 1], [1, 0, 2])
    count, every = steps.shape[0], layer.return_sequences
    h, c = lstm_step(layer, steps[0] @ kernel + bias, None)
    y = tf.pad(h[tf.newaxis], [[0, count - 1], [0, 0], [0, 0]])
    if count > 1:
        h, y = later_steps(layer, steps, (h, c, y if every else ()))
    return tf.transpose(y, [1, 0, 2]) if every else h


def later_steps(
    layer: keras.layers.LSTM, steps: tf.Tensor, first: tuple[tf.Tensor, ...]
) -> tuple[tf.Tensor, tf.Tensor]:
    """The last h and all outputs, from those of the first step."""
    kernel, recurrent, bias = lstm_weights(layer)
    weights = tf.concat([kernel, recurrent], 0)
    count = steps.shape[0]

    def step(
        t: tf.Tensor, h: tf.Tensor, c: tf.Tensor, y: Outputs
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, Outputs]:
        z = tf.concat([steps[t], h], 1) @ weights + bias
        h, c = lstm_step(layer, z, c)
        if layer.return_sequences:
            y = tf.where(tf.range(count)[:, None, None] == t, h, y)
        return t + 1, h, c, y

    _, h, _, y = tf.while_loop(
        lambda t, *_: t < count,
        step,
        (tf.constant(1), *first),
        maximum_iterations=count - 1,
    )
    return h, y
