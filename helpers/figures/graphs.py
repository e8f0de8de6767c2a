"""Computational graphs: boxes and arrows, with both passes written on."""

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Literal, SupportsFloat, TypeAlias, get_args

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from helpers.derivatives.core.refusals import public, refusal

Edge = tuple[str, str]
# Strings are written as they are, numbers with three digits.
Label: TypeAlias = str | SupportsFloat
Side = Literal["left", "right"]

# Dark enough to be read as small text on white.
VALUE, DERIVATIVE, TANGENT = "#0072B2", "#B34700", "#00724F"
INK, PALE, RED = "#222222", "#f4f4f4", "#B00020"
LINE_HEIGHT = 13  # points
BARS = Path(
    [(-0.3, -1), (-0.3, 1), (0.3, -1), (0.3, 1)],
    [Path.MOVETO, Path.LINETO, Path.MOVETO, Path.LINETO],
)


@public
def draw_graph(
    nodes: Mapping[str, tuple[float, float]],
    edges: Iterable[Edge],
    *,
    ax: Axes | None = None,
    operations: Collection[str] = (),
    labels: Mapping[str, str] | None = None,
    values: Mapping[str, Label] | None = None,
    derivatives: Mapping[str, Label] | None = None,
    tangents: Mapping[str, Label] | None = None,
    edge_labels: Mapping[Edge, Label] | None = None,
    cuts: Mapping[Edge, str] | None = None,
    bends: Mapping[Edge, float] | None = None,
    thick: Collection[Edge] = (),
    aside: Mapping[str, Side] | None = None,
    key: bool = True,
) -> Axes:
    """Draw a computational graph and write both passes on it.

    Values, computed forward, stand above their node (blue); derivatives of
    the result, computed backward, below it (orange, with an arrow to the
    left); tangents, carried forward, on top (green, with an arrow to the
    right). Numbers are written with three digits, strings as they are.

    Args:
        nodes: name to place (x, y); neighbours about 1 apart.
        edges: pairs of names, each an arrow from the first to the second.
        ax: the axes to draw on. None: new ones of a size that fits.
        operations: the nodes drawn as circles; all others are boxes.
        labels: what to write into a node in place of its name.
        values: what to write above a node.
        derivatives: what to write below a node.
        tangents: what to write above the values.
        edge_labels: what to write in the middle of an arrow.
        cuts: arrows drawn dashed under a red double bar, with a word that
            says what cuts them.
        bends: how far an arrow bends, as a part of its length; to the right
            of its direction when above zero.
        thick: arrows drawn thick.
        aside: nodes whose numbers stand to the "left" or "right" of it, one
            above the other, because arrows leave it upward or downward.
        key: say what is written above and below.

    Returns:
        The axes.

    Raises:
        ValueError: a name is not in nodes, a pair is not in edges, a side
            is neither left nor right, or there are no nodes.

    Example:
        >>> ax = draw_graph(
        ...     {"x": (0, 0), "square": (1, 0), "y": (2, 0)},
        ...     [("x", "square"), ("square", "y")],
        ...     operations=["square"],
        ...     values={"x": 3.0, "y": 9.0},
        ...     derivatives={"x": 6.0, "y": 1.0},
        ... )
        >>> assert "← 6" in [text.get_text() for text in ax.texts]
        >>> plt.close()
    """
    edges = [(start, end) for start, end in edges]
    written = (values, derivatives, tangents)
    marked = (edge_labels, cuts, bends, thick)
    check_places(nodes, edges, [operations, labels, aside, *written], marked)
    sides = {name: side_of(side) for name, side in (aside or {}).items()}
    around = [
        *(
            middle_of(nodes[start], nodes[end], bend)[0]
            for (start, end), bend in (bends or {}).items()
        ),
        *((nodes[name][0] + 0.55 * x, nodes[name][1])
          for name, x in sides.items()),
    ]  # fmt: skip
    rows = sum(map(bool, written))
    ax = framed(ax, [*nodes.values(), *around], rows + (key and rows > 0))
    texts = {**{name: name for name in nodes}, **(labels or {})}
    drawn = {
        name: draw_node(ax, nodes[name], text, name in operations)
        for name, text in texts.items()
    }
    for edge in edges:
        draw_edge(
            ax, edge, drawn, (edge_labels or {}).get(edge),
            (cuts or {}).get(edge), (bends or {}).get(edge), edge in thick,
        )  # fmt: skip
    write_passes(ax, drawn, sides, *written)
    if key:
        add_key(ax, *written)
    return ax


