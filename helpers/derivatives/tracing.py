"""What a function of tensors touches: the variables, the narrowest dtype."""

from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Protocol

import tensorflow as tf
from tensorflow.types.experimental import ConcreteFunction

from helpers.derivatives.core.compiled import in_kept_scope
from helpers.derivatives.core.graphs import (
    everything,
    reached,
    stateful_kinds,
    users,
)
from helpers.derivatives.core.log import without_warning
from helpers.derivatives.core.tensorflow_private import called_graphs
from helpers.derivatives.core.types import Function, Structure
from helpers.derivatives.magnitudes import epsilon_of


class HasDtype(Protocol):
    """A tensor or an array."""

    @property
    def dtype(self) -> object: ...


def traced(f: Function, x: Structure) -> ConcreteFunction | None:
    """The graph of f at x, not run; None if f leaves TensorFlow."""
    try:
        with without_warning(""):
            run = partial(in_kept_scope, f)
            return tf.function(run).get_concrete_function(x)
    except Exception:
        return None


def without_traces(f: Function, graph: ConcreteFunction | None) -> Function:
    """f, with the variables it writes put back after every call.

    Seen are the variables in the graph of f, also those of a closure, of a
    layer or of a random generator, and those of f itself (`f.variables`).
    """
    if graph is None:
        variables = list(getattr(f, "variables", []))
    else:
        variables = list(graph.variables) if writes(graph.graph) else []
    kept = [(each, tf.convert_to_tensor(each)) for each in variables]

    def called(x: Structure) -> Structure:
        try:
            return f(x)
        finally:
            for variable, value in kept:
                variable.assign(value)

    return called


def writes(graph: tf.Graph) -> bool:
    """Whether any operation of the graph may change a variable."""
    return any(map(stateful_kinds, graph.get_operations()))


def narrowest(
    graph: ConcreteFunction | None, leaves: list[HasDtype]
) -> tf.DType:
    """The narrowest floating dtype of leaves and on the way from x to y."""
    dtypes = [tf.as_dtype(leaf.dtype) for leaf in leaves]
    if graph is not None:
        dtypes.extend(dtypes_on_the_way(graph.graph))
    floating = [dtype for dtype in dtypes if dtype.is_floating]
    return max(floating, key=epsilon_of, default=tf.float32)


def dtypes_on_the_way(graph: tf.Graph) -> Iterator[tf.DType]:
    """The dtypes of all that is computed from the arguments of a graph.

    Loops, branches and calls count whole.
    """
    arguments = graph.inputs[: len(graph.inputs) - len(graph.captures)]
    for operation in reached(users(arguments), lambda op: users(op.outputs)):
        inner = map(everything, called_graphs(operation))
        for each in [operation, *chain.from_iterable(inner)]:
            yield from (tensor.dtype for tensor in each.outputs)
