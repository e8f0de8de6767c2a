"""Wrong answers to the exercises on scalar Jacobians, each plausible."""

WRONG = {
    "scalar 1": [
        "def answer(x):\n    return x * tf.exp(-x**2)",
        "def answer(x):\n    return tf.exp(-x**2)",
        "def answer(x):\n    return -2 * x * tf.exp(-x**2)",
        "def answer(x):\n    return 'steep'",
        "def answer(x):\n    return [slope for slope in (1.0, 2.0)]",
        "def answer(x):\n    with tf.GradientTape() as tape:\n"
        "        y = x * tf.exp(-x**2)\n    return tape.gradient(y, x)",
    ],
    "scalar 2": [
        "answer = ((), (2, 3))",
        "answer = ((2, 3), (2, 3))",
        "answer = ((2, 3, 1), ())",
        "answer = ((2, 3), 1)",
    ],
    "scalar 3": [
        "answer = [None, None, 0.0, 0.3]",
        "answer = [0.0, 0.0, 0.0, 0.3]",
        "answer = [0.0, None, 0.0, 0.6]",
        "answer = [0.0, None, 0.0]",
        "answer = [0.0, None, None, 0.3]",
    ],
    "scalar 4": [
        "def answer(x):\n    return tf.sin(x) / x",
        "def answer(x):\n    return tf.where(x == 0, 1.0, tf.sin(x) / x)",
        "def answer(x):\n    return tf.math.divide_no_nan(tf.sin(x), x)",
        "def answer(x):\n    return tf.constant(np.sinc(x / np.pi))",
    ],
    "scalar 5": [
        "def answer(curve, t):\n    return helpers.jacobian(curve)(t)",
        "def answer(curve, t):\n    J = helpers.jacobian(curve)(t)\n"
        "    return tf.abs(tf.reduce_sum(J))",
        "def answer(curve, t):\n    return 3.0",
    ],
}
