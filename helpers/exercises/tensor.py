"""Markers for the exercises of the chapter on tensor Jacobians."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from helpers.exercises.marking import Hint, array, near


def exercise_1(shapes: Any) -> str:
    """Shapes for Y = X @ W with X (4, 5) and W (5, 2)."""
    by_X, by_W, gradient = (tuple(shape) for shape in shapes)
    if (by_X, by_W) == ((4, 5, 4, 2), (5, 2, 4, 2)):
        raise Hint("The other way round: first the target, then the source.")
    if by_X != (4, 2, 4, 5):
        raise Hint("By X: the four axes are those of Y, then those of X.")
    if by_W != (4, 2, 5, 2):
        raise Hint("By W: the four axes are those of Y, then those of W.")
    if gradient != (5, 2):
        raise Hint("gradient adds up the target: only the source is left.")
    return "Target first, source second, no axis merged."


def exercise_2(change: Any) -> str:
    """The derivative of the inverse: -X⁻¹ D X⁻¹."""
    X = tf.constant([[2.0, 1.0, 0.0], [0.0, 1.0, 3.0], [1.0, 0.0, 1.0]])
    D = tf.constant([[0.0, 1.0, 2.0], [-1.0, 0.5, 0.0], [3.0, 0.0, 1.0]])
    inverse = np.linalg.inv(X)
    right = -inverse @ D.numpy() @ inverse
    found = array(change(X, D))
    if near(found, -right, 1e-3):
        raise Hint("Look at the sign: when X grows, its inverse shrinks.")
    if near(found, -inverse @ inverse @ D.numpy(), 1e-3) or near(
        found, -D.numpy() @ inverse @ inverse, 1e-3
    ):
        raise Hint("Keep the order of the factors: D stands in the middle.")
    if not near(change(X, 2 * D), 2 * found, 1e-3):
        raise Hint("A derivative is linear in D: twice D, twice the change.")
    if not near(found, right, 1e-3):
        raise Hint("Differentiate X times its inverse by the product rule.")
    return "The same in one dimension: the slope of 1/x is -1/x²."


def exercise_3(passes: Any) -> str:
    """Which proposed transposes pass the dot test."""
    names = ("The running sum", "The differences", "The shift")
    if len(passes) != len(names):
        raise Hint(f"Three answers are needed, not {len(passes)}.")
    for name, answer, right in zip(
        names, passes, (False, True, True), strict=True
    ):
        if bool(answer) != right:
            raise Hint(f"{name}: take random u and v, compare both sides.")
    return "Two numbers are enough to unmask a wrong transpose."


def exercise_4(influence: Any) -> str:
    """The norm of each variable's block of the weight Jacobian."""
    model, x = small_model(), keras.random.normal([7, 3], seed=2)
    found = array([array(each) for each in influence(model, x)])
    with tf.GradientTape(persistent=True) as tape:
        y = model(x)
    right = norms(tape.jacobian(y, model.trainable_variables))
    sums = norms(tape.gradient(y, model.trainable_variables))
    if near(found, sums, 1e-3):
        raise Hint("gradient adds up the outputs first; use a Jacobian.")
    if found.shape != (len(right),):
        raise Hint(f"One number for each of the {len(right)} variables.")
    if near(found, np.square(right), 1e-3):
        raise Hint("Take the square root of the sum of squares.")
    if not near(found, right, 1e-3):
        raise Hint("Split the weight Jacobian, then take the norm of each.")
    return "A large block: the output listens to this variable."


def norms(blocks: list) -> list[float]:
    return [float(np.linalg.norm(np.ravel(block))) for block in blocks]


def small_model() -> keras.Model:
    """Three inputs, four hidden units, two outputs, fixed weights."""
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input([3]), layers.Dense(4, "tanh"), layers.Dense(2)]
    )
    for seed, variable in enumerate(model.trainable_variables):
        variable.assign(keras.random.normal(variable.shape, seed=seed))
    return model
