"""Wrong answers to the exercises on custom gradients, each plausible."""

RULE_3 = "def answer(dy):\n    return {}\n"
RULE_4 = "def answer(X, scale, dY):\n    return {}\n"
REVERSAL = """def answer(strength):
    @tf.custom_gradient
    def f(x):
        return {value}, lambda dy: {rule}

    return f
"""
EXPONENTIAL = """@tf.custom_gradient
def answer(x):
    y = {value}
    factor = {factor}
    return y, lambda dy: {rule}
"""
LENGTH = """@tf.custom_gradient
def answer(x):
    y = {value}
    return y, lambda dy: {rule}
"""
SOLVE = """def answer(A, x, dx):
    db = tf.linalg.solve({A}, dx[:, tf.newaxis])[:, 0]
    return {dA}, db
"""
ROOT = """@tf.custom_gradient
def answer(theta):
    x = tf.ones_like(theta)
    for _ in range({steps}):
        x = x - (x**3 + theta * x - 1) / (3 * x**2 + theta)
    return x, lambda dy: {rule}
"""
ONES, SLOPE = "tf.ones_like(dy)", "x / (3 * x**2 + theta)"
TRANSPOSED = "tf.transpose(A)"

WRONG = {
    "custom 1": [
        "answer = [[3, 0], [0, 12]]",
        "answer = [[3, 3], [12, 12]]",
        "answer = [3, 12]",
        "answer = [[3, 12], [0, 0]]",
    ],
    "custom 2": [
        "answer = [False, False, True, False, True]",
        "answer = [True, True, True, False, True]",
        "answer = [True, False, False, False, True]",
        "answer = [True, False, True, True, True]",
        "answer = [True, False, True, False, False]",
        "answer = [True, False, True, False]",
    ],
    "custom 3": [
        RULE_3.format("tf.cumsum(dy)"),
        RULE_3.format("tf.fill([4], tf.reduce_sum(dy))"),
        RULE_3.format("tf.reduce_sum(dy)"),
        RULE_3.format("tf.cumsum(dy[::-1])"),
        RULE_3.format("dy"),
    ],
    "custom 4": [
        RULE_4.format("(dY * scale, X * dY, dY)"),
        RULE_4.format(
            "(dY * scale, tf.reduce_mean(X * dY, 0), tf.reduce_mean(dY, 0))"
        ),
        RULE_4.format("(dY, tf.reduce_sum(X * dY, 0), tf.reduce_sum(dY, 0))"),
        RULE_4.format(
            "(dY * scale, tf.reduce_sum(dY, 0), tf.reduce_sum(X * dY, 0))"
        ),
        RULE_4.format("(dY * scale, tf.reduce_sum(X * dY, 0))"),
    ],
    "custom 5": [
        REVERSAL.format(value="tf.identity(x)", rule="strength * dy"),
        REVERSAL.format(value="tf.identity(x)", rule="-dy"),
        REVERSAL.format(value="-strength * x", rule="-strength * dy"),
        REVERSAL.format(
            value="tf.identity(x)", rule="-strength * tf.ones_like(dy)"
        ),
        "def answer(strength):\n    return lambda x: x * 1",
        "def answer(strength):\n    return strength",
    ],
    "custom 6": [
        EXPONENTIAL.format(
            value="tf.exp(x)", factor="tf.stop_gradient(y)", rule="factor"
        ),
        EXPONENTIAL.format(
            value="tf.exp(x)", factor="tf.stop_gradient(y)", rule="factor * dy"
        ),
        EXPONENTIAL.format(value="tf.exp(x)", factor="y", rule="factor"),
        EXPONENTIAL.format(value="tf.exp(-x)", factor="y", rule="factor * dy"),
        "answer = 3.0",
    ],
    "custom 7": [
        LENGTH.format(value="tf.norm(x)", rule="dy * x / tf.norm(x)"),
        LENGTH.format(
            value="tf.norm(x)", rule="tf.math.divide_no_nan(x, tf.norm(x))"
        ),
        LENGTH.format(value="tf.norm(x)", rule="dy * 2 * x"),
        LENGTH.format(
            value="tf.norm(x)", rule="dy * x / tf.maximum(tf.norm(x), 5.0)"
        ),
        "def answer(x):\n    return tf.norm(x)",
        "def answer(x):\n    return tf.sqrt(tf.reduce_sum(x**2) + 1e-3)",
    ],
    "custom 8": [
        "answer = (0.5, 1 / 6, 1 / 3)",
        "answer = (0.0, 1 / 3, 1 / 3)",
        "answer = (0.0, 1 / 6, 1 / 3)",
        "answer = (0.0, 1 / 6)",
        "answer = (1.0, 1 / 6, 1 / 6)",
    ],
    "custom 9": [
        "def answer(theta, x):\n    return -x * np.sin(theta * x)",
        "def answer(theta, x):\n    s = np.sin(theta * x)\n"
        "    return -x * s / (1 - theta * s)",
        "def answer(theta, x):\n    s = np.sin(theta * x)\n"
        "    return x * s / (1 + theta * s)",
        "def answer(theta, x):\n    return x / theta",
    ],
    "custom 10": [
        SOLVE.format(A="A", dA="-db[:, tf.newaxis] * x"),
        SOLVE.format(A=TRANSPOSED, dA="db[:, tf.newaxis] * x"),
        SOLVE.format(A=TRANSPOSED, dA="-x[:, tf.newaxis] * db"),
        SOLVE.format(A=TRANSPOSED, dA="-dx[:, tf.newaxis] * x"),
        "def answer(A, x, dx):\n    return dx",
        "def answer(A, x, dx):\n    return A, 0 * dx",
    ],
    "custom 11": [
        ROOT.format(steps=40, rule=f"{SLOPE} * dy"),
        ROOT.format(steps=40, rule=f"-{SLOPE}"),
        ROOT.format(steps=40, rule="-x * dy"),
        ROOT.format(steps=1, rule=f"-{SLOPE} * dy"),
        "def answer(theta):\n    return tf.reduce_sum(theta)",
    ],
}
