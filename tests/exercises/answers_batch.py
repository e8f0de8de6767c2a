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

CURVATURE = """def answer(f, x):
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(x)
        with tf.GradientTape(persistent=True) as inner:
            inner.watch(x)
            y = f(x)
        slopes = inner.{first}(y, x)
    return {second}
"""
CLIPPED = """def answer(model, x, t, longest):
    def gradient_of_one(sample):
        x, t = sample
        with tf.GradientTape() as tape:
            y = model(x[tf.newaxis])[0]
            loss = tf.reduce_sum((y - t) ** 2)
        g = tape.gradient(loss, model.trainable_variables)
        return {short}

    each = tf.vectorized_map(gradient_of_one, (x, t))
    {end}
"""
MEAN = "return [tf.reduce_mean(g, axis=0) for g in each]"
SHORT = "tf.clip_by_global_norm(g, longest)[0]"
PAIRS = """def answer(f, x):
    noise = {noise}
    pairs = []
    for c in range(len(x)):
        seed = noise * tf.one_hot(c, len(x))[:, tf.newaxis]
        _, gradient = helpers.vjp(f)(x, seed)
        size = tf.reduce_sum({size}, axis=1).numpy()
        pairs += [{pair} for b in np.flatnonzero(size) if {keep}]
    return {end}
"""
NORMAL = "tf.random.stateless_normal(x.shape, (1, 2))"

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
    "batch 5": [
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
    "batch 6": [
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
    "batch 3": [
        "answer = {'b', 'd', 'f'}",
        "answer = {'b'}",
        "answer = {'d'}",
        "answer = {'a', 'b', 'd'}",
        "answer = {'b', 'c', 'd', 'e'}",
        "answer = {'b', 'd', 'e'}",
        "answer = {1, 3}",
    ],
    "batch 4": [
        # By the larger side.
        "answer = (['forward', 'reverse'] * 2 + ['forward'],"
        " [784, 500, 80, 400, 240])",
        # A pass for each sample.
        "answer = (['reverse', 'forward'] * 2 + ['reverse'],"
        " [2560, 192, 512, 64, 40])",
        # The coupled one as if it were not.
        "answer = (['reverse', 'forward'] * 2 + ['reverse'],"
        " [10, 3, 1, 2, 5])",
        "answer = (['reverse', 'forward'] * 2 + ['reverse'],"
        " [10, 3, 80, 2, 40])",
        "answer = (['reverse', 'forward'], [10, 3])",
    ],
    "batch 7": [
        CURVATURE.format(
            first="batch_jacobian", second="inner.batch_jacobian(slopes, x)"),
        CURVATURE.format(
            first="batch_jacobian", second="outer.jacobian(slopes, x)"),
        CURVATURE.format(
            first="batch_jacobian", second="outer.gradient(slopes, x)"),
        CURVATURE.format(first="batch_jacobian", second="slopes"),
        CURVATURE.format(
            first="jacobian", second="outer.batch_jacobian(slopes, x)"),
        "def answer(f, x):\n"
        "    return 2 * helpers.batch_jacobian("
        "helpers.batch_jacobian(f))(x)",
    ],
    "batch 8": [
        CLIPPED.format(short="g", end=MEAN),
        CLIPPED.format(short=SHORT, end=MEAN.replace("mean", "sum")),
        CLIPPED.format(
            short="g", end="return tf.clip_by_global_norm("
            "[tf.reduce_mean(g, axis=0) for g in each], longest)[0]"),
        # Every array on its own.
        CLIPPED.format(
            short="[tf.clip_by_norm(p, longest / 2) for p in g]", end=MEAN),
        # All brought to the same length.
        CLIPPED.format(
            short="[p * longest / tf.linalg.global_norm(g) for p in g]",
            end=MEAN),
        CLIPPED.format(short=SHORT, end="return each"),
    ],
    "batch 9": [
        PAIRS.format(noise=NORMAL, size="abs(gradient)", pair="(c, b)",
                     keep="True", end="pairs"),
        PAIRS.format(noise=NORMAL, size="abs(gradient)", pair="(b, c)",
                     keep="b != c", end="sorted(pairs)"),
        PAIRS.format(noise="tf.ones_like(x)", size="abs(gradient)",
                     pair="(c, b)", keep="b != c", end="pairs"),
        PAIRS.format(noise=NORMAL, size="abs(gradient)", pair="(c, b)",
                     keep="b != c", end="pairs[::-1]"),
        PAIRS.format(noise=NORMAL, size="abs(gradient)", pair="(c, b)",
                     keep="b < c", end="pairs"),
        "def answer(f, x):\n    return [(0, 5)]",
    ],
    "batch 10": [
        # The first four of the six.
        "answer = [[0, 1] * 3, [1, 0] * 3, [0, 0, 1, 1, 0, 0],"
        " [1, 1, 0, 0, 1, 1]]",
        "answer = np.eye(6)[:4]",
        "answer = np.eye(6)",
        "answer = np.ones([4, 6])",
        "answer = np.full([4, 6], 0.5)",
    ],
}  # fmt: skip