# What the caller asks for


def check_places(
    nodes: Mapping, edges: list, by_node: Iterable, by_edge: Iterable
) -> None:
    """Refuse a name that has no node, and a pair that has no arrow."""
    if not nodes:
        raise refusal("nodes", "none", "a dict of names and places")
    named = [*sum(edges, ()), *(key for each in by_node for key in each or ())]
    for name in named:
        if name not in nodes:
            raise refusal(
                "names of nodes", repr(name), f"one of {', '.join(nodes)}"
            )
    for edge in (key for each in by_edge for key in each or ()):
        if edge not in edges:
            raise refusal("pairs of edges", repr(edge), "a pair from `edges`")


def side_of(side: str) -> int:
    """-1 for left, 1 for right."""
    if side not in get_args(Side):
        raise refusal("a side of a node", repr(side), "'left' or 'right'")
    return 1 if side == "right" else -1


def as_text(value: Label) -> str:
    """Strings as they are, numbers with three digits and a true minus."""
    if isinstance(value, str):
        return value
    return f"{float(value):.3g}".replace("-", "−")


# The parts of the picture


def framed(
    ax: Axes | None, places: list[tuple[float, float]], rows: int
) -> Axes:
    """Axes without ticks that hold all places, one unit as wide as high."""
    across, up = zip(*places, strict=True)
    width = max(across) - min(across) + 0.9
    height = max(up) - min(up) + 0.7
    if ax is None:
        inches = min(6.4, 1.3 * width)
        tall = inches * height / width + rows * LINE_HEIGHT / 50
        ax = plt.subplots(figsize=(inches, max(0.9, tall)))[1]
    ax.set_xlim(min(across) - 0.45, max(across) + 0.45)
    ax.set_ylim(min(up) - 0.35, max(up) + 0.35)
    ax.set_aspect("equal")
    ax.axis("off")
    return ax


def draw_node(
    ax: Axes, place: tuple[float, float], text: str, is_operation: bool
) -> Text:
    shape = "circle, pad=0.3" if is_operation else "round, pad=0.4"
    # Drawn before the arrows, which end at the box as it was last drawn.
    return ax.text(
        *place, text, ha="center", va="center", color=INK, zorder=2,
        bbox={
            "boxstyle": shape, "edgecolor": INK, "linewidth": 1.2,
            "facecolor": "white" if is_operation else PALE,
        },
    )  # fmt: skip


def draw_edge(
    ax: Axes, edge: Edge, drawn: Mapping[str, Text],
    label: Label | None, word: str | None, bend: float | None, is_thick: bool,
) -> None:  # fmt: skip
    """An arrow from box to box, with its label or its cut in the middle."""
    start, end = (drawn[name] for name in edge)
    ax.annotate(
        "", end.get_position(), start.get_position(),
        arrowprops={
            "arrowstyle": "-|>", "color": "#777777" if word else "#444444",
            "linestyle": "dashed" if word else "solid",
            "linewidth": 2.6 if is_thick else 1.3, "mutation_scale": 13,
            "connectionstyle": f"arc3, rad={bend or 0}",
            "shrinkA": 1, "shrinkB": 1, "patchA": start.get_bbox_patch(),
            "patchB": end.get_bbox_patch(),
        },
    )  # fmt: skip
    middle, along = middle_of(start.get_position(), end.get_position(), bend)
    if label is not None:
        ax.text(
            *middle, as_text(label), ha="center", va="center", fontsize=9,
            color=INK, bbox={"facecolor": "white", "lw": 0, "pad": 1.5},
        )  # fmt: skip
    if word:
        draw_cut(ax, middle, along, word)


