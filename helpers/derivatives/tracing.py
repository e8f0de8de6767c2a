"""What a function of tensors touches: the variables, the narrowest dtype."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import ml_dtypes
import numpy as np
import tensorflow as tf

from helpers.derivatives.core.log import without_warning

WRITES = ("Assign", "Resource", "RngReadAndSkip", "Stateful", "RngSkip")


def traced(f: Callable[[Any], Any], x: Any) -> Any:
    """The graph of f at x, not run; None if f leaves TensorFlow."""
    try:
        with without_warning(""):
            return tf.function(partial(f)).get_concrete_function(x)
    except Exception:
        return None


def without_traces(f: Callable[[Any], Any], graph: Any) -> Callable:
    """f, with the variables it writes put back after every call.

    Seen are the variables in the graph of f, also those of a closure, of a
    layer or of a random generator, and those of f itself (`f.variables`).
    """
    if graph is None:
        variables = list(getattr(f, "variables", []))
    else:
        variables = list(graph.variables) if writes(graph.graph) else []
    kept = [(each, tf.convert_to_tensor(each)) for each in variables]

    def called(x: Any) -> Any:
        try:
            return f(x)
        finally:
            for variable, value in kept:
                variable.assign(value)

    return called


def writes(graph: Any) -> bool:
    """Whether any operation of the graph may change a variable."""
    definition = graph.as_graph_def()
    nodes = [*definition.node]
    for function in definition.library.function:
        nodes.extend(function.node_def)
    return any(node.op.startswith(WRITES) for node in nodes)


def narrowest(graph: Any, leaves: list[Any]) -> tf.DType:
    """The narrowest floating dtype of leaves and on the way from x to y."""
    dtypes = [tf.as_dtype(leaf.dtype) for leaf in leaves]
    if graph is not None:
        dtypes.extend(dtypes_on_the_way(graph.graph))
    floating = [dtype for dtype in dtypes if dtype.is_floating]
    return max(floating, key=epsilon_of, default=tf.float32)


def epsilon_of(dtype: tf.DType) -> float:
    return float(ml_dtypes.finfo(np.dtype(dtype.as_numpy_dtype)).eps)


def dtypes_on_the_way(graph: Any) -> Iterator[tf.DType]:
    """The dtypes of all that is computed from the arguments of a graph."""
    arguments = len(graph.inputs) - len(graph.captures)
    reached = {tensor.op.name for tensor in graph.inputs[:arguments]}
    bodies = {
        function.signature.name: function
        for function in graph.as_graph_def().library.function
    }
    for operation in graph.get_operations():
        if not any(t.op.name in reached for t in operation.inputs):
            continue
        reached.add(operation.name)
        yield from (tensor.dtype for tensor in operation.outputs)
        yield from dtypes_in(operation.node_def, bodies, set())


def dtypes_in(node: Any, bodies: dict, seen: set) -> Iterator[tf.DType]:
    """The dtypes in the functions that a node calls (loops, branches)."""
    for attribute in node.attr.values():
        names = {attribute.func.name, *(f.name for f in attribute.list.func)}
        for name in (names & bodies.keys()) - seen:
            seen.add(name)
            for inner in bodies[name].node_def:
                yield from (
                    tf.as_dtype(inner.attr[key].type)
                    for key in ("T", "DstT", "dtype")
                    if inner.attr[key].type
                )
                yield from dtypes_in(inner, bodies, seen)
