"""Markers for the exercises of the chapter on scalar Jacobians."""

from typing import Any

import numpy as np
import tensorflow as tf

from helpers.exercises.marking import Hint, array, near

POINTS = (0.0, 0.5, 1.0, -2.0)


def exercise_1(slope_at: Any) -> str:
    """The derivative of x·exp(-x²)."""
    found = [array(slope_at(tf.constant(x))) for x in POINTS]
    if any(value.shape for value in found):
        raise Hint("Return one number, not a list.")
    right = [(1 - 2 * x**2) * np.exp(-(x**2)) for x in POINTS]
    values = [x * np.exp(-(x**2)) for x in POINTS]
    if near(found, values):
        raise Hint("That is the function itself; return its derivative.")
    if near(found, [np.exp(-(x**2)) for x in POINTS]):
        raise Hint("Both factors depend on x: use the product rule.")
    if not near(found, right):
        raise Hint("Record x * tf.exp(-x**2) inside the tape, watch x.")
    return "At 0 the slope is 1, beyond 0.71 it is negative."


def exercise_2(shapes: Any) -> str:
    """Shapes of Jacobian and gradient, scalar source, target (2, 3)."""
    if not all(isinstance(shape, tuple | list) for shape in shapes):
        raise Hint("Two tuples are needed; a scalar has the empty shape ().")
    jacobian, gradient = (tuple(shape) for shape in shapes)
    if (jacobian, gradient) == ((), (2, 3)):
        raise Hint("The other way round: gradient adds up the target.")
    if jacobian != (2, 3):
        raise Hint("The Jacobian has the target's shape, then the source's.")
    if gradient != ():
        raise Hint("gradient has the shape of the source, a scalar.")
    return "A scalar source: the Jacobian is shaped like the target."


def exercise_3(answers: Any) -> str:
    """None or a number: sign, floor, relu, stop_gradient."""
    names = ("sign", "floor", "relu(x - 1)", "stop_gradient(x) * x")
    expected = (0.0, None, 0.0, 0.3)
    if len(answers) != len(expected):
        raise Hint(f"Four answers are needed, not {len(answers)}.")
    for name, answer, right in zip(names, answers, expected, strict=True):
        if (answer is None) != (right is None):
            raise Hint(f"{name}: is there a path from x to the result?")
        if right is not None and not near(answer, right):
            raise Hint(f"{name}: there is a path; what is its slope?")
    return "None is a missing path, zero a flat one."


def exercise_4(sinc: Any) -> str:
    """sin(x) / x with the right derivative at zero."""
    for x in POINTS:
        at = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(at)
            value = tf.convert_to_tensor(sinc(at))
        slope = tape.gradient(value, at)
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


def exercise_5(speed: Any) -> str:
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