def middle_of(
    start: tuple[float, float], end: tuple[float, float], bend: float | None
) -> tuple[tuple[float, float], tuple[float, float]]:
    """The middle of an arrow, and its direction there, of length one."""
    across, up = end[0] - start[0], end[1] - start[1]
    aside, length = (bend or 0) / 2, math.hypot(across, up) or 1
    x = (start[0] + end[0]) / 2 + aside * up
    y = (start[1] + end[1]) / 2 - aside * across
    return (x, y), (across / length, up / length)


def draw_cut(
    ax: Axes, middle: tuple[float, float], along: tuple[float, float],
    word: str,
) -> None:  # fmt: skip
    """A double bar across an arrow; above or right of it, what cuts it."""
    x, y = along
    points = 18
    turn = Affine2D().rotate(math.atan2(y, x))
    gap = MarkerStyle("s", transform=turn)
    bars = MarkerStyle(BARS, transform=turn)
    ax.plot(*middle, marker=gap, ms=6, color="white", zorder=5)
    ax.plot(*middle, marker=bars, ms=20, mec=RED, mew=2.4, zorder=6)
    is_level = abs(y) < 0.2
    right = 0 if is_level else abs(y) * points
    above = points - 4 if is_level else math.copysign(x * points, -y * x)
    ax.annotate(
        word, middle, (right, above), textcoords="offset points",
        ha="center" if is_level else "left", zorder=6, color=RED,
        va="bottom" if is_level else "center", fontsize=9, fontweight="bold",
    )  # fmt: skip


# What is written on it


def write_passes(
    ax: Axes, drawn: Mapping[str, Text], sides: Mapping[str, int],
    values: Mapping | None, derivatives: Mapping | None,
    tangents: Mapping | None,
) -> None:  # fmt: skip
    """Values above, derivatives below, tangents on top of the values."""
    for name, value in (values or {}).items():
        write(ax, drawn[name], as_text(value), VALUE, 1, sides.get(name, 0))
    for name, value in (derivatives or {}).items():
        text = f"← {as_text(value)}"
        write(ax, drawn[name], text, DERIVATIVE, -1, sides.get(name, 0))
    for name, value in (tangents or {}).items():
        row = 2 if name in (values or {}) else 1
        text = f"→ {as_text(value)}"
        write(ax, drawn[name], text, TANGENT, row, sides.get(name, 0))


def write(
    ax: Axes, node: Text, text: str, color: str, row: int, side: int
) -> None:
    """A row of text: 1 and 2 above a node, -1 below it; or beside it."""
    up = 1 if row > 0 else -1
    lines = node.get_text().count("\n") + 1
    away = 4 + (lines + 1) * LINE_HEIGHT / 2 + (abs(row) - 1) * LINE_HEIGHT
    beside = LINE_HEIGHT * (abs(row) - 1) + 1
    ax.annotate(
        text, node.get_position(),
        (side * LINE_HEIGHT * 1.3, up * (beside if side else away)),
        color=color, zorder=5, textcoords="offset points", fontsize=10,
        ha={-1: "right", 0: "center", 1: "left"}[side],
        va="bottom" if up > 0 else "top",
        bbox={"facecolor": "white", "lw": 0, "pad": 0.8},
    )  # fmt: skip


def add_key(ax: Axes, *written: Mapping | None) -> None:
    """One line below the graph that says what the colours are."""
    meanings = ("value", "← derivative of the result", "→ tangent")
    entries = [
        (meaning, color)
        for meaning, color, given in zip(
            meanings, (VALUE, DERIVATIVE, TANGENT), written, strict=True
        )
        if given
    ]
    if entries:
        ax.legend(
            [Line2D([], [], linestyle="") for _ in entries],
            [meaning for meaning, _ in entries],
            labelcolor=[color for _, color in entries],
            handlelength=0, handletextpad=0, ncols=len(entries),
            loc="upper center", bbox_to_anchor=(0.5, 0),
        )  # fmt: skip
