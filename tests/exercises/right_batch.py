"""Right answers on batch Jacobians that are not the book's.

Each differs from the folded solution in its way, not in its names.
"""

RIGHT = {
    "batch 1": [
        "answer = [16, 3, 16, 10, 4], [16, 3, 10, 4]",
        """
x_shape, y_shape = (16, 10, 4), (16, 3)
answer = (y_shape + x_shape, y_shape + x_shape[1:])
""",
        """
x = keras.random.normal([16, 10, 4])
model = keras.Sequential([layers.Flatten(), layers.Dense(3)])
with tf.GradientTape(persistent=True) as tape:
    tape.watch(x)
    y = model(x)
answer = (tape.jacobian(y, x).shape, tape.batch_jacobian(y, x).shape)
""",
    ],
    "batch 2": [
        "answer = [3 / 4, -1 / 4, 0]",
        """
J = np.eye(4) - np.full([4, 4], 1 / 4)
answer = (J[0, 0], J[0, 1], J[:, 0].sum())
""",
        """
x = tf.constant([[1.0], [2.0], [3.0], [5.0]])
with tf.GradientTape(persistent=True) as tape:
    tape.watch(x)
    y = x - tf.reduce_mean(x, axis=0)
J = tape.jacobian(y, x)
answer = (J[0, 0, 0, 0], J[0, 0, 1, 0], tape.batch_jacobian(y, x)[2, 0, 0])
""",
    ],
    "batch 3": [
        "answer = ['b', 'd']",
        "answer = 'B, D'",
        """
functions = {
    "a": lambda x: tf.nn.softmax(x),
    "b": lambda x: x / tf.norm(x),
    "c": lambda x: x - tf.reduce_mean(x, axis=1, keepdims=True),
    "d": lambda x: tf.reverse(x, axis=[0]),
    "e": lambda x: tf.cumsum(x, axis=1),
    "f": lambda x: x * tf.stop_gradient(tf.reduce_mean(x)),
}
x = keras.random.normal([8, 3])
answer = set()
for letter, f in functions.items():
    J = helpers.jacobian(f)(x).numpy()
    for c in range(8):
        J[c, :, c] = 0
    if J.any():
        answer.add(letter)
""",
    ],
    "batch 4": [
        """
answer = (
    ("Reverse", "Forward", "Reverse", "Forward", "Reverse"),
    (10, 3, 1, 2, 40),
)
""",
        """
inputs = np.array([784, 3, 20 * 4, 2, 8 * 30])
outputs = np.array([10, 500, 1, 50 * 8, 8 * 5])
modes = np.where(outputs < inputs, "reverse", "forward")
answer = [modes, np.minimum(inputs, outputs)]
""",
    ],
    "batch 5": [
        """
def answer(f, x, k):
    J = np.abs(helpers.jacobian(f)(x))
    return np.flatnonzero(J.sum(axis=(1, 3))[:, k])
""",
        """
def answer(f, x, k):
    moved = x.numpy()
    moved[k] += [0.3, -0.2, 0.7]
    before, after = f(x), f(tf.constant(moved))
    differs = tf.reduce_any(before != after, axis=1)
    return np.where(differs)
""",
        """
def answer(f, x, k):
    v = np.zeros(x.shape, "float32")
    v[k] = np.random.default_rng(1).normal(size=x.shape[1])
    with tf.autodiff.ForwardAccumulator(x, tf.constant(v)) as forward:
        y = f(x)
    change = tf.norm(forward.jvp(y), axis=1)
    return tf.where(change > 0)[:, 0]
""",
    ],
    "batch 6": [
        """
def answer(f, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    flat = tf.reshape(tape.gradient(y, x), [x.shape[0], -1])
    return np.sqrt((flat.numpy() ** 2).sum(1))
""",
        """
def answer(f, x):
    _, gradient = helpers.vjp(f)(x, tf.ones_like(f(x)))
    return [float(tf.norm(each)) for each in gradient]
""",
        """
def answer(f, x):
    J = helpers.batch_jacobian(f)(x)
    axes = range(1, len(x.shape))
    return tf.sqrt(tf.reduce_sum(tf.square(J), axis=list(axes)))
""",
    ],
    "batch 7": [
        """
def answer(f, x):
    return helpers.batch_jacobian(helpers.batch_jacobian(f))(x)
""",
        """
def answer(f, x):
    def of_one(sample):
        with tf.GradientTape() as outer:
            outer.watch(sample)
            with tf.GradientTape() as inner:
                inner.watch(sample)
                y = f(sample[tf.newaxis])[0]
            slopes = inner.jacobian(y, sample)
        return outer.jacobian(slopes, sample)

    return tf.stack([of_one(sample) for sample in x])
""",
    ],
    "batch 8": [
        """
def answer(model, x, t, longest):
    total = [tf.zeros_like(w) for w in model.trainable_variables]
    for k in range(len(x)):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum((model(x[k : k + 1]) - t[k]) ** 2)
        parts = tape.gradient(loss, model.trainable_variables)
        length = tf.sqrt(sum(tf.reduce_sum(part**2) for part in parts))
        if length > longest:
            parts = [part * longest / length for part in parts]
        total = [all + part for all, part in zip(total, parts)]
    return [each / len(x) for each in total]
""",
        """
def answer(model, x, t, longest):
    weights = model.trainable_variables
    with tf.GradientTape() as tape:
        losses = tf.reduce_sum((model(x) - t) ** 2, axis=1)
    each = [part.numpy() for part in tape.jacobian(losses, weights)]
    squares = [np.sum(part.reshape(len(x), -1) ** 2, 1) for part in each]
    factor = np.minimum(1, longest / np.sqrt(sum(squares)))
    return [np.tensordot(factor, part, 1) / len(x) for part in each]
""",
    ],
    "batch 9": [
        """
def answer(f, x):
    J = np.abs(helpers.jacobian(f)(x)).sum(axis=(1, 3))
    np.fill_diagonal(J, 0)
    return np.argwhere(J)
""",
        """
def answer(f, x):
    pairs = []
    for b in range(len(x)):
        moved = x.numpy()
        moved[b] += [0.3, -0.2, 0.7]
        differs = np.any(f(tf.constant(moved)) != f(x), axis=1)
        pairs += [(c, b) for c in range(len(x)) if differs[c] and c != b]
    return sorted(pairs)
""",
        """
def answer(f, x):
    push, pairs = helpers.jvp(f), set()
    for b in range(len(x)):
        noise = tf.random.normal(x.shape) * tf.one_hot([b], len(x), axis=0)
        _, change = push(x, noise)
        for c in range(len(x)):
            if c != b and tf.norm(change[c]) > 0:
                pairs.add((c, b))
    return sorted(pairs)
""",
    ],
    "batch 10": [
        """
answer = [
    [1, 1, 1, 0, 0, 0],
    [1, 0, 0, 1, 1, 0],
    [0, 1, 0, 1, 0, 1],
    [0, 0, 1, 0, 1, 1],
]
""",
        """
columns = [k for k in range(16) if bin(k).count("1") == 2]
answer = np.array([[k >> bit & 1 for k in columns] for bit in range(4)])
""",
        """
from itertools import permutations

answer = tf.transpose(sorted(set(permutations([True, True, False, False]))))
""",
    ],
}
