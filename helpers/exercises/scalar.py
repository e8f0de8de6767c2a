"""Markers for the exercises of the chapter on scalar Jacobians."""

from typing import Any

import numpy as np
import tensorflow as tf

from helpers.exercises.marking import Hint, array, near

POINTS = (0.0, 0.5, 1.0, -2.0)


def exercise_1(slope_at: Any) -> str:
    """The derivative of x·exp(-x²)."""
    found = [array(slope_at(tf.constant(x))) for x in POINTS]
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
            raise Hint(f"{name}: is a gradient registered, or not?")
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
            raise Hint("The tape found no path: use tf. functions on x.")
        if not near(slope, right):
            raise Hint(
                f"The slope at {x} is {slope:.3g}, it should be {right:.3g}: "
                "replace x before you divide by it."
            )
    return "The double where keeps the infinite slope out of the chain."


def exercise_5(speed: Any) -> str:
    """The speed of a point on a circle, run through at rate 3."""
    for t in (0.0, 0.4, 2.0):
        found = array(speed(tf.constant(t)))
        if found.shape != ():
            raise Hint(f"The speed is one number, not shape {found.shape}.")
        total = abs(3 * np.cos(3 * t) - 3 * np.sin(3 * t))
        if near(found, total) and not near(total, 3.0):
            raise Hint("gradient adds up the two velocities; use a Jacobian.")
        if not near(found, 3.0):
            raise Hint("Take the norm of the Jacobian of (cos 3t, sin 3t).")
    return "Three at every t: a circle at constant speed."
