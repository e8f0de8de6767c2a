"""The step-size slider: a difference quotient, and how wrong it is."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from helpers.derivatives.core.refusals import public, refusal
from helpers.derivatives.core.types import Function
from helpers.figures.interactive.stage import (
    Interactive,
    Slider,
    Stage,
    Switch,
    points,
)

DTYPES = (tf.float32, tf.float64)
EXPONENTS = [-8 + k / 2 for k in range(17)]
START = EXPONENTS.index(-1.0)
LEAST, MOST = -13.0, 2.0  # exponents of the errors that are drawn
SMALL, LARGE, TOP, GAP = 130.0, 180.0, 20.0, 44.0
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
LOOKS = {"forward": "orange", "central": "blue"}
TRY = (
    "Try: go from the largest step to the smallest. Where does each error"
    " turn round? Then switch to float64: how much further can you go?"
)


@public
def explore_steps(f: Function, x: ArrayLike) -> Interactive:
    """Choose the step of a difference quotient, see slope and error.

    Left, the function at the middle one of the points, with the slopes
    that forward and central difference find there. Right, the largest
    relative error over all points against the step, as TensorFlow computes
    it in float32 or float64; the slopes of the tape in float64 are the
    truth.

    Args:
        f: elementwise function of a tensor, in any floating dtype.
        x: the points, shape (n,).

    Returns:
        The figure, with a slider for the step and a switch for the dtype.

    Raises:
        ValueError: x is not of rank one.

    Example:
        >>> figure = explore_steps(lambda x: x * x * x, [0.5, 1.0, 1.5])
        >>> assert "float64, h = 10⁻⁶" in figure.html
    """
    x = np.asarray(x, np.float64)
    if x.ndim != 1:
        raise refusal("x of shape (n,)", x.shape, "a list of points")
    found = {
        (name, dtype): [slopes(f, x, dtype, 10.0**e, name) for e in EXPONENTS]
        for dtype in DTYPES
        for name in LOOKS
    }
    return drawn(f, x, true_slopes(f, x), found)


def true_slopes(f: Function, x: np.ndarray) -> np.ndarray:
    at = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(at)
        y = f(at)
    return np.asarray(tape.gradient(y, at))


def slopes(
    f: Function, x: np.ndarray, dtype: tf.DType, step: float, name: str
) -> np.ndarray:
    """A difference quotient at each point, in one dtype."""
    at = tf.constant(x, dtype)
    ahead, behind = at + tf.constant(step, dtype), at
    if name == "central":
        behind = at - tf.constant(step, dtype)
    # Points that rounding has made equal have no slope: it counts as zero.
    found = tf.math.divide_no_nan(f(ahead) - f(behind), ahead - behind)
    return np.asarray(found, np.float64)


def drawn(
    f: Callable, x: np.ndarray, right: np.ndarray, found: dict
) -> Interactive:
    errors = {
        key: [float(np.max(abs((s - right) / right))) for s in each]
        for key, each in found.items()
    }
    names = [f"h = {digit(10.0**e)}" for e in EXPONENTS]
    step = Slider("Step", names, START, ("Smaller", "Larger"))
    middle = len(x) // 2
    panel = SlopePanel(f, float(x[middle]), float(right[middle]))
    table = step_table(panel, middle, found, errors)
    stage = Stage(SMALL + GAP + LARGE + 14, TOP + LARGE + 34, table,
                  [Switch("in float64"), step])  # fmt: skip
    panel.draw(stage)
    draw_errors(stage, errors)
    return stage.finish(
        alt="Left, a curve with its tangent and two straight lines, whose "
        "slopes are those of a forward and a central difference. Right, the "
        "errors of both against the step, both axes logarithmic: each curve "
        "is a letter V, the central one lower and with its corner at a "
        "larger step.",
        says="{says}",
        caption=TRY,
    )


def step_table(
    panel: "SlopePanel", middle: int, found: dict, errors: dict
) -> dict[str, list[str]]:
    """One row for each dtype and step."""
    table: dict[str, list[str]] = {"says": []}
    for dtype in DTYPES:
        table["says"] += [
            says(dtype, k, *(errors[name, dtype][k] for name in LOOKS))
            for k in range(len(EXPONENTS))
        ]
    for name in LOOKS:
        slopes = [s[middle] for d in DTYPES for s in found[name, d]]
        table[f"{name}_line"] = [panel.line(slope) for slope in slopes]
        places = [
            place(EXPONENTS[k], error)
            for d in DTYPES
            for k, error in enumerate(errors[name, d])
        ]
        table[f"{name}_dot"] = [points([p]).replace(",", " ") for p in places]
    for d in DTYPES:
        shown = [str(int(d == other)) for other in DTYPES]
        table[d.name] = [s for s in shown for _ in EXPONENTS]
    return table


def says(dtype: tf.DType, k: int, ahead: float, central: float) -> str:
    return (
        f"{dtype.name}, h = {digit(10.0 ** EXPONENTS[k])}: the relative error "
        f"is {digit(ahead)} for the forward difference, {digit(central)} for "
        "the central one."
    )


def digit(number: float) -> str:
    """One significant digit, as one writes it: 0.03, 3·10⁻⁵."""
    mantissa, exponent = f"{number:.0e}".split("e")
    if number == 0 or int(exponent) >= -3:
        return f"{float(f'{number:.0e}'):g}"
    return f"{mantissa}·{power(int(exponent))}".removeprefix("1·")


def power(exponent: int) -> str:
    """A power of ten, with its exponent in small raised digits."""
    return "10" + str(exponent).translate(RAISED)


class SlopePanel:
    """The left panel: a curve and straight lines through one point."""

    def __init__(self, f: Callable, x: float, slope: float) -> None:
        self.x, self.slope = x, slope
        along = np.linspace(x - 1.0, x + 1.0, 41)
        self.curve = np.stack([along, f(tf.constant(along))], -1)
        self.y = float(self.curve[20, 1])
        self.scale = np.array([1.0, 0.8 * abs(slope) or 1.0])

    def __call__(self, places: ArrayLike) -> np.ndarray:
        moved = (np.asarray(places) - [self.x, self.y]) / self.scale
        middle = np.array([1 + SMALL / 2, TOP + LARGE / 2])
        return np.asarray(middle + moved * [SMALL / 2, -SMALL / 2])

    def line(self, slope: float) -> str:
        """A straight line through the point."""
        steepest = self.scale[1] * LARGE / SMALL / (abs(slope) or 1.0)
        reach = min(0.9, steepest)
        ends = [[self.x + s, self.y + s * slope] for s in (-reach, reach)]
        return points(self(ends))

    def draw(self, stage: Stage) -> None:
        stage.draw("text", "slopes at one point", x=SMALL / 2, y=12)
        high = np.abs(self(self.curve)[:, 1] - TOP - LARGE / 2)
        kept = self(self.curve)[high <= LARGE / 2]
        stage.draw("polyline", points=points(kept), class_="curve")
        tangent = self.line(self.slope)
        stage.draw("polyline", points=tangent, class_="line dashed")
        for name, look in (("forward", "go-back dashed"),
                           ("central", "go-forward")):  # fmt: skip
            stage.draw("polyline", points=f"{{{name}_line}}", class_=look)
        x, y = self([self.x, self.y])
        stage.draw("circle", r=4, cx=f"{x:.1f}", cy=f"{y:.1f}", class_="dot")


def place(exponent: float, error: float) -> tuple[float, float]:
    """Where a step and its error stand in the right panel."""
    level = np.log10(max(error, 10.0**LEAST))
    across = (exponent - EXPONENTS[0]) / (EXPONENTS[-1] - EXPONENTS[0])
    up = (min(level, MOST) - LEAST) / (MOST - LEAST)
    return SMALL + GAP + LARGE * across, TOP + LARGE * (1 - up)


def draw_errors(stage: Stage, errors: dict) -> None:
    """The two curves of each dtype, and a dot on each of the two shown."""
    draw_axes(stage)
    for dtype in DTYPES:
        for name, look in (("forward", "go-back dashed"),
                           ("central", "go-forward")):  # fmt: skip
            places = [
                place(EXPONENTS[k], error)
                for k, error in enumerate(errors[name, dtype])
            ]
            stage.draw(
                "polyline", points=points(places), class_=look,
                stroke_opacity=f"{{{dtype.name}}}",
            )  # fmt: skip
    for name, look in LOOKS.items():
        stage.draw("circle", r=5, class_=f"{look}-area",
                   transform=f"translate({{{name}_dot}})")  # fmt: skip


def draw_axes(stage: Stage) -> None:
    left, right = place(EXPONENTS[0], 1.0)[0], place(EXPONENTS[-1], 1.0)[0]
    for exponent in range(int(LEAST) + 1, int(MOST) + 1, 3):
        y = place(0.0, 10.0**exponent)[1]
        line = points([(left, y), (right, y)])
        stage.draw("polyline", points=line, class_="grid")
        stage.draw("text", power(exponent), x=left - 18, y=f"{y + 3:.1f}",
                   class_="small")  # fmt: skip
    for exponent in range(-8, 1, 2):
        x = place(exponent, 1.0)[0]
        stage.draw("text", power(exponent), x=f"{x:.1f}",
                   y=TOP + LARGE + 12, class_="small")  # fmt: skip
    middle = (left + right) / 2
    stage.draw("text", "largest relative error", x=middle, y=12)
    stage.draw("text", "step h", x=middle, y=TOP + LARGE + 28)
    stage.draw("text", "forward", x=40, y=TOP + LARGE + 28, class_="orange")
    stage.draw("text", "central", x=96, y=TOP + LARGE + 28, class_="blue")
