"""The guide names what exists, and what it answers is so."""

from __future__ import annotations

import re
import sys
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from commands.classroom import minutes, notes, reading
from tests.support import ROOT, normal, tape_jacobian

GUIDE = (ROOT / "reference" / "teaching.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```\{([\w-]+)\} ?(\w*)\n(.*?)^```$", re.M | re.DOTALL)
PARTS = re.split(r"^### ", GUIDE, flags=re.M)
IDS = re.findall(r"^\* \*\*([A-Z]\d+)\.\*\*", GUIDE, re.M)
layers = keras.layers


def directives(kind: str) -> list[tuple[str, str]]:
    return [(a, c) for k, a, c in FENCE.findall(GUIDE) if k == kind]


def part(name: str) -> str:
    """What the guide says about a page."""
    found = [p for p in PARTS if f"chapters/{name}.ipynb)\n" in p]
    assert len(found) == 1, (
        f"reference/teaching.md has {len(found)} sections for "
        f"chapters/{name}.ipynb; write one under `## Page by page`, as "
        "another page has it"
    )
    return found[0]


def test_every_lesson_fits_and_every_exercise_exists() -> None:
    lessons = directives("lesson")
    assert len(lessons) == 1 + 3 + 7
    for limit, content in lessons:
        assert minutes.lesson(content.splitlines(), int(limit))
    for _, content in directives("homework"):
        minutes.homework([n.strip() for n in content.split(",")])


def test_every_page_has_minutes_exercises_and_misconceptions() -> None:
    for path in reading.chapters():
        text = part(path.stem)
        assert f"{{page-minutes}} {path.stem}\n" in text
        assert "**Before:**" in text
        if reading.exercises(path):
            assert f"{{in-class}} {path.stem}\n" in text, path.stem
            assert "**In class:** [" not in notes.for_page(path.stem)
            assert "minutes)" in notes.for_page(path.stem)
        if reading.is_draft(path):
            warnings.warn(
                f"{path.stem} is a draft; with {reading.FINISHED} code cells "
                "it needs two misconceptions in its section of "
                "reference/teaching.md",
                stacklevel=1,
            )
            continue
        assert "\n* **" in text, path.stem


def test_every_misconception_asks_answers_and_links() -> None:
    entries = re.findall(r"^\* \*\*[A-Z]\d+\.\*\* .*$", GUIDE, re.M)
    whole = [p for p in reading.chapters() if not reading.is_draft(p)]
    assert len(entries) >= 2 * len(whole) > 0
    for entry in entries:
        assert re.search(r"\*Ask:\* .*\?.* \*Answer:\* .*\]\(\.\./", entry)


def test_each_corrected_answer_that_has_a_chapter_is_asked() -> None:
    page = ROOT / "chapters" / "answers_corrected.ipynb"
    cells = [c.source for c in reading.read(page).cells]
    parts = re.split(r"^## (A\d+):", "\n".join(cells), flags=re.M)
    taught = {
        name
        for name, text in zip(parts[1::2], parts[2::2], strict=True)
        if "(0" in text.partition("## Where next")[0]
    }
    assert taught and taught <= set(IDS), taught - set(IDS)


def test_others_are_asked_once() -> None:
    others = [name for name in IDS if not name.startswith("A")]
    assert len(others) == len(set(others))


def test_a_lesson_asks_only_what_the_guide_answers() -> None:
    for _, content in directives("lesson"):
        asked = re.findall(r"\b[A-Z]\d+\b", content)
        assert set(asked) <= set(IDS), set(asked) - set(IDS)


def test_every_answer_has_a_proof() -> None:
    names = vars(sys.modules[__name__])
    missing = [n for n in IDS if f"test_{n.lower()}" not in names]
    assert not missing, f"write a test of the answer to {missing}"


# The answers


def slope(f, x, dtype="float64"):
    x = tf.constant(x, dtype)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.gradient(y, x)


