"""Right answers on scalar Jacobians that are not the book's.

Each differs from the folded solution in its way, not in its names.
"""

RIGHT = {
    "scalar 1": [
        """
def answer(x):
    return (1 - 2 * x**2) * tf.exp(-(x**2))
""",
        """
def answer(x):
    return helpers.jacobian(lambda x: x * tf.exp(-(x**2)))(x)
""",
        """
def answer(x):
    x = tf.Variable(x)
    with tf.GradientTape() as tape:
        y = x / tf.exp(tf.square(x))
    return tape.gradient(y, x).numpy()
""",
        """
def answer(x):
    x = float(x)
    return np.exp(-x * x) - 2 * x * x * np.exp(-x * x)
""",
    ],
    "scalar 2": [
        "answer = 4, 10, 44",
        "answer = np.array([4.0, 10.0, 44.0])",
        """
x = tf.constant(2.0)
with tf.GradientTape() as tape:
    tape.watch(x)
    a = x**2
    b = a + x
    y = a * b
answer = tape.gradient(y, [b, a, x])
""",
    ],
    "scalar 3": [
        "answer = (4.0, 5.0, 44.0)",
        """
x, moves = tf.constant(2.0), tf.constant(1.0)
with tf.autodiff.ForwardAccumulator(x, moves) as forward:
    a = x**2
    b = a + x
    y = a * b
answer = [forward.jvp(each) for each in (a, b, y)]
""",
        """
def values(x):
    return np.array([x**2, x**2 + x, x**2 * (x**2 + x)])


answer = (values(2 + 1e-5) - values(2 - 1e-5)) / 2e-5
""",
    ],
    "scalar 4": [
        "answer = (2, 3), ()",
        "answer = [[2, 3], []]",
        """
x = tf.constant(0.5)
with tf.GradientTape(persistent=True) as tape:
    tape.watch(x)
    y = tf.fill([2, 3], 1.0) * x
answer = [tape.jacobian(y, x).shape, tape.gradient(y, x).shape]
""",
        """
J = helpers.jacobian(lambda x: tf.fill([2, 3], x))(tf.constant(0.5))
answer = [tf.shape(J), tf.shape(tf.constant(0.5))]
""",
    ],
    "scalar 5": [
        "answer = 0.054",
        "answer = np.float32(5.4) / 100",
        "answer = tf.constant(0.054)",
        """
def fahrenheit(centimetres):
    return 32 + 1.8 * (10 + 3 * centimetres / 100)


answer = fahrenheit(51) - fahrenheit(50)
""",
    ],
    "scalar 6": [
        "answer = (0, None, 0, 0.3)",
        "answer = [0, 'None', 0, 0.3]",
        """
def slope(f):
    x = tf.constant(0.3)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.gradient(y, x)


answer = [
    slope(tf.sign),
    slope(tf.floor),
    slope(lambda x: tf.nn.relu(x - 1)),
    slope(lambda x: tf.stop_gradient(x) * x),
]
""",
    ],
    "scalar 7": [
        """
answer = (
    lambda x: 1 / tf.exp(x),
    lambda x: x * x * x,
    lambda x: tf.where(x > 0, 2 * x, x),
)
""",
        """
def largest(x):
    if x > 0:
        return 2 * x
    return x


answer = [lambda x: tf.exp(x) ** -1, lambda x: tf.pow(x, 3), largest]
""",
        """
answer = [
    lambda x: tf.sinh(-x) + tf.cosh(x),
    lambda x: tf.reduce_prod(tf.stack([x, x, x])),
    lambda x: x + tf.nn.relu(x),
]
""",
    ],
    "scalar 8": [
        "answer = 'Right', 'Wrong', 'Right', 'none'",
        "answer = ['right', 'wrong', 'right', None]",
        "answer = np.array('right wrong right None'.split())",
        """
def verdict(f, x, h=1e-3):
    at = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(at)
        y = f(at)
    found = tape.gradient(y, at)
    if found is None:
        return "None"
    right = (f(at + h) - f(at - h)) / (2 * h)
    return "right" if abs(found - right) < 0.01 else "wrong"


answer = [
    verdict(lambda x: x * tf.sin(x), 0.5),
    verdict(lambda x: x * tf.constant(np.sin(x)), 0.5),
    verdict(lambda x: x + tf.round(x), 0.7),
    verdict(lambda x: tf.constant(np.cos(x)), 0.5),
]
""",
    ],
    "scalar 9": [
        """
def answer(x):
    if x == 0:
        return 1 - x**2 / 6
    return tf.sin(x) / x
""",
        """
def answer(x):
    small = abs(x) < 0.01
    safe = tf.where(small, tf.ones_like(x), x)
    series = 1 - x**2 / 6 + x**4 / 120
    return tf.where(small, series, tf.sin(safe) / safe)
""",
        """
@tf.custom_gradient
def answer(x):
    y = np.sinc(x / np.pi)

    def rule(dy):
        return dy * tf.math.divide_no_nan(tf.cos(x) - y, x)

    return tf.constant(y, tf.float32), rule
""",
    ],
    "scalar 10": [
        """
def answer(curve, t):
    _, speed = helpers.jvp(curve)(t, tf.ones_like(t))
    return tf.sqrt(tf.reduce_sum(speed**2))
""",
        """
def answer(curve, t):
    with tf.GradientTape() as tape:
        tape.watch(t)
        y = curve(t)
    return np.linalg.norm(tape.jacobian(y, t))
""",
        """
def answer(curve, t):
    with tf.autodiff.ForwardAccumulator(t, tf.constant(1.0)) as forward:
        y = curve(t)
    return float(tf.norm(forward.jvp(y)))
""",
    ],
    "scalar 11": [
        """
def answer(f, x):
    h = np.cbrt(np.finfo(float).eps) * np.abs(x)
    ahead, behind = x + h, x - h
    return (f(ahead) - f(behind)) / (ahead - behind)
""",
        """
def answer(f, x):
    def central(h):
        return (f(x + h) - f(x - h)) / (2 * h)

    h = 1e-3 * abs(x)
    return (4 * central(h / 2) - central(h)) / 3
""",
        """
def answer(f, x):
    x = tf.constant(x, tf.float64)
    h = 1e-5 * tf.abs(x)
    return 0.5 * (f(x + h) - f(x - h)) / h
""",
    ],
}
