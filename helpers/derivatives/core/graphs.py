"""What a traced function is made of: its operations and their paths."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import tensorflow as tf

from helpers.derivatives.core.tensorflow_private import (
    called_graphs,
    has_gradient,
    has_own_rule,
    inputs_without_gradient,
    is_declared_constant,
)
from helpers.derivatives.core.types import Leaves

# Registered as "not differentiable", and their derivative is zero.
CONSTANT = {"OnesLike", "StopGradient", "ZerosLike"}
# Stateful in name, but running them twice is the same as once.
READS = {
    "Assert",
    "Case",
    "HashTableV2",
    "If",
    "LookupTableFindV2",
    "LookupTableSizeV2",
    "PartitionedCall",
    "PrintV2",
    "ReadVariableOp",
    "ResourceGather",
    "ResourceGatherNd",
    "StatefulPartitionedCall",
    "VarHandleOp",
    "VariableShape",
    "While",
}
BRANCHES = {"Case", "If", "StatelessCase", "StatelessIf"}
LOOPS = {"StatelessWhile", "While"}


class Traced(NamedTuple):
    """A part of a graph: what goes in, what comes out."""

    inputs: Leaves
    outputs: Leaves

    @property
    def graph(self) -> tf.Graph:
        return self.outputs[0].graph


def carries(tensor: tf.Tensor) -> bool:
    """Whether a derivative can pass: floating, or a list of such tensors."""
    dtype = tensor.dtype
    return dtype.is_floating or dtype.is_complex or dtype == tf.variant


def reached(
    start: Iterable[tf.Operation],
    neighbours: Callable[[tf.Operation], Iterable[tf.Operation]],
) -> set[tf.Operation]:
    """All operations that can be walked to, the first ones included."""
    found, waiting = set(), list(start)
    while waiting:
        operation = waiting.pop()
        if operation not in found:
            found.add(operation)
            waiting.extend(neighbours(operation))
    return found


def users(tensors: Iterable[tf.Tensor]) -> list[tf.Operation]:
    """The operations that read the tensors."""
    return [op for tensor in tensors for op in tensor.consumers()]


def behind(outputs: Leaves) -> set[tf.Operation]:
    """All operations whose results the outputs are made of."""
    return reached(
        [y.op for y in outputs], lambda op: [x.op for x in op.inputs]
    )


def between(traced: Traced) -> set[tf.Operation]:
    """The operations on a differentiable path, own rules left closed.

    Behind an operation with a rule of its own (`tf.custom_gradient`) the
    rule decides, so what is inside is not looked at.
    """

    def back(operation: tf.Operation) -> list[tf.Operation]:
        if has_own_rule(operation):
            return []
        return [x.op for x in operation.inputs if carries(x)]

    ends = [y.op for y in traced.outputs if carries(y)]
    return moved_by(traced) & reached(ends, back)


def moved_by(traced: Traced) -> set[tf.Operation]:
    """The operations that floating numbers made of the inputs go into."""

    def onward(operation: tf.Operation) -> list[tf.Operation]:
        if operation.type in CONSTANT:
            return []
        return users(filter(carries, operation.outputs))

    return reached(users(traced.inputs), onward)


def path(traced: Traced) -> Iterator[tf.Operation]:
    """The same, those inside of loops, branches and calls included."""
    for operation in between(traced):
        yield operation
        for graph in called_graphs(operation):
            inner = Traced(graph.inputs, graph.outputs)
            if inner.outputs:
                yield from path(inner)


def everything(graph: tf.Graph) -> Iterator[tf.Operation]:
    """All operations of a graph and of the functions that it calls."""
    for operation in graph.get_operations():
        yield operation
        for inner in called_graphs(operation):
            yield from everything(inner)


def has_loop(graph: tf.Graph) -> bool:
    return any(operation.type in LOOPS for operation in everything(graph))


def has_control_flow(graph: tf.Graph) -> bool:
    kinds = BRANCHES | LOOPS
    return any(operation.type in kinds for operation in everything(graph))


def has_mapped_loop(traced: Traced) -> bool:
    """Whether a loop was vectorised: the Jacobian of a recurrent layer."""
    return any(
        op.type in LOOPS and "pfor" in op.name
        for call in behind(traced.outputs)
        for graph in called_graphs(call)
        for op in everything(graph)
    )


def follows_own_rules(traced: Traced) -> bool:
    """Whether some operation has a rule that only reverse mode follows."""
    return any(map(has_own_rule, everything(traced.graph)))


def left_out(traced: Traced) -> list[str]:
    """Operations on the path whose part of the derivative would be lost."""
    kinds = {op.type for op in path(traced) if passes_numbers(op)}
    declared = set(filter(is_declared_constant, kinds - CONSTANT))
    return sorted(declared | partly_left_out(traced) | disguised(traced))


def disguised(traced: Traced) -> set[str]:
    """Operations that turn moving numbers into bits or text.

    What reads them back gets every digit, but no derivative comes through
    integers and strings. An index or a comparison keeps no digits: there
    the derivative is zero indeed.
    """

    def back(operation: tf.Operation) -> list[tf.Operation]:
        if has_own_rule(operation):
            return []
        return [x.op for x in operation.inputs]

    members = moved_by(traced)
    members &= reached([y.op for y in traced.outputs], back)
    moving = {x.ref() for x in traced.inputs}
    found = {op.type for op in members if hides_numbers(op)}
    for operation in members:
        moves = [
            x.op in members or x.ref() in moving for x in operation.inputs
        ]
        for graph in called_graphs(operation):
            starts = moving_inputs(operation, graph, moves)
            if starts and graph.outputs:
                found |= disguised(Traced(starts, graph.outputs))
    return found


def hides_numbers(operation: tf.Operation) -> bool:
    """Whether floating numbers go in and their bits or digits come out."""
    if not any(x.dtype.is_floating for x in operation.inputs):
        return False
    text = any(y.dtype == tf.string for y in operation.outputs)
    bits = operation.type == "Bitcast"
    return text or (bits and not operation.outputs[0].dtype.is_floating)


def partly_left_out(traced: Traced) -> set[str]:
    """Operations whose rule forgets an input that moves, and no other."""
    found, members = set(), between(traced)
    moving = {x.ref() for x in traced.inputs}
    for operation in members:
        moves = [
            x.op in members or x.ref() in moving for x in operation.inputs
        ]
        if not has_own_rule(operation):
            forgotten = inputs_without_gradient(operation)
            if any(moves[k] for k in forgotten):
                found.add(operation.type)
        for graph in called_graphs(operation):
            starts = moving_inputs(operation, graph, moves)
            if starts and graph.outputs:
                found |= partly_left_out(Traced(starts, graph.outputs))
    return found


def moving_inputs(
    operation: tf.Operation, graph: tf.Graph, moves: list[bool]
) -> Leaves:
    """The inputs of a called graph that x reaches; in a loop, all may be."""
    if operation.type in LOOPS:
        return graph.inputs
    count = len(graph.inputs)
    pairs = zip(graph.inputs, moves[len(moves) - count :], strict=True)
    return [inner for inner, moved in pairs if moved]


def without_second_rule(traced: Traced) -> list[str]:
    """Operations of a reverse pass that have no derivative themselves."""
    kinds = {
        op.type
        for op in path(traced)
        if passes_numbers(op) and not has_own_rule(op)
        if not any(called_graphs(op))
    }
    return sorted(k for k in kinds - CONSTANT if not has_gradient(k))


def passes_numbers(operation: tf.Operation) -> bool:
    """Whether floating numbers go in and come out."""
    sides = operation.inputs, operation.outputs
    return all(any(t.dtype.is_floating for t in side) for side in sides)


def changes(traced: Traced) -> list[str]:
    """Operations that make two runs differ from one: chance and state.

    A draw that never reaches the outputs does not count, nor does the
    counter of a random generator that it moves.
    """
    used = behind(traced.outputs)
    handles = {
        x.ref() for op in used for x in op.inputs if x.dtype == tf.resource
    }
    found = set()
    for operation in traced.graph.get_operations():
        if operation in used:
            found |= stateful_kinds(operation)
        elif assigns(operation):
            read = operation.inputs[0].ref() in handles
            if read or keeps_floats(operation):
                found.add(operation.type)
    return sorted(found)


def stateful_kinds(operation: tf.Operation) -> set[str]:
    """The kinds of chance and state in an operation and what it calls."""
    parts = [operation]
    for graph in called_graphs(operation):
        parts += everything(graph)
    return {op.type for op in parts if op.op_def.is_stateful} - READS


def assigns(operation: tf.Operation) -> bool:
    """Whether an operation changes a variable, itself or in what it calls."""
    return bool(operation.inputs) and any(
        "Assign" in kind or "Scatter" in kind
        for kind in stateful_kinds(operation)
    )


def keeps_floats(operation: tf.Operation) -> bool:
    """Whether an assignment is to floats; True where that is not said."""
    try:
        return operation.get_attr("dtype").is_floating
    except ValueError:
        return True