def test_a14() -> None:
    x = tf.constant([1.0, 2.0])
    J = tape_jacobian(lambda x: tf.stack([x[0], x[1] ** 2, x[0] * x[1]]), x)
    assert J.shape == (3, 2)


def test_q1() -> None:
    x = np.linspace(0, 1, 10001)
    added = 0.01 * np.sin(100 * x)
    assert np.abs(added).max() <= 0.01
    assert np.isclose(np.gradient(added, x).max(), 1, atol=1e-3)


def test_a8() -> None:
    powers = lambda t: tf.stack([t, t**2, t**3])  # noqa: E731
    assert slope(powers, 2.0) == 17
    J = tape_jacobian(powers, tf.constant(2.0))
    assert J.numpy().tolist() == [1, 4, 12]


def test_s1() -> None:
    f = lambda x: x**2 if x > 0 else 5 * x  # noqa: E731
    assert slope(f, 3.0) == 6 and slope(f, -3.0) == 5


def test_s2() -> None:
    assert slope(tf.floor, 2.5) is None and slope(tf.sign, 2.5) == 0


def test_s3() -> None:
    assert slope(lambda x: x**2 + tf.stop_gradient(x) * x, 3.0) == 9
    assert slope(lambda x: x**2 + x * x, 3.0) == 12


def test_s4() -> None:
    digit = np.spacing(np.float32(1000))
    assert 5e-5 < digit < 1e-3


def test_s5() -> None:
    assert slope(lambda x: tf.maximum(x, 1.0), 1.0, "float32") == 1
    assert slope(lambda x: tf.maximum(1.0, x), 1.0, "float32") == 0


def test_a4() -> None:
    x = normal(3, 4)
    J = tape_jacobian(lambda x: tf.nn.relu(-(x**2) - 1), x)
    assert not np.any(J)


def test_s6() -> None:
    unsafe = lambda x: tf.where(  # noqa: E731
        x < 20, tf.math.log(1 + tf.exp(x)), x
    )
    assert unsafe(tf.constant(100.0)) == 100
    assert np.isnan(slope(unsafe, 100.0, "float32"))


def test_t1() -> None:
    X, W = normal(4, 5), normal(5, 2)
    assert tape_jacobian(lambda X: X @ W, X).shape == (4, 2, 4, 5)


def test_t2() -> None:
    g = lambda x: tf.stack([x[0] * x[1], x[1], x[0]])  # noqa: E731
    f = lambda z: tf.stack([z[0] * z[2], z[1] ** 2])  # noqa: E731
    x = normal(2)
    whole = tape_jacobian(lambda x: f(g(x)), x)
    product = tape_jacobian(f, g(x)) @ tape_jacobian(g, x)
    tf.debugging.assert_near(whole, product)


def test_t3() -> None:
    from helpers import jvp

    A, x = normal(1000, 3), normal(3)
    pushed = jvp(lambda x: tf.linalg.matvec(A, x))
    columns = [pushed(x, e)[1] for e in tf.eye(3, dtype="float64")]
    tf.debugging.assert_near(tf.stack(columns, 1), A)


def test_a3() -> None:
    x = normal(3)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x**2
    assert tape.gradient(y[-1], x) is None


def test_a6() -> None:
    x = normal(3)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x**2
    assert tape.gradient(y[0], x) is None
    first = tf.constant([1.0, 0.0, 0.0], tf.float64)
    row = tape.gradient(y, x, output_gradients=first)
    tf.debugging.assert_near(row, [2 * x[0], 0, 0])


def test_a9() -> None:
    f = lambda x: tf.constant([x[0] ** 2, x[1]])  # noqa: E731
    x = tf.constant([1.0, 2.0])
    for g in (f, tf.function(f)):
        with pytest.raises((ValueError, TypeError)):
            g(x)


