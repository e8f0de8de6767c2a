"""Fixed points with the derivative of the implicit function theorem."""

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import TypeAlias

import tensorflow as tf

from helpers.derivatives.core.references import References, leading
from helpers.derivatives.core.refusals import public, refusal
from helpers.derivatives.core.requirements import require_real, unmasked
from helpers.derivatives.core.returned import Plain
from helpers.derivatives.core.types import Leaves, Parts, Structure
from helpers.derivatives.magnitudes import epsilon_of

# A step of the iteration: theta and x to the next x.
Step: TypeAlias = Callable[[Structure, Structure], Structure]
# What tf.custom_gradient hands to a rule besides, and the rule itself.
Variables: TypeAlias = Sequence[tf.Variable] | None
Rule: TypeAlias = Callable[..., Parts | tuple[Parts, Parts]]

NAME = "fixed_point"
STUCK = (
    "`fixed_point`: expected f to come to rest, got one that still moves "
    "after max_steps, or is infinite or nan; use a damped f."
)
FORWARD = (
    "`fixed_point`: expected reverse mode, got forward mode, which passes "
    "by the rule; use `vjp`, a GradientTape, or mode='reverse'."
)


@public
def fixed_point(
    f: Step,
    *,
    tolerance: float | None = None,
    max_steps: int = 1000,
) -> Step:
    """Solve x = f(theta, x) by iteration; differentiate it at the solution.

    `fixed_point(f)(theta, x0)` returns x* with x* = f(theta, x*), in the
    structure, shapes and dtypes of x0. You differentiate by theta, and by the
    variables that f reads; x0 only says where the search starts, and the
    derivative by it is `None`.

    With A = ∂f/∂x and B = ∂f/∂theta at x*, the derivative is (I - A)⁻¹ B.
    A reverse pass solves w = u + Aᵀ w by the same iteration and returns
    Bᵀ w. Neither the steps of the search nor A are kept: memory does not
    grow with the number of steps. Second derivatives are right as well.

    The callable is compiled: it traces at the first call with given shapes
    and dtypes. Make it once, outside of any loop. It works under tapes,
    `jacobian` and `tf.function`. Take reverse mode: forward mode inside a
    `tf.function` may differentiate past the rule.

    Args:
        f: function of theta and x, a contraction in x near the solution:
            all eigenvalues of ∂f/∂x there are smaller than 1. It returns
            something like x.
        tolerance: stop when a step moves no entry by more than tolerance
            times the largest of 1 and |x|. None: 10 ε of the dtype of x0.
        max_steps: give up after so many steps.

    Raises:
        TypeError: f is not callable; x0 is not of a floating type.
        ValueError: tolerance or max_steps is not positive; f returns
            something that is not like x0; the iteration has not converged
            (inside your own `tf.function`: InvalidArgumentError).

    Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM
    2008, chapter 15.

    Example:
        >>> import tensorflow as tf
        >>> W = tf.constant([[0.1, 0.4], [-0.3, 0.2]], tf.float64)
        >>> U = tf.constant([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]], tf.float64)
        >>> def cell(theta, x):
        ...     return tf.tanh(tf.linalg.matvec(W, x)
        ...                    + tf.linalg.matvec(U, theta))
        >>> solve = fixed_point(cell)
        >>> theta, x0 = tf.ones(3, tf.float64) / 4, tf.zeros(2, tf.float64)
        >>> with tf.GradientTape() as tape:
        ...     tape.watch(theta)
        ...     x = solve(theta, x0)
        >>> J = tape.jacobian(x, theta)
        >>> assert J.shape == x.shape + theta.shape == (2, 3)
        >>> tf.debugging.assert_near(x, cell(theta, x))
    """
    check(f, tolerance, max_steps)
    solver = Solver(f, tolerance, max_steps)

    def solve(theta: Structure, x0: Structure) -> Structure:
        theta = tf.nest.map_structure(unmasked, theta)
        x0 = tf.nest.map_structure(floating, x0)
        try:
            return solver(theta, x0)
        except tf.errors.InvalidArgumentError as error:
            if STUCK not in str(error):
                raise
            raise not_converged(max_steps) from error

    return Plain(NAME, solve, f)


