"""Markers for the exercises of the chapter on custom gradients."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from helpers.exercises.marking import Answer, Hint, array, near, read_truth


def numbers(*shape: int, seed: int = 4) -> tf.Tensor:
    found = np.random.default_rng(seed).normal(size=shape)
    return tf.constant(found, tf.float64)


def slope(f: Callable, x: tf.Tensor, dy: tf.Tensor | None = None) -> Any:
    """The answer of f's rule to dy; a hint when there is none."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    # A Keras layer returns float32.
    dy = None if dy is None else tf.cast(dy, y.dtype)
    found = tape.gradient(y, x, output_gradients=dy)
    if found is None:
        raise Hint("The gradient is None: return the product with dy.")
    return found


def hint_at_first(*faults: tuple[bool, str]) -> None:
    """Raise the hint of the first fault that is there."""
    for there, text in faults:
        if there:
            raise Hint(text)


def exercise_1(J: Answer) -> str:
    """The Jacobian of x³ with a rule that ignores dy."""
    J = array(J)
    if J.shape != (2, 2):
        raise Hint(f"Two outputs, two inputs: shape (2, 2), not {J.shape}.")
    if near(J, [[3, 0], [0, 12]]):
        raise Hint("That is the right Jacobian; the rule here forgets dy.")
    if near(J, [[3, 3], [12, 12]]):
        raise Hint("Turned: a row is one output, a column one input.")
    if not near(J, [[3, 12], [3, 12]]):
        raise Hint("Each row is what the rule answers to one dy: 3 x².")
    return "Every row is the same: nobody looked at dy."


def exercise_2(answers: Answer) -> str:
    """Which rules are linear in dy."""
    right = [True, False, True, False, True]
    why = (
        "the sigmoid depends on x alone: a number as far as dy goes",
        "what is the sign of 2 dy, and what is twice the sign of dy?",
        "a sum is linear, whatever it is multiplied by afterwards",
        "what does it answer to dy = 0?",
        "the condition looks at x and not at dy",
    )
    if len(answers) != len(right):
        raise Hint(f"Five answers are needed, not {len(answers)}.")
    for number, given in enumerate(answers):
        if read_truth(given) != right[number]:
            raise Hint(f"Look at rule {number + 1}: {why[number]}.")
    return "Numbers that depend on x may be anything; dy enters linearly."


def exercise_3(rule: Answer) -> str:
    """The rule of a running total."""
    dy = np.array([1.0, 10.0, 100.0, 1000.0])
    found = array(rule(tf.constant(dy)))
    if found.shape != dy.shape:
        raise Hint(f"dx has the shape of x, {dy.shape}, not {found.shape}.")
    if near(found, np.cumsum(dy)):
        raise Hint("That is J dy. The rule is Jᵀ dy: turn the triangle.")
    if near(found, np.full(4, dy.sum())):
        raise Hint("Not every total contains every number.")
    if near(found, np.cumsum(dy[::-1])):
        raise Hint("The right numbers in the wrong order.")
    if not near(found, np.cumsum(dy[::-1])[::-1]):
        raise Hint("x_i is in the totals from i on: add up their dy.")
    return "The transpose of a running total runs from the end."


def exercise_4(rule: Answer) -> str:
    """The rule of a scale and a shift, shared by a batch."""
    X, scale, dY = numbers(5, 3), numbers(3, seed=5), numbers(5, 3, seed=6)
    found = rule(X, scale, dY)
    if not isinstance(found, tuple | list) or len(found) != 3:
        raise Hint("Return three gradients: dX, d_scale, d_shift.")
    parts = (dY * scale, tf.reduce_sum(X * dY, 0), tf.reduce_sum(dY, 0))
    names = ("dX", "d_scale", "d_shift")
    for name, one, right in zip(names, found, parts, strict=True):
        mark_part(name, array(one, name), right.numpy())
    return "What serves the whole batch collects from the whole batch."


def mark_part(name: str, one: np.ndarray, right: np.ndarray) -> None:
    """One gradient of the rule in exercise 4."""
    hint_at_first(
        (
            one.shape != right.shape,
            f"{name} has the shape of its input, {right.shape}, not "
            f"{one.shape}: which axis has to be added up?",
        ),
        (
            near(one * 5, right),
            f"{name}: add up over the batch, do not average.",
        ),
        (
            not near(one, right),
            f"{name} is wrong: write one entry of Y and look.",
        ),
    )


def exercise_5(reversal: Answer) -> str:
    """The identity, with a derivative turned round."""
    x, dy = numbers(3), numbers(3, seed=5)
    for strength in (1.0, 0.25):
        f = reversal(strength)
        if not callable(f):
            raise Hint("reversal(strength) returns a function of x.")
        if not near(f(x), x):
            raise Hint("Forward it is the identity: return x as it is.")
        found = slope(f, x, dy)
        plain, right = near(found, dy), -strength * dy
        hint_at_first(
            (plain, "No rule was used: is the function decorated?"),
            (near(found, -right), "The sign: it pushes the other way."),
            (near(found, np.full(3, -strength)), "The rule ignores dy."),
            (not near(found, right), "Backward: -strength times dy."),
        )
    return "Forward nothing, backward the other way."


def exercise_6(exponential: Answer) -> str:
    """An exponential whose first and second derivative are right."""
    if not callable(exponential):
        raise Hint("Give the function itself, decorated.")
    x, dy = numbers(3), numbers(3, seed=5)
    right = np.exp(x)
    if not near(exponential(x), right):
        raise Hint("The value is exp(x).")
    if not near(slope(exponential, x, dy), right * dy.numpy()):
        raise Hint("At 3 * exponential(x) it is wrong: dy is missing.")
    if near_second(exponential, x, right):
        return "Both: the rule is itself a function of x."
    raise Hint(
        "The first derivative is right, the second is not: the factor must "
        "not be cut off from x."
    )


