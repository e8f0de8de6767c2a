"""Differences that know how far they can be trusted, entry by entry."""

from dataclasses import dataclass

import numpy as np

from helpers.derivatives.difference_bounds import Room
from helpers.derivatives.difference_schemes import (
    SIZES,
    Scheme,
    amplification,
    derivatives,
    offsets_of,
    one_sided,
)
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
        steps: the step of each, of the same shape.
    """

    slopes: np.ndarray
    errors: np.ndarray
    reach: np.ndarray
    flat: np.ndarray
    steps: np.ndarray


def estimate(
    values: Evaluator,
    k: int,
    method: Scheme = "central",
    epsilon: float | None = None,
    *,
    step: np.ndarray | None = None,
    noise: float | None = None,
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
        step: the step of each entry of the leaf; then it is not changed.
        noise: how much y differs from call to call; None: measured.
    """
    x = values.leaves[k]
    epsilon = epsilon or machine_epsilon(x, *values.ys)
    epsilon = max(epsilon, relative(noise, values))
    steps = usual_steps(x, epsilon, method) if step is None else step
    with np.errstate(all="ignore"):
        columns, rounding = two_sizes(
            values, k, method, Precision(epsilon, noise), steps
        )
        doubts = [doubtful(column, epsilon) for column in columns]
        rows = [d.any(axis=tuple(range(1, d.ndim))) for d in doubts]
        which = np.flatnonzero(np.logical_or.reduce(rows))
        if len(which) and step is None:
            better = many_sizes(values, k, which, epsilon, rounding)
            for column, doubt, new in zip(
                columns, doubts, better, strict=True
            ):
                column.improve(which, doubt, new)
    return [
        column.estimate(values, x, y)
        for column, y in zip(columns, values.ys, strict=True)
    ]


@dataclass
class Precision:
    """The relative error of y, and its absolute noise if that was told."""

    epsilon: float
    noise: float | None


def relative(noise: float | None, values: Evaluator) -> float:
    """The noise relative to the largest y, at most one half."""
    if noise is None:
        return 0.0
    sizes = [np.abs(y[np.isfinite(y)]).max(initial=0) for y in values.ys]
    return min(0.5, noise / (float(max(sizes)) or 1.0))


class Columns:
    """Slopes of one y by the entries of a leaf: (entries, *y.shape).

    Args:
        slopes: the derivatives.
        gaps: how far those over half of the step are from them.
        doubts: the same, or the distance to what one side says.
        noise: what the rounding of y may have done to them.
        steps: the step of each.
    """

    def __init__(
        self,
        slopes: np.ndarray,
        gaps: np.ndarray,
        doubts: np.ndarray,
        noise: np.ndarray,
        steps: np.ndarray,
    ) -> None:
        self.slopes, self.gaps, self.noise = slopes, doubts, noise
        self.steps = np.broadcast_to(steps, slopes.shape).copy()
        self.errors = 2 * np.where(agreeing(self), gaps, doubts) + noise
        self.errors[np.isnan(self.errors)] = np.inf
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
        slopes = np.where(take, new.slopes, self.slopes[which])
        errors = np.where(take, new.errors, self.errors[which])
        errors[doubt[which] & disagree & ~surer] = np.inf
        # A change of no digit says: less than rounding over the largest step.
        still = doubt[which] & new.flat & np.isfinite(new.least)
        slopes[still], errors[still] = 0, new.least[still]
        self.slopes[which], self.errors[which] = slopes, errors
        self.flat[which] = still
        self.steps[which] = np.where(take, new.steps, self.steps[which])
        reach = np.fmax(new.reach, np.abs(slopes))
        self.reach[which] = np.fmax(self.reach[which], reach)

    def estimate(
        self, values: Evaluator, x: np.ndarray, y: np.ndarray
    ) -> Estimate:
        parts = (self.slopes, self.errors, self.reach, self.flat, self.steps)
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
    values: Evaluator,
    k: int,
    method: Scheme,
    precision: Precision,
    steps: np.ndarray,
) -> tuple[list[Columns], list[np.ndarray]]:
    """Derivatives over the steps and half of them; the rounding of y."""
    entries = values.entries(k)
    steps, sides = values.room(k).placed(
        entries, entries_of(steps, batched=values.batched)
    )
    offsets = offsets_of(method, SIZES[method] + 1, sides, entries.dtype)
    moved, points = moved_entries(values, k, steps, offsets)
    close = close_points(values.leaves[k], values.rooms[k])
    if precision.noise is not None:
        close = close[: int(values.batched)]
    found, near = sampled(values, k, moved, points, close)
    # The first close point is x itself. In another call, with another
    # number of samples, y might be rounded in another way.
    bases = [
        each[0] if len(each) else y
        for each, y in zip(near, values.ys, strict=True)
    ]
    columns, rounding = [], []
    for y, each, base in zip(found, near, bases, strict=True):
        at = [(y[:, i], moved[:, i]) for i in range(moved.shape[1])]
        rounding.append(rounding_of(each, base, precision))
        columns.append(
            compared(method, at, (base, entries), rounding[-1], sides, steps)
        )
    return columns, rounding


