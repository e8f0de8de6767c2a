"""Markers for the exercises of the chapter on tensor Jacobians."""

import keras
import numpy as np
import tensorflow as tf

from helpers.exercises.marking import (
    Answer,
    Hint,
    array,
    near,
    read_shapes,
    read_truth,
)


def exercise_1(shapes: Answer) -> str:
    """Shapes for Y = X @ W with X (4, 5) and W (5, 2)."""
    by_X, by_W, gradient = read_shapes(shapes, 3)
    if (by_X, by_W) == ((4, 5, 4, 2), (5, 2, 4, 2)):
        raise Hint("The other way round: first the target, then the source.")
    if by_X != (4, 2, 4, 5):
        raise Hint("By X: the four axes are those of Y, then those of X.")
    if by_W != (4, 2, 5, 2):
        raise Hint("By W: the four axes are those of Y, then those of W.")
    if gradient != (5, 2):
        raise Hint("gradient adds up the target: only the source is left.")
    return "Target first, source second, no axis merged."


def exercise_2(products: Answer) -> str:
    """Jv, uᵀJ and the number of the dot test, by hand."""
    if len(products) != 3:
        raise Hint("Three answers are needed: Jv, uJ and one number.")
    Jv, uJ, number = (array(part) for part in products)
    if (Jv.shape, uJ.shape) == ((3,), (2,)):
        raise Hint("The other way round: Jv has the shape of the output.")
    if Jv.shape != (2,) or not near(Jv, [1, 6]):
        raise Hint("Jv: once the first column plus twice the third.")
    if uJ.shape != (3,) or not near(uJ, [2, 3, 3]):
        raise Hint("uJ: twice the first row plus once the second.")
    if not near(number, 8):
        raise Hint("The number: u times Jv, or uJ times v, added up.")
    return "Two ways to one number: that is the dot test."


def exercise_3(modes: Answer) -> str:
    """Forward or reverse for five shapes."""
    fewer = "which is shorter, the list of inputs or of outputs?"
    cases = (
        ("1 to 50", "forward", fewer),
        ("a million to 1", "reverse", fewer),
        ("784 to 10", "reverse", fewer),
        ("6 to 300", "forward", fewer),
        ("20 to 20", "forward", "which mode keeps all 10,000 values?"),
    )
    if isinstance(modes, str) or len(modes) != len(cases):
        raise Hint("Five words are needed, each forward or reverse.")
    for mode, (name, right, hint) in zip(modes, cases, strict=True):
        if str(mode).lower() != right:
            raise Hint(f"{name}: {hint}")
    return "Count the passes first, then ask what must be kept."


def exercise_4(area_factor: Answer) -> str:
    """|det J| of polar coordinates and of a reflection."""

    def polar(p: tf.Tensor) -> tf.Tensor:
        return p[0] * tf.stack([tf.cos(p[1]), tf.sin(p[1])])

    def swapped(p: tf.Tensor) -> tf.Tensor:
        return tf.stack([3 * p[1], p[0]])

    for f, right in ((polar, 2.0), (swapped, 3.0)):
        found = array(area_factor(f, tf.constant([2.0, 0.7])))
        if found.shape != ():
            raise Hint(f"One number is needed, not shape {found.shape}.")
        if near(found, -right):
            raise Hint("A reflection keeps areas: take the absolute value.")
        if not near(found, right):
            raise Hint(
                f"{f.__name__}: the factor is {right:.0f}, you have "
                f"{found:.3f}; take the determinant of the Jacobian."
            )
    return "The same factor stands in every change of variables."


def exercise_5(chain: Answer) -> str:
    """The Jacobian of one function after another."""

    def inner(x: tf.Tensor) -> tf.Tensor:
        return tf.stack([x[0] * x[1], x[1] ** 2])

    def outer(z: tf.Tensor) -> tf.Tensor:
        return tf.stack([tf.sin(z[0]), z[0] * z[1]])

    x = tf.constant([0.5, 1.2])
    J, z = np.array([[1.2, 0.5], [0, 2.4]]), (0.6, 1.44)
    right = np.array([[np.cos(z[0]), 0], [z[1], z[0]]]) @ J
    at_x = np.array([[np.cos(0.5), 0], [1.2, 0.5]]) @ J
    found = array(chain(outer, inner, x))
    if near(found, at_x):
        raise Hint("Take the outer table where the inner one arrives.")
    if near(found, J @ np.array([[np.cos(z[0]), 0], [z[1], z[0]]])):
        raise Hint("The inner map acts first, so its table stands right.")
    if not near(found, right):
        raise Hint("A matrix product, @, of the outer and the inner table.")
    return "The chain rule: a product of tables, each at its own point."


def exercise_6(change: Answer) -> str:
    """How the inverse of a matrix changes with the matrix."""
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


def exercise_7(passes: Answer) -> str:
    """Which proposed transposes pass the dot test."""
    names = ("The running sum", "The differences", "The shift")
    if len(passes) != len(names):
        raise Hint(f"Three answers are needed, not {len(passes)}.")
    for name, answer, right in zip(
        names, passes, (False, True, True), strict=True
    ):
        if read_truth(answer) != right:
            raise Hint(f"{name}: take random u and v, compare both sides.")
    return "Two numbers are enough to unmask a wrong transpose."


def exercise_8(corner_block: Answer) -> str:
    """Two outputs by three inputs of a function of vectors."""

    def f(x: tf.Tensor) -> tf.Tensor:
        return tf.stack([x[0] * x[4], x[2] ** 2 + x[3], x[1] * x[3], x[0]])

    x = tf.constant([1.0, 2.0, 3.0, 4.0, 5.0])
    found, right = array(corner_block(f, x)), [[5, 0, 0], [0, 0, 6]]
    if found.shape == (4, 5):
        raise Hint("That is the whole Jacobian; cut inside the function.")
    if found.shape == (3, 2):
        raise Hint("Rows are outputs: the shape should be (2, 3).")
    if found.shape != (2, 3):
        raise Hint(f"The shape should be (2, 3), not {found.shape}.")
    if not near(found, right):
        raise Hint("The first 2 outputs, the first 3 inputs, in order.")
    return "The rest of the Jacobian was never computed."


def exercise_9(influence: Answer) -> str:
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


def exercise_10(hessian_times: Answer) -> str:
    """The Hessian of a scalar function times an arrow."""

    def g(x: tf.Tensor) -> tf.Tensor:
        return x[0] ** 2 * x[1] + x[1] * x[2] ** 3

    x, v = tf.constant([1.0, 2.0, 3.0]), tf.constant([1.0, -1.0, 0.5])
    H = np.array([[4, 2, 0], [2, 0, 27], [0, 27, 36]])
    found = array(hessian_times(g, x, v))
    if found.shape == (3, 3):
        raise Hint("That is a table; the product with v has shape (3,).")
    if near(found, [4, 28, 54]) or near(found, v * [4, 28, 54]):
        raise Hint("That is the gradient; differentiate it along v.")
    if near(found, np.diag(H) * v):
        raise Hint("Entries beside the diagonal count as well.")
    if not near(found, H @ v.numpy()):
        raise Hint("The Hessian is the Jacobian of the gradient: use jvp.")
    return "No table of second derivatives was built."


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
