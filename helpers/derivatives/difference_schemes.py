"""Which values of f a scheme of differences takes, and how it joins them."""

from typing import Literal

import numpy as np

from helpers.derivatives.difference_values import expanded, rate

Scheme = Literal["central", "forward", "richardson"]
# How many sizes of the step a derivative needs; one more shows its error.
SIZES = {"forward": 1, "central": 1, "richardson": 2}
# How much more a one-sided scheme amplifies the rounding of y.
ONE_SIDED = {"forward": 1, "central": 6, "richardson": 12}


def offsets_of(
    method: Scheme, sizes: int, sides: np.ndarray, dtype: np.dtype
) -> np.ndarray:
    """Where f is evaluated, in steps: (values, *sides.shape).

    Sizes are 1, 1/2, 1/4 and so on; no value is further from x than the
    step.

    Args:
        method: the scheme.
        sizes: how many sizes of the step.
        sides: 0 where both sides may be used, else the sign of the side.
        dtype: of the result.
    """
    halves = 0.5 ** np.arange(2 * sizes)
    ahead = halves[:sizes]
    both = ahead if method == "forward" else np.append(ahead, -ahead)
    column = (-1,) + (1,) * sides.ndim
    one_way = halves[: len(both)].reshape(column) * sides
    return np.where(sides == 0, both.reshape(column), one_way).astype(dtype)


def derivatives(
    method: Scheme, at: list[tuple], still: tuple, sides: np.ndarray
) -> list[np.ndarray]:
    """The derivative over each size of the step, largest first.

    Args:
        method: the scheme.
        at: pairs (y, entries as they were moved), in the order of
            `offsets_of`.
        still: y and the entries at x.
        sides: as for `offsets_of`.
    """
    one_way = [rate(each, still) for each in at]
    if method == "forward":
        return one_way
    half = len(at) // 2
    second = [
        np.where(
            expanded(sides, at[i][0]) == 0,
            rate(at[i], at[half + i]),
            2 * one_way[i + 1] - one_way[i],
        )
        for i in range(half)
    ]
    if method == "central":
        return second
    pairs = zip(second, second[1:], strict=False)
    return [(4 * fine - coarse) / 3 for coarse, fine in pairs]


def one_sided(at: list[tuple], still: tuple) -> np.ndarray:
    """The derivative from one side alone, of second order.

    It sees what is even around x, and a kink.
    """
    return 2 * rate(at[1], still) - rate(at[0], still)


def amplification(method: Scheme, sides: np.ndarray) -> np.ndarray:
    """How much more rounding than a two-sided difference has."""
    return np.where(sides == 0, 1, ONE_SIDED[method])
