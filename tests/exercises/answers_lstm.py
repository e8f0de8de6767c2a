"""Wrong answers to the exercises on LSTM Jacobians, each plausible."""

REACH = """t, s = np.indices([6, 6])
answer = ({a}, {b})
"""
RIGHT_A, RIGHT_B = "(s <= t) & (s >= t - 4)", "s >= 5 - t"

MEMORY = """def answer(f, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = {total}
    gradient = tape.gradient(total, x)
    return {result}
"""
SUM = "tf.reduce_sum(f(x))"
MEAN_LENGTH = "tf.reduce_mean(tf.norm(gradient, axis=2), axis=0)"

UNITS = """def answer(J, scale_x, scale_y):
    scale_x = np.asarray(scale_x)
    return {result}
"""

KEPT = """def answer(errors, patience):
    best = 0
    for epoch, error in enumerate(errors):
        if error < errors[best]:
            best = epoch
        if epoch - best {stop}:
            break
    return {result}
"""

STATE = """def answer(K, R, x):
    h, product = np.zeros(len(R)), np.eye(len(R))
    for x_t in x:
        {step}
    return {result}
"""
NEW = "new = np.tanh(x_t @ K + h @ R)\n        "
SLOPE = "np.diag(1 - new**2)"

PAIR = "answer = (np.array({P}), np.array({Q}))"

ROWS = """def answer(f, x, chosen):
    m = {m}
    copies = tf.repeat(x, m, axis=0)
    with tf.GradientTape() as tape:
        tape.watch(copies)
        y = {y}
        total = {total}
    rows = tape.gradient(total, copies)
    return {result}
"""
GATHERED = "tf.reshape(tf.gather(f(copies), chosen, axis=1), [-1, m, m])"
TRACE = "tf.reduce_sum(tf.linalg.trace(y))"
LOOP = """def answer(f, x, chosen):
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        outputs = [f(x)[:, k] for k in chosen]
    return tf.stack([tape.gradient(y, x) for y in outputs], axis=1)
"""
SHAPED = "tf.reshape(rows, [-1, m, *x.shape[1:]])"

GRU = """def answer(layer, x):
    def step(inputs):
        return layer.cell(inputs[0], [inputs[1]])[0]

    slopes = helpers.batch_jacobian(step)
    D = np.zeros([len(x), layer.units, *x.shape[1:]])
    h, rows = tf.zeros([len(x), layer.units], x.dtype), []
    for t in range(x.shape[1]):
        B, A = slopes([x[:, t], h])
        {carry}
        D[:, :, t] = B
        rows.append(D.copy())
        {move}
    return {result}
"""
CARRY = 'D = np.einsum("bij,bjsk->bisk", A, D)'
MOVE = "h = step([x[:, t], h])"
STACK = "np.stack(rows, axis=1)"

TAPE = """def answer(model, x):
    with tf.GradientTape({keep}) as tape:
        {watch}
        y = tf.function(model)(x)
    return {result}
"""

SHARE = """def answer(model, x, limit):
    twin = helpers.float64_copy(model)
    narrow = helpers.batch_jacobian(model)(x).numpy()
    wide = helpers.batch_jacobian(twin)(tf.cast(x, tf.float64)).numpy()
    axes = tuple(range(1, wide.ndim))
    return {result}
"""

