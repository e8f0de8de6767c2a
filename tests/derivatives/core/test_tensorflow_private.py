"""Each private name of TensorFlow and Keras still does what we need.

A test that fails here after a change of version names what has moved.
"""

import ast
import inspect
import re
from collections import namedtuple
from pathlib import Path

import keras
import pytest
import tensorflow as tf

from helpers.derivatives.core import tensorflow_private as private
from tests.support import ROOT

HERE = Path(__file__)
FOREIGN = re.compile(r"tensorflow\.python|__internal__|keras\.src")
# `_asdict`, `_replace`, ...: documented; the underscore keeps them apart from
# the fields of a named tuple.
NAMED_TUPLE = dir(namedtuple("Empty", []))


def graph_of(f, *shapes, dtype=tf.float32):
    """The graph of f, traced with inputs of the given shapes."""
    specs = [tf.TensorSpec(shape, dtype) for shape in shapes]
    return tf.function(f).get_concrete_function(*specs).graph


def one(graph, kind):
    return next(op for op in graph.get_operations() if op.type == kind)


def test_autograph_converts_one_function():
    def f(x):
        while tf.reduce_sum(x) < 100.0:
            x = 2.0 * x
        return x

    run = tf.function(private.converted_by_autograph(f), autograph=False)
    assert run(tf.constant([3.0])) == 192


@pytest.mark.parametrize(
    ("kind", "known", "constant"),
    [
        ("MatMul", True, False),
        ("PyFunc", False, True),
        ("ResizeBilinearGrad", False, True),
        ("SoftsignGrad", False, False),
        ("NoSuchOperation", False, False),
    ],
)
def test_the_registry_of_gradients(kind, known, constant):
    assert private.has_gradient(kind) is known
    assert private.is_declared_constant(kind) is constant


def test_own_rules_are_marked():
    @tf.custom_gradient
    def seven(x):
        return x**2, lambda u: 7 * x * u

    operations = graph_of(lambda x: seven(x), [3]).get_operations()
    assert any(map(private.has_own_rule, operations))
    plain = graph_of(lambda x: x**2, [3]).get_operations()
    assert not any(map(private.has_own_rule, plain))


def test_the_graphs_of_calls_and_loops():
    inner = tf.function(lambda x: tf.sin(x))
    call = one(graph_of(lambda x: inner(x), [3]), "PartitionedCall")
    (called,) = private.called_graphs(call)
    assert one(called, "Sin")

    def loop(x):
        return tf.while_loop(
            lambda y: tf.reduce_sum(y) < 9, lambda y: (tf.exp(y),), (x,)
        )

    condition, body = private.called_graphs(
        one(graph_of(loop, [3]), "StatelessWhile")
    )
    assert one(condition, "Less") and one(body, "Exp")


def test_what_keras_casts_is_told_from_what_the_caller_casts():
    layer = keras.layers.Activation("tanh")
    graph = graph_of(lambda x: layer(x), [2, 3], dtype=tf.float64)
    assert private.is_autocast(one(graph, "Cast"))
    own = graph_of(lambda x: tf.cast(x, tf.float32), [2, 3], dtype=tf.float64)
    assert not private.is_autocast(one(own, "Cast"))


def test_masks_and_inputs_of_layers():
    masked = keras.layers.Masking()(tf.zeros([2, 3, 4]))
    assert private.has_keras_mask(masked)
    assert not private.has_keras_mask(tf.zeros([2, 3, 4]))
    layer = keras.layers.Dense(2)
    symbolic = keras.Input([3])
    layer(symbolic)
    assert list(private.symbolic_inputs(layer)) == [symbolic]


def test_all_layers_however_deep():
    inner = keras.Sequential([keras.layers.Dense(2)])
    outer = keras.Sequential([keras.Input([3]), inner])
    names = {layer.name for layer in private.all_layers(outer)}
    assert {outer.name, inner.name, inner.layers[0].name} <= names


