"""Basis directions, and a linear map applied to all of them at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import tensorflow as tf

from helpers.derivatives.core.log import without_warning
from helpers.derivatives.core.types import Leaves, Parts

# From the number of a direction to the direction.
Directions: TypeAlias = Callable[[tf.Tensor], Leaves]


@dataclass(frozen=True)
class Basis:
    """The basis of the space of some tensors, one direction a number.

    When batched, a direction has its one at the same place of every sample:
    samples that are independent need no direction each.
    """

    like: Leaves
    batched: bool = False

    @property
    def sizes(self) -> list[int | tf.Tensor]:
        """How many directions each tensor has; a tensor where unknown."""
        return [count(each, self.batched) for each in self.like]

    @property
    def size(self) -> int | tf.Tensor:
        return sum(self.sizes)

    def __call__(self, index: tf.Tensor) -> Leaves:
        """Zeros like the tensors, with a one in place `index` of all."""
        directions, start = [], 0
        for each, size in zip(self.like, self.sizes, strict=True):
            flat = tf.one_hot(index - start, size, dtype=each.dtype)
            directions.append(self.shaped(flat, each))
            start += size
        return directions

    def shaped(self, flat: tf.Tensor, like: tf.Tensor) -> tf.Tensor:
        shape = tf.shape(like)
        if not self.batched:
            return tf.reshape(flat, shape)
        one = tf.reshape(flat, tf.concat([[1], shape[1:]], 0))
        return tf.broadcast_to(one, shape)


def count(tensor: tf.Tensor, batched: bool) -> int | tf.Tensor:
    """How many numbers a tensor holds (per sample when batched)."""
    shape = tensor.shape[1:] if batched else tensor.shape
    if shape.is_fully_defined():
        return shape.num_elements()
    dynamic = tf.shape(tensor)
    return tf.reduce_prod(dynamic[1:] if batched else dynamic)


def stacked(
    linear_map: Callable[[Leaves], Parts],
    directions: Directions,
    size: int | tf.Tensor,
    like: Leaves,
    *,
    chunk_size: int | None = None,
    vectorised: bool = True,
) -> Parts:
    """The images of directions 0 to size - 1, stacked leaf by leaf.

    Args:
        linear_map: a pullback or a pushforward.
        directions: a `Basis`, or any other choice of directions.
        size: how many of them.
        like: what one image looks like.
        chunk_size: how many are in memory at once; None: all.
        vectorised: False runs one direction after the other, for maps that
            TensorFlow cannot vectorise (a branch, a loop).

    Returns:
        Tensors of shape (size, *like.shape), None where the map returns it.
    """
    used = [True] * len(like)

    def image(index: tf.Tensor) -> Leaves:
        found = linear_map(directions(index))
        used[:] = [part is not None for part in found]
        return [
            tf.zeros_like(each) if part is None else part
            for part, each in zip(found, like, strict=True)
        ]

    if not vectorised:
        kinds = [tf.TensorSpec(each.shape, each.dtype) for each in like]
        images = tf.map_fn(image, tf.range(size), fn_output_signature=kinds)
        return without_unused(images, used)
    # An operation that cannot be vectorised is looped over.
    with without_warning("Using a while_loop for converting"):
        images = all_images(image, size, like, chunk_size)
    return without_unused(images, used)


def without_unused(images: Leaves, used: list[bool]) -> Parts:
    return [part if u else None for part, u in zip(images, used, strict=True)]


def all_images(
    image: Directions,
    size: int | tf.Tensor,
    like: Leaves,
    chunk_size: int | None,
) -> Leaves:
    if isinstance(size, int) and size == 1:
        return [leaf[tf.newaxis] for leaf in image(tf.constant(0))]
    if chunk_size is None or (isinstance(size, int) and size <= chunk_size):
        return tf.vectorized_map(image, tf.range(size))
    return in_chunks(image, size, like, chunk_size)


def in_chunks(
    image: Directions, size: int | tf.Tensor, like: Leaves, chunk_size: int
) -> Leaves:
    """The same, never more than chunk_size directions in memory at once."""

    def chunk(start: tf.Tensor) -> Leaves:
        # The last chunk repeats the last direction; the copies are cut off.
        index = tf.minimum(start + tf.range(chunk_size), size - 1)
        # For an empty batch vectorized_map loses the shape of a product.
        return [
            tf.reshape(leaf, tf.concat([[chunk_size], tf.shape(each)], 0))
            for leaf, each in zip(
                tf.vectorized_map(image, index), like, strict=True
            )
        ]

    blocks = tf.map_fn(
        chunk,
        tf.range(0, size, chunk_size),
        fn_output_signature=[each.dtype for each in like],
        parallel_iterations=1,
    )
    return [merged(block, size) for block in blocks]


def merged(block: tf.Tensor, size: int | tf.Tensor) -> tf.Tensor:
    shape = tf.shape(block)
    joined = tf.concat([shape[:1] * shape[1:2], shape[2:]], 0)
    return tf.reshape(block, joined)[:size]
