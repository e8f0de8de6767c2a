"""Everything that TensorFlow and Keras keep private and we need.

Nothing outside of this file uses a private name of theirs. Each function
has a test of its own, which says what broke when a version changes.
"""

from collections.abc import Iterator

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
# Keras casts the inputs of a layer in these files.
AUTOCAST_FILES = ("dtype_policy.py",)


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
    """Whether a Cast is one that Keras makes on its own."""
    return operation.type == "Cast" and any(
        "keras" in frame.filename and frame.filename.endswith(AUTOCAST_FILES)
        for frame in operation.traceback
    )


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
