"""Jacobians with respect to all trainable weights of a model."""

from collections.abc import Callable
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np
import tensorflow as tf

from helpers.derivatives.core.compiled import Compiled, autographed
from helpers.derivatives.core.directions import reverse_rows
from helpers.derivatives.core.log import without_warning
from helpers.derivatives.core.operations import (
    DRAWS_OR_ASSIGNS,
    LOOPS,
    operations_of,
)
from helpers.derivatives.core.requirements import (
    UNCONNECTED,
    check_batch,
    check_option,
    check_output,
    check_target_batch,
)
from helpers.derivatives.variables import trainable_variables, unique_names

NAME = "weight_jacobian"


def weight_jacobian(
    model: Callable[[Any], Any],
    *,
    jit: bool = False,
    unconnected: str = "raise",
) -> "WeightJacobian":
    """Jacobian of each sample's output by all trainable weights, by rows.

    Shape law: `(b, *y.shape[1:], number_of_weights)` for x of shape (b, ...)
    and y = model(x) of shape (b, ...). The columns follow the order of
    `model.trainable_variables`, each variable flattened in row-major order;
    `columns` of the result says which are whose, and `split` undoes it.

    Each sample runs alone, as a batch of one, and `tf.vectorized_map` runs
    all samples and all rows at once. Models with a loop (Keras recurrent
    layers without `unroll=True`) run sample after sample. The result holds
    b · outputs · weights numbers: use `map_batches` for many samples.

    Args:
        model: a built Keras model or layer, or a tf.Module with `__call__`.
            Which variables are trainable is read once, here; their values
            at each call. x may hold integers (tokens of an Embedding).
        jit: compile with XLA as well.
        unconnected: "raise" a ValueError when y does not depend on one of
            the variables, or return "zero" columns.

    Returns:
        A compiled callable of x. For a model with several outputs, a
        structure like y of such matrices. The dtype is that of the weights.

    Raises:
        TypeError: not a model; x is wider than the weights or not numeric.
        ValueError: the model is not built or has no trainable weights; it
            changes its state as it runs (BatchNormalization or Dropout with
            training=True); it does not keep the batch axis.

    Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM
    2008, section 3.2.

    Example:
        >>> import keras
        >>> model = keras.Sequential([keras.Input([3]),
        ...                           keras.layers.Dense(2)])
        >>> x = tf.constant([[1.0, 2, 3], [4, 5, 6], [7, 8, 9], [0, 0, 0]])
        >>> J = weight_jacobian(model)
        >>> assert J(x).shape == (4, 2, 3 * 2 + 2)
        >>> kernel, bias = J.split(J(x))
        >>> assert kernel.shape == (4, 2, 3, 2) and bias.shape == (4, 2, 2)
        >>> tf.debugging.assert_near(kernel[1, 0], [[4.0, 0], [5, 0], [6, 0]])
    """
    check_option(NAME, "unconnected", unconnected, UNCONNECTED)
    return WeightJacobian(
        model, trainable_variables(NAME, model), jit, unconnected
    )


class WeightJacobian(Compiled):
    """A compiled Jacobian that knows which columns belong to which weight.

    Attributes:
        columns: the slice of columns of each variable, by its path.
    """

    def __init__(
        self, model: Any, variables: list, jit: bool, unconnected: str
    ) -> None:
        stops = list(accumulate(v.shape.num_elements() for v in variables))
        slices = map(slice, [0, *stops[:-1]], stops)
        self.columns = dict(zip(unique_names(model), slices, strict=True))
        self._shapes = [v.shape for v in variables]
        named = dict(zip(self.columns, variables, strict=True))
        task = partial(every_sample, autographed(model), named, unconnected)
        super().__init__(NAME, task, f=model, jit=jit)

    def tensors(self, arguments: tuple) -> list[Any]:
        return [tf.nest.map_structure(self._leaf, x) for x in arguments]

    def _leaf(self, leaf: Any) -> tf.Tensor:
        """Integers may pass: x itself is not differentiated."""
        array = isinstance(leaf, np.ndarray | tf.Tensor)
        if array and tf.as_dtype(leaf.dtype).is_integer:
            return tf.convert_to_tensor(leaf)
        return super().tensors((leaf,))[0]

    def split(self, J: Any) -> list[tf.Tensor]:
        """Cut the columns into blocks (..., *w.shape), one a variable w.

        Raises:
            ValueError: J has another number of columns.
        """
        J = tf.convert_to_tensor(J)
        total = sum(shape.num_elements() for shape in self._shapes)
        if J.shape.rank == 0 or J.shape[-1] != total:
            raise ValueError(
                f"`{NAME}`: expected a matrix with {total} columns to split, "
                f"got shape {J.shape}; use the result of this very callable."
            )
        rows = tf.shape(J)[:-1]
        return [
            tf.reshape(J[..., cut], tf.concat([rows, shape], 0))
            for cut, shape in zip(
                self.columns.values(), self._shapes, strict=True
            )
        ]


