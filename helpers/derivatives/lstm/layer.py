"""What the recurrent helpers accept, and the arithmetic of one LSTM step.

The step is that of Hochreiter and Schmidhuber, Long Short-Term Memory,
Neural Computation 9 (1997), with the forget gate of Gers, Schmidhuber and
Cummins (2000), gates in the order of Keras: input i, forget f, candidate g,
output o. With z = x·K + h·R + b, split into four:

    c' = σ(z_f) c + σ(z_i) φ(z_g)        h' = σ(z_o) φ(c')
"""

from collections.abc import Callable
from typing import TypeAlias

import keras
import tensorflow as tf

from helpers.derivatives.core.refusals import refusal
from helpers.derivatives.core.requirements import masked
from helpers.derivatives.core.tensorflow_private import (
    has_keras_mask,
    symbolic_inputs,
)

# Activations that act on each number alone, so that their Jacobian is
# diagonal. TensorFlow's own derivative of each is used.
# All outputs of a layer, or nothing where it returns the last one only.
Outputs: TypeAlias = tf.Tensor | tuple[()]
Activation: TypeAlias = Callable[[tf.Tensor], tf.Tensor]

ACTIVATIONS = (
    "elu",
    "exponential",
    "gelu",
    "hard_sigmoid",
    "linear",
    "relu",
    "selu",
    "sigmoid",
    "silu",
    "softplus",
    "softsign",
    "tanh",
)
DTYPES = ("float32", "float64")


def check_lstm(layer: keras.Layer) -> keras.layers.LSTM:
    """Refuse what is not a plain, built Keras LSTM layer, and say why.

    Raises:
        TypeError: layer is something else, or of mixed or half precision.
        ValueError: layer has no weights yet, keeps its state between calls,
            returns its state, or was built on a masked input.
    """
    if type(layer) is not keras.layers.LSTM:
        raise refusal(
            "a keras.layers.LSTM layer",
            type(layer).__name__,
            "`batch_jacobian(f)` for any other layer or model",
            kind=TypeError,
        )
    if not layer.built:
        raise refusal(
            "a layer that has its weights",
            f"{layer.name!r}, not built yet",
            "layer.build(x.shape) first",
        )
    check_policy(layer)
    check_states(layer)
    return layer


def check_policy(layer: keras.layers.LSTM) -> None:
    kept, used = layer.variable_dtype, layer.compute_dtype
    if kept != used or used not in DTYPES:
        raise refusal(
            "a float32 or float64 layer",
            f"the policy {layer.dtype_policy.name!r}",
            "a copy of the layer built with dtype='float32', or "
            "`batch_jacobian`",
            kind=TypeError,
        )


def check_states(layer: keras.layers.LSTM) -> None:
    for option in ("stateful", "return_state"):
        if getattr(layer, option):
            raise refusal(
                f"a layer with {option}=False, whose result depends on x "
                "alone and is one tensor",
                f"{option}=True",
                "`jacobian` of a function that returns what you want to "
                "differentiate",
            )
    if any(map(has_keras_mask, symbolic_inputs(layer))):
        raise masked()


def check_activations(layer: keras.layers.LSTM) -> None:
    """Raise a ValueError unless both activations are known."""
    known = [getattr(keras.activations, each) for each in ACTIVATIONS]
    for role in ("activation", "recurrent_activation"):
        found = getattr(layer, role)
        if found not in known:
            called = getattr(found, "__name__", type(found).__name__)
            raise refusal(
                f"{role} to be one of {', '.join(ACTIVATIONS)}",
                repr(called),
                "`batch_jacobian(layer)`, which takes any activation",
            )


def check_sequence(layer: keras.layers.LSTM, x: tf.Tensor) -> None:
    """Raise unless x is one (b, T, features) tensor of the layer's dtype."""
    features = layer.cell.kernel.shape[0]
    shape = getattr(x, "shape", None)
    if shape is None or len(shape) != 3 or not shape[1]:
        raise refusal(
            f"one tensor of shape (b, T, {features}) with a known number "
            "T ≥ 1 of steps",
            type(x).__name__ if shape is None else f"shape {tuple(shape)}",
            "x[tf.newaxis] for a single sequence, tf.ensure_shape for an "
            "unknown T",
        )
    if shape[2] != features:
        raise refusal(
            f"{features} features per step",
            f"shape {tuple(shape)}",
            "the input that the layer was built for",
        )
    if x.dtype != layer.compute_dtype:
        raise refusal(
            f"input of the layer's {layer.compute_dtype}",
            x.dtype.name,
            f"tf.cast(x, tf.{layer.compute_dtype})",
            kind=TypeError,
        )


def lstm_weights(
    layer: keras.layers.LSTM,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Kernel (features, 4u), recurrent kernel (u, 4u) and bias (4u,)."""
    cell = layer.cell
    kernel = tf.convert_to_tensor(cell.kernel)
    bias = (
        tf.convert_to_tensor(cell.bias)
        if layer.use_bias
        else tf.zeros_like(kernel[0])
    )
    return kernel, tf.convert_to_tensor(cell.recurrent_kernel), bias


def lstm_step(
    layer: keras.layers.LSTM, z: tf.Tensor, c: tf.Tensor | None
) -> tuple[tf.Tensor, tf.Tensor]:
    """New h and c, each (b, u), from z (b, 4u); c None stands for zeros."""
    squash, gate = layer.activation, layer.recurrent_activation
    i, f, g, o = tf.split(z, 4, axis=1)
    new = gate(i) * squash(g)
    if c is not None:
        new += gate(f) * c
    return gate(o) * squash(new), new


def with_slope(
    activation: Activation, z: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """The activation at z and its derivative there, number by number."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(z)
        y = activation(z)
    return y, tape.gradient(y, z)


def scaled(diagonal: tf.Tensor, block: tf.Tensor) -> tf.Tensor:
    """diag(d) times block, for d (b, u) and block (b, u, ...) or (u, ...)."""
    rank = max(block.shape.rank, 3)
    shape = [*diagonal.shape, *[1] * (rank - 2)]
    return tf.reshape(diagonal, shape) * block
