"""Wrong answers to the exercises on tensor Jacobians, each plausible."""

WRONG = {
    "tensor 1": [
        "answer = ((4, 5, 4, 2), (5, 2, 4, 2), (5, 2))",
        "answer = ((4, 2, 5), (4, 2, 5, 2), (5, 2))",
        "answer = ((4, 2, 4, 5), (4, 5, 2), (5, 2))",
        "answer = ((4, 2, 4, 5), (4, 2, 5, 2), (4, 2))",
    ],
    "tensor 6": [
        "def answer(X, D):\n"
        "    inverse = tf.linalg.inv(X)\n"
        "    return inverse @ D @ inverse",
        "def answer(X, D):\n"
        "    inverse = tf.linalg.inv(X)\n"
        "    return -inverse @ inverse @ D",
        "def answer(X, D):\n"
        "    inverse = tf.linalg.inv(X)\n"
        "    return -D @ inverse @ inverse",
        "def answer(X, D):\n    return tf.linalg.inv(D)",
        "def answer(X, D):\n"
        "    return tf.linalg.inv(X + D) - tf.linalg.inv(X)",
        "def answer(X, D):\n    return -D / X**2",
        "def answer(X, D):\n"
        "    inverse = tf.linalg.inv(X)\n"
        "    return -inverse @ tf.transpose(D) @ inverse",
    ],
    "tensor 7": [
        "answer = ['no', 'yes', 'yes']",
        "answer = [True, True, True]",
        "answer = [False, False, True]",
        "answer = [False, True, False]",
        "answer = [False, True]",
    ],
    "tensor 9": [
        "def answer(model, x):\n"
        "    with tf.GradientTape() as tape:\n"
        "        y = model(x)\n"
        "    blocks = tape.gradient(y, model.trainable_variables)\n"
        "    return [tf.norm(block) for block in blocks]",
        "def answer(model, x):\n"
        "    return [tf.norm(helpers.weight_jacobian(model)(x))]",
        "def answer(model, x):\n"
        "    J = helpers.weight_jacobian(model)\n"
        "    return [tf.norm(block) ** 2 for block in J.split(J(x))]",
        "def answer(model, x):\n"
        "    return [tf.norm(w) for w in model.trainable_variables]",
        "def answer(model, x):\n"
        "    J = helpers.weight_jacobian(model)\n"
        "    return [tf.norm(block[0]) for block in J.split(J(x))]",
    ],
    "tensor 2": [
        "answer = [[2, 3, 3], [1, 6], 8]",
        "answer = [[5, 6], [2, 3, 3], 8]",
        "answer = [[1, 6], [2, 5, 3], 8]",
        "answer = [[1, 6], [2, 3, 3], 7]",
        "answer = [[1, 6], [8, 8], 8]",
        "answer = [1, 6]",
    ],
    "tensor 3": [
        "answer = ['reverse'] * 5",
        "answer = ['forward', 'reverse', 'forward', 'forward', 'forward']",
        "answer = ['forward', 'reverse', 'reverse', 'forward', 'reverse']",
        "answer = ['forward', 'reverse']",
        "answer = 'forward'",
    ],
    "tensor 4": [
        "def answer(f, p):\n    return tf.linalg.det(helpers.jacobian(f)(p))",
        "def answer(f, p):\n    return tf.norm(helpers.jacobian(f)(p))",
        "def answer(f, p):\n    return helpers.jacobian(f)(p)",
        "def answer(f, p):\n"
        "    return tf.linalg.trace(helpers.jacobian(f)(p))",
    ],
    "tensor 5": [
        "def answer(outer, inner, x):\n"
        "    return helpers.jacobian(outer)(x) @ helpers.jacobian(inner)(x)",
        "def answer(outer, inner, x):\n"
        "    J = helpers.jacobian(outer)(inner(x))\n"
        "    return helpers.jacobian(inner)(x) @ J",
        "def answer(outer, inner, x):\n"
        "    J = helpers.jacobian(outer)(inner(x))\n"
        "    return J * helpers.jacobian(inner)(x)",
    ],
    "tensor 8": [
        "def answer(f, x):\n    return helpers.jacobian(f)(x)",
        "def answer(f, x):\n"
        "    return tf.transpose(helpers.jacobian(f)(x)[:2, :3])",
        "def answer(f, x):\n    return helpers.jacobian(f)(x)[2:, :3]",
        "def answer(f, x):\n    return helpers.jacobian(f)(x)[:3, :2]",
        "def answer(f, x):\n    return helpers.jacobian(f)(x)[:2]",
        "def answer(f, x):\n"
        "    with tf.GradientTape() as tape:\n"
        "        tape.watch(x)\n"
        "        y = f(x)\n"
        "    return tape.jacobian(y[:2], x[:3])",
    ],
    "tensor 10": [
        "def answer(g, x, v):\n"
        "    return helpers.jacobian(helpers.jacobian(g))(x)",
        "def answer(g, x, v):\n    return helpers.jacobian(g)(x)",
        "def answer(g, x, v):\n    return helpers.jacobian(g)(x) * v",
        "def answer(g, x, v):\n"
        "    H = helpers.jacobian(helpers.jacobian(g))(x)\n"
        "    return tf.linalg.diag_part(H) * v",
        "def answer(g, x, v):\n"
        "    H = helpers.jacobian(helpers.jacobian(g))(x)\n"
        "    return tf.reduce_sum(H, axis=0)",
    ],
}

# What is answered, and words of the hint that it gets.
SLIPS = {
    "tensor 8": [
        (
            "def answer(f, x):\n"
            "    return tf.transpose(helpers.jacobian(f)(x)[:2, :3])",
            "Rows are outputs",
        ),
        (
            "def answer(f, x):\n"
            "    with tf.GradientTape(persistent=True) as tape:\n"
            "        tape.watch(x)\n        y = f(x)\n"
            "    return tape.jacobian(y[:2], x[:3])",
            "inside the tape (slices too)",
        ),
    ],
}
