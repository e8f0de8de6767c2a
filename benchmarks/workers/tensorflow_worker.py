"""TensorFlow: what one types, and what `helpers` makes of it."""

import os
from collections.abc import Callable
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from benchmarks.workers.serving import Arrays, in_chunks, serve
from helpers import (
    batch_jacobian,
    chain_jacobians,
    fast_lstm,
    lstm_jacobian,
    map_batches,
)

THREADS = int(os.environ["BENCHMARK_THREADS"])


def window_model(arrays: Arrays) -> keras.Model:
    layers = [
        keras.layers.LSTM(120, activation="relu"),
        keras.layers.Dense(100, activation="relu"),
        keras.layers.Dense(50, activation="relu"),
        keras.layers.Dense(1),
    ]
    model = keras.Sequential([keras.Input(arrays["x"].shape[1:]), *layers])
    names = [name for name in arrays if name != "x"]
    model.set_weights([arrays[name] for name in names])
    return model


def sequence_layer(arrays: Arrays) -> keras.layers.LSTM:
    units = len(arrays["recurrent"])
    layer = keras.layers.LSTM(units, return_sequences=True)
    layer.build([None, None, arrays["x"].shape[2]])
    names = ("kernel", "recurrent", "bias")
    layer.set_weights([arrays[name] for name in names])
    return layer


def gradient(model: keras.Model, x: tf.Tensor) -> tf.Tensor:
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = model(x)
    return tape.gradient(y, x)


def tape_jacobian(f: Callable, x: tf.Tensor) -> tf.Tensor:
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.batch_jacobian(y, x)


# One scalar per window


def eager_batch_jacobian(arrays: Arrays) -> Callable:
    model, x = window_model(arrays), tf.constant(arrays["x"])
    return lambda: tape_jacobian(model, x)[:, 0]


def eager_gradient(arrays: Arrays) -> Callable:
    return blocks(arrays, partial(gradient, window_model(arrays)))


def function_gradient(arrays: Arrays) -> Callable:
    return blocks(arrays, tf.function(partial(gradient, window_model(arrays))))


def blocks(arrays: Arrays, call: Callable) -> Callable:
    """The call over all windows, 256 at a time; one block as a tensor."""
    x = arrays["x"]
    if len(x) <= 256:
        tensor = tf.constant(x)
        return lambda: call(tensor)
    return lambda: in_chunks(lambda part: call(tf.constant(part)), x)


def helper_model(arrays: Arrays) -> Callable:
    model = window_model(arrays)
    return mapped(arrays, batch_jacobian(lambda x: model(x)[:, 0]))


def helper_fast(arrays: Arrays) -> Callable:
    f = fast_lstm(window_model(arrays))
    return mapped(arrays, batch_jacobian(lambda x: f(x)[:, 0], jit=True))


def mapped(arrays: Arrays, J: Callable) -> Callable:
    x = arrays["x"]
    if len(x) <= 256:
        tensor = tf.constant(x)
        return lambda: J(tensor)
    return lambda: map_batches(J, x, batch_size=256, progress=False)


# A sequence per sequence


def eager_sequence(arrays: Arrays) -> Callable:
    layer, x = sequence_layer(arrays), tf.constant(arrays["x"])
    return lambda: tape_jacobian(layer, x)


def function_sequence(arrays: Arrays) -> Callable:
    layer, x = sequence_layer(arrays), tf.constant(arrays["x"])
    function = tf.function(partial(tape_jacobian, layer))
    return lambda: function(x)


def helper_sequence(arrays: Arrays) -> Callable:
    J, x = lstm_jacobian(sequence_layer(arrays)), tf.constant(arrays["x"])
    return lambda: J(x)


# From layer to layer


def dense_model(arrays: Arrays) -> keras.Model:
    layers = [keras.layers.Dense(256, "tanh") for _ in range(2)]
    layers.append(keras.layers.Dense(32))
    model = keras.Sequential([keras.Input([64]), *layers])
    model.set_weights([arrays[name] for name in arrays if name != "x"])
    return model


def helper_layers(arrays: Arrays, *, jit: bool) -> Callable:
    model, x = dense_model(arrays), tf.constant(arrays["x"])
    J = chain_jacobians(model, model.layers[1], jit=jit)
    return lambda: J(x)


def tape_layers(both: keras.Model, x: tf.Tensor) -> list[tf.Tensor]:
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        h, y = both(x)
    return [tape.batch_jacobian(h, x), tape.batch_jacobian(y, h)]


def both_outputs(arrays: Arrays) -> keras.Model:
    model = dense_model(arrays)
    outputs = [model.layers[1].output, model.outputs[0]]
    return keras.Model(model.inputs, outputs)


def eager_layers(arrays: Arrays) -> Callable:
    both, x = both_outputs(arrays), tf.constant(arrays["x"])
    return lambda: tape_layers(both, x)


def function_layers(arrays: Arrays) -> Callable:
    both, x = both_outputs(arrays), tf.constant(arrays["x"])
    function = tf.function(partial(tape_layers, both))
    return lambda: function(x)


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(THREADS)
    serve(
        {
            "eager-batch-jacobian": eager_batch_jacobian,
            "eager-gradient": eager_gradient,
            "function-gradient": function_gradient,
            "helper-model": helper_model,
            "helper-fast": helper_fast,
            "eager-sequence": eager_sequence,
            "function-sequence": function_sequence,
            "helper-sequence": helper_sequence,
            "eager-layers": eager_layers,
            "function-layers": function_layers,
            "helper-layers": partial(helper_layers, jit=False),
            "helper-layers-jit": partial(helper_layers, jit=True),
        },
        {
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
    )
