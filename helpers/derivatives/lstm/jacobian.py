"""The exact Jacobian of an LSTM layer, by a recurrence of its own."""

import math
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from helpers.derivatives.core.compiled import Compiled
from helpers.derivatives.core.refusals import public, refusal
from helpers.derivatives.core.requirements import RUNNING, check_gigabytes
from helpers.derivatives.lstm.layer import (
    Outputs,
    check_activations,
    check_lstm,
    check_sequence,
    lstm_weights,
    scaled,
    with_slope,
)

# The loop over the steps is cut into this many loops, each as wide as the
# steps that it has seen by its end: what lies ahead is zero and not computed.
SEGMENTS = 4


@public
def lstm_jacobian(
    layer: keras.layers.LSTM, *, max_gigabytes: float = 4.0
) -> Compiled:
    """Jacobian of a Keras LSTM layer's output with respect to its input.

    Shape law: `(b, T, units, T, features)` for x of shape (b, T, features)
    and return_sequences=True, `(b, units, T, features)` without. Entry
    [n, t, i, s, k] is ∂h_t[i] / ∂x_s[k] of sample n, exactly 0 for s > t.

    The derivatives of both states with respect to all inputs are carried
    forward, step by step, in loops that XLA compiles: with A, B, D, E the
    derivatives of one step:

        ∂c_t/∂x = diag(f) ∂c_{t-1}/∂x + A ∂h_{t-1}/∂x    (+ B at s = t)
        ∂h_t/∂x = diag(q) ∂c_t/∂x + D ∂h_{t-1}/∂x        (+ E at s = t)

    The numbers are those of `batch_jacobian(layer)`, to rounding, at a
    fraction of its time, and the time to compile does not grow with T.
    Memory: the result, and four matrices as large as one of its steps.

    Args:
        layer: a built keras.layers.LSTM with zero initial state. Options
            of the layer that change its result are followed as they are at
            they are, go_backwards included; its weights are read at every
            call. Dropout does nothing, as in inference.
        max_gigabytes: the largest result (10⁹ bytes) that may be allocated;
            `lstm_jacobian_gigabytes` tells the size beforehand.

    Returns:
        A compiled callable of x, float32 or float64, as the layer is.

    Raises:
        TypeError: layer is not an LSTM layer, or of mixed precision; x is
            of another dtype than the layer.
        ValueError: an activation that is not known; a mask; stateful or
            return_state; a layer without weights; x of another shape; a
            result above max_gigabytes.

    Source: real-time recurrent learning with respect to inputs instead of
    weights; Williams and Zipser, A learning algorithm for continually
    running fully recurrent neural networks, Neural Computation 1 (1989).

    Example:
        >>> import keras, tensorflow as tf
        >>> layer = keras.layers.LSTM(4, return_sequences=True)
        >>> layer.build([None, None, 3])
        >>> x = tf.random.normal([2, 5, 3])
        >>> J = lstm_jacobian(layer)(x)
        >>> assert J.shape == (2, 5, 4, 5, 3)
        >>> assert (J[:, 1, :, 2:].numpy() == 0).all()
    """
    check_lstm(layer)
    limit = check_gigabytes(max_gigabytes)

    def compute(x: tf.Tensor) -> tf.Tensor:
        check_activations(layer)
        check_sequence(layer, x)
        check_size(layer, x, limit)
        return without_gradient(_Recurrence(layer, x).run())

    check_activations(layer)
    return Compiled("lstm_jacobian", compute, f=layer, jit=True)


def without_gradient(J: tf.Tensor) -> tf.Tensor:
    """J itself; who differentiates it again is told what to use."""
    error: ValueError = refusal(
        "to be the last derivative",
        "an attempt to differentiate its result",
        "`hessian` or `hvp` of one number that is made of layer(x)",
    )
    RUNNING.add(str(error))
    return tf.raw_ops.PreventGradient(input=J, message=str(error))


@public
def lstm_jacobian_gigabytes(layer: keras.layers.LSTM, x: ArrayLike) -> float:
    """Size of `lstm_jacobian(layer)(x)` in units of 10⁹ bytes.

    Nothing is computed: of x, only the shape (b, T, features) is looked at.

    Args:
        layer: a built keras.layers.LSTM.
        x: a tensor or an array.

    Raises:
        TypeError, ValueError: layer is none that `lstm_jacobian` takes.

    Example:
        >>> import keras, numpy as np
        >>> layer = keras.layers.LSTM(32, return_sequences=True)
        >>> layer.build([None, None, 8])
        >>> x = np.zeros([1, 1000, 8], np.float32)
        >>> assert lstm_jacobian_gigabytes(layer, x) == 1.024
    """
    check_lstm(layer)
    numbers = math.prod(result_shape(layer, np.shape(x)))
    return numbers * tf.as_dtype(layer.compute_dtype).size / 1e9


def check_size(
    layer: keras.layers.LSTM, x: tf.Tensor, max_gigabytes: float
) -> None:
    if None in x.shape:
        raise refusal(
            "x of known shape",
            tuple(x.shape),
            "an eager tensor, or tf.ensure_shape inside a tf.function",
        )
    size = lstm_jacobian_gigabytes(layer, x)
    if size > max_gigabytes:
        raise refusal(
            f"a result of at most {max_gigabytes:.3g} GB (max_gigabytes)",
            f"{result_shape(layer, x.shape)} in {x.dtype.name}, which is "
            f"{size:.3g} GB",
            "a larger max_gigabytes if the memory is there, or fewer samples "
            "or steps at a time",
        )


