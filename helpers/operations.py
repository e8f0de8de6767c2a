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
    graph = traced.graph.as_graph_def()
    inner = [node for part in graph.library.function for node in part.node_def]
    kinds = {node.op for node in [*graph.node, *inner]}
    return traced.structured_outputs, kinds