def near_second(f: Callable, x: tf.Tensor, right: tf.Tensor) -> bool:
    with tf.GradientTape() as outer:
        outer.watch(x)
        first = slope(f, x)
    second = outer.gradient(first, x)
    return second is not None and near(second, right)


def exercise_7(length: Answer) -> str:
    """The length of a vector, with zeros for its gradient at zero."""
    x, dy = numbers(4), tf.constant(2.5, tf.float64)
    if not near(length(x), np.linalg.norm(x)):
        raise Hint("The value is the Euclidean length.")
    right = (x / tf.norm(x)).numpy()
    found = array(slope(length, x, dy))
    if found.shape == right.shape and near(found, right):
        raise Hint("The rule ignores dy.")
    if not near(found, 2.5 * right):
        raise Hint("Away from zero the derivative is x / |x|, times dy.")
    zero = array(slope(length, tf.zeros(4, tf.float64), dy))
    at_zero = length(tf.zeros(4, tf.float64))
    hint_at_first(
        (
            bool(np.isnan(zero).any()),
            "At zero it is still nan: zero divided by zero.",
        ),
        (
            not near(zero, np.zeros(4)),
            "At zero the gradient should be zeros.",
        ),
        (
            not near(at_zero, 0.0),
            "The length of zero is zero; change the rule alone.",
        ),
    )
    return "A choice at the kink, made by you and not by the tape."


def exercise_8(answer: Answer) -> str:
    """The derivative of the square root as a fixed point, at 9."""
    if len(answer) != 3:
        raise Hint(f"Three numbers are needed, not {len(answer)}.")
    A, B, J = (float(array(each)) for each in answer)
    if near(A, 0.5):
        raise Hint("A: do not forget the part with theta / x.")
    if not near(A, 0.0):
        raise Hint("A is the derivative by x at x = 3: (1 - theta / x²) / 2.")
    if not near(B, 1 / 6, 1e-3):
        raise Hint("B is the derivative by theta with x held at 3.")
    if not near(J, 1 / 6, 1e-3):
        raise Hint("J = B / (1 - A).")
    return "A = 0 is why this iteration is so fast."


def exercise_9(slope_of: Answer) -> str:
    """dx/dtheta for x = cos(theta x), from the solution alone."""
    for theta in (0.3, 0.8, 1.2):
        x = 1.0
        for _ in range(3000):
            x = float(0.5 * (x + np.cos(theta * x)))
        found = float(array(slope_of(theta, x)))
        B, A = -x * np.sin(theta * x), -theta * np.sin(theta * x)
        if near(found, B):
            raise Hint("That is B alone: x moves, and moves itself again.")
        if near(found, B / (1 + A)):
            raise Hint("The sign in the denominator: 1 - A.")
        if near(found, -B / (1 - A)):
            raise Hint("The sign: the derivative of cos is -sin.")
        if not near(found, B / (1 - A)):
            raise Hint("B / (1 - A), with both taken at the solution.")
    return "One division in place of all the steps."


def exercise_10(rule: Answer) -> str:
    """The rule of x = A⁻¹ b for both arguments."""
    A, b = numbers(3, 3) + 3 * tf.eye(3, dtype=tf.float64), numbers(3, seed=5)
    dx = numbers(3, seed=6).numpy()
    x = np.linalg.solve(A, b)
    found = rule(A, tf.constant(x), tf.constant(dx))
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise Hint("Return two gradients: dA and db.")
    dA, db = array(found[0], "dA"), array(found[1], "db")
    right = np.linalg.solve(A.numpy().T, dx)
    hint_at_first(
        (
            near(db, np.linalg.solve(A, dx)),
            "db: solve with the transposed matrix.",
        ),
        (not near(db, right), "db solves Aᵀ db = dx."),
        (
            near(dA, np.outer(right, x)),
            "dA: the sign. More A makes x smaller.",
        ),
        (
            near(dA, -np.outer(x, right)),
            "dA is transposed: its entry [i, j] is -db[i] x[j].",
        ),
        (
            not near(dA, -np.outer(right, x)),
            "dA = -db xᵀ, an outer product.",
        ),
    )
    return "One more solve, with the transposed matrix, and no inverse."


def exercise_11(root: Answer) -> str:
    """The root of x³ + theta x = 1, with the implicit derivative."""
    theta = tf.constant([0.5, 1.0, 3.0], tf.float64)
    x = array(root(theta))
    if x.shape != (3,):
        raise Hint(f"One root for each theta: shape (3,), not {x.shape}.")
    if not near(x**3 + theta.numpy() * x, np.ones(3)):
        raise Hint("The value does not solve x³ + theta x = 1.")
    dy = tf.constant([1.0, -2.0, 4.0], tf.float64)
    found = array(slope(root, theta, dy))
    right = -x / (3 * x**2 + theta.numpy())
    hint_at_first(
        (near(found, right), "The rule ignores dy."),
        (
            near(found, -right * dy.numpy()),
            "The sign: more theta, smaller root.",
        ),
        (
            not near(found, right * dy.numpy(), 1e-6),
            "Differentiate x³ + theta x = 1: (3 x² + theta) dx + x dtheta.",
        ),
    )
    return "How the root was found does not matter for how it moves."
