"""Right answers on finite differences that are not the book's.

Each differs from the folded solution in its way, not in its names.
"""

RIGHT = {
    "differences 1": [
        "answer = [10.0, 100.0, 10_000.0]",
        "answer = 10.0 ** np.array([1, 2, 4])",
        "answer = tf.pow(10, [1, 2, 4])",
    ],
    "differences 2": [
        "answer = [121, 240, 120]",
        """
n = 120
answer = np.array([n + 1, 2 * n, n])
""",
        "answer = tf.constant([1, 0, 0]) + 120 * np.array([1, 2, 1])",
    ],
    "differences 3": [
        "answer = ['b', 'e', 'f']",
        "answer = 'B, E, F'",
        "answer = set('abcdef') - {'a', 'c', 'd'}",
    ],
    "differences 4": [
        "answer = 2**-5",
        "answer = np.spacing(np.float32(3e5))",
        """
x, h = np.float32(3e5), np.float32(1)
while x + h / 2 != x:
    h = h / 2
answer = h
""",
        """
x = tf.constant(3e5)
powers = [2.0**k for k in range(-20, 5)]
answer = min(h for h in powers if x + h != x)
""",
    ],
    "differences 5": [
        """
def answer(f, x, h):
    return (f(x + h) - f(x - h)) / ((x + h) - (x - h))
""",
        """
def answer(f, x, h):
    points = np.array([x - h, x + h])
    (change,) = np.diff(f(points))
    return change / (points[1] - points[0])
""",
        """
def answer(f, x, h):
    x = tf.convert_to_tensor(x)
    ahead, behind = x + h, x - h
    return tf.divide(f(ahead) - f(behind), ahead - behind)
""",
    ],
    "differences 6": [
        """
def answer(f, x, h):
    moves = h * np.eye(len(x))
    both = np.stack([x + moves, x - moves])
    found = np.asarray(f(both.reshape(-1, len(x))))
    ahead, behind = found.reshape(2, len(x), -1)
    return np.transpose(ahead - behind) / (2 * h)
""",
        """
def answer(f, x, h):
    n = len(x)
    points = np.repeat(x[None], 2 * n, axis=0)
    for k in range(n):
        points[2 * k, k] += h
        points[2 * k + 1, k] -= h
    y = np.asarray(f(points))
    return (y[::2] - y[1::2]).T / (2 * h)
""",
        """
def answer(f, x, h):
    n = len(x)
    y = f(tf.concat([x + h * np.eye(n), x - h * np.eye(n)], axis=0))
    columns = [(y[k] - y[k + n]) / (2 * h) for k in range(n)]
    return tf.stack(columns, axis=1)
""",
    ],
    "differences 7": [
        "answer = [0.03, 5e-4]",
        "answer = tf.constant([0.031, 0.0005])",
        """
h = np.logspace(-4, 0, 401)
total = h**2 / 6 + 1e-5 / h
best = np.argmin(total)
answer = (h[best], total[best])
""",
    ],
    "differences 8": [
        """
def answer(f, x, h):
    def central(h):
        return (f(x + h) - f(x - h)) / (2 * h)

    better = (4 * central(h / 2) - central(h)) / 3
    return [central(h / 2), abs(central(h / 2) - better)]
""",
        """
def answer(f, x, h):
    steps = np.array([h, h / 2])
    wide, half = (f(x + steps) - f(x - steps)) / (2 * steps)
    return np.array([half, np.abs(half - wide) / 3])
""",
        """
def answer(f, x, h):
    x = tf.constant(x, tf.float64)
    half = (f(x + h / 2) - f(x - h / 2)) / h
    wide = (f(x + h) - f(x - h)) / 2 / h
    return tf.stack([half, tf.abs(half - wide) / 3])
""",
    ],
    "differences 9": [
        """
def answer(f, x, h):
    near = (f(x + h) - f(x)) / h
    far = (f(x + 2 * h) - f(x)) / (2 * h)
    return 2 * near - far
""",
        """
def answer(f, x, h):
    values = f(x + h * np.arange(3))
    return np.dot([-1.5, 2, -0.5], values) / h
""",
        """
def answer(f, x, h):
    steps = [0, h, 2 * h]
    values = [f(x + step) for step in steps]
    return np.polyfit(steps, values, 2)[1]
""",
    ],
    "differences 10": [
        """
def answer(f, x):
    def central(h):
        return (f(x + h) - f(x - h)) / (2 * h)

    best, smallest = None, np.inf
    for k in range(-12, 6):
        one, next = central(10.0**k), central(10.0 ** (k + 1))
        if one == 0 or next == 0 or not np.isfinite(next):
            continue
        gap = abs(one / next - 1)
        if gap < smallest:
            best, smallest = next, gap
    return best
""",
        """
def answer(f, x):
    h = np.logspace(-12, 6, 19)
    found = (f(x + h) - f(x - h)) / (2 * h)
    one, next = found[:-1], found[1:]
    gaps = abs(one - next) / np.maximum(abs(one), abs(next))
    return next[np.nanargmin(np.where(gaps > 0, gaps, np.nan))]
""",
    ],
}
