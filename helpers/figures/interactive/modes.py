"""Forward or reverse: what a whole Jacobian costs in each mode."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from helpers.derivatives.core.refusals import public, refusal
from helpers.figures.interactive.stage import (
    Interactive,
    Slider,
    Stage,
    fixed,
)

SIZES = (1, 3, 10, 30, 100, 300, 1000, 3000)
# Griewank and Walther: one pass costs at most this many evaluations of f.
WORK = {"forward": 2.5, "reverse": 4.0}
LEFT, WIDE, HIGH = 96.0, 180.0, 16.0
TRY = (
    "Try: take a loss, with 3000 inputs and 1 output; then a curve, with 1"
    " input. Who wins? Then change the length: whose memory grows?"
)


@public
def explore_modes(
    memory: Mapping[int, tuple[float, float]],
    *,
    sizes: Sequence[int] = SIZES,
) -> Interactive:
    """Set inputs n and outputs m, see the price of each mode.

    Work is counted in evaluations of f: n forward passes of at most 2.5,
    or m reverse passes of at most 4. Memory is what you have measured.

    Args:
        memory: length of the calculation to the megabytes of one forward
            and of one reverse pass.
        sizes: the numbers of inputs and outputs to choose from.

    Returns:
        The figure, with three sliders.

    Raises:
        ValueError: no memory is given.

    Example:
        >>> figure = explore_modes({1: (16, 16), 20: (24, 168)})
        >>> assert "40 × f" in figure.html
    """
    if not memory:
        raise refusal("memory", "none", "a dict of length to megabytes")
    names = [str(size) for size in sizes]
    sliders = [
        Slider("Inputs n", names, len(sizes) // 2),
        Slider("Outputs m", names, len(sizes) // 4),
        Slider("Length", [str(k) for k in memory], len(memory) - 1),
    ]
    stage = Stage(360, 184, price_table(memory, sizes), sliders)
    title = "work, at most, in evaluations of f (logarithmic)"
    draw_bars(stage, 30, "work", title, " × f")
    title = "memory of one pass, in megabytes"
    draw_bars(stage, 116, "memory", title, " MB")
    return stage.finish(
        alt="Two pairs of bars. Above, the work of a whole Jacobian, forward "
        "and reverse; below, the memory of one pass, forward and reverse.",
        says="{better} has less work: {n} forward passes (columns) against "
        "{m} reverse passes (rows). At length {steps} a reverse pass needs "
        "{reverse_memory_text} MB, a forward pass {forward_memory_text} MB.",
        caption=TRY,
    )


def price_table(
    memory: Mapping[int, tuple[float, float]], sizes: Sequence[int]
) -> dict[str, list[str]]:
    """One row for each n, m and length."""
    most_work = np.log10(max(WORK.values()) * max(sizes))
    most_memory = max(max(pair) for pair in memory.values())
    rows = list(product(sizes, sizes, memory))
    table = {
        "n": [str(n) for n, _, _ in rows],
        "m": [str(m) for _, m, _ in rows],
        "steps": [str(length) for _, _, length in rows],
        "better": [better(n, m) for n, m, _ in rows],
    }
    for k, (mode, each) in enumerate(WORK.items()):
        passes = [row[k] for row in rows]
        work = [each * p for p in passes]
        table[f"{mode}_work"] = [
            fixed(WIDE * np.log10(w) / most_work, 1) for w in work
        ]
        table[f"{mode}_work_text"] = [f"{w:g}" for w in work]
        kept = [memory[row[2]][k] for row in rows]
        table[f"{mode}_memory"] = [
            fixed(WIDE * m / most_memory, 1) for m in kept
        ]
        table[f"{mode}_memory_text"] = [f"{m:.0f}" for m in kept]
    return table


def better(n: int, m: int) -> str:
    """The mode with less work."""
    ahead, back = WORK["forward"] * n, WORK["reverse"] * m
    return "Forward" if ahead < back else "Reverse"


def draw_bars(
    stage: Stage, top: float, what: str, title: str, unit: str
) -> None:
    """A bar and a number for each mode."""
    stage.draw("text", title, x=4, y=top - 10, class_="left")
    for k, (mode, look) in enumerate(
        (("forward", "blue-area"), ("reverse", "orange-area"))
    ):
        y = top + 26 * k
        stage.draw("text", mode, x=4, y=y + 13, class_="left")
        stage.draw(
            "rect", x=LEFT - 30, y=y, height=HIGH,
            width=f"{{{mode}_{what}}}", class_=look,
        )  # fmt: skip
        number = f"{{{mode}_{what}_text}}{unit}"
        x = LEFT + WIDE - 24
        stage.draw("text", number, x=x, y=y + 13, class_="left")
