"""Reverse mode: u ↦ uᵀJ, a row of the Jacobian for each basis vector u.

Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM 2008,
section 3.2.
"""

from functools import partial
from typing import NamedTuple

import tensorflow as tf

from helpers.derivatives.core.graphs import Traced
from helpers.derivatives.core.log import without_warning
from helpers.derivatives.core.requirements import check_output
from helpers.derivatives.core.types import Function, Leaves, Parts, Structure


class Pullback(NamedTuple):
    """f at one point, ready to be differentiated in reverse, many times.

    Attributes:
        x, y: the point and f(x).
        xs, ys: their leaves; xs are the variables when these were given.
        tape: what has recorded f, or None in a graph, which records itself.
    """

    x: Structure
    y: Structure
    xs: Leaves
    ys: Leaves
    tape: tf.GradientTape | None

    def __call__(self, us: Leaves, ys: Leaves | None = None) -> Parts:
        """uᵀJ for the leaves of u: one tensor per leaf of x, or None.

        Args:
            us: cotangents, one like each leaf of y.
            ys: the leaves that us belong to, if not all.
        """
        ys = self.ys if ys is None else ys
        with without_warning("Converting IndexedSlices"):
            if self.tape is None:
                found = tf.gradients(ys, self.xs, us)
            else:
                found = self.tape.gradient(ys, self.xs, us)
            return [g if g is None else tf.convert_to_tensor(g) for g in found]


def pullback(
    f: Function, x: Structure, variables: list[tf.Variable] | None = None
) -> Pullback:
    """Evaluate f at x, and keep what its reverse mode needs.

    A graph records itself, and `tf.gradients` walks it. A persistent tape
    prepares every loop for second derivatives as well, which makes Keras
    recurrent layers a fifth to a third slower. It is only for functions that
    tf.config.run_functions_eagerly(True) keeps from becoming graphs, and for
    variables, which a graph inside of a graph captures under other names.

    Args:
        f: function of one structure.
        x: the point.
        variables: what to differentiate by, instead of x.
    """
    if variables is None and not tf.executing_eagerly():
        y = check_output(f(x))
        return Pullback(x, y, tf.nest.flatten(x), tf.nest.flatten(y), None)
    # A tensor that was given twice is two inputs.
    x = tf.nest.map_structure(tf.identity, x)
    xs = tf.nest.flatten(x) if variables is None else variables
    with tf.GradientTape(
        persistent=True, watch_accessed_variables=False
    ) as tape:
        tape.watch(xs)
        y = check_output(f(x))
    return Pullback(x, y, xs, tf.nest.flatten(y), tape)


def traced(f: Function, pull: Pullback) -> Traced:
    """The part of a graph from x to y; without one, of a graph made aside."""
    if pull.tape is None:
        return Traced(pull.xs, pull.ys)
    specs = tf.nest.map_structure(tf.TensorSpec.from_tensor, pull.x)
    aside = tf.function(partial(f), autograph=False)
    graph = aside.get_concrete_function(specs).graph
    return Traced(graph.inputs[: len(pull.xs)], graph.outputs)
