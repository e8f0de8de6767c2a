"""Wrong answers to the exercises on batch Jacobians, each plausible."""

INFLUENCED = """def answer(f, x, k):
    noise = tf.random.stateless_normal(x.shape, (1, 2))
    chosen = tf.one_hot(k, len(x))[:, tf.newaxis]
    {pass_}
    return np.flatnonzero({size}).tolist()
"""
FORWARD = "_, change = helpers.jvp(f)(x, {direction})"
SIZE = "tf.reduce_sum(abs(change), axis=1)"
LENGTHS = """def answer(f, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = {y}
    gradient = tape.gradient(y, x)
    return {length}
"""

WRONG = {
    "batch 1": [
        "answer = ((16, 3, 10, 4), (16, 3, 16, 10, 4))",
        "answer = ((16, 10, 4, 16, 3), (16, 10, 4, 3))",
        "answer = ((16, 3, 16, 10, 4), (16, 10, 4, 3))",
        "answer = ((16, 3, 10, 4), (16, 3, 10, 4))",
        "answer = ((16, 3, 16, 10, 4), (16, 3, 16, 4))",
        "answer = (16, 3)",
    ],
    "batch 2": [
        "answer = (1.0, 0.0, 1.0)",
        "answer = (0.75, -0.25, 0.75)",
        "answer = (0.75, 0.25, 0.0)",
        "answer = (1.0, -0.25, 0.0)",
        "answer = (0.75, -0.25)",
        "answer = (0.75, -0.25, 0.5)",
    ],
    "batch 3": [
        # Backwards: who influences k.
        INFLUENCED.format(
            pass_="y = f(x)\n"
            "    noise = tf.random.stateless_normal(y.shape, (1, 2))\n"
            "    _, change = helpers.vjp(f)(x, noise * chosen)",
            size=SIZE,
        ),
        # A direction of ones.
        INFLUENCED.format(
            pass_=FORWARD.format(direction="tf.ones_like(x) * chosen"),
            size=SIZE,
        ),
        # No absolute value.
        INFLUENCED.format(
            pass_=FORWARD.format(direction="noise * chosen"),
            size="tf.reduce_sum(change, axis=1)",
        ),
        # All samples moved.
        INFLUENCED.format(
            pass_=FORWARD.format(direction="noise"), size=SIZE
        ),
        # All samples but k moved.
        INFLUENCED.format(
            pass_=FORWARD.format(direction="noise * (1 - chosen)"), size=SIZE
        ),
        "def answer(f, x, k):\n    return [k]",
        "def answer(f, x, k):\n    return list(range(len(x)))",
        "def answer(f, x, k):\n    return []",
    ],
    "batch 4": [
        LENGTHS.format(y="tf.reduce_mean(f(x))", length="tf.norm("
            "tf.reshape(gradient, [len(x), -1]), axis=1)"),
        LENGTHS.format(y="tf.reduce_sum(f(x))", length="tf.norm(gradient)"),
        LENGTHS.format(
            y="tf.reduce_sum(f(x))", length="tf.norm(gradient, axis=1)"),
        LENGTHS.format(
            y="tf.reduce_sum(f(x))", length="tf.norm(gradient, axis=0)"),
        LENGTHS.format(y="tf.reduce_sum(f(x))", length="tf.reduce_sum("
            "tf.reshape(gradient, [len(x), -1]), axis=1)"),
        LENGTHS.format(y="tf.reduce_sum(f(x))", length="tf.reduce_sum("
            "tf.reshape(gradient, [len(x), -1]) ** 2, axis=1)"),
        LENGTHS.format(y="f(x)[0]", length="tf.norm("
            "tf.reshape(gradient, [len(x), -1]), axis=1)"),
        "def answer(f, x):\n    return f(x)",
    ],
}  # fmt: skip
