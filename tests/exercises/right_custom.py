"""Right answers on custom gradients that are not the book's.

Each differs from the folded solution in its way, not in its names.
"""

RIGHT = {
    "custom 1": [
        "answer = np.tile(3 * np.array([1.0, 2.0]) ** 2, (2, 1))",
        """
@tf.custom_gradient
def cube(x):
    return x**3, lambda dy: 3 * x**2


x = tf.constant([1.0, 2.0])
with tf.GradientTape() as tape:
    tape.watch(x)
    y = cube(x)
answer = tape.jacobian(y, x)
""",
    ],
    "custom 2": [
        "answer = (1, 0, 1, 0, 1)",
        "answer = 'True', 'False', 'True', 'False', 'True'",
        """
x, dy = np.array([1.0, -2.0, 3.0]), np.array([0.5, 4.0, 1.0])
rules = [
    lambda dy: tf.sigmoid(x) * dy,
    lambda dy: tf.sign(dy),
    lambda dy: tf.reduce_sum(dy) * x,
    lambda dy: dy + 1e-6,
    lambda dy: tf.where(x > 0, dy, 0.1 * dy),
]
answer = [np.all(rule(2 * dy) == 2 * rule(dy)) for rule in rules]
""",
        "answer = tf.constant([True, False, True, False, True])",
    ],
    "custom 3": [
        """
def answer(dy):
    return tf.reverse(tf.cumsum(tf.reverse(dy, [0])), [0])
""",
        """
def answer(dy):
    ones = tf.ones([len(dy), len(dy)], dy.dtype)
    upper = tf.linalg.band_part(ones, 0, -1)
    return tf.linalg.matvec(upper, dy)
""",
        """
def answer(dy):
    return [float(sum(dy[i:])) for i in range(len(dy))]
""",
        """
def answer(dy):
    return tf.reduce_sum(dy) - tf.cumsum(dy, exclusive=True)
""",
    ],
    "custom 4": [
        """
def answer(X, scale, dY):
    d_scale = np.einsum("sn,sn->n", X, dY)
    return [np.array(dY) * np.array(scale), d_scale, np.sum(dY, 0)]
""",
        """
def answer(X, scale, dY):
    shift = tf.zeros_like(scale)
    with tf.GradientTape() as tape:
        tape.watch([X, scale, shift])
        Y = X * scale + shift
    return tape.gradient(Y, [X, scale, shift], output_gradients=dY)
""",
        """
def answer(X, scale, dY):
    d_scale = tf.linalg.diag_part(tf.transpose(X) @ dY)
    ones = tf.ones([1, len(X)], dY.dtype)
    return dY @ tf.linalg.diag(scale), d_scale, (ones @ dY)[0]
""",
    ],
    "custom 5": [
        """
def answer(strength):
    def f(x):
        return tf.stop_gradient((1 + strength) * x) - strength * x

    return f
""",
        """
def answer(strength):
    return tf.custom_gradient(
        lambda x: (tf.identity(x), lambda dy: -strength * dy)
    )
""",
        """
class Reversal(keras.layers.Layer):
    def __init__(self, strength):
        super().__init__()
        self.strength = strength

    def call(self, x):
        @tf.custom_gradient
        def turned(x):
            return 1 * x, lambda dy: -(dy * self.strength)

        return turned(x)


answer = Reversal
""",
    ],
    "custom 6": [
        """
@tf.custom_gradient
def answer(x):
    def rule(dy):
        return tf.exp(x) * dy

    return tf.exp(x), rule
""",
        """
@tf.custom_gradient
def answer(x):
    return tf.exp(x), lambda dy: dy * answer(x)
""",
        """
def with_rule(x):
    y = np.e**x

    def rule(dy):
        return tf.multiply(y, dy)

    return y, rule


answer = tf.custom_gradient(with_rule)
""",
    ],
    "custom 7": [
        """
@tf.custom_gradient
def answer(x):
    y = tf.norm(x)
    safe = tf.where(y > 0, y, 1.0)

    def rule(dy):
        return dy * x / safe

    return y, rule
""",
        """
@tf.custom_gradient
def answer(x):
    y = tf.norm(x)

    def rule(dy):
        if y == 0:
            return tf.zeros_like(x)
        return dy / y * x

    return y, rule
""",
        """
def answer(x):
    square = tf.reduce_sum(x * x)
    zero = square == 0
    root = tf.sqrt(tf.where(zero, tf.ones_like(square), square))
    return tf.where(zero, tf.zeros_like(square), root)
""",
    ],
    "custom 8": [
        "answer = [0, 0.167, 0.167]",
        """
from fractions import Fraction

theta, x = Fraction(9), Fraction(3)
A = (1 - theta / x**2) / 2
B = 1 / x / 2
answer = A, B, B / (1 - A)
""",
        """
theta, x = tf.constant(9.0), tf.constant(3.0)
with tf.GradientTape() as tape:
    tape.watch([theta, x])
    y = (x + theta / x) / 2
A, B = tape.gradient(y, [x, theta])
answer = np.array([A, B, B / (1 - A)])
""",
    ],
    "custom 9": [
        """
def answer(theta, x):
    s = np.sqrt(1 - x**2)
    return -x * s / (1 + theta * s)
""",
        """
def answer(theta, x):
    theta, x = tf.constant(theta), tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch([theta, x])
        y = tf.cos(theta * x)
    A, B = tape.gradient(y, [x, theta])
    return B / (1 - A)
""",
        """
def answer(theta, x):
    def rest(theta, x):
        for _ in range(200):
            x = x / 2 + np.cos(theta * x) / 2
        return x

    return (rest(theta + 1e-5, x) - rest(theta - 1e-5, x)) / 2e-5
""",
    ],
    "custom 10": [
        """
def answer(A, x, dx):
    db = np.linalg.solve(np.transpose(A), dx)
    return [-np.outer(db, x), db]
""",
        """
def answer(A, x, dx):
    b = tf.linalg.matvec(A, x)
    with tf.GradientTape() as tape:
        tape.watch([A, b])
        solution = tf.linalg.solve(A, b[:, tf.newaxis])[:, 0]
    return tape.gradient(solution, [A, b], output_gradients=dx)
""",
        """
def answer(A, x, dx):
    lu, order = tf.linalg.lu(tf.transpose(A))
    db = tf.linalg.lu_solve(lu, order, dx[:, tf.newaxis])
    return db @ -x[tf.newaxis], tf.squeeze(db)
""",
    ],
    "custom 11": [
        """
def answer(theta):
    x = tf.ones_like(theta)
    for _ in range(25):
        x = x - (x**3 + theta * x - 1) / (3 * x**2 + theta)
    x = tf.stop_gradient(x)
    slope = tf.stop_gradient(3 * x**2 + theta)
    return x - (x**3 + theta * x - 1) / slope
""",
        """
@tf.custom_gradient
def answer(theta):
    x = np.ones(theta.shape)
    for _ in range(25):
        x -= (x**3 + theta.numpy() * x - 1) / (3 * x**2 + theta.numpy())

    def rule(dy):
        with tf.GradientTape() as tape:
            at = tf.constant(x)
            tape.watch([at, theta])
            F = at**3 + theta * at - 1
        by_x, by_theta = tape.gradient(F, [at, theta])
        return -dy * by_theta / by_x

    return tf.constant(x), rule
""",
        """
def answer(theta):
    def newton(theta, x):
        return x - (x**3 + theta * x - 1) / (3 * x**2 + theta)

    return helpers.fixed_point(newton)(theta, tf.ones_like(theta))
""",
    ],
}