def every_sample(
    model: Callable[[Any], Any],
    variables: dict[str, tf.Variable],
    unconnected: str,
    x: Any,
) -> Any:
    check_batch(NAME, x)
    like, kinds = operations_of(partial(checked, model), one_of(x))
    refuse_state(kinds)
    unused: set[str] = set()
    rows = partial(one_sample, model, variables, unused)
    # A sparse gradient becomes a dense row; a kernel is mapped by a loop.
    with (
        without_warning("Converting IndexedSlices"),
        without_warning("uses a while_loop"),
    ):
        J = map_samples(rows, x, like, kinds, variables)
    if unused and unconnected == "raise":
        raise not_used(sorted(unused))
    return J


def map_samples(
    rows: Callable[[Any], Any],
    x: Any,
    like: Any,
    kinds: set[str],
    variables: dict[str, tf.Variable],
) -> Any:
    """All samples at once; one by one where a loop cannot be vectorised."""
    if not kinds & LOOPS:
        return tf.vectorized_map(rows, x)
    dtype = next(iter(variables.values())).dtype
    signature = tf.nest.map_structure(lambda _: dtype, like)
    return tf.map_fn(rows, x, fn_output_signature=signature)


def checked(model: Callable[[Any], Any], x: Any) -> Any:
    y = check_output(NAME, model(x))
    check_target_batch(NAME, tf.nest.flatten(y), tf.nest.flatten(x))
    return y


def one_of(x: Any) -> Any:
    """What a batch of one sample looks like."""
    return tf.nest.map_structure(
        lambda leaf: tf.TensorSpec([1, *leaf.shape[1:]], leaf.dtype), x
    )


def one_sample(
    model: Callable[[Any], Any],
    variables: dict[str, tf.Variable],
    unused: set[str],
    x: Any,
) -> Any:
    """The matrix of one sample, shape (*y.shape, number_of_weights)."""
    sources = list(variables.values())
    single = tf.nest.map_structure(lambda leaf: leaf[tf.newaxis], x)
    with tf.GradientTape(
        persistent=True, watch_accessed_variables=False
    ) as tape:
        tape.watch(sources)
        y = tf.nest.map_structure(lambda leaf: leaf[0], model(single))

    def matrix(y: tf.Tensor) -> tf.Tensor:
        rows = reverse_rows(
            tape.gradient, y, sources, batched=False, chunk_size=None
        )
        named = zip(variables, rows, strict=True)
        unused.update(name for name, block in named if block is None)
        return side_by_side(y, rows, sources)

    return tf.nest.map_structure(matrix, y)


def side_by_side(y: tf.Tensor, rows: list, sources: list) -> tf.Tensor:
    """Join blocks (rows, *w.shape) to one matrix (*y.shape, weights)."""
    count = tf.size(y)
    flat = [
        tf.zeros([count, w.shape.num_elements()], w.dtype)
        if block is None
        else tf.reshape(block, [count, w.shape.num_elements()])
        for block, w in zip(rows, sources, strict=True)
    ]
    joined = tf.concat(flat, 1)
    shape = tf.concat([tf.shape(y), [joined.shape[1]]], 0)
    return tf.reshape(joined, shape)


def refuse_state(operations: set[str]) -> None:
    if any(map(DRAWS_OR_ASSIGNS.search, operations)):
        raise ValueError(
            f"`{NAME}`: expected a model whose output depends on one sample "
            "and the weights, got one that changes its own state or draws "
            "random numbers as it runs (BatchNormalization or Dropout with "
            "training=True, a stateful layer); use training=False."
        )


def not_used(names: list[str]) -> ValueError:
    return ValueError(
        f"`{NAME}`: expected an output that depends on every trainable "
        f"weight, got one that is not connected to {', '.join(names)}. "
        "Likely causes: a layer that the model never calls; a step through "
        'integers; tf.stop_gradient. Use unconnected="zero" for zero '
        "columns, or trainable = False on these layers."
    )
