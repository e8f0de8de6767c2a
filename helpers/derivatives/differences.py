"""Jacobians from function values alone, for checks and for black boxes."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import tensorflow as tf

from helpers.derivatives.core.refusals import public, refusal
from helpers.derivatives.core.requirements import (
    as_tensors,
    check_count,
    check_function,
    check_option,
)
from helpers.derivatives.core.returned import Plain
from helpers.derivatives.core.types import Function, Structure
from helpers.derivatives.difference_estimates import SPREAD, Estimate, estimate
from helpers.derivatives.difference_schemes import (
    SIZES,
    derivatives,
    offsets_of,
)
from helpers.derivatives.difference_steps import (
    check_noise,
    check_step,
    complex_dtype,
    given_steps,
    machine_epsilon,
    tiny_steps,
)
from helpers.derivatives.difference_values import (
    Evaluator,
    as_block,
    entries_of,
    expanded,
    moved_entries,
    sampled,
)

NAME = "finite_difference_jacobian"
Method = Literal["central", "forward", "complex", "richardson"]


@dataclass(frozen=True)
class DifferenceInfo:
    """What a Jacobian of differences cost, and how far it can be trusted.

    Attributes:
        error: how far each entry may be off, in the structure and the shapes
            of J; inf where no two sizes of the step agree. It is measured
            where f was evaluated, and no proof.
        step: the step that each entry was computed with.
        nfev: at how many points f was evaluated (a point is one x, or one
            batch when batched).
        calls: how often f was called.
    """

    error: Structure
    step: Structure
    nfev: int
    calls: int


@dataclass
class Block:
    """The derivative of one y by one leaf of x."""

    slopes: np.ndarray
    errors: np.ndarray
    steps: np.ndarray


@public
def finite_difference_jacobian(
    f: Function,
    *,
    method: Method = "central",
    step: float | None = None,
    batched: bool = False,
    noise: float | None = None,
    bounds: Structure = None,
    full_output: bool = False,
) -> Function:
    """Jacobian of f by columns: perturb one input, watch every output.

    Shape law: `y.shape + x.shape`, or `(b, *y.shape[1:], *x.shape[1:])` when
    batched; the same structures as for `jacobian`.

    No step is right for every function: it must be small beside the scale on
    which f varies, which nobody knows before, and large beside the rounding
    of y. Without a step of yours each column is therefore computed with two:
    first ε^(1/3) (central), ε^(1/2) (forward) or ε^(1/5) (richardson) times
    max(1, |x|), and half of it, with ε of the narrower dtype of x and y.
    Where the two disagree by more than a hundredth and more than rounding
    explains, central differences of many sizes decide, from one unit in the
    last place of x to half of max(1, |x|), each 8 times the one before: the
    one with the smallest error that contradicts none of the smaller ones. So
    sin is right at x = 1e5, and exp(-x / 1e-6) at x = 1e-6. What no step can
    tell: a slope whose effect over the whole range is lost in the rounding
    of y, and f at a kink.

    Args:
        f: any function of one argument; it may leave TensorFlow. It receives
            NumPy arrays where x holds NumPy arrays, tensors otherwise, each
            a copy of its own.
        method: "central" (error of order step²), "forward" (order step),
            "richardson" (order step⁴), "complex" (no rounding error; f must
            accept complex numbers and be analytic).
        step: the step for every entry, in the units of x, taken as it is:
            2 (central), 1 (forward), 4 (richardson) values of f per column.
            None: as said above, 4, 2, 6 values per column and 8 more for
            the rounding of y; more where two sizes disagree. 1e-20 and one
            value per column for "complex".
        batched: axis 0 of x and y is a batch of independent samples. All
            perturbed samples go through f in one call.
        noise: by how much y differs from call to call, or from what it
            should be: a standard deviation or a solver's tolerance, in the
            units of y. It takes the place of ε in the steps, relative to the
            largest y, and of the 8 values. None: measured by those.
        bounds: where f is defined, low and high: two numbers, or two
            structures like x. f is evaluated nowhere else. Where a step does
            not fit on both sides, central and richardson become one-sided,
            of second and third order, and forward turns round.
        full_output: return (J, info), info with the fields `error` and
            `step` per entry of J, `nfev` and `calls`. A step of yours then
            takes as many values as two sizes need; "complex" takes those of
            a central difference besides. An error is right where the step is
            small beside the scale of f.

    Returns:
        A callable of x that returns NumPy arrays of the dtype of y, or of
        x if that is wider; or a pair, as said at full_output.

    Raises:
        TypeError: x or y is not of a floating type, or is masked, ragged or
            sparse; f refuses complex numbers.
        ValueError: an unknown method; a step that is not positive, or so
            small that x + step rounds to x; a noise that is not positive, or
            with "complex"; x outside of the bounds; batched, and f does not
            keep the batch axis.

    Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed.,
    SIAM 2002; rounding and noise of y from a table of differences: Moré and
    Wild, SIAM J. Sci. Comput. 33 (2011), and the step that fits it: Moré and
    Wild, ACM TOMS 38 (2012); extrapolation: Richardson, Phil. Trans. A 210
    (1911); complex step: Martins, Sturdza and Alonso, ACM TOMS 29 (2003).

    Example:
        >>> import numpy as np
        >>> f = lambda x: np.array([x[0] * x[1], x[2] ** 2])
        >>> J = finite_difference_jacobian(f)(np.array([1.0, 2.0, 3.0]))
        >>> assert J.shape == (2, 3)
        >>> np.testing.assert_allclose(J, [[2, 1, 0], [0, 0, 6]], atol=1e-9)
    """
    check_function(f)
    check_option("method", method, get_args(Method))
    check_step(step)
    check_noise(noise, method)
    how = How(method, step, noise, full_output)

    def compute(*arguments: Structure) -> Structure:
        check_count(arguments, 1)
        (x,) = arguments
        as_tensors(x)
        values = Evaluator(f, x, batched=batched, bounds=bounds)
        blocks = [
            leaf_blocks(values, k, how) for k in range(len(values.leaves))
        ]
        slopes = packed(values, blocks, "slopes")
        return (slopes, info(values, blocks)) if full_output else slopes

    return Plain(NAME, compute)


@dataclass
class How:
    """The options of a call."""

    method: Method
    step: float | None
    noise: float | None
    with_errors: bool


def info(values: Evaluator, blocks: list[list[Block]]) -> DifferenceInfo:
    return DifferenceInfo(
        packed(values, blocks, "errors"),
        packed(values, blocks, "steps"),
        values.points,
        values.calls,
    )


def packed(
    values: Evaluator, blocks: list[list[Block]], part: str
) -> Structure:
    """A part of [leaf of x][leaf of y] in the structure of y, then of x."""
    rows = [
        tf.nest.pack_sequence_as(
            values.x, [getattr(block[j], part) for block in blocks]
        )
        for j in range(len(values.ys))
    ]
    return tf.nest.pack_sequence_as(values.structure, rows)


def leaf_blocks(values: Evaluator, k: int, how: How) -> list[Block]:
    """The derivative of every y by leaf k of x."""
    method, x = how.method, values.leaves[k]
    if method == "complex":
        return complex_blocks(values, k, how)
    steps = None if how.step is None else given_steps(x, how.step, method)
    if steps is not None and not how.with_errors:
        return plain_blocks(values, k, method, steps)
    found = estimate(values, k, method, step=steps, noise=how.noise)
    return [Block(each.slopes, each.errors, each.steps) for each in found]


def plain_blocks(
    values: Evaluator,
    k: int,
    method: Literal["central", "forward", "richardson"],
    steps: np.ndarray,
) -> list[Block]:
    """Differences over the steps that were given, and nothing else."""
    x, entries = values.leaves[k], values.entries(k)
    steps, sides = values.room(k).placed(
        entries, entries_of(steps, batched=values.batched)
    )
    offsets = offsets_of(method, SIZES[method], sides, x.dtype)
    moved, points = moved_entries(values, k, steps, offsets)
    # In another call, with more samples, y might be rounded in another way.
    again = values.batched and (method == "forward" or sides.any())
    found, others = sampled(values, k, moved, points, [x] * int(again))
    blocks = []
    for y, base, other in zip(found, values.ys, others, strict=True):
        at = [(y[:, i], moved[:, i]) for i in range(y.shape[1])]
        still = (other[0] if again else base, entries)
        (slopes,) = derivatives(method, at, still, sides)
        block = as_block(slopes, base, values, x)
        blocks.append(Block(block, block, block))
    return blocks


def complex_blocks(values: Evaluator, k: int, how: How) -> list[Block]:
    """Steps along the imaginary axis, which subtract nothing."""
    x = values.leaves[k]
    steps = tiny_steps(x, 1e-20 if how.step is None else how.step)
    sizes = entries_of(steps, batched=values.batched)
    offset: np.ndarray = np.array([1j], complex_dtype(x.dtype))
    moved, points = moved_entries(values, k, sizes, offset)
    found, _ = sampled(values, k, moved, points)
    slopes = [
        as_block(imaginary(y[:, 0], moved.dtype, sizes), base, values, x)
        for y, base in zip(found, values.ys, strict=True)
    ]
    if not how.with_errors:
        return [Block(each, each, each) for each in slopes]
    central = estimate(values, k)
    epsilon = machine_epsilon(x, *values.ys)
    return [
        Block(each, contradicted(each, other, epsilon), 0 * each + steps.max())
        for each, other in zip(slopes, central, strict=True)
    ]


def imaginary(y: np.ndarray, dtype: np.dtype, sizes: np.ndarray) -> np.ndarray:
    if y.dtype != dtype:
        raise refusal(
            f"f to keep {dtype} numbers",
            f"{y.dtype}",
            'method="central"',
            kind=TypeError,
        )
    return np.imag(y) / expanded(sizes, y)


def contradicted(
    slopes: np.ndarray, central: Estimate, epsilon: float
) -> np.ndarray:
    """Rounding, or the distance to a central difference that says otherwise.

    A function that is not analytic (abs, conj, a real part) is found so.
    """
    distance = np.abs(slopes - central.slopes)
    largest = np.abs(slopes).max(initial=0)
    wrong = ~(distance <= central.errors)
    told = distance + central.errors
    return np.where(wrong, told, SPREAD * epsilon * largest)
