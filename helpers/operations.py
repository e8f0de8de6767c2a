"""The kinds of operations that a function is made of, before it runs."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

LOOPS = {"While", "StatelessWhile"}
ASSIGNMENTS = {
    "AssignVariableOp",
    "AssignAddVariableOp",
    "AssignSubVariableOp",
}


def operations_of(f: Callable[[Any], Any], x: Any) -> tuple[Any, set[str]]:
    """Trace f, without running it: its result's structure and its operations.

    Args:
        f: function of tensors.
        x: structure of tf.TensorSpec, the argument of f.
    """
    traced = tf.function(f, autograph=False).get_concrete_function(x)
    kinds = {node.op for node in nodes_of(traced.graph)}
    return traced.structured_outputs, kinds


def nodes_of(graph: tf.Graph) -> list[Any]:
    """All nodes of a graph and of the functions that it calls."""
    graph = graph.as_graph_def()
    inner = [node for part in graph.library.function for node in part.node_def]
    return [*graph.node, *inner]


def has_custom_gradient() -> bool:
    """Tell whether the function that is being traced has a rule of its own.

    Only the reverse mode follows the rules of `tf.custom_gradient`.
    """
    graph = tf.compat.v1.get_default_graph()
    return any(
        node.attr["_gradient_op_type"].s.startswith(b"CustomGradient")
        for node in nodes_of(graph)
        if "_gradient_op_type" in node.attr
    )
