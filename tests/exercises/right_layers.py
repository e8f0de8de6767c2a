"""Right answers on intermediate layers that are not the book's.

Each differs from the folded solution in its way, not in its names.
"""

RIGHT = {
    "layers 1": [
        "answer = [32, 5, 20, 16], [32, 20, 16, 20, 4], [32, 5, 20, 4]",
        """
x, h, y = (20, 4), (20, 16), (5,)
answer = [(32, *y, *h), (32, *h, *x), (32, *y, *x)]
""",
        """
x = tf.zeros([32, 20, 4])
h = layers.LSTM(16, return_sequences=True)(x)
y = layers.Dense(5)(layers.Flatten()(h))
answer = [
    y.shape + h.shape[1:],
    h.shape + x.shape[1:],
    y.shape + x.shape[1:],
]
""",
    ],
    "layers 2": [
        """
x0, x1 = 1, 2
h0, h1 = x0**2, x0 * x1
head = np.array([[2 * x0, 0], [x1, x0]])
tail = np.array([[1, 1], [h1, h0]])
answer = [head, tail, tail @ head]
""",
        """
def inner(x):
    return tf.stack([x[0] ** 2, x[0] * x[1]])


def outer(h):
    return tf.stack([h[0] + h[1], h[0] * h[1]])


x = tf.constant([1.0, 2.0])
answer = (
    helpers.jacobian(inner)(x),
    helpers.jacobian(outer)(inner(x)),
    helpers.jacobian(lambda x: outer(inner(x)))(x),
)
""",
    ],
    "layers 3": [
        "answer = ['a', 'c', 'e', 'f']",
        "answer = 'acef'",
        "answer = 'A', 'C', 'E', 'F'",
        "answer = set('abcdef') - set('bd')",
    ],
    "layers 4": [
        """
def answer(model, name, x):
    return helpers.chain_jacobians(model, name)(x)
""",
        """
def answer(model, name, x):
    place = [layer.name for layer in model.layers].index(name) + 1
    head = keras.Sequential(model.layers[:place])
    tail = keras.Sequential(model.layers[place:])
    h_by_x = helpers.batch_jacobian(head)(x)
    return [h_by_x, helpers.batch_jacobian(tail)(head(x))]
""",
        """
def answer(model, name, x):
    factors = []
    for of, wrt in ("layer", "input"), ("output", "layer"):
        J = helpers.layer_jacobian(model, name, of=of, wrt=wrt)
        factors.append(J(x).numpy())
    return factors
""",
    ],
    "layers 5": [
        """
def answer(head, rest, x):
    through = helpers.batch_jacobian(lambda z: rest(head(z), x))(x)
    past = helpers.batch_jacobian(lambda z: rest(head(x), z))(x)
    return through, past
""",
        """
def answer(head, rest, x):
    def whole(x):
        return rest(head(x), x)

    def beside(x):
        return rest(tf.stop_gradient(head(x)), x)

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y, z = whole(x), beside(x)
    past = tape.batch_jacobian(z, x)
    return [tape.batch_jacobian(y, x) - past, past]
""",
        """
def answer(head, rest, x):
    h = head(x)
    by_h, past = helpers.batch_jacobian(lambda z: rest(z[0], z[1]))([h, x])
    h_by_x = helpers.batch_jacobian(head)(x)
    return np.einsum("bok,bki->boi", by_h, h_by_x), past.numpy()
""",
    ],
    "layers 6": [
        """
def answer(tail, head):
    parts = tail[:, :, :, None] * head[:, None]
    return tf.transpose(parts, [0, 2, 1, 3])
""",
        """
def answer(tail, head):
    units = range(head.shape[1])
    parts = [tail[:, :, k, None] * head[:, None, k] for k in units]
    return tf.stack(parts, axis=1)
""",
        """
def answer(tail, head):
    found = []
    for one, other in zip(np.array(tail), np.array(head)):
        found.append([np.outer(a, b) for a, b in zip(one.T, other)])
    return found
""",
    ],
    "layers 7": [
        """
def answer(tail, head, axes):
    b = len(tail)
    y, h = tail.shape[1:-axes], tail.shape[-axes:]
    k = np.prod(h)
    flat = tf.reshape(tail, [b, -1, k]) @ tf.reshape(head, [b, k, -1])
    return tf.reshape(flat, [b, *y, *head.shape[1 + axes:]])
""",
        """
def answer(tail, head, axes):
    def of_one(pair):
        return tf.tensordot(pair[0], pair[1], axes)

    return tf.vectorized_map(of_one, (tail, head))
""",
        """
def answer(tail, head, axes):
    y, h = "opq"[: tail.ndim - 1 - axes], "hijk"[:axes]
    x = "xyz"[: head.ndim - 1 - axes]
    return np.einsum(f"b{y}{h},b{h}{x}->b{y}{x}", tail, head)
""",
    ],
    "layers 8": [
        """
def answer(model, name, x):
    h_by_x, _ = helpers.chain_jacobians(model, name)(x)
    size = tf.reduce_max(tf.abs(h_by_x), axis=[0, 2])
    return [k for k in range(len(size)) if size[k] == 0]
""",
        """
def answer(model, name, x):
    h = x
    with tf.GradientTape() as tape:
        tape.watch(x)
        for layer in model.layers:
            h = layer(h)
            if layer.name == name:
                break
    J = tape.batch_jacobian(h, x)
    return tf.where(tf.reduce_all(J == 0, axis=[0, 2]))[:, 0]
""",
        """
def answer(model, name, x):
    part = keras.Model(model.inputs, model.get_layer(name).output)
    J = np.abs(helpers.batch_jacobian(part)(x))
    return np.where(J.sum(axis=2).max(axis=0) == 0)[0]
""",
    ],
    "layers 9": [
        """
def answer(x, K):
    def total(kernels):
        inner, outer = kernels
        return tf.reduce_sum(tf.tanh(tf.tanh(x @ inner) @ outer))

    return helpers.jacobian(total)([K, K])
""",
        """
def answer(x, K):
    h = tf.tanh(x @ K)
    slope = 1 - tf.tanh(h @ K) ** 2
    back = (slope @ tf.transpose(K)) * (1 - h**2)
    return tf.transpose(x) @ back, tf.transpose(h) @ slope
""",
        """
def answer(x, K):
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(K)
        h = tf.tanh(x @ K)
        fixed = tf.stop_gradient(h)
        y = tf.tanh(fixed @ K)
        z = tf.tanh(h @ tf.stop_gradient(K))
    return [tape.gradient(z, K).numpy(), tape.gradient(y, K).numpy()]
""",
    ],
    "layers 10": [
        """
def answer(model, name, x):
    head, tail = helpers.chain_jacobians(model, name)(x)
    whole = helpers.batch_jacobian(model)(x)
    return np.allclose(whole, tail @ head, atol=1e-5)
""",
        """
def answer(model, name, x):
    head, tail = helpers.chain_jacobians(model, name)(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = model(x)
    past = tape.batch_jacobian(y, x) - tf.einsum("bok,bki->boi", tail, head)
    return tf.reduce_all(tf.abs(past) < 1e-5)
""",
    ],
}
