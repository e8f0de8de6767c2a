"""Differences that know how far they can be trusted, entry by entry."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from helpers.derivatives.difference_steps import (
    machine_epsilon,
    step_ladder,
    usual_steps,
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

# Two step sizes agree when they differ by less than this, or than rounding.
AGREEMENT = 0.01
# A difference over a step h is uncertain by up to this times (rounding / h).
SPREAD = 6.0
NOISE_POINTS = 8


@dataclass
class Estimate:
    """The derivative of one y by one leaf of x, and its uncertainty.

    Attributes:
        slopes: the derivative, y.shape + x.shape (per sample if batched).
        errors: how far each may be off, of the same shape; inf where no two
            step sizes agree.
        reach: the largest slope seen over any step, of the same shape.
        flat: True where no step changed any digit of y.
    """

    slopes: np.ndarray
    errors: np.ndarray
    reach: np.ndarray
    flat: np.ndarray


def estimate(
    values: Evaluator,
    k: int,
    method: Literal["central", "forward", "richardson"] = "central",
    epsilon: float | None = None,
) -> list[Estimate]:
    """Estimate the derivative of every y by leaf k of x.

    Two step sizes are compared everywhere, and many where these disagree or
    rounding covers what they show.

    Args:
        values: f at the point.
        k: which leaf of x.
        method: what the slopes are computed by where two sizes agree.
        epsilon: ε of the narrowest dtype on the way from x to y, if it is
            known; else that of x and y.
    """
    x = values.leaves[k]
    epsilon = epsilon or machine_epsilon(x, *values.ys)
    with np.errstate(all="ignore"):
        columns, rounding = two_sizes(values, k, method, epsilon)
        doubts = [doubtful(column, epsilon) for column in columns]
        rows = [d.any(axis=tuple(range(1, d.ndim))) for d in doubts]
        which = np.flatnonzero(np.logical_or.reduce(rows))
        if len(which):
            better = many_sizes(values, k, which, epsilon, rounding)
            for column, doubt, new in zip(
                columns, doubts, better, strict=True
            ):
                column.improve(which, doubt, new)
    return [
        column.estimate(values, x, y)
        for column, y in zip(columns, values.ys, strict=True)
    ]


class Columns:
    """Slopes of one y by the entries of a leaf: (entries, *y.shape)."""

    def __init__(
        self, slopes: np.ndarray, gaps: np.ndarray, noise: np.ndarray
    ) -> None:
        self.slopes, self.gaps, self.noise = slopes, gaps, noise
        self.errors = 2 * gaps + noise
        self.reach = np.where(np.isfinite(slopes), np.abs(slopes), 0)
        self.flat = np.zeros(slopes.shape, bool)

    def improve(
        self, which: np.ndarray, doubt: np.ndarray, new: "Best"
    ) -> None:
        """Take over what many sizes say, where two sizes left a doubt."""
        unmoved = (self.slopes == 0) & (self.gaps == 0) & (self.noise > 0)
        disagree = (unmoved | ~agreeing(self))[which]
        surer = np.isfinite(new.errors) & (
            disagree | (new.errors < self.errors[which])
        )
        take = doubt[which] & surer
        slopes, errors = self.slopes[which], self.errors[which]
        slopes[take] = new.slopes[take]
        errors[take] = new.errors[take]
        errors[doubt[which] & disagree & ~surer] = np.inf
        # A change of no digit says: less than rounding over the largest step.
        still = doubt[which] & new.flat & np.isfinite(new.least)
        slopes[still], errors[still] = 0, new.least[still]
        self.slopes[which], self.errors[which] = slopes, errors
        self.flat[which] = still
        reach = np.fmax(new.reach, np.abs(slopes))
        self.reach[which] = np.fmax(self.reach[which], reach)

    def estimate(
        self, values: Evaluator, x: np.ndarray, y: np.ndarray
    ) -> Estimate:
        parts = (self.slopes, self.errors, self.reach, self.flat)
        return Estimate(*(as_block(part, y, values, x) for part in parts))


def agreeing(columns: Columns) -> np.ndarray:
    # The one-sided difference has thrice the rounding of the central one.
    allowed = AGREEMENT * np.abs(columns.slopes) + 3 * columns.noise
    return np.isfinite(columns.gaps) & (columns.gaps <= allowed)


def doubtful(columns: Columns, epsilon: float) -> np.ndarray:
    """Where two sizes disagree, or rounding covers the slopes of a row."""
    largest = np.abs(columns.slopes).max(axis=0, initial=0)
    covered = columns.noise > resolution(epsilon) * largest
    return ~agreeing(columns) | covered


def resolution(epsilon: float) -> float:
    """What part of the largest slope of a row differences must resolve."""
    return epsilon**0.25


def two_sizes(
    values: Evaluator, k: int, method: str, epsilon: float
) -> tuple[list[Columns], list[np.ndarray]]:
    """Differences over the usual step and half of it; the rounding of y."""
    entries = entries_of(values.leaves[k], batched=values.batched)
    steps = usual_steps(entries, epsilon, method)
    offsets = (1, 0.5) if method == "forward" else (1, 0.5, -1, -0.5)
    moved, points = moved_entries(
        values, k, steps, np.array(offsets, entries.dtype)
    )
    close = close_points(values.leaves[k])
    found, near = sampled(values, k, moved, points, close)
    rounding = [
        rounding_of(each, y, epsilon)
        for each, y in zip(near, values.ys, strict=True)
    ]
    columns = []
    # The first close point is x itself. In another call, with another
    # number of samples, y might be rounded in another way.
    bases = [each[0] for each in near]
    for y, base, noise in zip(found, bases, rounding, strict=True):
        at = [(y[:, i], moved[:, i]) for i in range(len(offsets))]
        slopes, gaps = combined(method, at, (base, entries))
        noise = SPREAD * noise / expanded(steps.astype("f8"), slopes)
        columns.append(Columns(slopes, gaps, noise))
    return columns, rounding


def combined(
    method: str, at: list[tuple], still: tuple
) -> tuple[np.ndarray, np.ndarray]:
    """The slopes of a method, and how far two sizes are apart.

    A central difference is compared with that over half the step, and with
    the one-sided difference of second order, which also sees what is even
    around x.
    """
    forward = rate(at[0], still), rate(at[1], still)
    if method == "forward":
        return forward[0], np.abs(forward[0] - forward[1])
    wide, half = rate(at[0], at[2]), rate(at[1], at[3])
    one_sided = 2 * forward[1] - forward[0]
    gaps = np.maximum(np.abs(wide - half), np.abs(one_sided - half))
    return (4 * half - wide) / 3 if method == "richardson" else wide, gaps


def close_points(x: np.ndarray) -> list[np.ndarray]:
    """Points on a line, a few units in the last place of x apart."""
    random = np.random.default_rng(0)
    units = random.choice([-3, -2, -1, 1, 2, 3], x.shape)
    units = (units * np.spacing(np.abs(x))).astype(x.dtype)
    return [
        (x + number * units).astype(x.dtype) for number in range(NOISE_POINTS)
    ]


def rounding_of(near: np.ndarray, y: np.ndarray, epsilon: float) -> np.ndarray:
    """The rounding of y, from third differences over close points.

    Over so short a way f is straight, and what is left is rounding. It is at
    least half a unit in the last place of y.
    """
    wide = "c16" if np.iscomplexobj(y) else "f8"
    third = np.abs(np.diff(near.astype(wide), 3, axis=0))
    size = np.sqrt(0.05 * (third**2).mean(axis=0))
    return np.fmax(size, 0.5 * epsilon * np.abs(y.astype(wide)))


def many_sizes(
    values: Evaluator,
    k: int,
    which: np.ndarray,
    epsilon: float,
    rounding: list[np.ndarray],
) -> list["Best"]:
    """The best central differences among many sizes, smallest first."""
    entries = entries_of(values.leaves[k], batched=values.batched)[which]
    shape = entries.shape[:1]
    best = [Best(shape + y.shape, noise) for y, noise in
            zip(values.ys, rounding, strict=True)]  # fmt: skip
    offsets = np.array([1, -1], entries.dtype)
    for steps in step_ladder(entries, epsilon):
        try:
            moved, points = moved_entries(
                values, k, np.nan_to_num(steps), offsets, which
            )
            found, bases = sampled(
                values, k, moved, points, [values.leaves[k]]
            )
        except Exception:  # So far away f may not be defined.
            break
        for each, y, base in zip(best, found, bases, strict=True):
            at = [(y[:, i], moved[:, i]) for i in range(2)]
            each.add(at, (base[0], entries), expanded(steps, y[:, 0]))
    return best


class Best:
    """The surest difference so far, while steps grow.

    A larger step is taken when its error is smaller and it contradicts no
    smaller one: beyond the first contradiction f varies within the step.
    """

    def __init__(self, shape: tuple[int, ...], rounding: np.ndarray) -> None:
        self.rounding = rounding
        self.slopes = np.full(shape, np.nan)
        self.errors = np.full(shape, np.inf)
        self.least = np.full(shape, np.inf)
        self.reach = np.zeros(shape)
        self.flat = np.ones(shape, bool)
        self.open = np.ones(shape, bool)
        self.last: tuple | None = None

    def add(self, at: list[tuple], still: tuple, steps: np.ndarray) -> None:
        """Weigh the differences over a step larger than all before."""
        slopes, steps = rate(at[0], at[1]), steps.astype("f8")
        forward, backward = rate(at[0], still), rate(at[1], still)
        noise = SPREAD * self.rounding / steps
        changed = (at[0][0] != still[0]) | (at[1][0] != still[0])
        if self.last is not None:
            # Twice as careful as with two sizes: the best of many is taken.
            errors = 4 * self.gaps(slopes, forward, steps) + 2 * noise
            # No digit changed: that says something only where none is lost.
            told = changed | (self.rounding == 0)
            self.choose(slopes, np.where(told, errors, np.inf))
        seen = np.isfinite(slopes) & np.isfinite(steps)
        self.flat &= ~(changed & seen)
        self.least = np.where(seen, noise, self.least)
        far = np.where(
            seen, np.fmax(np.abs(forward), np.abs(backward)), np.inf
        )
        self.reach = np.where(np.isfinite(far), far, self.reach)
        self.last = (slopes, forward, steps)

    def gaps(
        self, slopes: np.ndarray, forward: np.ndarray, steps: np.ndarray
    ) -> np.ndarray:
        """How far this step and the one before are apart."""
        assert self.last is not None
        smaller, near, before = self.last
        one_sided = (steps * near - before * forward) / (steps - before)
        return np.maximum(
            np.abs(slopes - smaller), np.abs(one_sided - smaller)
        )

    def choose(self, slopes: np.ndarray, errors: np.ndarray) -> None:
        errors = np.where(np.isnan(errors), np.inf, errors)
        known = np.isfinite(errors)
        first = ~np.isfinite(self.errors)
        near = np.abs(slopes - self.slopes) <= errors + self.errors
        self.open &= first | near | ~known
        take = self.open & known & (first | (errors < self.errors))
        self.slopes = np.where(take, slopes, self.slopes)
        self.errors = np.where(take, errors, self.errors)
