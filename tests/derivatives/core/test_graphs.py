"""What a traced function is made of."""

import keras
import pytest
import tensorflow as tf

import helpers
from helpers.derivatives.core import graphs
from helpers.derivatives.core.graphs import Traced


def traced(f, shape=(3,)):
    """f as a part of a graph, from its input to its outputs."""
    graph = (
        tf.function(f, autograph=False)
        .get_concrete_function(tf.TensorSpec(shape))
        .graph
    )
    return Traced(graph.inputs[:1], graph.outputs)


def black_box(x):
    y = tf.numpy_function(lambda a: a**2, [x], x.dtype)
    return tf.ensure_shape(y, x.shape)


def test_the_path_leaves_out_what_the_input_does_not_reach():
    kinds = {op.type for op in graphs.path(traced(lambda x: x * tf.exp(2.0)))}
    assert "Mul" in kinds and "Exp" not in kinds


def test_a_part_outside_tensorflow_is_found():
    assert graphs.left_out(traced(lambda x: x + black_box(x))) == ["PyFunc"]
    assert graphs.left_out(traced(lambda x: x * black_box(tf.ones(3)))) == []


def test_a_part_inside_of_a_call_is_found():
    inner = tf.function(lambda x: x + black_box(x))
    assert graphs.left_out(traced(lambda x: inner(x))) == ["PyFunc"]


def test_a_part_with_a_rule_of_its_own_is_not_looked_into():
    @tf.custom_gradient
    def f(x):
        return black_box(x), lambda u: 2 * x * u

    assert graphs.left_out(traced(f)) == []


def test_constants_are_no_loss():
    assert graphs.left_out(traced(lambda x: x * tf.stop_gradient(x))) == []
    behind = traced(lambda x: x * black_box(tf.stop_gradient(x)))
    assert graphs.left_out(behind) == []


def test_chance_counts_only_where_it_reaches_the_output():
    assert graphs.changes(traced(lambda x: x * tf.random.uniform([]))) == [
        "RandomUniform"
    ]

    def unused(x):
        tf.random.uniform([])
        return x**2

    assert graphs.changes(traced(unused)) == []


def test_dropout_in_inference_changes_nothing():
    layer = keras.layers.LSTM(2, dropout=0.5)
    layer.build([1, 4, 3])
    assert graphs.changes(traced(lambda x: layer(x), (1, 4, 3))) == []


def test_statistics_that_move_are_changes():
    norm = keras.layers.BatchNormalization()
    norm.build([5, 3])
    found = graphs.changes(traced(lambda x: norm(x, training=True), (5, 3)))
    assert any("Assign" in kind for kind in found)


def test_loops_are_found_inside_of_calls():
    layer = keras.layers.LSTM(2)
    layer.build([1, 4, 3])
    run = tf.function(lambda x: layer(x))
    assert graphs.has_loop(traced(lambda x: run(x), (1, 4, 3)).graph)
    assert not graphs.has_loop(traced(tf.sin).graph)


TWO = tf.fill([3], 2.0)


def test_inputs_that_a_rule_forgets_count_where_they_move():
    def first(x):
        return tf.math.zeta(x + 2, TWO)

    def second(x):
        return tf.math.zeta(TWO, x)

    def branch(f):
        return lambda x: tf.cond(x[0] > 0, lambda: f(x), lambda: x)

    def loop(x):
        return tf.while_loop(
            lambda y: y[0] < 9, lambda y: (y + tf.math.zeta(y + 2, TWO),), [x]
        )[0]

    for f in (first, tf.function(first), branch(first), loop):
        assert graphs.left_out(traced(lambda x, f=f: f(x))) == ["Zeta"]
    for f in (second, tf.function(second), branch(second)):
        assert graphs.left_out(traced(lambda x, f=f: f(x))) == []


def by_bits(x):
    return tf.bitcast(tf.bitcast(x, tf.int32), tf.float32)


def by_text(x):
    return tf.strings.to_number(tf.strings.as_string(x))


def by_branch(x):
    return tf.cond(x[0] > 0, lambda: by_bits(x), lambda: x)


def by_loop(x):
    def step(i, a):
        return i + 1, a + by_bits(a)

    return tf.while_loop(lambda i, a: i < 2, step, (0, x))[1]


def by_call(x):
    return tf.bitcast(bits_of(x), tf.float32)


@tf.function
def bits_of(x):
    return tf.bitcast(x, tf.int32)


@tf.custom_gradient
def with_a_rule(x):
    return by_bits(x), lambda upstream: upstream


def test_numbers_that_pass_as_bits_or_text_are_found() -> None:
    ways = by_bits, by_branch, by_loop, by_call
    for way in ways:
        found = graphs.left_out(traced(lambda x, way=way: x**2 + way(x)))
        assert found == ["Bitcast"], way
    text = traced(lambda x: x**2 + by_text(x))
    assert graphs.left_out(text) == ["AsString"]


def test_what_keeps_no_digits_is_no_loss() -> None:
    harmless = (
        lambda x: x * tf.cast(tf.argmax(x), tf.float32),
        lambda x: x * tf.one_hot(tf.argmax(x), 3),
        lambda x: x + tf.floor(x) + tf.round(x),
        lambda x: x + tf.cast(tf.cast(x, tf.int32), tf.float32),
        lambda x: tf.gather(x, tf.argsort(x)),
        lambda x: tf.where(x > 0, x, x**2),
        lambda x: x + by_bits(tf.stop_gradient(x)),
        lambda x: x + by_bits(tf.ones(3)),
        lambda x: x + with_a_rule(x),
    )
    for f in harmless:
        assert graphs.left_out(traced(f)) == []


def test_bits_beside_another_path_are_refused() -> None:
    x = tf.constant([1.5, -2.0, 0.5])
    for mode in ("reverse", "forward", "auto"):
        f = helpers.jacobian(lambda x: x**2 + by_bits(x), mode=mode)
        with pytest.raises(ValueError, match="Bitcast, whose part"):
            f(x)