def test_what_keras_casts_in_a_functional_model():
    inputs = keras.Input([3])
    model = keras.Model(inputs, keras.layers.Dense(2)(inputs))
    graph = graph_of(lambda x: model(x), [2, 3], dtype=tf.float64)
    assert private.is_autocast(one(graph, "Cast"))

    def own(x):
        return keras.ops.cast(x, "float32")

    graph = graph_of(own, [2, 3], dtype=tf.float64)
    assert not private.is_autocast(one(graph, "Cast"))


def test_inputs_that_a_rule_forgets():
    def lost(f, kind):
        operation = one(graph_of(f, [3]), kind)
        return private.inputs_without_gradient(operation)

    assert lost(lambda x: tf.math.zeta(x + 2, x), "Zeta") == [0]
    assert lost(lambda x: tf.math.betainc(x, x, x), "Betainc") == [0, 1]
    assert lost(lambda x: x * tf.sin(x), "Mul") == []
    assert lost(lambda x: tf.math.floordiv(x, x), "FloorDiv") == []


def test_a_rule_is_asked_on_placeholders():
    zeta = one(graph_of(lambda x: tf.math.zeta(x + 2, x), [3]), "Zeta")
    first, second = private.rule_on_placeholders(zeta)
    assert first is None and private.is_real(second)
    gather = one(graph_of(lambda x: tf.gather(x, [0]), [3]), "GatherV2")
    kinds = list(map(private.is_real, gather.inputs))
    assert kinds == [True, False, False]
    none = graph_of(
        lambda x: tf.raw_ops.SoftsignGrad(gradients=x, features=x), [3]
    )
    assert private.rule_on_placeholders(one(none, "SoftsignGrad")) == []


def test_keras_mask_moves_to_a_copy():
    embedding = keras.layers.Embedding(5, 2, mask_zero=True)
    x = embedding(tf.constant([[1, 0]]))
    copy = private.with_keras_mask_of(x, tf.identity(x))
    assert private.has_keras_mask(copy)
    assert not private.has_keras_mask(tf.identity(x))


def private_names(path):
    """Private names of other people's objects that a file uses."""
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            owner = ast.unparse(node.value)
            ours = owner in ("self", "cls", "state", "sys")
            known = node.attr in NAMED_TUPLE or node.attr.endswith("__")
            if not ours and not known:
                yield f"{path.name}: {owner}.{node.attr}"
    yield from (f"{path.name}: {name}" for name in FOREIGN.findall(text))


def test_private_names_stand_in_one_file():
    files = [*ROOT.glob("helpers/**/*.py"), *ROOT.glob("commands/*.py")]
    elsewhere = [path for path in files if path != Path(private.__file__)]
    found = [name for path in elsewhere for name in private_names(path)]
    assert not found, (
        f"{found}: private names of TensorFlow and Keras belong in "
        "core/tensorflow_private.py, with a test here"
    )
    assert len(set(private_names(Path(private.__file__)))) >= 4


@pytest.mark.parametrize(
    ("line", "blamed"),
    [
        ("layer._inbound_nodes", True),
        ("from tensorflow.python.ops import math_grad", True),
        ("tf.__internal__.nest", True),
        ("finding._asdict()", False),
        ("finding._replace(ready=True)", False),
        ("self._function", False),
        ("f.__name__", False),
    ],
)
def test_private_names_are_told_from_documented_ones(tmp_path, line, blamed):
    (tmp_path / "file.py").write_text(f"{line}\n")
    assert bool(list(private_names(tmp_path / "file.py"))) is blamed


def test_every_function_here_has_its_test():
    functions = inspect.getmembers(private, inspect.isfunction)
    names = [n for n, f in functions if f.__module__ == private.__name__]
    text = HERE.read_text(encoding="utf-8")
    untested = [name for name in names if f"private.{name}" not in text]
    assert not untested, f"test {untested} in {HERE.name}"
