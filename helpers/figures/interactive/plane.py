"""The Jacobian explorer: a point that moves through a map of the plane."""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from helpers.derivatives.core.refusals import public
from helpers.derivatives.core.types import Function
from helpers.derivatives.jacobians import jacobian
from helpers.figures.bent_grid import check_plane
from helpers.figures.interactive.stage import (
    Interactive,
    Slider,
    Stage,
    fixed,
    points,
)

STEPS, SIDE = 13, 4  # positions on each axis; the square, in positions
SIZE, GAP, TOP, FOOT = 164.0, 28.0, 18.0, 74.0
# The rim of the square, with the middles of its sides.
RIM = [(0, 0), (2, 0), (4, 0), (4, 2), (4, 4), (2, 4), (0, 4), (0, 2)]
TRY = (
    "Try: drag the point, or move the sliders, and watch the two columns of"
    " J. Where is the parallelogram largest, and what does det J say there?"
)


@public
def explore_map(
    f: Function, *, middle: ArrayLike = (0.0, 0.0), reach: float = 1.0
) -> Interactive:
    """Move a point through a map of the plane, and see its Jacobian.

    Left, the plane before f: a grid, and a square whose corner is the
    point. Right, after f: the bent grid, the image of the square (filled),
    and the two columns of the Jacobian, which span the parallelogram.

    Args:
        f: function of one point, shape (2,) to shape (2,).
        middle: the middle of the grid, shape (2,).
        reach: how far the point can move from there, along each axis.

    Returns:
        The figure, with two sliders and a point that can be dragged.

    Raises:
        ValueError: middle or f(middle) is not of shape (2,).

    Example:
        >>> figure = explore_map(lambda x: x * [2.0, 1.0])
        >>> assert "det J = 2.00" in figure.html
    """
    centre = tf.convert_to_tensor(middle, tf.float64)
    check_plane(centre.shape, "middle")
    check_plane(f(centre).shape, "f(middle)")
    ticks = np.linspace(-reach, reach, STEPS)
    ticks = np.append(ticks, [ticks[-1] + k * (ticks[1] - ticks[0])
                              for k in range(1, SIDE + 1)])  # fmt: skip
    before = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), -1)
    before = before + np.asarray(centre)
    after, tables = f_and_jacobians(f, before)
    return drawn(before, after, tables)


