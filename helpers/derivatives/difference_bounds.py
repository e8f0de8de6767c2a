"""Where f is defined: how far each entry of x may move, and to which side."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from helpers.derivatives.core.refusals import refusal
from helpers.derivatives.core.requirements import refuse_mask
from helpers.derivatives.core.types import Structure


@dataclass
class Room:
    """The closed box in which a leaf of x may move.

    Attributes:
        low, high: arrays of the shape and dtype of the leaf, or of the
            entries that move.
    """

    low: np.ndarray
    high: np.ndarray

    def placed(
        self, entries: np.ndarray, steps: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Steps that fit, and where to: 0 both sides, 1 up, -1 down.

        A step that fits on no side becomes the whole way to the further end.
        """
        up, down = self.high - entries, entries - self.low
        both = (steps <= up) & (steps <= down)
        sides = np.where(both, 0, np.where(up >= down, 1, -1))
        fitting = np.minimum(steps, np.maximum(up, down))
        return np.where(both, steps, fitting).astype(steps.dtype), sides

    def widest(self, entries: np.ndarray) -> np.ndarray:
        """The longest way that an entry can go."""
        return np.maximum(self.high - entries, entries - self.low)

    def kept(self, points: np.ndarray) -> np.ndarray:
        """The points, moved back where rounding took them over an end."""
        if np.iscomplexobj(points):
            return points
        return np.minimum(np.maximum(points, self.low), self.high)

    def inward(self, x: np.ndarray, way: np.ndarray) -> np.ndarray:
        """The way, turned round where it would lead out."""
        size = np.abs(way)
        turned = np.where(x + size > self.high, -size, way)
        return np.where(x - size < self.low, size, turned).astype(way.dtype)


def rooms_of(
    bounds: Structure, x: Structure, leaves: list[np.ndarray]
) -> list[Room]:
    """The room of every leaf of x.

    Args:
        bounds: None, or two of these, low and high: a number, or a structure
            like x of numbers or arrays that fit its leaves.
        x, leaves: the point, as a structure and as arrays.
    """
    if bounds is None:
        bounds = (-np.inf, np.inf)
    if not isinstance(bounds, list | tuple) or len(bounds) != 2:
        raise refusal(
            "bounds to be a pair, low and high",
            f"{type(bounds).__name__}",
            "bounds=(0.0, np.inf) for what is not negative",
        )
    lows, highs = (ends(end, x, leaves) for end in bounds)
    rooms = [Room(*pair) for pair in zip(lows, highs, strict=True)]
    for room, leaf in zip(rooms, leaves, strict=True):
        check_inside(room, leaf)
    return rooms


def ends(
    end: Structure, x: Structure, leaves: list[np.ndarray]
) -> Iterable[np.ndarray]:
    """One end of the bounds for every leaf, in its shape and dtype."""
    parts = tf.nest.flatten(end)
    for part in parts:
        refuse_mask(part, "bounds without a mask")
    if np.ndim(end) == 0 and not isinstance(end, dict):
        parts = [end] * len(leaves)
    elif len(leaves) == 1:
        parts = [end[0] if tf.nest.is_nested(x) else end]
    try:
        return [
            np.broadcast_to(np.asarray(part, leaf.dtype), leaf.shape)
            for part, leaf in zip(parts, leaves, strict=True)
        ]
    except (TypeError, ValueError, KeyError) as error:
        raise refusal(
            "each of the bounds to be a number or to have the structure and "
            f"shapes of x, {[leaf.shape for leaf in leaves]}",
            f"one with shapes {[np.shape(part) for part in parts]}",
            "bounds=(0.0, np.inf) for the same everywhere",
        ) from error


def check_inside(room: Room, leaf: np.ndarray) -> None:
    outside = ~((room.low <= leaf) & (leaf <= room.high))
    if outside.any():
        raise refusal(
            "x within the bounds",
            f"{leaf[outside][0]:.6g} outside of {room.low[outside][0]:.6g} "
            f"to {room.high[outside][0]:.6g}",
            "np.clip(x, low, high), or wider bounds",
        )
    still = room.low >= room.high
    if still.any():
        raise refusal(
            "low below high in the bounds",
            f"{room.low[still][0]:.6g} twice",
            "an f of the numbers that can move",
        )
