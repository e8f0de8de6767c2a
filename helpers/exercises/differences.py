"""Markers for the exercises of the chapter on finite differences."""

from collections.abc import Callable

import numpy as np

from helpers.exercises.marking import (
    Answer,
    Hint,
    array,
    near,
    read_letters,
)


def recognise(found: np.ndarray, known: dict[float, str]) -> None:
    """Raise the hint of a wrong number that is known."""
    for number, hint in known.items():
        if near(found, number, 1e-6):
            raise Hint(hint)


def exercise_1(factors: Answer) -> str:
    """How truncation shrinks with the step, per scheme."""
    found = array(factors)
    if found.shape != (3,):
        raise Hint("Three numbers: forward, central, Richardson.")
    if near(found, [1 / 10, 1 / 100, 1 / 10_000]):
        raise Hint("By which factor does it shrink? Give numbers above 1.")
    if near(found, [1, 2, 4]):
        raise Hint("Those are the powers of h; a tenth of h to that power?")
    for name, value, right in zip(
        ("forward", "central", "Richardson"),
        found,
        (10, 100, 10_000),
        strict=True,
    ):
        if not near(value, right):
            raise Hint(f"{name}: 10 to the order of the scheme.")
    return "The power of h is the slope of the right arm of the U."


def exercise_2(counts: Answer) -> str:
    """Values of f for a Jacobian with 120 inputs and 3 outputs."""
    found = array(counts)
    if found.shape != (3,):
        raise Hint("Three numbers: forward, central, complex step.")
    if near(found, [4, 6, 3]):
        raise Hint("You move inputs, not outputs: there are 120 of them.")
    if near(found, [363, 720, 360]):
        raise Hint("One value of f holds all three outputs.")
    hints = (
        (121, "forward: f(x) itself, and one more value per input."),
        (240, "central: one value ahead and one behind per input."),
        (120, "complex: one value per input, and nothing is subtracted."),
    )
    for value, (right, hint) in zip(found, hints, strict=True):
        if not near(value, right):
            raise Hint(hint)
    return "The number of outputs does not matter."


def exercise_3(letters: Answer) -> str:
    """Which derivatives differences find."""
    found = read_letters(letters)
    reasons = {
        "a": "In a, the slope left of 0 is another than that right of it.",
        "b": "In b, nobody needs the tape: values are enough.",
        "c": "In c, f is another function at each call.",
        "d": "In d, the values jump: the quotient grows as 1/h.",
        "e": "In e, another process makes no difference to values.",
        "f": "In f, float64 tells those values from 1, over a long step.",
    }
    for letter, reason in reasons.items():
        if letter in found ^ {"b", "e", "f"}:
            raise Hint(reason)
    return "A slope there, and the same function at each call."


def exercise_4(smallest: Answer) -> str:
    """The smallest power of two that moves 3e5 in float32."""
    found = array(smallest)
    if found.shape != ():
        raise Hint("One number is needed.")
    if near(found, 2.0**-6, 1e-9):
        raise Hint("Half of the spacing is rounded back; try the sum.")
    if near(found, np.spacing(3e5), 1e-12):
        raise Hint("That is the spacing in float64.")
    if near(found, np.finfo("float32").eps, 1e-12):
        raise Hint("That is the spacing at 1; it grows with x.")
    if not near(found, 2.0**-5, 1e-9):
        raise Hint("`np.spacing(np.float32(3e5))` says how far the next is.")
    return "2¹⁸ / 2²³: between 2¹⁸ and 2¹⁹ there are 2²³ numbers."


def exercise_5(slope: Answer) -> str:
    """Central difference over the step that was taken."""
    cubic = array(slope(lambda x: x**3, 2.0, 0.1))
    if cubic.shape != ():
        raise Hint(f"One number is needed, not shape {cubic.shape}.")
    known = {
        12.61: "That is the forward difference; go both ways.",
        24.02: "The two points are 2h apart.",
        -12.01: "Ahead minus behind, over ahead minus behind.",
    }
    recognise(cubic, known)
    if not near(cubic, 12.01):
        raise Hint("(f(x + h) - f(x - h)) over the distance of the points.")
    far, step = np.float32(1e6), np.float32(0.1)
    line = array(slope(lambda x: x, far, step))
    if not near(line, 1, 1e-6):
        raise Hint(
            "A straight line at 10⁶ in float32 has another slope than 1: "
            "divide by the distance of the two points that you used."
        )
    return "What was divided by is what was stepped."


