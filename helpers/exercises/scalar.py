"""Markers for the exercises of the chapter on scalar Jacobians."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from helpers.exercises.marking import Answer, Hint, array, near, read_shapes

POINTS = (0.0, 0.5, 1.0, -2.0)


def exercise_1(slope_at: Answer) -> str:
    """The derivative of x·exp(-x²)."""
    found = [array(slope_at(tf.constant(x))) for x in POINTS]
    if any(value.shape for value in found):
        raise Hint("Return one number, not a list.")
    right = [(1 - 2 * x**2) * np.exp(-(x**2)) for x in POINTS]
    values = [x * np.exp(-(x**2)) for x in POINTS]
    if near(found, values):
        raise Hint("That is the function itself; return its derivative.")
    if near(found, [np.exp(-(x**2)) for x in POINTS]):
        raise Hint(
            "Both factors depend on x. With a tape: np.exp and .numpy() "
            "cut the second one off. By hand: use the product rule."
        )
    if not near(found, right):
        raise Hint(
            "This is not the slope that is asked for. Is it that of exactly "
            "x * tf.exp(-(x**2)), with its signs, at the x that is given?"
        )
    return "At 0 the slope is 1, beyond 0.71 it is negative."


def exercise_2(backward: Answer) -> str:
    """Derivatives of y = ab by b, a, x; a = x², b = a + x, x = 2."""
    found = array(backward)
    if found.shape != (3,):
        raise Hint("Three numbers are needed: by b, by a, by x.")
    forgot = "goes into b as well; add what comes back there."
    steps = (
        ("By b", 4, 6, "in a product the slope is the other factor, a."),
        ("By a", 10, 6, f"a {forgot}"),
        ("By x", 44, 40, f"x {forgot}"),
    )
    for value, (name, right, usual, hint) in zip(found, steps, strict=True):
        if near(value, usual):
            raise Hint(f"{name}: {hint}")
        if not near(value, right):
            raise Hint(f"{name}: multiply by the slope of each operation.")
    return "Where two arrows leave a box, two answers come back: add them."


def exercise_3(forward: Answer) -> str:
    """Tangents of a, b, y in the same graph."""
    found = array(forward)
    if found.shape != (3,):
        raise Hint("Three numbers are needed: of a, of b, of y.")
    a_moves, b_moves, y_moves = found
    if not near(a_moves, 4):
        raise Hint("a = x² moves at 2x times the speed of x.")
    if not near(b_moves, 5):
        raise Hint("b = a + x: the speeds of a and of x add up.")
    if near(y_moves, 20):
        raise Hint("y = a·b is a product: both factors move.")
    if not near(y_moves, 44):
        raise Hint("Speed of a times b, plus a times the speed of b.")
    return "The same 44 as backward, with nothing to keep."


def exercise_4(shapes: Answer) -> str:
    """Shapes of Jacobian and gradient, scalar source, target (2, 3)."""
    jacobian, gradient = read_shapes(shapes, 2)
    if (jacobian, gradient) == ((), (2, 3)):
        raise Hint("The other way round: gradient adds up the target.")
    if jacobian != (2, 3):
        raise Hint("The Jacobian has the target's shape, then the source's.")
    if gradient != ():
        raise Hint("gradient has the shape of the source, a scalar.")
    return "A scalar source: the Jacobian is shaped like the target."


def exercise_5(slope: Answer) -> str:
    """3 °C per metre, in °F per centimetre."""
    found = array(slope)
    if near(found, 3 * 1.8 * 100):
        raise Hint("A centimetre is less than a metre: less change, not more.")
    if near(found, 3 * 1.8):
        raise Hint("That is per metre; one centimetre is 0.01 metre.")
    if near(found, 3 / 100):
        raise Hint("That is in °C; 1 °C is a difference of 1.8 °F.")
    if near(found, 3 / 100 / 1.8):
        raise Hint("Multiply by 1.8: Fahrenheit degrees are smaller.")
    if near(found, 3 / 100 * 1.8 + 32):
        raise Hint("An offset such as 32 has no slope.")
    if not near(found, 0.054):
        raise Hint("0.01 metre per centimetre, 3 °C per metre, 1.8 °F per °C.")
    return "A Jacobian has the units of y over the units of x."


def exercise_6(answers: Answer) -> str:
    """None or a number: sign, floor, relu, stop_gradient."""
    names = ("sign", "floor", "relu(x - 1)", "stop_gradient(x) * x")
    expected = (0.0, None, 0.0, 0.3)
    if len(answers) != len(expected):
        raise Hint(f"Four answers are needed, not {len(answers)}.")
    for name, answer, right in zip(names, answers, expected, strict=True):
        if (str(answer) == "None") != (right is None):
            raise Hint(f"{name}: is there a path from x to the result?")
        if right is not None and not near(answer, right):
            raise Hint(f"{name}: there is a path; what is its slope?")
    return "None is a missing path, zero a flat one."


def exercise_7(repaired: Answer) -> str:
    """Three functions with their values, on the tape from x to y."""
    rules: dict[str, tuple[Callable, Callable]] = {
        "decay": (lambda x: np.exp(-x), lambda x: -np.exp(-x)),
        "cube": (lambda x: x**3, lambda x: 3 * x**2),
        "largest": (lambda x: max(x, 2 * x), lambda x: 2 if x > 0 else 1),
    }
    if len(repaired) != len(rules) or not all(map(callable, repaired)):
        raise Hint("Three functions are needed: decay, cube, largest.")
    for f, (name, (value, slope)) in zip(repaired, rules.items(), strict=True):
        for x in (0.5, -2.0):
            check_repair(name, f, x, value(x), slope(x))
    return "Plain numbers cut the tape; TensorFlow's functions do not."


def check_repair(
    name: str, f: Callable, x: float, value: float, slope: float
) -> None:
    found, found_slope = value_and_slope(f, x)
    if not near(found, value):
        raise Hint(f"{name} at {x} should be {value:.4f}; keep the values.")
    if found_slope is None:
        raise Hint(f"{name}: still None. Which call hands out plain numbers?")
    if not near(found_slope, slope):
        raise Hint(f"{name} at {x}: the slope should be {slope:.4f}.")


def value_and_slope(f: Callable, x: float) -> tuple[tf.Tensor, tf.Tensor]:
    at = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(at)
        value = tf.convert_to_tensor(f(at))
    return value, tape.gradient(value, at)


def exercise_8(verdicts: Answer) -> str:
    """Is the tape's answer right, wrong, or None?"""
    hints = {
        "x * sin(x)": ("right", "nothing is cut here."),
        "x times NumPy's sine": (
            "wrong",
            "two paths, one cut: what does the other one give?",
        ),
        "x + round(x)": (
            "right",
            "the cut path is flat, so it would have added zero.",
        ),
        "NumPy's cosine": ("None", "is there any path left?"),
    }
    if isinstance(verdicts, str) or len(verdicts) != len(hints):
        raise Hint(f"Four words are needed, not {len(verdicts)}.")
    for verdict, (name, (right, hint)) in zip(
        verdicts, hints.items(), strict=True
    ):
        if str(verdict).lower() != right.lower():
            raise Hint(f"{name}: {hint}")
    return "A cut on one of two paths is silent, and often wrong."


