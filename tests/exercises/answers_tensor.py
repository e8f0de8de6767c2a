"""Wrong answers to the exercises on tensor Jacobians, each plausible."""

WRONG = {
    "tensor 1": [
        "answer = ((4, 5, 4, 2), (5, 2, 4, 2), (5, 2))",
        "answer = ((4, 2, 5), (4, 2, 5, 2), (5, 2))",
        "answer = ((4, 2, 4, 5), (4, 5, 2), (5, 2))",
        "answer = ((4, 2, 4, 5), (4, 2, 5, 2), (4, 2))",
    ],
    "tensor 2": [
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
    "tensor 3": [
        "answer = [True, True, True]",
        "answer = [False, False, True]",
        "answer = [False, True, False]",
        "answer = [False, True]",
    ],
    "tensor 4": [
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
}
