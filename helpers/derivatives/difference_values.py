"""The values of f at many points near x, whatever f is made of."""

import math
from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np
import tensorflow as tf

from helpers.derivatives.core.refusals import refusal
from helpers.derivatives.core.requirements import (
    refuse_mask,
    refuse_sparse_output,
)
from helpers.derivatives.core.types import Function, Structure
from helpers.derivatives.difference_bounds import Room, rooms_of


class Evaluator:
    """f as a function of a flat list of arrays to a flat list of arrays.

    Attributes:
        x: the structure that f takes.
        leaves: its leaves as arrays of their own, in native byte order.
        structure: what f returned at x.
        ys: its leaves, as arrays of their own.
        batched: whether axis 0 is a batch of independent samples.
        rooms: how far each leaf may move.
        calls: how often f was called.
        points: at how many points it was evaluated; more than calls when
            batched.
    """

    def __init__(
        self,
        f: Function,
        x: Structure,
        *,
        batched: bool,
        bounds: Structure = None,
    ) -> None:
        self.f, self.x, self.batched = f, x, batched
        self.leaves = [own_array(leaf) for leaf in tf.nest.flatten(x)]
        self.numpy = [isinstance(e, np.ndarray) for e in tf.nest.flatten(x)]
        if batched:
            check_samples("x", self.leaves, self.leaves)
        self.rooms = rooms_of(bounds, x, self.leaves)
        self.calls, self.points = 1, 1
        self.structure = f(self.packed(self.leaves))
        self.ys = self.arrays(self.structure)
        if batched:
            check_samples("f(x)", self.ys, self.leaves)

    def entries(self, k: int) -> np.ndarray:
        """The entries of leaf k, as they move."""
        return entries_of(self.leaves[k], batched=self.batched)

    def room(self, k: int) -> Room:
        """How far the entries of leaf k may move."""
        low, high = self.rooms[k].low, self.rooms[k].high
        return Room(
            entries_of(low, batched=self.batched),
            entries_of(high, batched=self.batched),
        )

    def packed(self, leaves: list[np.ndarray]) -> Structure:
        """Leaves like those of x; all are copies, f may change them."""
        copies = [leaf.copy() for leaf in leaves]
        inputs = [
            copy if n else tf.convert_to_tensor(copy)
            for copy, n in zip(copies, self.numpy, strict=True)
        ]
        return tf.nest.pack_sequence_as(self.x, inputs)

    def arrays(self, y: Structure) -> list[np.ndarray]:
        """Copies: f may use the memory of its result again."""
        leaves = tf.nest.flatten(y)
        if not leaves:
            raise refusal(
                "f to return a tensor or a structure of tensors",
                f"an empty {type(y).__name__}",
                "`return` with what depends on x",
                kind=TypeError,
            )
        return [output_array(leaf) for leaf in leaves]

    def at(self, k: int, points: Iterable[np.ndarray]) -> list[np.ndarray]:
        """f with leaf k replaced by each point: (points, *y.shape) per y."""
        if not self.batched:
            found = [self.values(k, point, copies=1) for point in points]
            if not found:
                return [np.zeros((0, *y.shape), y.dtype) for y in self.ys]
            return [np.stack(each) for each in zip(*found, strict=True)]
        points = list(points)
        stacked = self.values(k, np.concatenate(points), len(points))
        return [
            values.reshape(len(points), *y.shape)
            for values, y in zip(stacked, self.ys, strict=True)
        ]

    def values(
        self, k: int, leaf: np.ndarray, copies: int
    ) -> list[np.ndarray]:
        """f at one point, or at that many batches of points in one call."""
        tiled = [np.concatenate([e] * copies) if self.batched else e
                 for e in self.leaves]  # fmt: skip
        tiled[k] = leaf
        self.calls, self.points = self.calls + 1, self.points + copies
        found = self.arrays(self.f(self.packed(tiled)))
        shapes = [
            (copies * y.shape[0], *y.shape[1:]) if self.batched else y.shape
            for y in self.ys
        ]
        if [y.shape for y in found] != shapes:
            raise refusal(
                f"f to return shapes {shapes} near x, as at x",
                f"{[y.shape for y in found]}",
                "batched=False unless f keeps the batch axis, and an f whose "
                "shapes do not depend on the numbers",
            )
        return found


