"""The logo: `python -m commands.logo` computes it and writes the file.

It is the Jacobian of a recurrence of four steps: a triangle, since the
future does not act on the past, which fades with the lag. Each step meets
its own input on the diagonal.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

import helpers

FILE = Path(__file__).resolve().parents[1] / "_static" / "logo.svg"
KEEP = 0.7  # how much of the state each step hands on
INPUT = (0.2, -0.4, 0.3, 0.1)
PAST, OWN = "#0072b2", "#d55e00"
CELL, GAP, EDGE = 13, 1, 5


def recurrence(x: tf.Tensor) -> tf.Tensor:
    """Four outputs of h = tanh(0.7 h + x)."""
    state, states = tf.zeros([], x.dtype), []
    for step in range(len(INPUT)):
        state = tf.tanh(KEEP * state + x[step])
        states.append(state)
    return tf.stack(states)


def shades() -> np.ndarray:
    """The Jacobian, as parts of its largest entry."""
    J = helpers.jacobian(recurrence)(tf.constant(INPUT, tf.float64)).numpy()
    return np.asarray(J / J.max())


def svg() -> str:
    """The picture: one square for each entry that is not zero."""
    size = 2 * EDGE + len(INPUT) * (CELL + GAP) - GAP
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {size} {size}">',
        f'<rect width="{size}" height="{size}" rx="10" fill="#fff"/>',
    ]
    for (row, column), shade in np.ndenumerate(shades()):
        if shade:
            x, y = (EDGE + place * (CELL + GAP) for place in (column, row))
            colour = OWN if row == column else PAST
            lines.append(
                f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" '
                f'rx="2" fill="{colour}" fill-opacity="{shade:.2f}"/>'
            )
    return "\n".join([*lines, "</svg>", ""])


def main() -> int:
    """Write the file."""
    FILE.write_text(svg(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
