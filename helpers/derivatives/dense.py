"""The Jacobian along a chain of dense layers: their matrices, multiplied.

A layer a = φ(Wᵀx + b) has the derivative diag(φ′(Wᵀx + b))·Wᵀ. Along a chain
of such layers the Jacobian is the product of these. Written out, the first
factor is a matrix that is already there; a seed would multiply it by one.

Source: Goodfellow, Bengio and Courville, Deep Learning, MIT Press 2016,
section 6.5.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import keras
import tensorflow as tf

from helpers.derivatives.core.types import Structure
from helpers.derivatives.layer_calls import Call

# Each number of the result depends on one number of the argument, so that
# one vector holds the whole derivative. Softmax is none of these.
ELEMENTWISE = (
    keras.activations.elu,
    keras.activations.exponential,
    keras.activations.gelu,
    keras.activations.hard_sigmoid,
    keras.activations.leaky_relu,
    keras.activations.linear,
    keras.activations.mish,
    keras.activations.relu,
    keras.activations.relu6,
    keras.activations.selu,
    keras.activations.sigmoid,
    keras.activations.silu,
    keras.activations.softplus,
    keras.activations.softsign,
    keras.activations.tanh,
)


class Factor(NamedTuple):
    """What one layer multiplies the Jacobian by: diag(slope)·kernelᵀ.

    Attributes:
        kernel: (n, m), or None for a layer that is only an activation.
        slope: (b, m), φ′ at each sample, or None where φ is the identity.
    """

    kernel: tf.Tensor | None
    slope: tf.Tensor | None


def is_dense(layer: keras.Layer) -> bool:
    """Whether a layer is φ(Wᵀx + b), or φ alone, and nothing else.

    A class of the reader's own may compute anything; so may a layer whose
    `call` was replaced, or that holds its kernel in another form. The
    identity alone hands on the very tensor that it was given: the chain
    passes it by.
    """
    if type(layer) is keras.layers.Dense:
        is_whole = layer.quantization_mode is None
        known = is_whole and layer.compute_dtype == layer.variable_dtype
    else:
        known = type(layer) is keras.layers.Activation
        known = known and layer.activation is not keras.activations.linear
    if not known or "call" in vars(layer):
        return False
    return any(layer.activation is each for each in ELEMENTWISE)


def chain_between(
    calls: Sequence[Call], x: Structure, y: Structure
) -> list[Call] | None:
    """The calls that lead from the tensor x to the tensor y, and only they.

    None where there is another kind of layer on the way, another path, an
    axis besides that of the batch, or a conversion of the dtype: the tensor
    that a layer takes must be the one that the layer before it returned.
    """
    made_by = {id(call.result): call for call in calls}
    chain: list[Call] = []
    while y is not x:
        call = made_by.get(id(y))
        if call is None or not is_matrix(call.given):
            return None
        chain.append(call)
        y = call.given
    return chain[::-1] if chain and is_matrix(x) else None


def is_matrix(x: Structure) -> bool:
    """Whether x is one tensor, a row of known length per sample."""
    is_row = tf.is_tensor(x) and x.shape.rank == 2
    return is_row and x.shape[1] is not None


def factor(call: Call) -> Factor:
    """The derivative of one layer, at the input of this call."""
    layer, z = call.layer, call.given
    kernel = None
    if isinstance(layer, keras.layers.Dense):
        kernel = tf.convert_to_tensor(layer.kernel)
        z = tf.matmul(z, kernel)
        if layer.use_bias:
            z += layer.bias
    return Factor(kernel, slope(layer.activation, z))


def slope(
    activation: Callable[[tf.Tensor], tf.Tensor], z: tf.Tensor
) -> tf.Tensor | None:
    """φ′(z), number by number; None for the identity."""
    if activation is keras.activations.linear:
        return None
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(z)
        a = activation(z)
    return tape.gradient(a, z)


def product(chain: Sequence[Call]) -> tf.Tensor:
    """The Jacobian of the last result by the first input: (b, m, n).

    It is multiplied from the end that costs less, as `jacobian` chooses
    between columns and rows.
    """
    factors = [factor(call) for call in chain]
    first, last = chain[0].given, chain[-1].result
    n, m = first.shape[1], last.shape[1]
    sizes = [
        n * m if one.kernel is None else one.kernel.shape.num_elements()
        for one in factors
    ]
    if n * sum(sizes[1:]) <= m * sum(sizes[:-1]):
        J = from_the_input(factors)
    else:
        J = from_the_output(factors)
    # Without any slope it is one matrix for all samples.
    return tf.broadcast_to(J, [tf.shape(first)[0], m, n])


def from_the_input(factors: Sequence[Factor]) -> tf.Tensor:
    """Columns: J ← diag(slope)·(kernelᵀ·J)."""
    J = None
    for kernel, slope in factors:
        if kernel is not None:
            matrix = tf.transpose(kernel)[tf.newaxis]
            J = matrix if J is None else tf.matmul(matrix, J)
        if slope is not None:
            scaled = J is not None
            J = slope[:, :, tf.newaxis] * J if scaled else diagonal(slope)
    return J


def from_the_output(factors: Sequence[Factor]) -> tf.Tensor:
    """Rows: J ← (J·diag(slope))·kernelᵀ."""
    J = None
    for kernel, slope in reversed(factors):
        if slope is not None:
            scaled = J is not None
            J = slope[:, tf.newaxis] * J if scaled else diagonal(slope)
        if kernel is not None:
            matrix = tf.transpose(kernel)
            J = matrix[tf.newaxis] if J is None else tf.tensordot(J, matrix, 1)
    return J


def diagonal(slope: tf.Tensor) -> tf.Tensor:
    return tf.linalg.diag(slope)
