"""Wrong answers to the exercises on LSTM Jacobians, each plausible."""

MEMORY = """def answer(f, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = {total}
    gradient = tape.gradient(total, x)
    return {result}
"""
SUM = "tf.reduce_sum(f(x))"
MEAN_LENGTH = "tf.reduce_mean(tf.norm(gradient, axis=2), axis=0)"

STATE = """def answer(K, R, x):
    h, product = np.zeros(len(R)), np.eye(len(R))
    for x_t in x:
        {step}
    return {result}
"""
NEW = "new = np.tanh(x_t @ K + h @ R)\n        "
SLOPE = "np.diag(1 - new**2)"

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
    "lstm 3": [
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
}