def f_and_jacobians(
    f: Function, places: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """f and its Jacobian at each place, computed by TensorFlow."""
    of_f = jacobian(f)
    flat = tf.constant(places.reshape(-1, 2))
    after = np.array([f(place) for place in flat])
    tables = np.array([of_f(place) for place in flat])
    return after.reshape(places.shape), tables.reshape(*places.shape, 2)


class Frame:
    """One panel: places of the plane to coordinates of the picture."""

    def __init__(self, places: np.ndarray, left: float) -> None:
        flat = places.reshape(-1, 2)
        low, high = flat.min(0), flat.max(0)
        self.scale = SIZE / float((high - low).max())
        spare = (SIZE - self.scale * (high - low)) / 2
        self.origin = np.array([left + spare[0], TOP + SIZE - spare[1]])
        self.low = low

    def __call__(self, places: np.ndarray) -> np.ndarray:
        moved = self.scale * (places - self.low) * [1, -1]
        return np.asarray(self.origin + moved)


def drawn(
    before: np.ndarray, after: np.ndarray, tables: np.ndarray
) -> Interactive:
    left, right = Frame(before, 1.0), Frame(after, SIZE + GAP)
    names = [
        [f"{fixed(x)}" for x in before[:STEPS, 0, 0]],
        [f"{fixed(x)}" for x in before[0, :STEPS, 1]],
    ]
    start = STEPS // 2
    sliders = [Slider(f"x[{axis}]", names[axis], start) for axis in range(2)]
    table = columns(left, right, before, after, tables)
    stage = Stage(2 * SIZE + GAP + 1, TOP + SIZE + FOOT, table, sliders)
    side = float(before[SIDE, 0, 0] - before[0, 0, 0])
    draw_before(stage, left, before, side)
    draw_after(stage, right, after, side)
    draw_matrix(stage)
    return stage.finish(
        alt="Left, a straight grid with a small square at a movable point. "
        "Right, the same grid bent by the map, with the filled image of the "
        "square and two arrows, the columns of the Jacobian. Below, the "
        "Jacobian as a table of two by two.",
        says="At ({x}, {y}) the columns of J are ({a}, {c}) and ({b}, {d}); "
        "areas are multiplied by {size}.",
        caption=TRY,
    )


def columns(
    left: Frame, right: Frame, before: np.ndarray, after: np.ndarray,
    tables: np.ndarray,
) -> dict[str, list[str]]:  # fmt: skip
    """One row for each place of the point."""
    at = [(i, j) for i in range(STEPS) for j in range(STEPS)]
    table = {
        "x": [fixed(before[k][0]) for k in at],
        "y": [fixed(before[k][1]) for k in at],
        "from": [points([left(before[k])]).replace(",", " ") for k in at],
        "to": [points([right(after[k])]).replace(",", " ") for k in at],
        "rim": [points(right(rim(after, *k))) for k in at],
        "det": [fixed(np.linalg.det(tables[k])) for k in at],
        "size": [fixed(abs(np.linalg.det(tables[k]))) for k in at],
    }
    for name, entry in zip("abcd", np.ndindex(2, 2), strict=True):
        table[name] = [fixed(tables[k][entry]) for k in at]
    return table


def rim(after: np.ndarray, i: int, j: int) -> np.ndarray:
    """The image of the rim of the square with its corner at i, j."""
    return np.array([after[i + p, j + q] for p, q in RIM])


def lines(frame: Frame, places: np.ndarray) -> Iterator[str]:
    """Every second line of the grid, both ways."""
    for grid in (places, places.swapaxes(0, 1)):
        for line in grid[::2]:
            yield points(frame(line))


def draw_before(
    stage: Stage, frame: Frame, before: np.ndarray, side: float
) -> None:
    width = side * frame.scale
    stage.draw("text", "before: x", x=1 + SIZE / 2, y=11)
    for line in lines(frame, before):
        stage.draw("polyline", points=line, class_="grid")
    square = f"M0 0h{width:.1f}v{-width:.1f}h{-width:.1f}z"
    stage.draw("path", d=square, class_="soft", transform="translate({from})")
    draw_point(stage, "{from}")
    step = width / SIDE
    x, y = frame(before[0, STEPS - 1])
    stage.draw(
        "rect", x=f"{x - step / 2:.1f}", y=f"{y - step / 2:.1f}",
        width=f"{STEPS * step:.1f}", height=f"{STEPS * step:.1f}",
        class_="pad", data_pad="",
    )  # fmt: skip


def draw_after(
    stage: Stage, frame: Frame, after: np.ndarray, side: float
) -> None:
    stage.draw("text", "after: y = f(x)", x=SIZE * 1.5 + GAP, y=11)
    for line in lines(frame, after):
        stage.draw("polyline", points=line, class_="grid")
    stage.draw("polygon", points="{rim}", class_="soft")
    scale = side * frame.scale
    thin = {"vector_effect": "non-scaling-stroke"}
    arrows = [
        stage.part("path", d=path, class_=look, **thin)
        for path, look in (
            ("M{b} {d}l{a} {c}M{a} {c}l{b} {d}", "line dashed"),
            ("M0 0L{a} {c}", "go-forward"),
            ("M0 0L{b} {d}", "go-back dashed"),
        )
    ]
    place = f"translate({{to}}) scale({scale:.1f} {-scale:.1f})"
    stage.parts.append(stage.part("g", raw="".join(arrows), transform=place))
    draw_point(stage, "{to}")


def draw_point(stage: Stage, place: str) -> None:
    stage.draw("circle", r=4, class_="dot", transform=f"translate({place})")


def draw_matrix(stage: Stage) -> None:
    """J as a table, its columns in the colours of the arrows."""
    x, y = SIZE + GAP + 20, TOP + SIZE + 30
    stage.draw("text", "J =", x=x - 4, y=y + 14)
    for sign, at in ((1, x + 14), (-1, x + 106)):
        bracket = f"M{at + 5 * sign} {y - 8}h{-5 * sign}v40h{5 * sign}"
        stage.draw("path", d=bracket, class_="line")
    for name, across, down, look in (
        ("a", 38, 6, "blue"), ("b", 82, 6, "orange"),
        ("c", 38, 26, "blue"), ("d", 82, 26, "orange"),
    ):  # fmt: skip
        stage.draw(
            "text", f"{{{name}}}", x=x + across, y=y + down, class_=look
        )
    stage.draw("text", "det J = {det}", x=SIZE / 2, y=y + 14)
