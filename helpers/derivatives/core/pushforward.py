"""Forward mode: v ↦ Jv, a column of the Jacobian for each basis vector v.

Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM 2008,
section 3.1.
"""

from collections.abc import Callable
from typing import TypeAlias

import tensorflow as tf

from helpers.derivatives.core.pullback import Pullback
from helpers.derivatives.core.requirements import check_output
from helpers.derivatives.core.types import Function, Leaves, Parts, Structure

Pushforward: TypeAlias = Callable[[Leaves], Parts]


def pushforward(f: Function, x: Structure) -> Pushforward:
    """The map from the leaves of a tangent v to those of Jv, or None.

    Each call runs f once more, with its derivative beside it.
    """
    xs = tf.nest.flatten(x)

    def push(vs: Leaves) -> Parts:
        with tf.autodiff.ForwardAccumulator(xs, vs) as accumulator:
            y = check_output(f(x))
        return [accumulator.jvp(leaf) for leaf in tf.nest.flatten(y)]

    return push


def transposed(pull: Pullback) -> Pushforward:
    """The same map from two reverse passes, for where forward mode fails.

    uᵀJ is linear in u, so that its derivative with respect to u, applied
    to v, is Jv. It follows every rule that the reverse mode follows.
    """
    us = [tf.zeros_like(y) for y in pull.ys]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(us)
        rows = pull(us)
    on_path = [k for k, row in enumerate(rows) if row is not None]

    def push(vs: Leaves) -> Parts:
        ends = [rows[k] for k in on_path], us, [vs[k] for k in on_path]
        gradient = tape.gradient if pull.tape else tf.gradients
        found = gradient(*ends) if on_path else [None] * len(us)
        # A row that does not depend on u is zero: a flat path, or none.
        return [
            tf.zeros_like(u) if g is None and reaches(pull, k) else g
            for k, (g, u) in enumerate(zip(found, us, strict=True))
        ]

    return push


def reaches(pull: Pullback, k: int) -> bool:
    """Tell a flat path from x to y[k] (zeros) from no path (None)."""
    y = pull.ys[k]
    return any(row is not None for row in pull([tf.ones_like(y)], [y]))
