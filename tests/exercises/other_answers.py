"""Right answers that are not the book's, and the typical slips.

Each differs from the folded solution in its way, not in its names.
"""

RIGHT = {
    "scalar 1": [
        "def answer(x):\n    return (1 - 2 * x**2) * tf.exp(-(x**2))",
        "def answer(x):\n"
        "    return helpers.jacobian(lambda x: x * tf.exp(-(x**2)))(x)",
        "def answer(x):\n    x = tf.Variable(x)\n"
        "    with tf.GradientTape() as tape:\n"
        "        y = x / tf.exp(tf.square(x))\n"
        "    return tape.gradient(y, x).numpy()",
    ],
    "scalar 4": ["answer = (2, 3), ()", "answer = [[2, 3], []]"],
    "scalar 5": [
        "answer = 0.054",
        "answer = np.float32(5.4) / 100",
        "answer = tf.constant(0.054)",
    ],
    "scalar 10": [
        "def answer(curve, t):\n"
        "    _, speed = helpers.jvp(curve)(t, tf.ones_like(t))\n"
        "    return tf.sqrt(tf.reduce_sum(speed**2))",
        "def answer(curve, t):\n"
        "    with tf.GradientTape() as tape:\n"
        "        tape.watch(t)\n        y = curve(t)\n"
        "    return np.linalg.norm(tape.jacobian(y, t))",
    ],
    "tensor 5": [
        "def answer(outer, inner, x):\n"
        "    return helpers.jacobian(lambda x: outer(inner(x)))(x)",
        "def answer(outer, inner, x):\n"
        "    with tf.GradientTape() as tape:\n"
        "        tape.watch(x)\n        y = outer(inner(x))\n"
        "    return tape.jacobian(y, x)",
    ],
    "tensor 8": [
        "def answer(f, x):\n"
        "    with tf.GradientTape() as tape:\n"
        "        tape.watch(x)\n        y = f(x)[:2]\n"
        "    return tape.jacobian(y, x)[:, :3]",
        "def answer(f, x):\n"
        "    columns = [helpers.jvp(f)(x, tf.one_hot(k, 5))[1][:2]"
        " for k in range(3)]\n"
        "    return tf.stack(columns, axis=1)",
    ],
    "batch 6": [
        "def answer(f, x):\n"
        "    with tf.GradientTape() as tape:\n"
        "        tape.watch(x)\n        y = f(x)\n"
        "    flat = tf.reshape(tape.gradient(y, x), [x.shape[0], -1])\n"
        "    return np.sqrt((flat.numpy() ** 2).sum(1))",
        "def answer(f, x):\n"
        "    y, g = helpers.vjp(f)(x, tf.ones_like(f(x)))\n"
        "    return [float(tf.norm(each)) for each in g]",
    ],
    "lstm 3": [
        "def answer(f, x):\n"
        "    _, g = helpers.vjp(f)(x, tf.ones_like(f(x)))\n"
        "    return np.linalg.norm(g, axis=2).mean(0)[::-1]",
        "def answer(f, x):\n"
        "    J = helpers.batch_jacobian(f)(x)[:, 0]\n"
        "    return tf.reverse(tf.reduce_mean(tf.norm(J, axis=2), 0), [0])",
    ],
    "lstm 7": [
        "def answer(K, R, x):\n    h, found = np.zeros(len(R)), None\n"
        "    for x_t in x:\n        h = np.tanh(x_t @ K + h @ R)\n"
        "        step = (1 - h**2)[:, None] * R.T\n"
        "        found = step if found is None else step @ found\n"
        "    return found",
        "def answer(K, R, x):\n"
        "    def last(h):\n        for x_t in x:\n"
        "            h = tf.tanh(x_t @ K + tf.linalg.matvec(R.T, h))\n"
        "        return h\n"
        "    return helpers.jacobian(last)(tf.zeros(3, tf.float64))",
    ],
    "layers 6": [
        "def answer(tail, head):\n"
        "    parts = tail[:, :, :, None] * head[:, None]\n"
        "    return tf.transpose(parts, [0, 2, 1, 3])",
        "def answer(tail, head):\n"
        "    units = range(head.shape[1])\n"
        "    parts = [tail[:, :, k, None] * head[:, None, k] for k in units]\n"
        "    return tf.stack(parts, axis=1)",
    ],
    "custom 3": [
        "def answer(dy):\n    return tf.reverse("
        "tf.cumsum(tf.reverse(dy, [0])), [0])",
        "def answer(dy):\n"
        "    ones = tf.ones([len(dy), len(dy)], dy.dtype)\n"
        "    upper = tf.linalg.band_part(ones, 0, -1)\n"
        "    return tf.linalg.matvec(upper, dy)",
    ],
    "differences 6": [
        "def answer(f, x, h):\n    moves = h * np.eye(len(x))\n"
        "    both = np.stack([x + moves, x - moves])\n"
        "    found = np.asarray(f(both.reshape(-1, len(x))))\n"
        "    ahead, behind = found.reshape(2, len(x), -1)\n"
        "    return np.transpose(ahead - behind) / (2 * h)",
        "def answer(f, x, h):\n    n = len(x)\n"
        "    points = np.repeat(x[None], 2 * n, axis=0)\n"
        "    for k in range(n):\n"
        "        points[2 * k, k] += h\n        points[2 * k + 1, k] -= h\n"
        "    y = np.asarray(f(points))\n"
        "    return (y[::2] - y[1::2]).T / (2 * h)",
    ],
}
# Slip: the exercise, what is answered, and words of the hint that it gets.
SLIPS = {
    "transposed": (
        "lstm 7",
        "def answer(K, R, x):\n    h, J = np.zeros(len(R)), np.eye(len(R))\n"
        "    for x_t in x:\n        h = np.tanh(x_t @ K + h @ R)\n"
        "        J = np.diag(1 - h**2) @ R.T @ J\n    return J.T",
        "this is the transpose",
    ),
    "transposed, of another shape": (
        "tensor 8",
        "def answer(f, x):\n"
        "    return tf.transpose(helpers.jacobian(f)(x)[:2, :3])",
        "Rows are outputs",
    ),
    "missing batch axis": (
        "lstm 1",
        "answer = (16, 30, 8, 30, 5), (16, 30, 8, 30, 5), 435 * 40",
        "the batch axis comes twice",
    ),
    "slice outside the tape": (
        "tensor 8",
        "def answer(f, x):\n"
        "    with tf.GradientTape(persistent=True) as tape:\n"
        "        tape.watch(x)\n        y = f(x)\n"
        "    return tape.jacobian(y[:2], x[:3])",
        "inside the tape (slices too)",
    ),
    "float32 step": (
        "differences 5",
        "def answer(f, x, h):\n    return (f(x + h) - f(x - h)) / (2 * h)",
        "in float32 has another slope",
    ),
}
