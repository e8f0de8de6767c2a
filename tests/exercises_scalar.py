"""Wrong answers to the exercises on scalar Jacobians, each plausible."""

WRONG = {
    "scalar 1": [
        "def answer(x):\n    return x * tf.exp(-x**2)",
        "def answer(x):\n    return tf.exp(-x**2)",
        "def answer(x):\n    return -2 * x * tf.exp(-x**2)",
        "def answer(x):\n    return 'steep'",
    ],
    "scalar 2": [
        "answer = ((), (2, 3))",
        "answer = ((2, 3), (2, 3))",
        "answer = ((2, 3, 1), ())",
    ],
    "scalar 3": [
        "answer = [None, None, 0.0, 0.3]",
        "answer = [0.0, 0.0, 0.0, 0.3]",
        "answer = [0.0, None, 0.0, 0.6]",
        "answer = [0.0, None, 0.0]",
    ],
    "scalar 4": [
        "def answer(x):\n    return tf.sin(x) / x",
        "def answer(x):\n    return tf.where(x == 0, 1.0, tf.sin(x) / x)",
        "def answer(x):\n    return tf.math.divide_no_nan(tf.sin(x), x)",
        "def answer(x):\n    return tf.constant(np.sinc(x / np.pi))",
    ],
    "scalar 5": [
        "def answer(t):\n    return helpers.jacobian(\n"
        "        lambda t: tf.stack([tf.cos(3 * t), tf.sin(3 * t)]))(t)",
        "def answer(t):\n    return tf.abs(-3*tf.sin(3*t) + 3*tf.cos(3*t))",
        "def answer(t):\n    return 1.0",
    ],
}
