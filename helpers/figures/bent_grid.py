"""Pictures of a map of the plane and of the linear map that touches it."""

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from helpers.derivatives.core.refusals import public, refusal
from helpers.derivatives.core.types import Function
from helpers.derivatives.jacobians import jacobian

SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], float)
BENT, STRAIGHT, GRID = "#0072B2", "#D55E00", "#b0b0b0"


@public
def plot_bent_grid(
    f: Function, point: ArrayLike, *, side: float = 0.5, reach: float = 1
) -> tuple[Axes, Axes]:
    """Draw a grid and its image, a small square and its parallelogram.

    Left, the plane before f: a grid, a square with its corner at `point`.
    Right, after f: the bent grid, the image of the square (filled), and the
    parallelogram that the Jacobian at `point` makes of the square (dashed);
    its sides are the columns of the Jacobian times `side`.

    Args:
        f: function of one point, shape (2,) to shape (2,).
        point: the corner of the square, shape (2,).
        side: length of the side of the square.
        reach: how far the grid goes from the middle of the square.

    Returns:
        The axes, before and after.

    Raises:
        ValueError: point or f(point) is not of shape (2,).

    Example:
        >>> left, right = plot_bent_grid(lambda x: x * [2, 1], [0.0, 1.0])
        >>> width = np.ptp(right.lines[-1].get_xdata())
        >>> assert np.isclose(width, 2 * 0.5)
        >>> plt.close()
    """
    x = tf.convert_to_tensor(point)
    check_plane(x.shape, "point")
    check_plane(f(x).shape, "f(point)")
    corner = np.asarray(x)
    J = np.asarray(jacobian(f)(x))
    lines = grid_lines(corner + side / 2, reach)
    outline = corner + side * subdivided(SQUARE, 20)
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.2))
    draw_side(left, "x", lines, outline)
    images = [images_of(f, each, x.dtype) for each in (lines, outline)]
    draw_side(right, "y", *images)
    straight = np.asarray(f(x)) + side * SQUARE @ J.T
    right.plot(*straight.T, "--", color=STRAIGHT, linewidth=2.4)
    return left, right


def check_plane(shape: tf.TensorShape, name: str) -> None:
    if shape != (2,):
        raise refusal(
            f"{name} of shape (2,)",
            f"{shape}",
            "a map of the plane, or fix all inputs but two",
        )


def grid_lines(middle: np.ndarray, reach: float) -> np.ndarray:
    """Lines of a square grid, shape (lines, points, 2)."""
    ticks, along = np.linspace(-1, 1, 9), np.linspace(-1, 1, 41)
    across, far = np.meshgrid(ticks, along, indexing="ij")
    upright = np.stack([across, far], axis=-1)
    return middle + reach * np.concatenate([upright, upright[..., ::-1]])


def subdivided(corners: np.ndarray, pieces: int) -> np.ndarray:
    """More points on every straight piece of a path, so that it can bend."""
    places = np.arange((len(corners) - 1) * pieces + 1) / pieces
    knots = np.arange(len(corners))
    return np.stack([np.interp(places, knots, c) for c in corners.T], axis=-1)


def images_of(f: Callable, points: np.ndarray, dtype: tf.DType) -> np.ndarray:
    """f at each of many points, shape (..., 2)."""
    flat = tf.constant(points.reshape(-1, 2), dtype)
    return np.asarray(tf.map_fn(f, flat)).reshape(points.shape)


def draw_side(
    ax: Axes, name: str, lines: np.ndarray, outline: np.ndarray
) -> None:
    for line in lines:
        ax.plot(*line.T, "-", color=GRID, linewidth=0.8)
    ax.fill(*outline.T, color=BENT, alpha=0.35)
    ax.plot(*outline.T, "-", color=BENT, linewidth=1.6)
    ax.plot(*outline[0], "o", color="black")
    ax.set(xlabel=f"{name}[0]", ylabel=f"{name}[1]", aspect="equal")
    ax.locator_params(nbins=5)