def test_a10() -> None:
    keras.utils.set_random_seed(2)
    net = keras.Sequential(
        [keras.Input((5,)), layers.BatchNormalization(), layers.Dense(6)]
    )
    x = tf.random.normal([4, 5])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = net(x, training=True)
    claimed, full = tape.batch_jacobian(y, x), tape.jacobian(y, x)
    own = tf.stack([full[b, :, b] for b in range(4)])
    assert claimed.shape == own.shape
    assert np.abs(claimed - own).max() > 0.1 * np.abs(own).max()


def test_b1() -> None:
    x = tf.constant([[1.0], [4.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x - tf.reduce_mean(x, 0)
    assert not np.any(tape.batch_jacobian(y, x))
    assert tape.jacobian(y, x)[0, 0, 0, 0] == 0.5


def test_b2() -> None:
    x = tf.ones([2, 3])
    with tf.GradientTape(persistent=True) as tape:
        y = x**2
    assert tape.jacobian(y, x) is None
    assert not np.any(tape.batch_jacobian(y, x))


def test_b3() -> None:
    x = normal(4, 3)
    f = lambda x: tf.reduce_sum(tf.sin(x), 1, keepdims=True)  # noqa: E731
    tf.debugging.assert_near(slope(f, x), tf.cos(x))


def recurrent(layer, steps=3):
    keras.utils.set_random_seed(0)
    x = tf.random.normal([1, steps, 2])
    return tape_jacobian(layer, x)


def test_a1() -> None:
    J = recurrent(layers.LSTM(2, return_sequences=True))
    assert J.shape == (1, 3, 2, 1, 3, 2)


def test_l1() -> None:
    causal = layers.LSTM(2, return_sequences=True)
    both = layers.Bidirectional(layers.LSTM(2, return_sequences=True))
    assert not np.any(recurrent(causal)[0, 0, :, 0, 2])
    assert np.any(recurrent(both)[0, 0, :, 0, 2])


def test_l2() -> None:
    x = tf.constant([0.7, 0.7], tf.float64)
    f, g = (lambda x: x[0]), (lambda x: (x[0] + x[1]) / 2)
    assert f(x) == g(x)
    assert slope(f, x).numpy().tolist() == [1, 0]
    assert slope(g, x).numpy().tolist() == [0.5, 0.5]


def test_f1() -> None:
    gate = float(tf.sigmoid(tf.constant(1.0, tf.float64)))
    assert round(gate, 2) == 0.73 and 1.5e-14 < gate**100 < 2.5e-14


def test_f2() -> None:
    A = np.array([[0.0, 2.0], [0.0, 0.0]])
    assert np.linalg.eigvals(A).tolist() == [0, 0]
    assert sorted(np.linalg.eigvals(A @ A.T).tolist()) == [0, 4]


def test_h1() -> None:
    from helpers import lstm_jacobian_gigabytes

    layer = layers.LSTM(4, return_sequences=True)
    layer.build((1, 100, 3))
    sizes = []
    for steps in (100, 200):
        sizes.append(lstm_jacobian_gigabytes(layer, tf.zeros([1, steps, 3])))
    assert np.isclose(sizes[1] / sizes[0], 4, rtol=0.05)


def test_w1() -> None:
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((2, 1)), layers.LSTM(1, return_sequences=True)]
    )
    compiled, x = tf.function(model), tf.random.normal([1, 2, 1])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = compiled(x)
    with pytest.raises(Exception):  # noqa: B017
        tape.jacobian(y, x)


def test_i1() -> None:
    head, tail = layers.Dense(4), layers.Dense(2)
    x = normal(1, 3, dtype="float32")
    with tf.GradientTape() as tape:
        tape.watch(x)
        y, h = tail(head(x)), head(x)
    assert tape.gradient(y, h) is None


def test_a5() -> None:
    keras.utils.set_random_seed(1)
    x = normal(1, 3, dtype="float32")
    one, other = (layers.Dense(4, name="hidden") for _ in range(2))
    assert not np.allclose(tape_jacobian(one, x), tape_jacobian(other, x))


def test_i2() -> None:
    assert slope(lambda x: 2 * x, 5.0) == 2
    assert slope(lambda x: 2 * x + x, 5.0) == 3


def test_i3() -> None:
    keras.utils.set_random_seed(0)
    f = lambda x: tf.nn.dropout(x, 0.5)  # noqa: E731
    x = tf.ones([20])
    assert np.any(slope(f, x, "float32") != slope(f, x, "float32"))


def test_a11() -> None:
    A, x, dy = normal(3, 2), normal(2), normal(3, seed=4)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([A, x])
        y = tf.linalg.matvec(A, x)
    dA, dx = tape.gradient(y, [A, x], output_gradients=dy)
    tf.debugging.assert_near(dx, tf.linalg.matvec(A, dy, transpose_a=True))
    tf.debugging.assert_near(dA, tf.tensordot(dy, x, axes=0))
    assert dx.shape == (2,) and dA.shape == (3, 2)


def test_a12() -> None:
    x, u = normal(2), normal(3, seed=4)
    f = lambda x: tf.tanh(tf.linalg.matvec(normal(3, 2), x))  # noqa: E731
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = f(x)
    product = tape.gradient(y, x, output_gradients=u)
    by_table = tf.linalg.matvec(tape.jacobian(y, x), u, transpose_a=True)
    tf.debugging.assert_near(product, by_table, atol=1e-14)


def test_a13() -> None:
    @tf.custom_gradient
    def lawless(x):
        return tf.reduce_sum(x**2), lambda dy: 2 * x

    found = slope(lambda x: 10 * lawless(x), [1.0, 2.0])
    assert found.numpy().tolist() == [2, 4]


def test_g1() -> None:
    @tf.custom_gradient
    def straight(x):
        return tf.round(x), lambda dy: dy

    assert slope(straight, 1.3) == 1
    assert tf.round(1.3 + 1e-3) - tf.round(1.3 - 1e-3) == 0


def test_p1() -> None:
    def found(theta):
        x = theta
        for _ in range(50):
            x = (x + theta / x) / 2
        return x

    tf.debugging.assert_near(slope(found, 9.0), tf.constant(1 / 6, "float64"))


def test_a2() -> None:
    calls = 0

    def f(x):
        nonlocal calls
        calls += 1
        return np.sin(x)

    x = np.arange(6.0)
    base = f(x)
    J = np.stack([(f(x + 1e-6 * e) - base) / 1e-6 for e in np.eye(6)], 1)
    assert J.shape == (6, 6) and calls == 7 and 2 * J.size == 72


def test_a7() -> None:
    x = tf.constant([1.0, 2.0])
    with pytest.raises(TypeError):
        x[0] += 0.001


def test_d1() -> None:
    def error(h):
        at, h = tf.constant(1.0), tf.constant(h)
        found = (tf.sin(at + h) - tf.sin(at - h)) / (2 * h)
        return abs(float(found) / np.cos(1) - 1)

    assert error(1e-7) > 0.1 and error(0.005) < 1e-5


def test_d2() -> None:
    keras.utils.set_random_seed(0)
    x = tf.ones([20])
    same = lambda x: tf.nn.experimental.stateless_dropout(  # noqa: E731
        x, 0.5, seed=[1, 2]
    )
    assert np.any(tf.nn.dropout(x, 0.5) != tf.nn.dropout(x, 0.5))
    assert np.all(same(x) == same(x))


def test_c1() -> None:
    right, wrong = slope(lambda x: x**2, 0.0), 3 * 0.0
    assert right == wrong and slope(lambda x: x**2, 1.0) != 3 * 1.0


def test_c2() -> None:
    A, v, h = normal(1000, 1000), normal(1000, seed=5), 1e-4
    claimed = A.numpy()
    claimed[3, 700] += 0.5
    f = lambda x: A @ x[:, None]  # noqa: E731
    seen = (f(h * v) - f(-h * v))[:, 0] / (2 * h)  # two values of f
    off = np.abs(claimed @ v.numpy() - seen)
    assert off.argmax() == 3 and off.max() > 0.1