def moved_entries(
    values: Evaluator,
    k: int,
    steps: np.ndarray,
    offsets: np.ndarray,
    which: np.ndarray | None = None,
) -> tuple[np.ndarray, Iterator[np.ndarray]]:
    """Move each entry of leaf k (or those named) by each offset times step.

    Args:
        values: f at the point.
        k: which leaf of x.
        steps: a step per entry that is moved, (entries,) or (entries, b).
        offsets: how many steps, (offsets,) or (offsets, *steps.shape).
        which: the entries that are moved; None for all.

    Returns:
        The entries as they were moved, (entries, offsets), with a last axis
        b when batched, and the points they make of leaf k, one by one.
    """
    x, room = values.leaves[k], values.room(k)
    which = np.arange(len(steps)) if which is None else which
    if offsets.ndim == 1:
        offsets = offsets.reshape(-1, *[1] * steps.ndim)
    moves = np.moveaxis(offsets * steps.astype(offsets.dtype), 0, 1)
    moved = values.entries(k)[which, np.newaxis] + moves
    own = Room(room.low[which, np.newaxis], room.high[which, np.newaxis])
    moved = own.kept(moved)
    return moved, moved_points(x, which, moved, batched=values.batched)


def sampled(
    values: Evaluator,
    k: int,
    moved: np.ndarray,
    points: Iterable[np.ndarray],
    others: Iterable[np.ndarray] = (),
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The values at the points, (entries, offsets, *y.shape), and at others.

    When batched, all of them go through f in one call.
    """
    found = values.at(k, chain(points, others))
    count = moved.shape[0] * moved.shape[1]
    return (
        [y[:count].reshape(moved.shape[:2] + y.shape[1:]) for y in found],
        [y[count:] for y in found],
    )


def moved_points(
    x: np.ndarray, which: np.ndarray, moved: np.ndarray, *, batched: bool
) -> Iterator[np.ndarray]:
    """Copies of x, each with one entry (of every sample) replaced."""
    shape = (len(x), math.prod(x.shape[1:])) if batched else (x.size,)
    for entry, values in zip(which, moved, strict=True):
        for value in values:
            point = x.astype(moved.dtype).reshape(shape)
            point[..., entry] = value
            yield point.reshape(x.shape)


def entries_of(x: np.ndarray, *, batched: bool) -> np.ndarray:
    """The entries that move: (entries,), or (entries, b) when batched."""
    if not batched:
        return x.reshape(-1)
    return x.reshape(len(x), math.prod(x.shape[1:])).T


def rate(left: tuple, right: tuple) -> np.ndarray:
    """The slope between two values of y at two values of an entry."""
    return (left[0] - right[0]) / expanded(left[1] - right[1], left[0])


def expanded(step: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Append axes to a step per entry (and sample) so that it divides y."""
    return step.reshape(step.shape + (1,) * (y.ndim - step.ndim))


def as_block(
    columns: np.ndarray, y: np.ndarray, values: Evaluator, x: np.ndarray
) -> np.ndarray:
    """Columns (entries, *y.shape) as a block of the Jacobian."""
    shape = x.shape[int(values.batched) :]
    return np.moveaxis(columns, 0, -1).reshape(y.shape + shape)


def own_array(leaf: object) -> np.ndarray:
    """A leaf of x as an array of its own, in native byte order."""
    refuse_mask(leaf, "numbers without a mask")
    if tf.is_tensor(leaf) and not hasattr(leaf, "numpy"):
        raise refusal(
            "numbers to move",
            "a symbolic tensor, inside a tf.function",
            "the call outside of tf.function",
            kind=TypeError,
        )
    array = np.asarray(leaf).copy()
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def output_array(leaf: object) -> np.ndarray:
    """A leaf of y as an array of its own, if it holds floating numbers."""
    refuse_sparse_output(leaf)
    refuse_mask(leaf, "f to return numbers without a mask")
    array = np.asarray(leaf).copy()
    if array.dtype == object or array.dtype.kind in "USO":
        raise refusal(
            "f to return tensors, arrays or numbers",
            "None" if leaf is None else f"a {type(leaf).__name__}",
            "`return` with what depends on x",
            kind=TypeError,
        )
    dtype = tf.as_dtype(array.dtype)
    if not (dtype.is_floating or dtype.is_complex):
        raise refusal(
            "f to return floating numbers",
            f"{array.dtype}",
            ".astype(float) on its result",
            kind=TypeError,
        )
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def check_samples(
    what: str, leaves: list[np.ndarray], xs: list[np.ndarray]
) -> None:
    """Raise unless every leaf has the batch axis of the first x."""
    shapes = [leaf.shape for leaf in leaves]
    first = xs[0].shape[:1] if xs else ()
    if first == () or any(shape[:1] != first for shape in shapes):
        raise refusal(
            f"{what} with one common batch axis in front, like x, when "
            "batched=True",
            f"shapes {shapes}",
            "batched=False for y.shape + x.shape",
        )