class Solver:
    """The fixed point of f, with the rule for its derivative."""

    def __init__(
        self, f: Step, tolerance: float | None, max_steps: int
    ) -> None:
        self.f, self.tolerance, self.max_steps = f, tolerance, max_steps
        self.compiled = tf.function(self.search, autograph=False)
        self.seen: References | None = None

    def __call__(self, theta: Structure, x0: Structure) -> Structure:
        """The fixed point, connected by the rule and not by the search."""
        start = tf.nest.map_structure(tf.stop_gradient, (theta, x0))
        found = self.found(*start)

        @tf.custom_gradient
        def ruled(*leaves: tf.Tensor) -> tuple[Leaves, Rule]:
            theta_ = tf.nest.pack_sequence_as(theta, leaves)

            def rule(
                *us: tf.Tensor, variables: Variables = None
            ) -> Parts | tuple[Parts, Parts]:
                # Solved again, in one step: a second derivative must see
                # how x* moves with theta.
                x = self(theta_, found)
                w = self.transposed((theta_, x, list(us)), list(us))
                return self.product(theta_, x, w, variables)

            # One more step shows TensorFlow which variables f reads.
            x = tf.nest.flatten(like(self.f(theta_, found), found))
            return [not_forward(leaf) for leaf in x], rule

        return tf.nest.pack_sequence_as(found, ruled(*tf.nest.flatten(theta)))

    def found(self, theta: Structure, x0: Structure) -> Structure:
        """The search, compiled once for all that f leads to."""
        if not tf.executing_eagerly():
            return self.search(theta, x0)
        if self.seen is not None and self.seen.changed():
            self.compiled = tf.function(partial(self.search), autograph=False)
            self.seen = None
        x = self.compiled(theta, x0)
        if self.seen is None:
            self.seen = References(self.f)
        return x

    def product(
        self,
        theta: Structure,
        x: Structure,
        w: Leaves,
        variables: Variables,
    ) -> Parts | tuple[Parts, Parts]:
        """Bᵀ w, with B the derivative of f where x stays where it is."""
        leaves, variables = tf.nest.flatten(theta), list(variables or [])
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(leaves + variables)
            y = tf.nest.flatten(self.f(theta, x))
        found = tape.gradient(y, leaves + variables, w)
        split = len(leaves)
        return (found[:split], found[split:]) if variables else found

    def search(self, theta: Structure, x0: Structure) -> Structure:
        """Iterate x = f(theta, x) until it stands still."""

        def unfinished(
            step: tf.Tensor, x: Structure, moving: tf.Tensor
        ) -> tf.Tensor:
            return moving & (step < self.max_steps)

        def advance(
            step: tf.Tensor, x: Structure, moving: tf.Tensor
        ) -> tuple[tf.Tensor, Structure, tf.Tensor]:
            new = like(self.f(theta, x), x)
            return step + 1, new, tf.logical_not(self.rests(new, x))

        start = tf.constant(0), x0, tf.constant(True)
        _, x, moving = tf.while_loop(unfinished, advance, start)
        resting = tf.debugging.Assert(tf.logical_not(moving), [STUCK])
        with tf.control_dependencies([resting]):
            return tf.nest.map_structure(tf.stop_gradient, x)

    def rests(self, new: Structure, old: Structure) -> tf.Tensor:
        """Whether the last step was small; one to infinity never is."""
        pairs = zip(tf.nest.flatten(new), tf.nest.flatten(old), strict=True)
        return tf.reduce_all([self.near(*pair) for pair in pairs])

    def near(self, new: tf.Tensor, old: tf.Tensor) -> tf.Tensor:
        relative = self.tolerance or 10 * epsilon_of(new.dtype)
        one = tf.ones([], new.dtype)
        scale = tf.maximum(one, tf.reduce_max(tf.abs(new)))
        allowed = tf.cast(relative, new.dtype) * scale
        small = tf.abs(new - old) <= allowed
        return tf.reduce_all(small & tf.math.is_finite(new))

    @cached_property
    def transposed(self) -> "Solver":
        """The solver of w = u + Aᵀ w, with A = ∂f/∂x."""

        def step(given: Structure, ws: Leaves) -> Leaves:
            theta, x, us = given
            leaves = tf.nest.flatten(x)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(leaves)
                y = self.f(theta, x)
            back = tape.gradient(
                tf.nest.flatten(y), leaves, ws, unconnected_gradients="zero"
            )
            return [u + each for u, each in zip(us, back, strict=True)]

        again = leading(step, self.f)
        return Solver(again, self.tolerance, self.max_steps)


def like(y: Structure, x: Structure) -> Structure:
    """Return y; raise unless it has x's shapes and dtypes."""
    found = [tf.convert_to_tensor(each) for each in tf.nest.flatten(y)]
    wanted = tf.nest.flatten(x)
    fits = len(found) == len(wanted) and all(
        a.shape.is_compatible_with(b.shape) and a.dtype == b.dtype
        for a, b in zip(found, wanted, strict=True)
    )
    if not fits:
        raise refusal(
            f"f(theta, x) to be like x, {shown(wanted)}",
            shown(found),
            "an f whose result can be put in for x again",
        )
    return tf.nest.pack_sequence_as(x, found)


def not_forward(x: tf.Tensor) -> tf.Tensor:
    """Return x; forward mode, which passes by the rule, is refused here."""
    return tf.raw_ops.PreventGradient(input=x, message=FORWARD)


def shown(tensors: Leaves) -> str:
    return ", ".join(f"{each.dtype.name} {each.shape}" for each in tensors)


def floating(leaf: object) -> tf.Tensor:
    tensor = unmasked(leaf)
    require_real("x0", tensor.dtype)
    return tensor


def check(f: Step, tolerance: float | None, max_steps: int) -> None:
    if not callable(f):
        raise refusal(
            "a function of theta and x",
            type(f).__name__,
            "fixed_point(f)(theta, x0)",
            kind=TypeError,
        )
    if tolerance is not None and not tolerance > 0:
        raise refusal("a positive tolerance", tolerance, "tolerance=1e-6")
    if not max_steps > 0:
        raise refusal("a positive max_steps", max_steps, "max_steps=1000")


def not_converged(max_steps: int) -> ValueError:
    return refusal(
        "f to come to rest at a fixed point",
        f"one that after {max_steps} steps still moves, or is not finite",
        "a start nearer to the solution, a larger tolerance or max_steps, or "
        "a damped f: 0.5 * (x + f(theta, x))",
        causes="f is no contraction there: ∂f/∂x has an eigenvalue of 1 or "
        "more in size",
    )
