"""Rows and columns of a Jacobian: one basis direction after another.

A row is one vector-Jacobian product (reverse mode), a column is one
Jacobian-vector product (forward mode); see Griewank and Walther, Evaluating
Derivatives, 2nd ed., SIAM 2008, chapter 3. All rows, or all columns, are
computed at once by `tf.vectorized_map`, or in blocks of `chunk_size`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

Leaves = list[tf.Tensor]
# From targets, sources and the targets' cotangents to one gradient a source.
Gradients = Callable[[Any, list, Any], list]


@contextmanager
def recorded(sources: list) -> Iterator[Gradients]:
    """Reverse mode, any number of times, through what is computed inside.

    A graph records itself, and `tf.gradients` walks it. A persistent tape
    prepares every loop for second derivatives as well, which makes Keras
    recurrent layers a fifth to a third slower. It is only for functions that
    tf.config.run_functions_eagerly(True) keeps from becoming graphs.
    """
    if not tf.executing_eagerly():
        yield tf.gradients
        return
    with tf.GradientTape(
        persistent=True, watch_accessed_variables=False
    ) as tape:
        tape.watch(sources)
        yield tape.gradient


def reverse_rows(
    gradients: Gradients,
    y: tf.Tensor,
    xs: Leaves,
    *,
    batched: bool,
    chunk_size: int | None,
) -> list[tf.Tensor | None]:
    """One block per leaf of xs, shape (rows, *leaf.shape); None if unused."""
    size = direction_count(y, batched)
    used = [True] * len(xs)

    def row(index: tf.Tensor) -> Leaves:
        seed = basis_tensor(index, y, batched)
        found = gradients(y, xs, seed)
        for k, gradient in enumerate(found):
            used[k] = gradient is not None
        return [
            tf.zeros_like(x) if g is None else tf.convert_to_tensor(g)
            for g, x in zip(found, xs, strict=True)
        ]

    blocks = stack_directions(row, size, chunk_size, xs)
    return [b if u else None for b, u in zip(blocks, used, strict=True)]


def forward_columns(
    f: Callable[[Leaves], Leaves],
    xs: Leaves,
    k: int,
    ys: Leaves,
    *,
    batched: bool,
    chunk_size: int | None,
) -> list[tf.Tensor | None]:
    """One block per leaf of ys, shape (columns, *leaf.shape); None if unused.

    The columns are those of xs[k]; all other leaves are held fixed.
    """
    size = direction_count(xs[k], batched)
    used = [True] * len(ys)

    def column(index: tf.Tensor) -> Leaves:
        tangent = basis_tensor(index, xs[k], batched)
        with tf.autodiff.ForwardAccumulator(xs[k], tangent) as accumulator:
            outputs = f(xs)
        tangents = [accumulator.jvp(y) for y in outputs]
        for j, each in enumerate(tangents):
            used[j] = each is not None
        return [
            tf.zeros_like(y) if t is None else t
            for t, y in zip(tangents, outputs, strict=True)
        ]

    blocks = stack_directions(column, size, chunk_size, ys)
    return [b if u else None for b, u in zip(blocks, used, strict=True)]


def direction_count(tensor: tf.Tensor, batched: bool) -> int | tf.Tensor:
    """How many basis directions tensor has (per sample when batched)."""
    shape = tensor.shape[1:] if batched else tensor.shape
    if shape.is_fully_defined():
        return shape.num_elements()
    dynamic = tf.shape(tensor)
    return tf.reduce_prod(dynamic[1:] if batched else dynamic)


def basis_tensor(index: Any, like: tf.Tensor, batched: bool) -> tf.Tensor:
    """Zeros shaped like `like`, with a one at the flat position `index`.

    When batched, every sample has its one at the same position.
    """
    shape = tf.shape(like)
    flat = tf.one_hot(index, direction_count(like, batched), dtype=like.dtype)
    if not batched:
        return tf.reshape(flat, shape)
    one = tf.reshape(flat, tf.concat([[1], shape[1:]], 0))
    return tf.broadcast_to(one, shape)


def stack_directions(
    direction: Callable[[Any], Leaves],
    size: int | tf.Tensor,
    chunk_size: int | None,
    like: Leaves,
) -> Leaves:
    """Stack direction(0), ..., direction(size - 1), leaf by leaf."""
    if isinstance(size, int) and size == 1:
        return [leaf[tf.newaxis] for leaf in direction(0)]
    if chunk_size is None or (isinstance(size, int) and size <= chunk_size):
        return tf.vectorized_map(direction, tf.range(size))
    return stack_in_chunks(direction, size, chunk_size, like)


def stack_in_chunks(
    direction: Callable[[Any], Leaves],
    size: int | tf.Tensor,
    chunk_size: int,
    like: Leaves,
) -> Leaves:
    """The same, never more than chunk_size directions in memory at once."""

    def chunk(start: tf.Tensor) -> Leaves:
        # The last chunk repeats the last direction; the copies are cut off.
        index = tf.minimum(start + tf.range(chunk_size), size - 1)
        # For an empty batch vectorized_map loses the shape of a product.
        return [
            tf.reshape(leaf, tf.concat([[chunk_size], tf.shape(each)], 0))
            for leaf, each in zip(
                tf.vectorized_map(direction, index), like, strict=True
            )
        ]

    starts = tf.range(0, size, chunk_size)
    stacked = tf.map_fn(
        chunk,
        starts,
        fn_output_signature=[each.dtype for each in like],
        parallel_iterations=1,
    )
    return [merge_chunks(leaf, size) for leaf in stacked]


def merge_chunks(leaf: tf.Tensor, size: int | tf.Tensor) -> tf.Tensor:
    shape = tf.shape(leaf)
    joined = tf.concat([shape[:1] * shape[1:2], shape[2:]], 0)
    return tf.reshape(leaf, joined)[:size]


def all_known(blocks: list[list[tf.Tensor | None]]) -> bool:
    return all(block is not None for row in blocks for block in row)