WRONG = {
    "lstm 1": [
        "answer = ((16, 30, 8, 30, 5), (16, 30, 8, 30, 5), 17400)",
        "answer = ((16, 30, 5, 16, 30, 8), (16, 30, 8, 30, 5), 17400)",
        "answer = ((16, 30, 8, 16, 30, 5), (16, 30, 5, 30, 8), 17400)",
        "answer = ((16, 30, 8, 16, 30, 5), (16, 30, 8, 30, 5), 18600)",
        "answer = ((16, 30, 8, 16, 30, 5), (16, 30, 8, 30, 5), 435)",
        "answer = ((16, 30, 8, 16, 30, 5), (16, 30, 8, 30, 5), 278400)",
        "answer = ((16, 30, 8, 16, 30, 5), (16, 30, 8, 30, 5), 18000)",
        "answer = ((16, 30, 8, 16, 30, 5), (16, 30, 8, 30, 5), 17400.7)",
    ],
    "lstm 2": [
        REACH.format(a="(s <= t) & (s >= t - 2)", b=RIGHT_B),
        REACH.format(a="s <= t", b=RIGHT_B),
        REACH.format(a="(t <= s) & (t >= s - 4)", b=RIGHT_B),
        REACH.format(a="abs(t - s) <= 4", b=RIGHT_B),
        REACH.format(a=RIGHT_A, b="s >= t"),
        REACH.format(a=RIGHT_A, b="s <= t"),
        REACH.format(a=RIGHT_A, b="s > 5 - t"),
        REACH.format(a="(s <= t)[0]", b=RIGHT_B),
    ],
    "lstm 3": [
        MEMORY.format(total=SUM, result=MEAN_LENGTH),
        MEMORY.format(
            total=SUM,
            result="tf.norm(tf.reduce_mean(gradient, 0), axis=1)[::-1]",
        ),
        MEMORY.format(
            total=SUM,
            result="tf.reduce_sum(tf.norm(gradient, axis=2), 0)[::-1]",
        ),
        MEMORY.format(
            total="tf.reduce_mean(f(x))", result=MEAN_LENGTH + "[::-1]"
        ),
        MEMORY.format(
            total=SUM,
            result="tf.reduce_mean(tf.abs(gradient), [0, 2])[::-1]",
        ),
        MEMORY.format(total=SUM, result="tf.norm(gradient, axis=2)"),
        MEMORY.format(total="f(x)[0]", result=MEAN_LENGTH + "[::-1]"),
    ],
    "lstm 4": [
        UNITS.format(result="J * scale_y / scale_x"),
        UNITS.format(result="J * scale_x / scale_y * [5 / 9, 1e-3]"),
        UNITS.format(result="J * scale_y * scale_x * [5 / 9, 1e-3]"),
        UNITS.format(result="J / scale_x * [5 / 9, 1e-3]"),
        UNITS.format(result="J * scale_y / scale_x * [9 / 5, 1e3]"),
        UNITS.format(result="J * scale_y / scale_x * [1 / 33.8, 1e-3]"),
        UNITS.format(result="J.mean(0) * scale_y / scale_x"),
    ],
    "lstm 5": [
        "def answer(errors, patience): return int(np.argmin(errors))",
        KEPT.format(stop="== patience", result="epoch"),
        KEPT.format(stop="> patience", result="best"),
        KEPT.format(stop="== patience - 1", result="best"),
        KEPT.format(stop="== patience", result="errors[best]"),
        KEPT.format(stop="== patience", result="best").replace("<", "<="),
    ],
    "lstm 6": [
        "answer = 1000 / 30",
        "answer = 1000 ** (1 / 29)",
        "answer = 1000 ** (-1 / 30)",
        "answer = 1.5",
    ],
    "lstm 7": [
        STATE.format(
            step=NEW + f"product = {SLOPE} @ R @ product; h = new",
            result="product",
        ),
        STATE.format(
            step=NEW + f"product = product @ {SLOPE} @ R.T; h = new",
            result="product",
        ),
        STATE.format(
            step=NEW + f"product = {SLOPE} @ R.T @ product; h = new",
            result="product.T",
        ),
        STATE.format(
            step=NEW + f"product = {SLOPE} @ R.T; h = new", result="product"
        ),
        STATE.format(
            step=NEW + "product = np.diag(1 - h**2) @ R.T @ product; h = new",
            result="product",
        ),
        STATE.format(
            step=NEW + "product = R.T @ product; h = new", result="product"
        ),
        STATE.format(
            step=NEW + f"product = {SLOPE} @ R.T @ product; h = new",
            result="np.diag(product)",
        ),
    ],
    "lstm 8": [
        "answer = 0.5 ** 0.01",
        "answer = -np.log(0.5 ** 0.01 / (1 - 0.5 ** 0.01))",
        "answer = np.log(0.5 ** 100 / (1 - 0.5 ** 100))",
        "answer = 4.0",
    ],
    "lstm 9": [
        PAIR.format(P="[[0, 2], [0, 0.0]]", Q="[[0, 0], [2, 0.0]]"),
        PAIR.format(P="[[2, 0], [0, 0.1]]", Q="[[0.1, 0], [0, 2]]"),
        PAIR.format(P="[[0.5, 2], [0, 0.5]]", Q="[[0.5, 2], [0, 0.5]]"),
        PAIR.format(P="[[0.5, 1], [0, 0.5]]", Q="[[0.5, 0], [1, 0.5]]"),
        PAIR.format(P="[0.5, 2.0]", Q="[0.5, 2.0]"),
    ],
    "lstm 10": [
        "answer = (1.28, 3)",
        "answer = (0.16, 25)",
        "answer = (500 * 64 * 10 * 4 / 1e9, 3125)",
        "answer = (0.64, 7)",
        "answer = (0.64, 6.25)",
        "answer = (6.4, 0)",
    ],
    "lstm 11": [
        "answer = ('vjp', 'carry', 'jvp', 'copies', 'vjp')",
        "answer = ('sum', 'copies', 'jvp', 'copies', 'vjp')",
        "answer = ('sum', 'carry', 'vjp', 'copies', 'vjp')",
        "answer = ('sum', 'carry', 'jvp', 'carry', 'vjp')",
        "answer = ('sum', 'carry', 'jvp', 'copies', 'jvp')",
        "answer = 'sum'",
    ],
    "lstm 12": [
        ROWS.format(m="len(chosen)", y=GATHERED, total="tf.reduce_sum(y)",
                    result=SHAPED),
        ROWS.format(m="len(chosen)", total=TRACE, result=SHAPED,
                    y=GATHERED.replace("chosen", "sorted(chosen)")),
        ROWS.format(m="5", total=TRACE,
                    y="tf.reshape(f(copies), [-1, 5, 5])",
                    result=f"tf.gather({SHAPED}, chosen, axis=1)"),
        ROWS.format(m="len(chosen)", y=GATHERED, total=TRACE,
                    result="rows"),
        LOOP,
    ],
    "lstm 13": [
        GRU.format(carry="pass", move=MOVE, result=STACK),
        GRU.format(carry=CARRY, move="pass", result=STACK),
        GRU.format(carry=CARRY.replace("bij", "bji"), move=MOVE,
                   result=STACK),
        GRU.format(carry=CARRY, move=MOVE, result="D"),
    ],
    "lstm 14": [
        "answer = (True, True, True, True, False, True)",
        "answer = (True, False, True, True, True, True)",
        "answer = (False, False, True, True, False, True)",
        "answer = (True, False)",
    ],
    "lstm 15": [
        TAPE.format(keep="persistent=True", watch="tape.watch(x)",
                    result="tape.batch_jacobian(y, x)"),
        TAPE.format(keep="", watch="pass",
                    result="tape.batch_jacobian(y, x)"),
        TAPE.format(keep="", watch="tape.watch(x)",
                    result="tape.jacobian(y, x)"),
        TAPE.format(keep="", watch="tape.watch(x)",
                    result="tape.gradient(y, x)"),
    ],
    "lstm 16": [
        SHARE.format(result="np.sum(abs(narrow - wide).max(axis=axes) "
                     "/ abs(wide).max() > limit)"),
        SHARE.format(result="np.mean(abs(narrow - wide) "
                     "/ abs(wide).max() > limit)"),
        SHARE.format(result="np.mean(abs(narrow - wide).max(axis=axes) "
                     "< limit)"),
        SHARE.format(result="abs(narrow - wide).max() / abs(wide).max()"),
    ],
}  # fmt: skip

# What is answered, and words of the hint that it gets.
SLIPS = {
    "lstm 1": [
        (
            "answer = (16, 30, 8, 30, 5), (16, 30, 8, 30, 5), 435 * 40",
            "the batch axis comes twice",
        ),
    ],
    "lstm 7": [
        (
            "def answer(K, R, x):\n"
            "    h, J = np.zeros(len(R)), np.eye(len(R))\n"
            "    for x_t in x:\n        h = np.tanh(x_t @ K + h @ R)\n"
            "        J = np.diag(1 - h**2) @ R.T @ J\n    return J.T",
            "this is the transpose",
        ),
    ],
}
