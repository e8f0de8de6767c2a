"""Wrong answers to the exercises on finite differences, each plausible."""

COLUMNS = """def answer(f, x, h):
    moves = h * np.eye(len(x))
    {body}
"""
LADDER = """def answer(f, x):
    found = [(f(x + h) - f(x - h)) / (2 * h)
             for h in 10.0 ** np.arange(-12, 7)]
    return {end}
"""

WRONG = {
    "differences 1": [
        "answer = (0.1, 0.01, 0.0001)",
        "answer = (1, 2, 4)",
        "answer = (10, 10, 10)",
        "answer = (10, 100, 1000)",
        "answer = 10",
    ],
    "differences 2": [
        "answer = (4, 6, 3)",
        "answer = (363, 720, 360)",
        "answer = (120, 240, 120)",
        "answer = (121, 241, 120)",
        "answer = (121, 240, 121)",
        "answer = 120",
    ],
    "differences 3": [
        "answer = {'a', 'b', 'e', 'f'}",
        "answer = {'b', 'c', 'e', 'f'}",
        "answer = {'b', 'd', 'e', 'f'}",
        "answer = {'b', 'e'}",
        "answer = {'e', 'f'}",
        "answer = {'b', 'f'}",
        "answer = ['tf.abs']",
    ],
    "differences 4": [
        "answer = 0.015625",
        "answer = np.spacing(3e5)",
        "answer = np.finfo('float32').eps",
        "answer = 1.0",
        "answer = (0.03125, 0.0625)",
    ],
    "differences 5": [
        "def answer(f, x, h):\n    return (f(x + h) - f(x - h)) / (2 * h)",
        "def answer(f, x, h):\n    return (f(x + h) - f(x)) / h",
        "def answer(f, x, h):\n    ends = np.array([x - h, x + h])\n"
        "    return np.diff(f(ends)) / np.diff(ends)",
        "def answer(f, x, h):\n    return (f(x + h) - f(x - h)) / h",
        "def answer(f, x, h):\n    return (f(x - h) - f(x + h)) / (2 * h)",
        "def answer(f, x, h):\n    return f(x)",
    ],
    "differences 6": [
        COLUMNS.format(
            body="return (f(x + moves) - f(x - moves)).T / (2 * h)"
        ),
        COLUMNS.format(
            body="both = f(np.concatenate([x + moves, x - moves]))\n"
            "    return (both[:3] - both[3:]) / (2 * h)"
        ),
        COLUMNS.format(
            body="both = f(np.concatenate([x + moves, x - moves]))\n"
            "    return (both[:3] - both[3:]).T / h"
        ),
        COLUMNS.format(
            body="both = f(np.concatenate([x + moves, x[None]]))\n"
            "    return (both[:3] - both[3]).T / h"
        ),
        COLUMNS.format(body="return f(x + moves).T"),
        COLUMNS.format(body="return f((x + moves[0])[None])"),
    ],
    "differences 7": [
        "answer = (1e-5, 1)",
        "answer = (3e-3, 5e-4)",
        "answer = (0.03, 1e-5)",
        "answer = (0.03, 0.03)",
        "answer = 0.03",
    ],
    "differences 8": [
        "def answer(f, x, h):\n"
        "    wide = (f(x + h) - f(x - h)) / (2 * h)\n"
        "    half = (f(x + h / 2) - f(x - h / 2)) / h\n"
        "    return half, abs(wide - half)",
        "def answer(f, x, h):\n"
        "    wide = (f(x + h) - f(x - h)) / (2 * h)\n"
        "    half = (f(x + h / 2) - f(x - h / 2)) / h\n"
        "    return wide, abs(wide - half) / 3",
        "def answer(f, x, h):\n"
        "    wide = (f(x + h) - f(x - h)) / (2 * h)\n"
        "    half = (f(x + h / 2) - f(x - h / 2)) / h\n"
        "    return half, 4 * abs(wide - half) / 3",
        "def answer(f, x, h):\n"
        "    wide = (f(x + h) - f(x - h)) / (2 * h)\n"
        "    half = (f(x + h / 2) - f(x - h / 2)) / h\n"
        "    return half, (wide - half) / 3",
        "def answer(f, x, h):\n    return (f(x + h) - f(x)) / h",
    ],
    "differences 9": [
        "def answer(f, x, h):\n    return (f(x + h) - f(x)) / h",
        "def answer(f, x, h):\n    return (f(x + 2 * h) - f(x)) / (2 * h)",
        "def answer(f, x, h):\n    return (f(x + h) - f(x - h)) / (2 * h)",
        "def answer(f, x, h):\n"
        "    return (4 * f(x + h) - f(x + 2 * h) - 3 * f(x)) / h",
        "def answer(f, x, h):\n    return 0.0 * f(x)",
    ],
    "differences 10": [
        "def answer(f, x):\n    return (f(x + 1e-6) - f(x - 1e-6)) / 2e-6",
        "def answer(f, x):\n    h = 1e-5 * abs(x)\n"
        "    return (f(x + h) - f(x - h)) / (2 * h)",
        LADDER.format(end="found[0]"),
        LADDER.format(end="np.array(found)"),
        LADDER.format(end="found[np.argmin(np.abs(np.diff(found)))]"),
        LADDER.format(end="float('nan')"),
    ],
}  # fmt: skip

# What is answered, and words of the hint that it gets.
SLIPS = {
    "differences 5": [
        (
            "def answer(f, x, h):\n    return (f(x + h) - f(x - h)) / (2 * h)",
            "in float32 has another slope",
        ),
    ],
}
