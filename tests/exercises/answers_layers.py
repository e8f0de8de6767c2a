"""Wrong answers to the exercises on intermediate layers, each plausible."""

FACTORS = """def answer(model, name, x):
    {before}
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        {run}
    return {end}
"""
EXITS = (
    "exits = keras.Model(model.inputs,"
    " [model.get_layer(name).output, *model.outputs])"
)
BOTH = "tape.batch_jacobian(h, x), tape.batch_jacobian(y, h)"
TERMS = """def answer(head, rest, x):
    h = head(x)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([h, x])
        {run}
    tail = tape.batch_jacobian(y, h)
    past = tape.batch_jacobian(y, x)
    return {end}
"""
HEAD = "helpers.batch_jacobian(head)(x)"
USES = """def answer(x, K):
    one, two = tf.identity(K), {two}
    with tf.GradientTape() as tape:
        tape.watch([one, two])
        y = tf.tanh(tf.tanh(x @ one) @ two)
    first, second = tape.gradient(y, [one, two])
    return {end}
"""
CUT = """def answer(model, name, x):
    head, tail = helpers.chain_jacobians(model, name)(x)
    whole = helpers.batch_jacobian(model)(x)
    return {end}
"""
DEAD = """def answer(model, name, x):
    J = helpers.layer_jacobian(model, name, of="layer", wrt="input")(x)
    return np.flatnonzero({test}).tolist()
"""

