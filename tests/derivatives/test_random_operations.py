"""Operations drawn from TensorFlow's registry, in every mode.

Each is differentiated by the helpers and, row by row, by a plain tape. The
two agree, or the helpers say why not: nothing may be silently wrong. A
fixed draw runs in every test, all operations by `make weekly`.
"""

import zlib

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import op_def_registry

from helpers import batch_jacobian, jacobian, jvp, vjp

FLOATS = {tf.float32.as_datatype_enum, tf.float64.as_datatype_enum}
DRAWN, SEED = 14, 20
SHAPES = ((4,), (3, 2), (2, 3, 3))


def is_plain(name):
    """One or two floating tensors of a type in, one of that type out."""
    op = op_def_registry.get(name)
    if op is None or op.is_stateful or len(op.output_arg) != 1:
        return False
    if not 1 <= len(op.input_arg) <= 2 or not hasattr(tf.raw_ops, name):
        return False
    types = {arg.type_attr for arg in [*op.input_arg, *op.output_arg]}
    if len(types) != 1 or not (kind := types.pop()):
        return False
    if any(arg.number_attr for arg in [*op.input_arg, *op.output_arg]):
        return False
    attributes = {each.name: each for each in op.attr}
    allowed = set(attributes.pop(kind).allowed_values.list.type)
    defaults = all(e.HasField("default_value") for e in attributes.values())
    return defaults and (not allowed or allowed >= FLOATS)


PLAIN = sorted(filter(is_plain, dir(tf.raw_ops)))


def function_of(name, shape, dtype):
    """The operation as a function of x, tall so that forward is cheaper."""
    op = op_def_registry.get(name)
    random = np.random.default_rng(zlib.crc32(name.encode()))
    x = tf.constant(random.uniform(0.2, 0.8, shape), dtype)
    other = tf.constant(random.uniform(0.2, 0.8, shape), dtype)
    raw, names = getattr(tf.raw_ops, name), [a.name for a in op.input_arg]

    def f(z):
        inputs = dict(zip(names, (z, other * z), strict=False))
        y = tf.reshape(raw(**inputs), [-1])
        return tf.concat([y, 2 * y, y**2], 0)

    return f, x


def rows(f, x):
    """Row by row on a plain tape; None where TensorFlow gives none."""
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        parts = tf.unstack(f(x))
    found = [tape.gradient(part, x) for part in parts]
    if any(row is None for row in found):
        return None
    return np.stack([tf.convert_to_tensor(row).numpy() for row in found])


def agrees(found, expected, dtype):
    tolerance = 1e-9 if dtype == "float64" else 1e-4
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=1)
    np.testing.assert_allclose(
        found, expected, rtol=tolerance, atol=tolerance * scale
    )


def compare(name, shape, dtype):
    """Compare all ways; return how many were compared and refused."""
    f, x = function_of(name, shape, dtype)
    try:
        expected = rows(f, x)
    except Exception:
        # TensorFlow itself cannot run or differentiate it here.
        return 0, 0
    verdicts = [
        matches(f"{name}, {way}", call, expected, dtype)
        for way, call in ways_to(f, x).items()
    ]
    return verdicts.count(True), verdicts.count(False)


def ways_to(f, x):
    """Every way to the table of rows, by name."""

    def in_mode(mode):
        return lambda: jacobian(f, mode=mode)(x)

    def row_by_product():
        product = vjp(f)
        units = tf.unstack(tf.eye(f(x).shape[0], dtype=x.dtype))
        return tf.stack([product(x, unit)[1] for unit in units[:4]])

    def column_by_product():
        first = tf.one_hot(0, tf.size(x), dtype=x.dtype)
        return jvp(f)(x, tf.reshape(first, x.shape))[1]

    ways = {mode: in_mode(mode) for mode in ("auto", "forward", "reverse")}
    ways["chunks"] = lambda: jacobian(f, chunk_size=2)(x)
    return ways | {"vjp": row_by_product, "jvp": column_by_product}


def matches(what, call, expected, dtype):
    """True if the numbers agree, False if refused in words."""
    try:
        found = call().numpy()
    except (ValueError, TypeError) as error:
        assert "`: expected " in str(error), f"{what}: {error}"
        return False
    assert expected is not None, f"{what}: no row, and no refusal"
    if what.endswith("vjp"):
        expected = expected[:4]
    if what.endswith("jvp"):
        expected = expected.reshape(len(expected), -1)[:, 0]
    agrees(found, expected, dtype)
    return True


def cases(names):
    for name in names:
        kind = zlib.crc32(name.encode())
        dtype = ("float64", "float32")[kind % 2]
        yield name, SHAPES[kind % 3], dtype


def test_the_registry_was_read():
    assert len(PLAIN) > 60 and {"Tanh", "Atan2", "Softsign"} <= set(PLAIN)


@pytest.mark.parametrize(
    ("name", "shape", "dtype"),
    list(cases(np.random.default_rng(SEED).permutation(PLAIN)[:DRAWN])),
)
def test_drawn_operations(name, shape, dtype):
    compare(name, shape, dtype)


@pytest.mark.weekly
@pytest.mark.parametrize(("name", "shape", "dtype"), list(cases(PLAIN)))
def test_every_operation(name, shape, dtype):
    compare(name, shape, dtype)


@pytest.mark.parametrize("name", ["Tanh", "Softsign", "Atan2"])
def test_known_operations_are_compared_not_skipped(name):
    compared, refused = compare(name, (3, 2), "float64")
    assert compared >= 4 and compared + refused == 6


def test_a_wrong_derivative_would_be_seen(monkeypatch):
    wrong = lambda *args, **kwargs: lambda x: tf.zeros([12, 4], x.dtype)  # noqa: E731
    monkeypatch.setitem(globals(), "jacobian", wrong)
    with pytest.raises(AssertionError):
        compare("Tanh", (4,), "float64")


def test_samples_of_drawn_operations():
    for name in ("Tanh", "Softplus", "Sigmoid"):
        raw = getattr(tf.raw_ops, name)
        op = op_def_registry.get(name).input_arg[0].name

        def f(x, raw=raw, op=op):
            return raw(**{op: x})

        x = tf.constant([[0.1, 0.7], [0.4, -0.3], [2.0, 0.0]], tf.float64)
        J = batch_jacobian(f)(x)
        for k in range(3):
            agrees(J[k].numpy(), rows(lambda z, f=f: f(z), x[k]), "float64")
