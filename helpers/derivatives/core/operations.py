"""The kinds of operations that a function is made of, before it runs."""

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import tensorflow as tf

from helpers.derivatives.core.log import without_warning

LOOPS = {"While", "StatelessWhile"}
# Random numbers that are drawn anew at every run, and changes of state.
DRAWS_OR_ASSIGNS = re.compile(
    "^(Random|TruncatedNormal|ParameterizedTruncatedNormal|Multinomial|Rng|"
    "Stateful(Uniform|Standard|Truncated|Random))|Assign|ResourceScatter"
)
# TensorFlow makes its forward mode of two reverse passes through each
# operation. These, from the first pass, have no rule for the second: their
# part of the derivative raises an error or, worse, is left out.
WITHOUT_SECOND_RULE = {
    "CropAndResizeGradImage",
    "Dilation2DBackpropFilter",
    "Dilation2DBackpropInput",
    "FakeQuantWithMinMaxArgsGradient",
    "FakeQuantWithMinMaxVarsGradient",
    "FakeQuantWithMinMaxVarsPerChannelGradient",
    "FractionalAvgPoolGrad",
    "FractionalMaxPoolGrad",
    "LRNGrad",
    "ResizeBicubicGrad",
    "ResizeBilinearGrad",
    "ResizeNearestNeighborGrad",
    "ScaleAndTranslateGrad",
    "SoftsignGrad",
    "SparseSegmentMeanGrad",
    "SparseSegmentMeanGradV2",
    "SparseSegmentSqrtNGrad",
    "SparseSegmentSqrtNGradV2",
    "SparseSegmentSumGrad",
    "SparseSegmentSumGradV2",
}
NO_LOOP_RULE = (
    "TensorFlow has no forward rule for one of its operations; for a "
    "TensorArray loop, as in Keras recurrent layers, for instance"
)


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


def reverse_nodes(f: Callable[[Any], Any], x: Any) -> list[Any]:
    """All nodes of f at x and of one reverse pass through it; none is run.

    Args:
        f: function of tensors.
        x: structure of tensors, the argument of f.
    """

    def both(x: Any) -> None:
        with without_warning("Converting IndexedSlices"):
            tf.gradients(tf.nest.flatten(f(x)), tf.nest.flatten(x))

    specs = tf.nest.map_structure(tf.TensorSpec.from_tensor, x)
    traced = tf.function(partial(both), autograph=False)
    return nodes_of(traced.get_concrete_function(specs).graph)


def forward_agrees(
    name: str, f: Callable[[Any], Any], x: Any, ys: list, *, asked: bool
) -> bool:
    """Tell whether forward mode gives what reverse mode gives.

    Args:
        name: the public name that an error starts with.
        f, x, ys: the function, its argument and the leaves of its result.
        asked: raise a ValueError where the two differ; only the rules of
            `tf.custom_gradient`, which it ignores, are allowed.
    """
    if asked and any(y.shape.rank is None for y in ys):
        raise no_forward(name, "the rank of its output is not known before")
    nodes = reverse_nodes(f, x)
    reason = obstacle(nodes)
    if asked and reason:
        raise no_forward(name, reason)
    return asked or not (reason or has_custom_gradient(nodes))


def obstacle(nodes: Iterable[Any]) -> str:
    """Why forward mode would go wrong, or an empty text."""
    missing = without_forward_rule(nodes)
    if missing:
        return f"TensorFlow has no forward rule for {', '.join(missing)}"
    if draws_or_assigns(nodes):
        return (
            "it draws random numbers or assigns to a variable, once for "
            "every column"
        )
    return ""


def draws_or_assigns(nodes: Iterable[Any]) -> bool:
    """Tell whether running the function twice is not the same as once."""
    return any(DRAWS_OR_ASSIGNS.search(node.op) for node in nodes)


def without_forward_rule(nodes: Iterable[Any]) -> list[str]:
    """The operations that only reverse mode can differentiate."""
    return sorted({node.op for node in nodes} & WITHOUT_SECOND_RULE)


def has_custom_gradient(nodes: Iterable[Any]) -> bool:
    """Tell whether the function has a rule of its own.

    Only the reverse mode follows the rules of `tf.custom_gradient`.
    """
    return any(
        node.attr["_gradient_op_type"].s.startswith(b"CustomGradient")
        for node in nodes
        if "_gradient_op_type" in node.attr
    )


def no_forward(name: str, reason: str) -> ValueError:
    """The error for a function that forward mode cannot differentiate."""
    return ValueError(
        f"`{name}`: expected a function that forward mode can differentiate, "
        f"got one that it cannot: {reason}. Use reverse mode "
        '(mode="reverse", or `vjp`).'
    )
