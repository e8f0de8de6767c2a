"""Right answers on tensor Jacobians that are not the book's.

Each differs from the folded solution in its way, not in its names.
"""

RIGHT = {
    "tensor 1": [
        "answer = [4, 2, 4, 5], [4, 2, 5, 2], [5, 2]",
        """
X, W = tf.Variable(tf.ones([4, 5])), tf.Variable(tf.ones([5, 2]))
with tf.GradientTape(persistent=True) as tape:
    Y = X @ W
by_X, by_W = tape.jacobian(Y, [X, W])
answer = [by_X.shape, by_W.shape, tape.gradient(Y, W).shape]
""",
        """
X, W = np.ones([4, 5]), np.ones([5, 2])
Y = X @ W
answer = [Y.shape + X.shape, Y.shape + W.shape, np.array(W.shape)]
""",
    ],
    "tensor 2": [
        """
J = np.array([[1, 2, 0], [0, -1, 3]])
v, u = np.array([1, 0, 2]), np.array([2, 1])
answer = [J @ v, u @ J, u @ J @ v]
""",
        """
J = tf.constant([[1.0, 2.0, 0.0], [0.0, -1.0, 3.0]])
v, u = tf.constant([1.0, 0.0, 2.0]), tf.constant([2.0, 1.0])


def f(x):
    return tf.linalg.matvec(J, x)


_, Jv = helpers.jvp(f)(v, v)
_, uJ = helpers.vjp(f)(v, u)
answer = Jv, uJ, tf.reduce_sum(u * Jv)
""",
    ],
    "tensor 3": [
        "answer = 'Forward', 'Reverse', 'Reverse', 'Forward', 'Forward'",
        "answer = np.array('forward reverse reverse forward forward'.split())",
        """
sizes = [(1, 50), (10**6, 1), (784, 10), (6, 300), (20, 20)]
answer = ["forward" if i <= o else "reverse" for i, o in sizes]
""",
    ],
    "tensor 4": [
        """
def answer(f, p):
    with tf.GradientTape() as tape:
        tape.watch(p)
        y = f(p)
    return np.abs(np.linalg.det(tape.jacobian(y, p)))
""",
        """
def answer(f, p):
    _, a = helpers.jvp(f)(p, tf.constant([1.0, 0.0]))
    _, b = helpers.jvp(f)(p, tf.constant([0.0, 1.0]))
    return float(abs(a[0] * b[1] - a[1] * b[0]))
""",
        """
def answer(f, p):
    J = helpers.jacobian(f)(p)
    return tf.reduce_prod(tf.linalg.svd(J, compute_uv=False))
""",
    ],
    "tensor 5": [
        """
def answer(outer, inner, x):
    return helpers.jacobian(lambda x: outer(inner(x)))(x)
""",
        """
def answer(outer, inner, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = outer(inner(x))
    return tape.jacobian(y, x)
""",
        """
def answer(outer, inner, x):
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        z = inner(x)
        y = outer(z)
    return np.dot(tape.jacobian(y, z), tape.jacobian(z, x))
""",
    ],
    "tensor 6": [
        """
def answer(X, D):
    _, moved = helpers.jvp(tf.linalg.inv)(X, D)
    return moved
""",
        """
def answer(X, D):
    return -tf.linalg.solve(X, D @ tf.linalg.inv(X))
""",
        """
def answer(X, D):
    inverse = np.linalg.inv(X)
    return -np.einsum("ij,jk,kl->il", inverse, D, inverse)
""",
        """
def answer(X, D):
    J = helpers.jacobian(tf.linalg.inv)(X)
    return tf.tensordot(J, D, 2)
""",
    ],
    "tensor 7": [
        "answer = (False, True, True)",
        "answer = np.array([0, 1, 1])",
        "answer = 'false true true'.split()",
        """
def fits(forward, back, n, m):
    J = np.stack([forward(row) for row in tf.eye(n)], axis=1)
    Jt = np.stack([back(row) for row in tf.eye(m)], axis=1)
    return np.array_equal(J.T, Jt)


answer = [
    fits(tf.cumsum, tf.cumsum, 4, 4),
    fits(
        lambda v: v[1:] - v[:-1],
        lambda u: tf.concat([-u[:1], u[:-1] - u[1:], u[-1:]], 0),
        4,
        3,
    ),
    fits(
        lambda v: tf.roll(v, 1, 0),
        lambda u: tf.roll(u, -1, 0),
        4,
        4,
    ),
]
""",
    ],
    "tensor 8": [
        """
def answer(f, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)[:2]
    return tape.jacobian(y, x)[:, :3]
""",
        """
def answer(f, x):
    columns = []
    for k in range(3):
        _, column = helpers.jvp(f)(x, tf.one_hot(k, 5))
        columns.append(column[:2])
    return tf.stack(columns, axis=1)
""",
        """
def answer(f, x):
    first, rest = tf.Variable(x[:3]), x[3:]
    with tf.GradientTape(persistent=True) as tape:
        y = f(tf.concat([first, rest], axis=0))
        outputs = [y[0], y[1]]
    return [tape.gradient(each, first).numpy() for each in outputs]
""",
    ],
    "tensor 9": [
        """
def answer(model, x):
    with tf.GradientTape() as tape:
        y = model(x)
    blocks = tape.jacobian(y, model.trainable_variables)
    return [float(np.sqrt(np.sum(np.square(each)))) for each in blocks]
""",
        """
def answer(model, x):
    with tf.GradientTape(persistent=True) as tape:
        outputs = tf.unstack(tf.reshape(model(x), [-1]))
    totals = np.zeros(len(model.trainable_variables))
    for each in outputs:
        parts = tape.gradient(each, model.trainable_variables)
        totals += [np.sum(part**2) for part in parts]
    return np.sqrt(totals)
""",
    ],
    "tensor 10": [
        """
def answer(g, x, v):
    return helpers.hvp(g)(x, v)
""",
        """
def answer(g, x, v):
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = g(x)
        along = tf.reduce_sum(inner.gradient(y, x) * v)
    return outer.gradient(along, x)
""",
        """
def answer(g, x, v):
    with tf.autodiff.ForwardAccumulator(x, v) as forward:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = g(x)
        gradient = tape.gradient(y, x)
    return forward.jvp(gradient).numpy()
""",
    ],
}
