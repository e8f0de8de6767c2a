"""A check that is silent when a Jacobian is right, and says what is wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import tensorflow as tf

from helpers.derivatives.core.compiled import Compiled
from helpers.derivatives.core.refusals import public, refusal
from helpers.derivatives.core.requirements import (
    as_tensors,
    check_function,
    refuse_mask,
)
from helpers.derivatives.core.types import Function, Structure
from helpers.derivatives.difference_estimates import (
    Estimate,
    estimate,
    resolution,
)
from helpers.derivatives.difference_values import Evaluator
from helpers.derivatives.jacobians import batch_jacobian, jacobian
from helpers.derivatives.magnitudes import epsilon_of, largest
from helpers.derivatives.tracing import narrowest, traced, without_traces


class JacobianError(AssertionError):
    """A Jacobian differs from finite differences by more than allowed.

    Example:
        >>> import tensorflow as tf
        >>> try:
        ...     check_jacobian(tf.sin, tf.constant([0.0, 1.0]), tf.eye(2))
        ... except JacobianError as error:
        ...     assert "[1, 1]" in str(error)
    """


class CannotTellError(JacobianError):
    """Differences of f are too uncertain to say whether J is right.

    It is a `JacobianError`, so that what catches one catches both.

    Example:
        >>> assert issubclass(CannotTellError, JacobianError)
    """


@public
def check_jacobian(
    f: Function,
    x: Structure,
    J: Structure | None = None,
    *,
    rtol: float | None = None,
    atol: float | None = None,
) -> None:
    """Compare J with central differences of f at x; silent when right.

    Each entry is compared for itself: allowed is the uncertainty of its
    difference (measured: two or more step sizes, and the rounding of y), and
    rtol times the largest entry of its row, the derivatives of one number of
    y by one leaf of x. Where the uncertainty is above ε^(1/4) of the largest
    slope of the row over any step that was tried (2 % in float32, 0.01 % in
    float64), the differences say too little: a large number in y swallows a
    small slope, or f has a kink.
    Then the check is not silent either, it raises a CannotTellError. Only
    rows that hardly matter beside the other rows (a saturated unit, a
    constant) pass without, when automatic differentiation agrees with J.

    What f writes (moving statistics, random state) is put back after every
    evaluation: each starts from the same state, and f is left as it was
    found. This holds for variables in the graph of f or in `f.variables`;
    Python's own numbers and NumPy's random state are not seen.

    Args:
        f: function of one argument, a Keras model or a layer.
        x: the point, a tensor or a structure of tensors, float32 or float64.
        J: the Jacobian to check, of shape y.shape + x.shape, or the
            per-sample one, (b, *y.shape[1:], *x.shape[1:]). None: that of
            `jacobian(f)(x)`.
        rtol: allowed error, relative to the largest entry of the row. None:
            50 ε^(2/3), that is 2e-9 in float64 and 1e-3 in float32, with the
            ε of the narrowest dtype on the way from x to y.
        atol: allowed error besides. None: ε^(3/4) times the largest entry
            of all rows, for the rounding of J itself, or 0 if rtol is given.
            With rtol or atol given, a difference that is more uncertain than
            they allow raises a CannotTellError.

    Raises:
        JacobianError: an entry is off by more than is allowed; the message
            names the worst.
        CannotTellError: the differences are too uncertain; also a
            JacobianError.
        ValueError: J has neither of the two shapes.
        TypeError: x, y or something between them is float16 or bfloat16, too
            coarse for differences.

    Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM
    2008, chapter 1; steps and uncertainty as in
    `finite_difference_jacobian`.

    Example:
        >>> import tensorflow as tf
        >>> x = tf.constant([1.0, 2.0, 3.0], tf.float64)
        >>> check_jacobian(lambda x: x[:2] * x[2], x)
    """
    check_function(f)
    tensors = as_tensors(x)
    graph = traced(f, tensors)
    f = without_traces(f, graph)
    values = Evaluator(
        f, tf.nest.map_structure(array_or_tensor, x, tensors), batched=False
    )
    dtype = narrowest(graph, [*values.leaves, *values.ys])
    refuse_half(dtype)
    found = as_arrays(jacobian(f)(x) if J is None else J)
    batched = is_per_sample(found, values.ys, values.leaves)
    values = Evaluator(f, values.x, batched=True) if batched else values
    limits = Limits(epsilon_of(dtype), rtol, atol)
    derivative = batch_jacobian if batched else jacobian
    opinion = partial(automatic, derivative, f, x)
    judge(
        blocks_of(values, found, limits.epsilon),
        limits,
        partial(list, found) if J is None else opinion,
    )


def judge(
    blocks: list["Block"],
    limits: "Limits",
    opinion: Callable[[], list[np.ndarray] | None],
) -> None:
    """Raise for what is wrong; ask the opinion on what cannot be told."""
    for block in blocks:
        refuse_wrong(block, limits)
    if any(hidden(block, limits).any() for block in blocks):
        refuse_hidden(blocks, limits, opinion())


def blocks_of(
    values: Evaluator, found: list[np.ndarray], epsilon: float
) -> list["Block"]:
    """J beside the differences, for each y and each leaf of x."""
    leaves = range(len(values.leaves))
    estimates = [estimate(values, k, epsilon=epsilon) for k in leaves]
    places = [(j, k) for j in range(len(values.ys)) for k in leaves]
    return [
        Block(J, estimates[k][j], values.ys[j].ndim, f"output {j}, input {k}")
        for (j, k), J in zip(places, found, strict=True)
    ]


def array_or_tensor(leaf: object, tensor: tf.Tensor) -> object:
    """What f is called with: an array stays one, all else is a tensor."""
    return leaf if isinstance(leaf, np.ndarray) else tensor


def as_arrays(J: Structure) -> list[np.ndarray]:
    leaves = tf.nest.flatten(J)
    for leaf in leaves:
        refuse_mask(leaf, "J without a mask")
    return [np.asarray(leaf) for leaf in leaves]


def refuse_half(dtype: tf.DType) -> None:
    if dtype.size < 4:
        raise refusal(
            "float32 or float64",
            f"{dtype.name}, too coarse for finite differences, in x, in y or "
            "between them",
            "a float64 copy of f and x",
            kind=TypeError,
        )


def is_per_sample(
    found: list[np.ndarray], ys: list[np.ndarray], xs: list[np.ndarray]
) -> bool:
    """Tell a per-sample Jacobian from a full one by the shapes."""
    pairs = [(y.shape, x.shape) for y in ys for x in xs]
    shapes = [block.shape for block in found]
    full = [y + x for y, x in pairs]
    if shapes == full:
        return False
    samples = [y[:1] + y[1:] + x[1:] for y, x in pairs]
    same_batch = all(y[:1] == x[:1] != () for y, x in pairs)
    if same_batch and shapes == samples:
        return True
    raise refusal(
        f"J of shape {full} (full) or {samples} (per sample)",
        f"{shapes}",
        "y.shape + x.shape",
    )


@dataclass
class Limits:
    """What may be allowed, and what must be resolved."""

    epsilon: float
    rtol: float | None
    atol: float | None

    @property
    def strict(self) -> bool:
        """Whether the caller said how much is allowed."""
        return self.rtol is not None or self.atol is not None

    def allowed(self, block: "Block") -> np.ndarray:
        """The error that J may have itself, per row."""
        slopes = np.abs(block.D.slopes)
        rtol, atol = self.rtol, self.atol
        if rtol is None:
            rtol = 50 * self.epsilon ** (2 / 3)
        if atol is None:
            loose = 0 if self.strict else self.epsilon ** (3 / 4)
            atol = loose * largest(slopes)
        return atol + rtol * block.row(slopes)

    def resolved(self, block: "Block") -> np.ndarray:
        """The uncertainty that differences may have, per row."""
        if self.strict:
            return self.allowed(block)
        return resolution(self.epsilon) * block.row(block.D.reach)


@dataclass
class Block:
    """The derivative of one y by one leaf of x: J, and the differences D."""

    J: np.ndarray
    D: Estimate
    y_rank: int
    name: str

    def row(self, sizes: np.ndarray) -> np.ndarray:
        """The largest finite size in each row: an infinite excuses nothing."""
        axes = tuple(range(self.y_rank, sizes.ndim))
        finite = np.where(np.isfinite(sizes), sizes, 0)
        return finite.max(axis=axes, keepdims=True, initial=0)

    def differ(self) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            error = np.abs(self.J - self.D.slopes)
        return np.where(np.isnan(error), np.inf, error)


def refuse_wrong(block: Block, limits: Limits) -> None:
    """Raise a JacobianError when an entry differs by more than allowed."""
    error = block.differ()
    allowed = limits.allowed(block) + block.D.errors
    wrong = (error > allowed) | ~np.isfinite(error)
    if not wrong.any():
        return
    worst = largest_place(np.where(wrong, error, -1))
    raise refusal(
        f"J{worst} = {block.D.slopes[tuple(worst)]:.6g} (central "
        f"differences, {block.name})",
        f"{block.J[tuple(worst)]:.6g}; the error {error[tuple(worst)]:.2g} "
        f"exceeds {allowed[tuple(worst)]:.2g}, with entries up to "
        f"{largest(block.D.slopes):.3g}",
        "float64 to tell a wrong formula from rounding; a kink (relu, max) "
        "near x also makes the two differ",
        kind=JacobianError,
    )


def hidden(block: Block, limits: Limits) -> np.ndarray:
    """Where the differences are more uncertain than a check can bear."""
    return block.D.errors > limits.resolved(block)


def refuse_hidden(
    blocks: list[Block], limits: Limits, opinion: list[np.ndarray] | None
) -> None:
    """Raise a CannotTellError unless what is hidden hardly matters."""
    for place, block in enumerate(blocks):
        errors = np.where(hidden(block, limits), block.D.errors, 0)
        if opinion is not None and not limits.strict:
            errors[excused(block, errors, opinion[place], limits)] = 0
        if errors.any():
            raise undecided(block, errors)


def excused(
    block: Block, errors: np.ndarray, opinion: np.ndarray, limits: Limits
) -> np.ndarray:
    """Where J is that of automatic differentiation, and matters little."""
    agree = np.abs(block.J - opinion) <= 1e-2 * block.row(np.abs(opinion))
    little = resolution(limits.epsilon) * largest(block.D.reach)
    constant = block.D.flat & (block.J == 0)
    return agree & (constant | (errors <= little))


def undecided(block: Block, errors: np.ndarray) -> CannotTellError:
    worst = largest_place(errors)
    return refusal(
        f"differences that can tell whether J{worst} = "
        f"{block.J[tuple(worst)]:.6g} is right ({block.name})",
        f"{block.D.slopes[tuple(worst)]:.6g} ± {errors[tuple(worst)]:.2g}: "
        "rounding of a large y hides so small a slope, or f has a kink "
        "(relu, max) or jumps near x",
        "float64 (`float64_copy`), another x, or a larger rtol or atol",
        kind=CannotTellError,
    )


def automatic(
    derivative: Callable[..., Compiled], f: Function, x: Structure
) -> list[np.ndarray] | None:
    """What automatic differentiation says, if f is made of TensorFlow."""
    try:
        return as_arrays(derivative(f, unconnected="zero")(x))
    except Exception:
        return None


def largest_place(sizes: np.ndarray) -> list[int]:
    return [int(i) for i in np.unravel_index(np.argmax(sizes), sizes.shape)]