def exercise_6(all_columns: Answer) -> str:
    """All columns with one call."""
    matrix = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]])
    calls = []

    def f(batch: np.ndarray) -> np.ndarray:
        calls.append(len(batch))
        return np.sin(batch) @ matrix.T

    x = np.array([0.1, 0.5, -0.3])
    found = array(all_columns(f, x, 1e-4))
    right = matrix * np.cos(x)
    check_table(found, right)
    if len(calls) > 1:
        raise Hint(f"f was called {len(calls)} times; stack all points.")
    if not near(found, right, 1e-6):
        raise Hint("Close, but of order h: use points on both sides.")
    return "Six rows, one call."


def check_table(found: np.ndarray, right: np.ndarray) -> None:
    """Raise the hint that fits a table of another shape or size."""
    if near(found, right.T, 1e-6):
        raise Hint("Transposed: a row of the result for each output.")
    if near(found, 2 * right, 1e-6):
        raise Hint("The points ahead and behind are 2h apart.")
    if found.shape != right.shape:
        raise Hint(f"A table {right.shape} is needed, not {found.shape}.")
    if not near(found, right, 1e-3):
        raise Hint("Column i: ahead minus behind, input i moved, over 2h.")


def exercise_7(answer: Answer) -> str:
    """The best step and its error, with noise 1e-5."""
    found = array(answer)
    if found.shape != (2,):
        raise Hint("Two numbers: the step and the error.")
    step, error = found
    if not 0.01 < step < 0.1:
        raise Hint(
            "The step: h²/6 + 10⁻⁵/h is smallest where h/3 = 10⁻⁵/h², "
            "about 0.03."
            if 1e-4 < step < 1
            else "Noise asks for a large step: far above 10⁻⁵."
        )
    if not 1.6e-4 < error < 1.6e-3:
        raise Hint("The error: insert your step into h²/6 + 10⁻⁵/h.")
    return "Five digits in f leave three in the derivative."


def exercise_8(with_error: Answer) -> str:
    """A central difference and an estimate of its error."""
    answer = with_error(lambda x: x**3, 1.0, 0.1)
    if np.shape(answer) != (2,):
        raise Hint("Return two numbers: the difference, and its error.")
    found, error = array(answer)
    recognise(found, {3.01: "Return the difference over h/2, the better one."})
    if not near(found, 3.0025, 1e-6):
        raise Hint("The central difference over h/2: points x ± h/2.")
    known = {
        0.0075: "The gap is three times the error of the finer one.",
        0.01: "That is the error of the wide one.",
    }
    recognise(error, known)
    if not near(abs(error), 0.0025, 1e-6):
        raise Hint("A third of the gap of the two differences.")
    _, other = array(with_error(lambda x: -(x**3), 1.0, 0.1))
    if other < 0 or error < 0:
        raise Hint("An error has no sign: take the absolute value.")
    return "For x³ the estimate is the error; elsewhere nearly."


def exercise_9(at_the_end: Answer) -> str:
    """One-sided, exact for quadratics."""
    lowest = []

    def root(x: float) -> float:
        lowest.append(np.min(x))
        return 3.0 * x**2 - 2.0 * x + 1.0

    found = array(at_the_end(root, 1.0, 0.1))
    if min(lowest) < 1.0 - 1e-12:
        raise Hint("f is not defined below x: stay at x and above.")
    known = {
        4.3: "That is the forward difference: f'' is left in it.",
        4.6: "That is the forward difference over 2h.",
        8.0: "4f(x+h) - f(x+2h) - 3f(x) holds 2h f', not h f'.",
    }
    recognise(found, known)
    if not near(found, 4.0, 1e-6):
        raise Hint("4f(x+h) - f(x+2h) - 3f(x), over 2h.")
    return "Second order, on one side."


def exercise_10(best: Answer) -> str:
    """A difference without knowing the scale."""
    cases: list[tuple[str, Callable[[float], float], float, float]] = [
        ("exp(-x) at 1", lambda x: np.exp(-x), 1.0, -np.exp(-1.0)),
        (
            "exp(-x / 1e-6) at 1e-6",
            lambda x: np.exp(-x / 1e-6),
            1e-6,
            -1e6 * np.exp(-1.0),
        ),
        (
            "sin(x / 1e6) at 1e6",
            lambda x: np.sin(x / 1e6),
            1e6,
            1e-6 * np.cos(1.0),
        ),
        (
            "sin(1000 x) at 1",
            lambda x: np.sin(1000 * x),
            1.0,
            1000 * np.cos(1000.0),
        ),
    ]
    for name, f, x, right in cases:
        with np.errstate(all="ignore"):
            found = array(best(f, x))
        if found.shape != ():
            raise Hint("Return one number.")
        if not np.isfinite(found):
            raise Hint(f"{name}: not finite; skip such differences.")
        if not near(found / right, 1.0, 1e-6):
            raise Hint(
                f"{name}: not right to six digits. Compare the gaps of "
                "neighbouring steps, relative to the difference."
            )
    return "The step that fits, without being told the scale."
