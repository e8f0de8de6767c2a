"""Jacobians from function values alone, for checks and for black boxes."""

from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np
import tensorflow as tf

from helpers.derivatives.core.refusals import public, refusal, speaking_as
from helpers.derivatives.core.requirements import (
    as_tensors,
    check_function,
    check_option,
)
from helpers.derivatives.difference_estimates import estimate
from helpers.derivatives.difference_steps import (
    check_step,
    complex_dtype,
    given_steps,
)
from helpers.derivatives.difference_values import (
    Evaluator,
    as_block,
    entries_of,
    expanded,
    moved_entries,
    rate,
    sampled,
)

NAME = "finite_difference_jacobian"
Method = Literal["central", "forward", "complex", "richardson"]
OFFSETS = {
    "forward": (1.0,),
    "central": (1.0, -1.0),
    "richardson": (1.0, -1.0, 0.5, -0.5),
    "complex": (1.0j,),
}


@public
def finite_difference_jacobian(
    f: Callable[[Any], Any],
    *,
    method: Method = "central",
    step: float | None = None,
    batched: bool = False,
) -> Callable[[Any], Any]:
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
            None: as said above, 4, 2, 4 values per column and 8 more for
            the rounding of y; more where two sizes disagree. 1e-20 and one
            value per column for "complex".
        batched: axis 0 of x and y is a batch of independent samples. All
            perturbed samples go through f in one call.

    Returns:
        A callable of x that returns NumPy arrays of the dtype of y, or of
        x if that is wider.

    Raises:
        TypeError: x or y is not of a floating type, or is masked, ragged or
            sparse; f refuses complex numbers.
        ValueError: an unknown method; a step that is not positive, or so
            small that x + step rounds to x; batched, and f does not keep
            the batch axis.

    Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed.,
    SIAM 2002; rounding of y from a table of differences: Moré and Wild,
    SIAM J. Sci. Comput. 33 (2011); complex step: Martins, Sturdza and
    Alonso, ACM TOMS 29 (2003).

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

    def compute(x: Any) -> Any:
        with speaking_as(NAME):
            as_tensors(x)
            values = Evaluator(f, x, batched=batched)
            blocks = [
                leaf_blocks(values, k, method, step)
                for k in range(len(values.leaves))
            ]
        return packed(values, blocks)

    return compute


def packed(values: Evaluator, blocks: list[list[np.ndarray]]) -> Any:
    """Blocks [leaf of x][leaf of y] in the structure of y, then of x."""
    rows = [
        tf.nest.pack_sequence_as(values.x, [block[j] for block in blocks])
        for j in range(len(values.ys))
    ]
    return tf.nest.pack_sequence_as(values.structure, rows)


def leaf_blocks(
    values: Evaluator, k: int, method: Method, step: float | None
) -> list[np.ndarray]:
    """The derivative of every y by leaf k of x."""
    if step is None and method != "complex":
        return [each.slopes for each in estimate(values, k, method)]
    x = values.leaves[k]
    steps = given_steps(x, 1e-20 if step is None else step, method)
    sizes = entries_of(steps, batched=values.batched)
    wide = complex_dtype(x.dtype) if method == "complex" else x.dtype
    offsets = np.array(OFFSETS[method], wide)
    moved, points = moved_entries(values, k, sizes, offsets)
    # In another call, with more samples, y might be rounded in another way.
    again = [x] if values.batched and method == "forward" else []
    found, others = sampled(values, k, moved, points, again)
    bases = [each[0] for each in others] if again else values.ys
    still = entries_of(x, batched=values.batched)
    return [
        as_block(
            slopes(method, y, moved, (base, still), sizes), base, values, x
        )
        for y, base in zip(found, bases, strict=True)
    ]


def slopes(
    method: Method,
    y: np.ndarray,
    moved: np.ndarray,
    base: tuple[np.ndarray, np.ndarray],
    steps: np.ndarray,
) -> np.ndarray:
    """Combine the values y at the moved entries into derivatives.

    base is the value and the entries that nothing was added to.
    """
    if method == "complex":
        if y.dtype != moved.dtype:
            raise refusal(
                f"f to keep {moved.dtype} numbers",
                f"{y.dtype}",
                'method="central"',
                kind=TypeError,
            )
        return np.imag(y[:, 0]) / expanded(steps, y[:, 0])
    at = [(y[:, i], moved[:, i]) for i in range(y.shape[1])]
    if method == "forward":
        return rate(at[0], base)
    first = rate(at[0], at[1])
    if method == "richardson":
        return (4 * rate(at[2], at[3]) - first) / 3
    return first
