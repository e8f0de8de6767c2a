"""The words that the signatures of this package use."""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import tensorflow as tf

# A tensor, or lists, tuples and dicts of tensors, as `tf.nest` takes them.
# TensorFlow carries no types, so that a checker sees `Any`.
Structure: TypeAlias = Any
# The tensors of a structure in the order of `tf.nest.flatten`.
Leaves: TypeAlias = list[tf.Tensor]
# The same, with None where there is no path from one end to the other.
Parts: TypeAlias = list[tf.Tensor | None]
# A function of one structure; a Keras model or layer is one.
Function: TypeAlias = Callable[[Structure], Structure]

Mode: TypeAlias = Literal["auto", "forward", "reverse"]
Unconnected: TypeAlias = Literal["raise", "zero"]