def compared(
    method: Scheme,
    at: list[tuple],
    still: tuple,
    rounding: np.ndarray,
    sides: np.ndarray,
    steps: np.ndarray,
) -> Columns:
    """The slopes of a method, and how far two sizes are apart.

    A derivative is compared with that over half the step, and with the
    one-sided one of second order, which also sees what is even around x.
    """
    wide, half = derivatives(method, at, still, sides)
    size = expanded(steps.astype("f8"), wide)
    noise = SPREAD * rounding / size
    noise = noise * expanded(amplification(method, sides), wide)
    gaps = np.abs(wide - half)
    if method == "forward":
        # Twice the gap is the whole error of first order: leave some room.
        return Columns(wide, 1.5 * gaps, gaps, noise, size)
    doubts = np.maximum(gaps, np.abs(one_sided(at, still) - half))
    # The one-sided error of Richardson's is of a lower order than its own.
    near = gaps if method == "richardson" else doubts
    return Columns(wide, near, doubts, noise, size)


def close_points(x: np.ndarray, room: Room) -> list[np.ndarray]:
    """Points on a line, a few units in the last place of x apart."""
    random = np.random.default_rng(0)
    units = random.choice([-3, -2, -1, 1, 2, 3], x.shape)
    units = (units * np.spacing(np.abs(x))).astype(x.dtype)
    units = room.inward(x, NOISE_POINTS * units) / x.dtype.type(NOISE_POINTS)
    return [
        room.kept((x + number * units).astype(x.dtype))
        for number in range(NOISE_POINTS)
    ]


def rounding_of(
    near: np.ndarray, y: np.ndarray, precision: Precision
) -> np.ndarray:
    """The rounding of y, from third differences over close points.

    Over so short a way f is straight, and what is left is rounding. It is at
    least half a unit in the last place of y. A noise that was told is taken
    in its place.
    """
    if precision.noise is not None:
        return np.full(y.shape, precision.noise)
    wide = "c16" if np.iscomplexobj(y) else "f8"
    least = 0.5 * precision.epsilon * np.abs(y.astype(wide))
    third = np.abs(np.diff(near.astype(wide), 3, axis=0))
    return np.fmax(np.sqrt(0.05 * (third**2).mean(axis=0)), least)


def many_sizes(
    values: Evaluator,
    k: int,
    which: np.ndarray,
    epsilon: float,
    rounding: list[np.ndarray],
) -> list["Best"]:
    """The best central differences among many sizes, smallest first."""
    entries, room = values.entries(k)[which], values.room(k)
    room = Room(room.low[which], room.high[which])
    shape = entries.shape[:1]
    best = [Best(shape + y.shape, noise) for y, noise in
            zip(values.ys, rounding, strict=True)]  # fmt: skip
    for steps in step_ladder(entries, epsilon):
        steps[steps > room.widest(entries)] = np.nan
        steps, sides = room.placed(entries, steps)
        offsets = offsets_of("central", 1, sides, entries.dtype)
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
            each.add(at, (base[0], entries), steps, sides)
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
        self.steps = np.full(shape, np.nan)
        self.reach = np.zeros(shape)
        self.flat = np.ones(shape, bool)
        self.open = np.ones(shape, bool)
        self.last: tuple | None = None

    def add(
        self,
        at: list[tuple],
        still: tuple,
        sizes: np.ndarray,
        sides: np.ndarray,
    ) -> None:
        """Weigh the differences over a step larger than all before."""
        slopes = derivatives("central", at, still, sides)[0]
        steps = expanded(sizes.astype("f8"), slopes)
        factor = expanded(amplification("central", sides), slopes)
        noise = SPREAD * factor * self.rounding / steps
        changed = (at[0][0] != still[0]) | (at[1][0] != still[0])
        ahead = expanded(np.where(sides < 0, -1, 1), slopes) * steps
        now = (slopes, rate(at[0], still), ahead)
        if self.last is not None:
            self.choose(slopes, self.doubled(now, noise, changed), steps)
        seen = np.isfinite(slopes) & np.isfinite(steps)
        self.least = np.where(seen, noise, self.least)
        self.flat &= ~(changed & seen)
        self.look(seen, rate(at[0], still), rate(at[1], still))
        self.last = now

    def doubled(
        self, now: tuple, noise: np.ndarray, changed: np.ndarray
    ) -> np.ndarray:
        """Errors, twice as careful as with two sizes: of many, the best.

        No digit changed: that says something only where none is lost.
        """
        errors = 4 * self.gaps(*now) + 2 * noise
        return np.where(changed | (self.rounding == 0), errors, np.inf)

    def look(
        self, seen: np.ndarray, ahead: np.ndarray, behind: np.ndarray
    ) -> None:
        """Note how steep f is over this step, on both sides."""
        far = np.fmax(np.abs(ahead), np.abs(behind))
        known = seen & np.isfinite(far)
        self.reach = np.where(known, far, self.reach)

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

    def choose(
        self, slopes: np.ndarray, errors: np.ndarray, steps: np.ndarray
    ) -> None:
        errors = np.where(np.isnan(errors), np.inf, errors)
        known = np.isfinite(errors)
        first = ~np.isfinite(self.errors)
        near = np.abs(slopes - self.slopes) <= errors + self.errors
        self.open &= first | near | ~known
        take = self.open & known & (first | (errors < self.errors))
        self.slopes = np.where(take, slopes, self.slopes)
        self.errors = np.where(take, errors, self.errors)
        self.steps = np.where(take, steps, self.steps)
