"""Everything that TensorFlow and Keras keep private and we need.

Nothing outside of this file uses a private name of theirs. Each function
has a test of its own, which says what broke when a version changes.
"""

import os
from collections.abc import Iterator, Sequence

import keras
import tensorflow as tf
from tensorflow.python.framework import ops

from helpers.derivatives.core.types import Function

CALLS = (
    "Case",
    "If",
    "PartitionedCall",
    "StatefulPartitionedCall",
    "StatelessCase",
    "StatelessIf",
    "StatelessWhile",
    "While",
)
# What carries out a cast, for whoever asks for it.
KERAS = os.path.dirname(keras.__file__) + os.sep
TENSORFLOW = os.path.dirname(tf.__file__) + os.sep
SERVANTS = tuple(
    os.path.join(KERAS, "src", each) + os.sep
    for each in ("backend", "ops", "utils")
)


def converted_by_autograph(f: Function) -> Function:
    """Return f as AutoGraph runs it: Python `if`, `for`, `while` on tensors.

    There is no public way to convert one function and not its callers.
    """
    autograph = tf.__internal__.autograph
    context = autograph.control_status_ctx()
    enabled = type(context)(status=type(context.status).ENABLED)
    return autograph.tf_convert(f, enabled)


def has_gradient(kind: str) -> bool:
    """Whether TensorFlow's registry holds a derivative of an operation."""
    try:
        return ops.gradient_registry.lookup(kind) is not None
    except LookupError:
        return False


def is_declared_constant(kind: str) -> bool:
    """Whether the registry declares an operation "not differentiable".

    Its part of a derivative is then left out without a word.
    """
    try:
        return ops.gradient_registry.lookup(kind) is None
    except LookupError:
        return False


# By the kind of an operation and its number of inputs.
WITHOUT_GRADIENT: dict[tuple[str, int], list[int]] = {}


def inputs_without_gradient(operation: tf.Operation) -> list[int]:
    """Floating inputs that the registered rule forgets, and others not.

    A rule returns None where nobody has written it: the derivative of
    `tf.math.zeta` by its first argument. A rule that returns None for all
    inputs says that the operation is flat, as `tf.floor` is.
    """
    floating = [k for k, x in enumerate(operation.inputs) if is_real(x)]
    key = operation.type, len(operation.inputs)
    if len(floating) < 2 or operation.type in CALLS:
        return []
    if key not in WITHOUT_GRADIENT:
        found = rule_on_placeholders(operation)
        lost = [k for k in floating if found and found[k] is None]
        WITHOUT_GRADIENT[key] = lost if len(lost) < len(floating) else []
    return WITHOUT_GRADIENT[key]


def is_real(tensor: tf.Tensor) -> bool:
    return bool(tensor.dtype.is_floating)


def rule_on_placeholders(
    operation: tf.Operation,
) -> Sequence[tf.Tensor | None]:
    """What the rule returns for a copy of an operation; [] if it fails."""
    placeholder = tf.compat.v1.placeholder
    attributes = operation.node_def.attr.items()
    kept = {k: v for k, v in attributes if not k.startswith("_")}
    with tf.Graph().as_default() as graph:
        try:
            copy = graph.create_op(
                operation.type,
                [placeholder(x.dtype, x.shape) for x in operation.inputs],
                [y.dtype for y in operation.outputs],
                attrs=kept,
            )
            seeds = [placeholder(y.dtype, y.shape) for y in copy.outputs]
            found = ops.get_gradient_function(copy)(copy, *seeds)
        except Exception:
            return []
    return found if isinstance(found, list | tuple) else [found]


def has_own_rule(operation: tf.Operation) -> bool:
    """Whether `tf.custom_gradient` or an override gives the derivative."""
    try:
        return bool(operation.get_attr("_gradient_op_type"))
    except ValueError:
        return False


def called_graphs(operation: tf.Operation) -> Iterator[tf.Graph]:
    """The graphs of the functions that an operation calls."""
    if operation.type not in CALLS:
        return
    for attribute in operation.op_def.attr:
        if attribute.type not in ("func", "list(func)"):
            continue
        found = operation.get_attr(attribute.name)
        for each in found if isinstance(found, list) else [found]:
            function = operation.graph._get_function(each.name)
            graph = getattr(function, "graph", None)
            if graph is not None:
                yield graph


def is_autocast(operation: tf.Operation) -> bool:
    """Whether a Cast is one that Keras makes on its own.

    The innermost place in the code that only asks for it tells: in a layer
    or a model of Keras, or in the caller's own file.
    """
    if operation.type != "Cast":
        return False
    files = [frame.filename for frame in reversed(operation.traceback)]
    asking = (f for f in files if not f.startswith((TENSORFLOW, *SERVANTS)))
    return next(asking, "").startswith(KERAS)


def has_keras_mask(x: object) -> bool:
    """Whether a Masking or Embedding layer has put a mask on x."""
    return getattr(x, "_keras_mask", None) is not None


def with_keras_mask_of(x: tf.Tensor, copy: tf.Tensor) -> tf.Tensor:
    """Return the copy, which now carries the mask of x."""
    copy._keras_mask = x._keras_mask
    return copy


def symbolic_inputs(layer: keras.Layer) -> Iterator[keras.KerasTensor]:
    """The symbolic tensors that a layer was called with."""
    for node in getattr(layer, "_inbound_nodes", []):
        yield from node.input_tensors


def all_layers(model: keras.Layer) -> list[keras.Layer]:
    """A model or layer and all layers inside, however deep."""
    return list(model._flatten_layers())
