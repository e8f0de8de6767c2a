"""Wrong answers to the exercises on scalar Jacobians, each plausible."""

WRONG = {
    "scalar 1": [
        "def answer(x):\n    return x * tf.exp(-x**2)",
        "def answer(x):\n    return tf.exp(-x**2)",
        "def answer(x):\n    return -2 * x * tf.exp(-x**2)",
        "def answer(x):\n    with tf.GradientTape() as tape:\n"
        "        tape.watch(x)\n        y = x * np.exp(-x.numpy()**2)\n"
        "    return tape.gradient(y, x)",
        "def answer(x):\n    return 'steep'",
        "def answer(x):\n    return [slope for slope in (1.0, 2.0)]",
        "def answer(x):\n    with tf.GradientTape() as tape:\n"
        "        y = x * tf.exp(-x**2)\n    return tape.gradient(y, x)",
    ],
    "scalar 4": [
        "answer = ((), (2, 3))",
        "answer = ((2, 3), (2, 3))",
        "answer = ((2, 3, 1), ())",
        "answer = ((2, 3), 1)",
    ],
    "scalar 6": [
        "answer = [None, None, 0.0, 0.3]",
        "answer = [0.0, 0.0, 0.0, 0.3]",
        "answer = [0.0, None, 0.0, 0.6]",
        "answer = [0.0, None, 0.0]",
        "answer = [0.0, None, None, 0.3]",
    ],
    "scalar 9": [
        "def answer(x):\n    return tf.sin(x) / x",
        "def answer(x):\n    return tf.where(x == 0, 1.0, tf.sin(x) / x)",
        "def answer(x):\n    return tf.math.divide_no_nan(tf.sin(x), x)",
        "def answer(x):\n    return tf.constant(np.sinc(x / np.pi))",
    ],
    "scalar 10": [
        "def answer(curve, t):\n    return helpers.jacobian(curve)(t)",
        "def answer(curve, t):\n    J = helpers.jacobian(curve)(t)\n"
        "    return tf.abs(tf.reduce_sum(J))",
        "def answer(curve, t):\n    return 3.0",
    ],
    "scalar 2": [
        "answer = [6, 10, 44]",
        "answer = [4, 6, 28]",
        "answer = [4, 10, 40]",
        "answer = [4, 10, 4]",
        "answer = [5, 10, 44]",
        "answer = [4, 9, 44]",
        "answer = [4, 10]",
    ],
    "scalar 3": [
        "answer = [2, 5, 44]",
        "answer = [4, 4, 44]",
        "answer = [4, 5, 20]",
        "answer = [4, 5, 24]",
        "answer = 44",
    ],
    "scalar 5": [
        "answer = 540",
        "answer = 5.4",
        "answer = 0.03",
        "answer = 3 / 180",
        "answer = 32.054",
        "answer = 3",
        "answer = 'warm'",
    ],
    "scalar 7": [
        "answer = [lambda x: tf.constant(np.exp(-x)), lambda x: x**3, "
        "lambda x: tf.maximum(x, 2 * x)]",
        "answer = [tf.exp, lambda x: x**3, lambda x: tf.maximum(x, 2 * x)]",
        "answer = [lambda x: tf.exp(-x), lambda x: x * float(x)**2, "
        "lambda x: tf.maximum(x, 2 * x)]",
        "answer = [lambda x: tf.exp(-x), lambda x: x**3, lambda x: 2 * x]",
        "answer = [tf.exp(-1.0), 1.0, 2.0]",
        "answer = [lambda x: tf.exp(-x)]",
    ],
    "scalar 8": [
        "answer = ['right', 'right', 'right', 'None']",
        "answer = ['right', 'None', 'right', 'None']",
        "answer = ['right', 'wrong', 'wrong', 'None']",
        "answer = ['right', 'wrong', 'right', 'wrong']",
        "answer = ['right', 'wrong']",
        "answer = 'wrong'",
    ],
    "scalar 11": [
        "def answer(f, x):\n    return (f(x + 1e-5) - f(x - 1e-5)) / 2e-5",
        "def answer(f, x):\n    h = 1e-5 * abs(x)\n"
        "    return (f(x + h) - f(x)) / h",
        "def answer(f, x):\n    h = 1e-5 * abs(x)\n"
        "    return (f(x + h) - f(x - h)) / h",
        "def answer(f, x):\n    h = 1e-13 * abs(x)\n"
        "    return (f(x + h) - f(x - h)) / (2 * h)",
    ],
}
