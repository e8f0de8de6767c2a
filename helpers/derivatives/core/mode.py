"""Forward or reverse: which is cheaper, and where forward would be wrong."""

from collections.abc import Callable, Iterator

import tensorflow as tf

from helpers.derivatives.core.basis import Basis
from helpers.derivatives.core.graphs import (
    Traced,
    changes,
    follows_own_rules,
    has_control_flow,
    without_second_rule,
)
from helpers.derivatives.core.log import without_warning
from helpers.derivatives.core.pullback import Pullback, pullback, traced
from helpers.derivatives.core.pushforward import (
    Pushforward,
    pushforward,
    transposed,
)
from helpers.derivatives.core.refusals import refusal
from helpers.derivatives.core.types import (
    Function,
    Leaves,
    Parts,
    Structure,
)

# Forward mode is chosen when the output has at least this many numbers per
# number of the input: a column costs up to twice as much as a row (measured
# by `python -m benchmarks.crossover`).
CROSSOVER = 2
NO_RULE = (
    "TensorFlow has no forward rule for one of its operations; for a "
    "TensorArray loop, as in Keras recurrent layers, for instance"
)


def forward_is_cheaper(rows: Basis, columns: Basis) -> bool:
    """Whether there are clearly fewer columns than rows."""
    sizes = columns.size, rows.size
    known = all(isinstance(size, int) for size in sizes)
    return known and CROSSOVER * sizes[0] <= sizes[1]


def columns(
    f: Function,
    pull: Pullback,
    use: Callable[[Pushforward], Parts],
    *,
    asked: bool,
) -> Parts | None:
    """What `use` makes of the pushforward of f; None where rows are better.

    Args:
        f: the function.
        pull: its pullback at the point.
        use: takes columns, or one combination of them.
        asked: forward mode was asked for: where TensorFlow's own would go
            wrong, two reverse passes do the same, or an error says why not.

    Raises:
        ValueError: it was asked for and cannot be had.
    """
    missing = obstacle(f, pull)
    if missing and asked:
        raise no_forward(missing)
    found, cause = None, None
    for push in [] if missing else candidates(f, pull, asked=asked):
        try:
            # TensorFlow logs what it cannot convert before it raises.
            with without_warning(""):
                found = use(push)
        except Exception as error:
            # f has been traced before: what fails is forward mode.
            cause = error
            continue
        if all(part is not None for part in found):
            return found
    if asked and found is None:
        raise no_forward(NO_RULE) from cause
    return found if asked else None


def candidates(
    f: Function, pull: Pullback, *, asked: bool
) -> Iterator[Pushforward]:
    """Ways to a pushforward that give what reverse mode gives.

    TensorFlow's forward mode differentiates past `tf.custom_gradient`, and
    runs f once a column: each time with new random numbers and changes of
    state.
    """
    ours = traced(f, pull)
    if not (follows_own_rules(ours) or changes(ours)):
        yield pushforward(f, pull.x)
    if asked:
        yield transposed(pull)


def obstacle(f: Function, pull: Pullback) -> str:
    """Why no forward mode can be right for f, or an empty text.

    TensorFlow makes its forward mode of two reverse passes through each
    operation. An operation of the first pass without a derivative of its
    own makes it raise an error or, worse, leave a part out.
    """
    if any(y.shape.rank is None for y in pull.ys):
        return "the rank of its output is not known before"
    ours = traced(f, pull)
    missing = without_second_rule(reverse_pass(f, pull, ours))
    names = ", ".join(missing)
    return names and f"TensorFlow has no forward rule for {names}"


def reverse_pass(f: Function, pull: Pullback, ours: Traced) -> Traced:
    """One reverse pass, from its seeds to its gradients; it never runs.

    A loop is traced again: walking it backwards prepares it to be walked;
    a branch too: its rules of `tf.custom_gradient` stay in one graph.
    """
    again = pull.tape is not None or has_control_flow(ours.graph)
    point = tf.nest.map_structure(tf.TensorSpec.from_tensor, pull.x)
    seeds = [tf.TensorSpec.from_tensor(y) for y in pull.ys]

    def gradients(us: Leaves, x: Structure) -> Leaves:
        here = pullback(f, x) if again else pull
        return [row for row in here(us) if row is not None]

    aside = tf.function(gradients, autograph=False)
    graph = aside.get_concrete_function(seeds, point).graph
    return Traced(graph.inputs[: len(seeds)], graph.outputs)


def no_forward(reason: str) -> ValueError:
    """The error for a function that forward mode cannot differentiate."""
    return refusal(
        "a function that forward mode can differentiate",
        f"one that it cannot: {reason}",
        'reverse mode (mode="reverse", or `vjp`)',
    )