def exercise_9(sinc: Answer) -> str:
    """sin(x) / x with the right derivative at zero."""
    for x in POINTS:
        value, slope = value_and_slope(sinc, x)
        right = (np.cos(x) - np.sin(x) / x) / x if x else 0.0
        if not near(value, np.sinc(x / np.pi)):
            raise Hint(f"The value at {x} should be {np.sinc(x / np.pi):.4f}.")
        if slope is None:
            raise Hint(
                f"At {x} the tape found no path: the result must be computed "
                "from x."
            )
        if not near(slope, right):
            raise Hint(
                f"The slope at {x} is {slope:.3g}, it should be {right:.3g}: "
                "replace x before you divide by it."
            )
    return "Right at 0 as well: nothing is divided by zero."


def exercise_10(speed: Answer) -> str:
    """The length of the velocity of two curves, from their Jacobians."""

    def circle(t: tf.Tensor) -> tf.Tensor:
        return tf.stack([tf.cos(3 * t), tf.sin(3 * t)])

    def parabola(t: tf.Tensor) -> tf.Tensor:
        return tf.stack([t, t**2, 2 * t])

    for curve, rule in (
        (circle, lambda t: 3.0),
        (parabola, lambda t: np.sqrt(5 + 4 * t**2)),
    ):
        for t in (0.0, 0.4, 2.0):
            found = array(speed(curve, tf.constant(t)))
            if found.shape != ():
                raise Hint(f"One number is needed, not shape {found.shape}.")
            if not near(found, rule(t)):
                raise Hint(
                    f"{curve.__name__} at {t}: the speed is {rule(t):.3f}, "
                    f"you have {found:.3f}; take the norm of the Jacobian."
                )
    return "The Jacobian of a curve is its velocity."


def exercise_11(difference: Answer) -> str:
    """Central differences at three sizes of x."""
    cases = (
        ("exp at 1", np.exp, 1.0, np.exp(1.0)),
        ("x³ at 10,000", lambda x: x**3, 1e4, 3e8),
        ("1/x at 0.001", lambda x: 1 / x, 1e-3, -1e6),
    )
    for name, f, x, slope in cases:
        found = array(difference(f, x))
        if near(found, slope / 2, 1e-3) or near(found, slope * 2, 1e-3):
            raise Hint(f"{name}: the distance between both points is 2h.")
        error = abs(found / slope - 1)
        if not error < 1e-7:
            raise Hint(
                f"{name}: relative error {error:.0e}; step to both sides, "
                "by a small part of x."
            )
    return "A step is small compared to x."
