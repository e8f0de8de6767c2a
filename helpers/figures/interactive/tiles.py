"""Tables of blocks: the lag explorer, and the tiles of a batch."""

import numpy as np
from numpy.typing import ArrayLike

from helpers.derivatives.core.refusals import public, refusal
from helpers.figures.interactive.stage import (
    Interactive,
    Slider,
    Stage,
    Switch,
    fixed,
    shades,
    signs,
)

WIDTH, MARGIN = 360.0, 34.0
# A cell of the square of steps, wide enough for the name of its step.
SIDE = 26.0
# The least width of a number in a table of blocks.
NUMBER = 30.0
TRY_LAGS = (
    "Try: go from the first output step to the last. How far back does each"
    " row reach, and where is it strongest?"
)
TRY_TILES = (
    "Try: switch it on. Which tiles fill, although their output and their"
    " input belong to different samples?"
)


@public
def explore_lags(J: ArrayLike) -> Interactive:
    """Choose an output step of a recurrent layer, see its row of blocks.

    Above, how strongly each step of the input acts on each step of the
    output; below, the numbers of the chosen output step.

    Args:
        J: the Jacobian of one sequence, (steps, units, steps, features).

    Returns:
        The figure, with a slider for the output step.

    Raises:
        ValueError: J has another rank than 4.

    Example:
        >>> J = np.ones([3, 2, 3, 1])
        >>> figure = explore_lags(J)
        >>> assert "h[2] depends on x[0], x[1], x[2]" in figure.html
    """
    J = np.asarray(J)
    if J.ndim != 4:
        raise refusal(
            "J of shape (steps, units, steps, features)",
            J.shape,
            "the Jacobian of one sequence, J[0]",
        )
    steps = [f"h[{t}]" for t in range(len(J))]
    slider = Slider("Output step", steps, len(J) - 1, ("Back", "Forward"))
    top = 18.0 + SIDE * len(J) + 34.0
    count, high = line_of_blocks(J)
    lines = -(-J.shape[2] // count)
    stage = Stage(WIDTH, top + high * lines, lag_table(J), [slider])
    draw_reach(stage, J, SIDE)
    draw_row(stage, J, top)
    return stage.finish(
        alt=f"Above, a square of {J.shape[0]} rows, the output steps, and "
        f"{J.shape[2]} columns, the input steps; each cell is the darker, "
        "the stronger the input acts on the output. A frame marks one row. "
        "Below, the blocks of that row, with their numbers.",
        says="{says}",
        caption=TRY_LAGS,
    )


def lag_table(J: np.ndarray) -> dict[str, list[str]]:
    """One row for each output step."""
    limit = float(np.abs(J).max())
    flat = np.moveaxis(J, 2, 1).reshape(len(J), -1)  # (t, (s, i, k))
    table = {
        "says": [row_says(t, row) for t, row in enumerate(J)],
        "move": [fixed(SIDE * t, 1) for t in range(len(J))],
    }
    for k, column in enumerate(flat.T):
        table[f"v{k}"] = [fixed(v) if v else "0" for v in column]
        table[f"o{k}"] = list(shades(column, limit))
        table[f"c{k}"] = list(signs(column))
    return table


def row_says(t: int, row: np.ndarray) -> str:
    acts = np.any(row != 0, axis=(0, 2))
    seen = ", ".join(f"x[{s}]" for s in np.flatnonzero(acts))
    unseen = ", ".join(f"x[{s}]" for s in np.flatnonzero(~acts))
    text = f"h[{t}] depends on {seen or 'no step'}"
    return f"{text}; exactly zero for {unseen}." if unseen else f"{text}."


def draw_reach(stage: Stage, J: np.ndarray, size: float) -> None:
    """The size of all blocks, and a frame around the chosen row."""
    norms = np.sqrt((J**2).sum(axis=(1, 3)))
    dark = shades(norms, float(norms.max()))
    left = (WIDTH - size * J.shape[2]) / 2
    for (t, s), shade in np.ndenumerate(dark):
        stage.draw(
            "rect", x=left + size * s, y=18 + size * t, width=size - 1,
            height=size - 1, class_="blue-area", fill_opacity=shade,
        )  # fmt: skip
    for t in range(len(J)):
        stage.draw("text", f"h[{t}]", x=left - 18, y=35 + size * t)
    for s in range(J.shape[2]):
        x = left + size * (s + 0.5)
        stage.draw("text", f"x[{s}]", x=x, y=12, class_="small")
    stage.draw(
        "rect", x=left - 1, y=17, width=size * J.shape[2] + 1,
        height=size + 1, class_="frame", transform="translate(0 {move})",
    )  # fmt: skip


def line_of_blocks(J: np.ndarray) -> tuple[int, float]:
    """How many blocks of one row stand side by side, and how high one is.

    A number needs a width of its own; lines are as long as one another.
    """
    _, units, steps, features = J.shape
    side_by_side = int((WIDTH - MARGIN - 2) / (NUMBER * features))
    lines = -(-steps // max(side_by_side, 1))
    return -(-steps // lines), 18.0 * units + 24


def draw_row(stage: Stage, J: np.ndarray, top: float) -> None:
    """The blocks of one output step, number by number."""
    _, units, steps, features = J.shape
    count, high = line_of_blocks(J)
    wide = (WIDTH - MARGIN - 2) / (count * features)
    for s in range(steps):
        left = MARGIN + wide * features * (s % count)
        up = top + high * (s // count)
        middle = left + wide * features / 2
        stage.draw("text", f"by x[{s}]", x=middle, y=up - 6, class_="small")
        for i in range(units):
            for k in range(features):
                number = (s * units + i) * features + k
                place = (left + wide * k, up + 18 * i)
                draw_number(stage, number, *place, wide)
            if s % count == 0:
                stage.draw(
                    "text", f"unit {i}", x=MARGIN / 2, y=up + 13 + 18 * i,
                    class_="small",
                )  # fmt: skip
        stage.draw(
            "rect", x=f"{left:.1f}", y=up, width=f"{wide * features:.1f}",
            height=18 * units, class_="line",
        )  # fmt: skip


def draw_number(
    stage: Stage, number: int, x: float, y: float, wide: float
) -> None:
    stage.draw(
        "rect", x=f"{x:.1f}", y=y, width=f"{wide:.1f}", height=18,
        class_=f"{{c{number}}} half", fill_opacity=f"{{o{number}}}",
    )  # fmt: skip
    stage.draw(
        "text", f"{{v{number}}}", x=f"{x + wide / 2:.1f}", y=y + 13,
        class_="tiny",
    )  # fmt: skip


@public
def explore_tiles(
    off: ArrayLike, on: ArrayLike, *, label: str = "Training mode:"
) -> Interactive:
    """Switch between two Jacobians of a batch, and watch the tiles.

    Row c, column b of the tiles is the block of the outputs of sample c by
    the inputs of sample b.

    Args:
        off, on: full Jacobians (b, outputs, b, inputs) of the same shape.
        label: what the switch turns on.

    Returns:
        The figure, with a checkbox.

    Raises:
        ValueError: the Jacobians are not of one shape (b, o, b, i).

    Example:
        >>> J = np.eye(3).reshape(3, 1, 3, 1)
        >>> figure = explore_tiles(J, J - 1 / 3)
        >>> assert "3 of 9 tiles are filled" in figure.html
    """
    both = [np.asarray(J) for J in (off, on)]
    for J in both:
        if J.ndim != 4 or J.shape[0] != J.shape[2] or J.shape != both[0].shape:
            raise refusal(
                "two Jacobians of shape (b, outputs, b, inputs)",
                " and ".join(str(J.shape) for J in both),
                "jacobian(model)(x) with and without",
            )
    samples, outputs, _, inputs = both[0].shape
    switch = Switch(label)
    side = (WIDTH - MARGIN - 6) / samples
    high = 20.0 + samples * (side * outputs / inputs + 4)
    stage = Stage(WIDTH, high, tile_table(both), [switch])
    for c, b in np.ndindex(samples, samples):
        draw_tile(stage, both[0].shape, c, b, side)
    return stage.finish(
        alt=f"{samples} times {samples} tiles, one row for the outputs and "
        "one column for the inputs of each sample. Orange is above zero, "
        "blue below; the tiles of one sample with itself have a frame.",
        says="{says}",
        caption=TRY_TILES,
    )


def tile_table(both: list[np.ndarray]) -> dict[str, list[str]]:
    """Two rows, off and on; one column for each entry."""
    limit = max(float(np.abs(J).max()) for J in both)
    filled = [np.any(J != 0, axis=(1, 3)) for J in both]
    table = {
        "says": [
            f"{np.sum(tiles)} of {tiles.size} tiles are filled; "
            f"{np.sum(tiles) - np.trace(tiles)} of them join different "
            "samples."
            for tiles in filled
        ]
    }
    for k, pair in enumerate(zip(*(J.ravel() for J in both), strict=True)):
        table[f"o{k}"] = list(shades(pair, limit))
        table[f"c{k}"] = list(signs(pair))
    return table


def draw_tile(
    stage: Stage, shape: tuple[int, ...], c: int, b: int, side: float
) -> None:
    """The entries of one tile, and its frame."""
    _, outputs, _, inputs = shape
    wide = (side - 4) / inputs
    x, y = MARGIN + side * b, 18 + (wide * outputs + 6) * c
    for o, i in np.ndindex(outputs, inputs):
        number = int(np.ravel_multi_index((c, o, b, i), shape))
        stage.draw(
            "rect", x=f"{x + wide * i:.1f}", y=f"{y + wide * o:.1f}",
            width=f"{wide:.1f}", height=f"{wide:.1f}",
            class_=f"{{c{number}}} fills", fill_opacity=f"{{o{number}}}",
        )  # fmt: skip
    stage.draw(
        "rect", x=f"{x:.1f}", y=f"{y:.1f}", width=f"{side - 4:.1f}",
        height=f"{wide * outputs:.1f}",
        class_="frame" if c == b else "grid",
    )  # fmt: skip
    if c == 0:
        middle = x + (side - 4) / 2
        stage.draw("text", f"x of sample {b}", x=f"{middle:.1f}", y=12,
                   class_="small")  # fmt: skip
    if b == 0:
        level = f"{y + wide * outputs / 2 + 3:.1f}"
        stage.draw("text", f"y of {c}", x=MARGIN / 2, y=level, class_="small")
