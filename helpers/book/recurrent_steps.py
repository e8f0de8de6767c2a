"""Recurrent layers step by step: step Jacobians, their products, fading."""

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from helpers.derivatives.jacobians import batch_jacobian


def step_jacobians(cell: Any, x: Any) -> Iterator[tuple[tf.Tensor, tf.Tensor]]:
    """Jacobians of each step of a cell, one step after the other.

    With all states of the cell side by side in one vector S of length n,
    step t yields A = ∂S_t/∂S_{t-1}, shape (b, n, n), and B = ∂S_t/∂x_t,
    shape (b, n, features). The first state is zero.

    Args:
        cell: the built cell of a Keras recurrent layer (`layer.cell`), or
            one of your own.
        x: (b, T, features), of the dtype of the cell.

    Source: Pascanu, Mikolov and Bengio, On the difficulty of training
    recurrent neural networks, ICML 2013, section 1.1.

    Example:
        >>> layer = keras.layers.LSTM(3)
        >>> layer.build([2, 5, 4])
        >>> pairs = list(step_jacobians(layer.cell, tf.ones([2, 5, 4])))
        >>> assert len(pairs) == 5
        >>> assert [m.shape for m in pairs[0]] == [(2, 6, 6), (2, 6, 4)]
    """
    x = tf.convert_to_tensor(x)
    sizes = tf.nest.flatten(cell.state_size)

    def step(inputs: list) -> tf.Tensor:
        x_t, state = inputs
        _, new = cell(x_t, tf.split(state, sizes, axis=1))
        return tf.concat(tf.nest.flatten(new), axis=1)

    slopes = batch_jacobian(step, unconnected="zero")
    state = tf.zeros([x.shape[0], sum(sizes)], x.dtype)
    for x_t in tf.unstack(x, axis=1):
        B, A = slopes([x_t, state])
        yield A, B
        state = step([x_t, state])


def state_products(cell: Any, x: Any) -> np.ndarray:
    """Jacobians of every state by the first, as products of step Jacobians.

    Shape law: `(b, T, n, n)` for n numbers of state: entry [:, t] is the
    Jacobian of the state after t + 1 steps with respect to the first one.

    Args, source: as for `step_jacobians`.

    Example:
        >>> layer = keras.layers.GRU(3)
        >>> layer.build([2, 5, 4])
        >>> x = tf.ones([2, 5, 4])
        >>> assert state_products(layer.cell, x).shape == (2, 5, 3, 3)
    """
    products = []
    for A, _ in step_jacobians(cell, x):
        products.append(A.numpy() @ products[-1] if products else A.numpy())
    return np.stack(products, axis=1)


def jacobian_by_copies(f: Callable[[Any], Any], x: Any) -> tf.Tensor:
    """Per-sample Jacobian from one gradient: a copy of x for each output.

    Shape law: `(b, *y.shape[1:], *x.shape[1:])`. With m outputs per sample,
    copy i of a sample hands output i to a sum, whose gradient holds all
    rows. It needs m times the memory of a gradient and nothing but a
    gradient, so it works where `batch_jacobian` cannot be vectorised.

    Args:
        f: function of a batch of independent samples; it is called with b
            and with m·b of them.
        x: tensor (b, ...).

    Raises:
        ValueError: y does not depend on x.

    Example:
        >>> x = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
        >>> J = jacobian_by_copies(lambda x: x[:, :2] ** 2, x)
        >>> assert J.shape == (2, 2, 3)
        >>> tf.debugging.assert_near(J[1], [[8.0, 0, 0], [0, 10, 0]])
    """
    x = tf.convert_to_tensor(x)
    rows = f(x).shape[1:]
    count = rows.num_elements()
    copies = tf.repeat(x, count, axis=0)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(copies)
        y = tf.reshape(f(copies), [-1, count, count])
        total = tf.reduce_sum(tf.linalg.trace(y))
    gradient = tape.gradient(total, copies)
    if gradient is None:
        raise ValueError(
            "`jacobian_by_copies`: expected an output that depends on x, got "
            "one with no recorded path to it; use TensorFlow operations on "
            "the argument itself."
        )
    return tf.reshape(gradient, [x.shape[0], *rows, *x.shape[1:]])


def fading(
    make_layer: Callable[[], Any], x: Any, *, seeds: int = 5
) -> np.ndarray:
    """Size of ∂h_T/∂x_t against lag T - t, for untrained layers.

    Shape law: `(seeds, T)`, the newest step (lag 0) first: the Frobenius
    norm of each block, mean over the samples of x. All seeds share one
    compiled function.

    Args:
        make_layer: returns a new layer that gives its last output.
        x: (b, T, features).
        seeds: how many random initialisations.

    Example:
        >>> x = tf.ones([2, 5, 3])
        >>> sizes = fading(lambda: keras.layers.LSTM(4), x, seeds=2)
        >>> assert sizes.shape == (2, 5)
    """
    x = tf.convert_to_tensor(x)
    layer = built(make_layer, x, 0)
    rows = tf.function(lambda x: jacobian_by_copies(layer, x))
    sizes = []
    for seed in range(seeds):
        layer.set_weights(built(make_layer, x, seed).get_weights())
        square = tf.reduce_sum(rows(x) ** 2, axis=[1, 3])
        sizes.append(tf.reduce_mean(tf.sqrt(square), axis=0))
    return np.array(sizes)[:, ::-1]


def built(make_layer: Callable[[], Any], x: tf.Tensor, seed: int) -> Any:
    """A new layer with the weights that belong to a seed."""
    keras.utils.set_random_seed(seed)
    layer = make_layer()
    layer.build(x.shape)
    return layer
