"""Right answers on LSTM Jacobians that are not the book's.

Each differs from the folded solution in its way, not in its names.
"""

RIGHT = {
    "lstm 1": [
        "answer = [16, 30, 8, 16, 30, 5], [16, 30, 8, 30, 5], 17_400.0",
        """
y_shape, x_shape = (16, 30, 8), (16, 30, 5)
above = np.triu(np.ones([30, 30]), k=1).sum()
answer = [y_shape + x_shape, y_shape + x_shape[1:], above * 8 * 5]
""",
        """
x = tf.TensorShape([16, 30, 5])
y = layers.LSTM(8, return_sequences=True)(tf.zeros(x)).shape
blocks = sum(s > t for t in range(30) for s in range(30))
answer = (y + x, y + x[1:], tf.constant(blocks * 40))
""",
    ],
    "lstm 2": [
        """
a = np.tri(6) - np.tri(6, k=-5)
b = np.fliplr(np.tri(6))
answer = [a, b]
""",
        """
a = [[int(t - 4 <= s <= t) for s in range(6)] for t in range(6)]
b = [[int(s + t >= 5) for s in range(6)] for t in range(6)]
answer = (a, b)
""",
        """
one = np.tri(6, dtype=int) - np.tri(6, k=-3, dtype=int)
a = one @ one > 0
b = tf.reverse(tf.linalg.band_part(tf.ones([6, 6]), -1, 0), [1])
answer = (tf.constant(a), b)
""",
    ],
    "lstm 3": [
        """
def answer(f, x):
    _, g = helpers.vjp(f)(x, tf.ones_like(f(x)))
    return np.linalg.norm(g, axis=2).mean(0)[::-1]
""",
        """
def answer(f, x):
    J = helpers.batch_jacobian(f)(x)[:, 0]
    return tf.reverse(tf.reduce_mean(tf.norm(J, axis=2), 0), [0])
""",
        """
def answer(f, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    g = tape.gradient(y, x)
    lengths = []
    for step in reversed(range(x.shape[1])):
        each = [float(tf.norm(sample[step])) for sample in g]
        lengths.append(sum(each) / len(each))
    return lengths
""",
    ],
    "lstm 4": [
        """
def answer(J, scale_x, scale_y):
    found = np.empty_like(J)
    found[:, :, 0] = J[:, :, 0] * scale_y / scale_x[0] / 1.8
    found[:, :, 1] = J[:, :, 1] * scale_y / scale_x[1] / 1000
    return found
""",
        """
def answer(J, scale_x, scale_y):
    factors = scale_y / (np.array([1.8, 1000]) * scale_x)
    return tf.einsum("ntf,f->ntf", J, factors)
""",
        """
def answer(J, scale_x, scale_y):
    J = tf.cast(J, tf.float32)
    per_unit = J * scale_y / tf.cast(scale_x, tf.float32)
    return per_unit * tf.constant([5 / 9, 1e-3])
""",
    ],
    "lstm 5": [
        """
def answer(errors, patience):
    for k in range(len(errors)):
        best = int(np.argmin(errors[: k + 1]))
        if k - best >= patience:
            return best
    return int(np.argmin(errors))
""",
        """
def answer(errors, patience):
    lowest, kept, waited = float("inf"), 0, 0
    for epoch in range(len(errors)):
        if errors[epoch] < lowest:
            lowest, kept, waited = errors[epoch], epoch, 0
        else:
            waited += 1
        if waited == patience:
            return kept
    return kept
""",
        """
def answer(errors, patience):
    best = 0
    while True:
        next = errors[best + 1 : best + 1 + patience]
        lower = [k for k, e in enumerate(next) if e < errors[best]]
        if not lower:
            return np.int64(best)
        best += 1 + lower[0]
""",
    ],
    "lstm 6": [
        "answer = 10**0.1",
        "answer = np.exp(np.log(1000) / 30)",
        "answer = tf.pow(1000.0, 1 / 30)",
        "answer = 1.26",
    ],
    "lstm 7": [
        """
def answer(K, R, x):
    h, found = np.zeros(len(R)), None
    for x_t in x:
        h = np.tanh(x_t @ K + h @ R)
        step = (1 - h**2)[:, None] * R.T
        found = step if found is None else step @ found
    return found
""",
        """
def answer(K, R, x):
    def last(h):
        for x_t in x:
            h = tf.tanh(x_t @ K + tf.linalg.matvec(R.T, h))
        return h

    return helpers.jacobian(last)(tf.zeros(3, tf.float64))
""",
        """
def answer(K, R, x):
    h, steps = np.zeros(len(R)), []
    for x_t in x:
        h = np.tanh(h @ R + x_t @ K)
        steps.insert(0, np.diag(1 / np.cosh(np.arctanh(h)) ** 2) @ R.T)
    return np.linalg.multi_dot(steps)
""",
    ],
    "lstm 8": [
        "answer = -np.log(2 ** (1 / 100) - 1)",
        "answer = -tf.math.log(tf.math.expm1(tf.math.log(2.0) / 100))",
        """
low, high = 0.0, 20.0
for _ in range(60):
    bias = (low + high) / 2
    if (1 / (1 + np.exp(-bias))) ** 100 < 0.5:
        low = bias
    else:
        high = bias
answer = bias
""",
        "answer = 4.97",
    ],
    "lstm 9": [
        """
P = [[0.4, 0], [3, 0.5]]
Q = [[-0.3, 4], [0, 0.2]]
answer = [P, Q]
""",
        """
P = tf.constant([[0.5, 10.0], [0.0, -0.5]])
answer = (P, tf.transpose(P))
""",
        """
P = np.array([[0, 10], [0.025, 0]])
answer = (P, P.T)
""",
    ],
    "lstm 10": [
        "answer = [0.64, 6]",
        """
layer = layers.LSTM(64, return_sequences=True)
layer.build([None, None, 10])
size = helpers.lstm_jacobian_gigabytes(layer, np.zeros([1, 500, 10]))
answer = (size, np.floor(4 / size))
""",
        """
y, x = np.zeros([500, 64], "float32"), np.zeros([500, 10], "float32")
bytes = y.size * x.nbytes
answer = np.array([bytes / 10**9, 4 * 10**9 // bytes])
""",
    ],
    "lstm 11": [
        "answer = ['sum', 'carry', 'jvp', 'copies', 'sum']",
        "answer = 'Sum', 'Carry', 'JVP', 'Copies', 'VJP'",
        "answer = np.array('sum carry jvp copies vjp'.split())",
    ],
    "lstm 12": [
        """
def answer(f, x, chosen):
    b, m = len(x), len(chosen)
    copies = tf.tile(x, [m, 1, 1])
    with tf.GradientTape() as tape:
        tape.watch(copies)
        y = f(copies)
        masks = tf.one_hot(np.repeat(chosen, b), y.shape[1], dtype=y.dtype)
        y = y * masks
    rows = tape.gradient(y, copies)
    return tf.stack(tf.split(rows, m), axis=1)
""",
        """
def answer(f, x, chosen):
    m = len(chosen)
    copies = np.repeat(x, m, axis=0)
    places = list(enumerate(chosen * len(x)))

    def wanted(copies):
        return tf.gather_nd(f(copies), places)

    ones = tf.ones(len(copies), copies.dtype)
    _, rows = helpers.vjp(wanted)(copies, ones)
    return np.reshape(rows, [-1, m, *x.shape[1:]])
""",
    ],
    "lstm 13": [
        """
def answer(layer, x):
    b, steps, features = x.shape
    h = tf.zeros([b, layer.units], x.dtype)
    D = [None] * steps
    rows = []
    for t in range(steps):
        x_t = x[:, t]
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([x_t, h])
            new, _ = layer.cell(x_t, [h])
        A, B = tape.batch_jacobian(new, h), tape.batch_jacobian(new, x_t)
        D = [A @ D[s] if s < t else tf.zeros_like(B) for s in range(steps)]
        D[t] = B
        rows.append(tf.stack(D, axis=2))
        h = new
    return tf.stack(rows, axis=1)
""",
        """
def answer(layer, x):
    b, steps, features = x.shape
    units = layer.units
    slopes = helpers.batch_jacobian(lambda z: layer.cell(z[0], [z[1]])[0])
    J = np.zeros([b, steps, units, steps, features])
    h = np.zeros([b, units])
    for t in range(steps):
        B, A = slopes([x[:, t], h])
        if t > 0:
            J[:, t] = np.einsum("bij,bjsf->bisf", A, J[:, t - 1])
        J[:, t, :, t] = B
        h = layer.cell(x[:, t], [h])[0]
    return J
""",
    ],
    "lstm 14": [
        "answer = [True, False, True, True, False, True]",
        "answer = np.array([1.0, 0, 1, 1, 0, 1])",
        "answer = [letter not in 'be' for letter in 'abcdef']",
    ],
    "lstm 15": [
        """
@tf.function
def answer(model, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = model(x)
    return tape.batch_jacobian(y, x)
""",
        """
def answer(model, x):
    compiled = tf.function(model)
    b, steps, units = model(x).shape
    copies = tf.repeat(x, steps * units, axis=0)
    with tf.GradientTape() as tape:
        tape.watch(copies)
        y = tf.reshape(compiled(copies), [b, steps * units, -1])
        total = tf.reduce_sum(tf.linalg.trace(y))
    rows = tape.gradient(total, copies)
    return tf.reshape(rows, [b, steps, units, *x.shape[1:]])
""",
    ],
    "lstm 16": [
        """
def answer(model, x, limit):
    J = helpers.batch_jacobian(model)(x)
    twin = helpers.float64_copy(model)
    J64 = helpers.batch_jacobian(twin)(tf.cast(x, tf.float64))
    gap = tf.abs(tf.cast(J, tf.float64) - J64)
    worst = tf.reduce_max(gap, axis=[1, 2, 3]) / tf.reduce_max(abs(J64))
    return tf.reduce_mean(tf.cast(worst > limit, tf.float32))
""",
        """
def answer(model, x, limit):
    def gradients(f, x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        return tape.gradient(y, x).numpy()

    narrow = gradients(model, x)
    wide = gradients(helpers.float64_copy(model), tf.cast(x, tf.float64))
    unit, apart = np.max(np.abs(wide)), 0
    for one, other in zip(narrow, wide):
        if np.max(np.abs(one - other)) > limit * unit:
            apart += 1
    return apart / len(x)
""",
    ],
}