def result_shape(
    layer: keras.layers.LSTM, shape: tf.TensorShape
) -> tuple[int, ...]:
    samples, steps, features = (int(n) for n in shape)
    rows = (steps, layer.units) if layer.return_sequences else (layer.units,)
    return (samples, *rows, steps, features)


class _State(NamedTuple):
    """What one step hands to the next.

    h and c are (b, u); H and C, their derivatives with respect to the first
    `width` inputs, are (b, u, width, features); J is the result so far, or
    an empty tuple when only the last step is wanted.
    """

    h: tf.Tensor
    c: tf.Tensor
    H: tf.Tensor
    C: tf.Tensor
    J: Outputs


class _Recurrence:
    """The Jacobian of one layer at one x, in steps."""

    def __init__(self, layer: keras.layers.LSTM, x: tf.Tensor) -> None:
        self.layer, self.units = layer, layer.units
        self.samples, self.steps, self.features = x.shape
        kernel, self.recurrent, bias = lstm_weights(layer)
        self.rows = tf.transpose(tf.concat([self.recurrent, kernel], 0))
        self.z = tf.transpose(x @ kernel + bias, [1, 0, 2])
        if layer.go_backwards:
            self.z = tf.reverse(self.z, [0])
        self.shape = result_shape(layer, x.shape)

    def run(self) -> tf.Tensor:
        zeros = tf.zeros([self.samples, self.units], self.z.dtype)
        empty = tf.zeros([*zeros.shape, 0, self.features], self.z.dtype)
        every = self.layer.return_sequences
        J = tf.zeros(self.shape, self.z.dtype) if every else ()
        state = _State(zeros, zeros, empty, empty, J)
        edges = [self.steps * k // SEGMENTS for k in range(SEGMENTS + 1)]
        for start, stop in zip(edges, edges[1:], strict=False):
            if start < stop:
                state = self.segment(state, start, stop)
        return state.J if every else state.H

    def segment(self, state: _State, start: int, stop: int) -> _State:
        """Steps start to stop - 1, with derivatives for `stop` inputs."""
        H, C = (self.widened(each, stop) for each in (state.H, state.C))
        return tf.while_loop(
            lambda t, state: t < stop,
            lambda t, state: (t + 1, self.step(t, state)),
            (tf.constant(start), state._replace(H=H, C=C)),
            maximum_iterations=stop - start,
        )[1]

    def widened(self, block: tf.Tensor, width: int) -> tf.Tensor:
        """Zeros for the inputs up to `width`, which come later in time."""
        more = width - block.shape[2]
        pad = [more, 0] if self.layer.go_backwards else [0, more]
        return tf.pad(block, [[0, 0], [0, 0], pad, [0, 0]])

    def step(self, t: tf.Tensor, state: _State) -> _State:
        h, c, matrix, f, q = self.slopes(self.z[t], state)
        past, now = tf.split(matrix, [self.units, self.features], axis=2)
        width = state.H.shape[2]
        flat = [self.samples, self.units, width * self.features]
        both = tf.matmul(past, tf.reshape(state.H, flat))
        both = tf.reshape(both, [self.samples, -1, width, self.features])
        both += tf.where(self.position(t, width), now[:, :, tf.newaxis], 0)
        to_c, to_h = tf.split(both, 2, axis=1)
        C = scaled(f, state.C) + to_c
        H = scaled(q, C) + to_h
        return _State(h, c, H, C, self.stored(t, H, state.J))

    def slopes(self, z: tf.Tensor, state: _State) -> tuple[tf.Tensor, ...]:
        """New h and c, and the derivatives of this step.

        Returns:
            h, c, the matrix (b, 2u, u + features) that takes changes of the
            old h and of x to those of c and of h past c, and the diagonals
            f = ∂c/∂c_old and q = ∂h/∂c.
        """
        squash, gate = self.layer.activation, self.layer.recurrent_activation
        parts = tf.split(z + state.h @ self.recurrent, 4, axis=1)
        functions = (gate, gate, squash, gate)
        (i, di), (f, df), (g, dg), (o, do) = map(with_slope, functions, parts)
        c = f * state.c + i * g
        a, da = with_slope(squash, c)
        rows = tf.split(self.rows, 4, axis=0)
        factors = (di * g, df * state.c, dg * i, do * a)
        of_i, of_f, of_g, of_o = map(scaled, factors, rows)
        matrix = tf.concat([of_i + of_f + of_g, of_o], axis=1)
        return o * a, c, matrix, f, o * da

    def position(self, t: tf.Tensor, width: int) -> tf.Tensor:
        """True at the input of step t, shape (width, 1)."""
        index = width - 1 - t if self.layer.go_backwards else t
        return tf.range(width)[:, tf.newaxis] == index

    def stored(self, t: tf.Tensor, H: tf.Tensor, J: Outputs) -> Outputs:
        """J with H as its step t; XLA writes it in place."""
        if not self.layer.return_sequences:
            return J
        samples = tf.range(self.samples)
        places = tf.stack([samples, tf.fill([self.samples], t)], axis=1)
        whole = self.widened(H, self.steps)
        return tf.tensor_scatter_nd_update(J, places, whole)