WRONG = {
    "layers 1": [
        "answer = ((32, 20, 16, 20, 4), (32, 5, 20, 16), (32, 5, 20, 4))",
        "answer = ((32, 5, 16), (32, 16, 20, 4), (32, 5, 20, 4))",
        "answer = ((32, 20, 16, 5), (32, 20, 16, 20, 4), (32, 5, 20, 4))",
        "answer = ((32, 5, 32, 20, 16), (32, 20, 16, 20, 4), (32, 5, 20, 4))",
        "answer = ((32, 5, 20, 16), (32, 20, 16, 4), (32, 5, 20, 4))",
        "answer = ((32, 5, 20, 16), (32, 20, 16, 20, 4), (32, 5, 4))",
        "answer = (32, 5)",
    ],
    "layers 2": [
        "answer = ([[2, 2], [0, 1]], [[1, 1], [2, 1]], [[4, 1], [6, 1]])",
        "answer = ([[2, 0], [2, 1]], [[1, 2], [1, 1]], [[4, 1], [6, 1]])",
        "answer = ([[2, 0], [2, 1]], [[1, 1], [1, 2]], [[4, 1], [6, 2]])",
        "answer = ([[2, 0], [2, 1]], [[1, 1], [2, 1]], [[2, 2], [4, 3]])",
        "answer = ([[2, 0], [2, 1]], [[1, 1], [2, 1]], [[2, 0], [4, 1]])",
        "answer = ([[1, 0], [2, 1]], [[1, 1], [2, 1]], [[3, 1], [4, 1]])",
        "answer = [[4, 1], [6, 1]]",
    ],
    "layers 3": [
        "answer = {'a', 'c', 'e'}",
        "answer = {'a', 'e', 'f'}",
        "answer = {'c', 'e', 'f'}",
        "answer = {'a', 'c', 'f'}",
        "answer = {'a', 'b', 'c', 'e', 'f'}",
        "answer = {'a', 'c', 'd', 'e', 'f'}",
        "answer = {1, 3}",
    ],
    "layers 4": [
        # Right for a model made in one go, zeros for one that grew.
        FACTORS.format(before=EXITS, run="h, y = exits(x)", end=BOTH),
        # Another run.
        FACTORS.format(
            before="head = keras.Model(model.inputs,"
            " model.get_layer(name).output)",
            run="h, y = head(x), model(x)",
            end=BOTH,
        ),
        # The names of the model, the weights of another.
        FACTORS.format(
            before="other = keras.models.clone_model(model)",
            run="h = other.layers[0](x)\n        y = other.layers[1](h)",
            end=BOTH,
        ),
        # Turned around.
        FACTORS.format(
            before="first, last = model.layers",
            run="h = first(x)\n        y = last(h)",
            end="tape.batch_jacobian(y, h), tape.batch_jacobian(h, x)",
        ),
        # Full Jacobians.
        FACTORS.format(
            before="first, last = model.layers",
            run="h = first(x)\n        y = last(h)",
            end="tape.jacobian(h, x), tape.jacobian(y, h)",
        ),
        # The whole in place of the tail.
        FACTORS.format(
            before="first, last = model.layers",
            run="h = first(x)\n        y = last(h)",
            end="tape.batch_jacobian(h, x), tape.batch_jacobian(y, x)",
        ),
    ],
    "layers 5": [
        TERMS.format(
            run="h = head(x)\n        y = rest(h, x)",
            end=f"tail @ {HEAD}, past",
        ),
        TERMS.format(run="y = rest(h, x)", end=f"past, tail @ {HEAD}"),
        TERMS.format(run="y = rest(h, x)", end="tail, past"),
        TERMS.format(run="y = rest(h, x)", end=f"tail @ {HEAD} + past, past"),
        TERMS.format(
            run="y = rest(h, x)", end=f"tail @ {HEAD}, tf.zeros_like(past)"
        ),
        TERMS.format(run="y = rest(h, x)", end=f"2 * tail @ {HEAD}, past"),
    ],
    "layers 6": [
        "def answer(tail, head):\n    return tail @ head",
        "def answer(tail, head):\n"
        "    return tf.einsum('bok,bki->boki', tail, head)",
        "def answer(tail, head):\n"
        "    return tf.einsum('bok,bki->bkio', tail, head)",
        "def answer(tail, head):\n"
        "    return tf.einsum('bok,bki->bkoi', tail**2, head)",
        "def answer(tail, head):\n"
        "    return tf.einsum('bok,bki->bkoi', tail, head) / 3",
    ],
    "layers 7": [
        "def answer(tail, head, axes):\n    return tail @ head",
        "def answer(tail, head, axes):\n"
        "    return tf.tensordot(tail, head, axes)",
        "def answer(tail, head, axes):\n"
        "    return tf.stack([tf.tensordot(t, h, 1)"
        " for t, h in zip(tail, head)])",
        # The axes of h in reverse order.
        "def answer(tail, head, axes):\n"
        "    n = len(tail[0].shape)\n"
        "    own = [list(range(n - axes, n)), list(range(axes))[::-1]]\n"
        "    return tf.stack([tf.tensordot(t, h, own)"
        " for t, h in zip(tail, head)])",
        "def answer(tail, head, axes):\n"
        "    return tf.stack([2 * tf.tensordot(t, h, axes)"
        " for t, h in zip(tail, head)])",
        "def answer(tail, head, axes):\n"
        "    one = tf.reshape(tail, [6, -1, head.shape[1]])\n"
        "    return one @ tf.reshape(head, [6, head.shape[1], -1])",
    ],
    "layers 8": [
        DEAD.format(test="np.any(J, axis=(0, 2))"),
        DEAD.format(test="~np.all(np.any(J, axis=2), axis=0)"),
        DEAD.format(test="~np.any(J, axis=(1, 2))"),
        DEAD.format(test="~np.any(J, axis=(0, 1))"),
        "def answer(model, name, x):\n    return [0]",
    ],
    "layers 9": [
        USES.format(two="one", end="first, second"),
        USES.format(two="tf.identity(K)", end="second, first"),
        USES.format(two="tf.identity(K)", end="first + second, second"),
        USES.format(two="tf.identity(K)", end="first, first"),
        USES.format(two="tf.identity(K)", end="2 * first, second"),
        USES.format(two="tf.identity(K)", end="tf.transpose(first), second"),
        USES.format(two="tf.identity(K)", end="first[0], second[0]"),
    ],
    "layers 10": [
        "def answer(model, name, x):\n    return True",
        "def answer(model, name, x):\n    return False",
        CUT.format(end="(tail @ head).shape == whole.shape"),
        CUT.format(end="np.allclose(tail @ head, whole, atol=0.1)"),
        CUT.format(end="bool(np.max(abs(whole - tail @ head)) < 1)"),
        CUT.format(end="whole - tail @ head"),
    ],
}  # fmt: skip
