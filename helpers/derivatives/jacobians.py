"""Full and per-sample Jacobians of functions, Keras models and layers."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from helpers.derivatives.core import directions
from helpers.derivatives.core.compiled import Compiled, autographed
from helpers.derivatives.core.operations import (
    NO_LOOP_RULE,
    forward_agrees,
    no_forward,
)
from helpers.derivatives.core.requirements import (
    MODES,
    UNCONNECTED,
    check_batch,
    check_chunk_size,
    check_function,
    check_option,
    check_output,
    check_target_batch,
    not_connected,
    static_size,
)

# Forward mode is chosen when the output has at least this many numbers per
# number of the input: a column costs up to twice as much as a row (measured
# by `benchmarks/crossover.py`).
CROSSOVER = 2


def jacobian(
    f: Callable[[Any], Any],
    *,
    mode: str = "auto",
    chunk_size: int | None = None,
    jit: bool = False,
    unconnected: str = "raise",
) -> Compiled:
    """Jacobian of f, by rows (reverse mode) or columns (forward mode).

    Shape law: `jacobian(f)(x).shape == y.shape + x.shape`, with y = f(x).

    Args:
        f: function of one argument, a tensor or a structure of tensors
            (list, tuple, dict), or a Keras model or layer. It is traced, so
            Python side effects happen at the first call only.
        mode: "reverse" costs one vector-Jacobian product per number in y,
            "forward" one Jacobian-vector product per number in x; "auto"
            takes the cheaper one, and "reverse" wherever forward mode would
            give something else: it differentiates past `tf.custom_gradient`,
            has no rule for some operations, and runs f once a column, each
            time with new random numbers and changes of state.
        chunk_size: how many rows or columns are computed at once. Less
            memory, the same numbers. None: all at once.
        jit: compile with XLA as well.
        unconnected: "raise" a ValueError when y does not depend on x, or
            return "zero".

    Returns:
        A compiled callable of x. For structures, the Jacobian has the
        structure of y, each leaf being a structure like x. Its dtype is
        that of x (reverse) or y (forward), the same unless f casts.

    Raises:
        TypeError: f is not callable; x or y is not of a floating type.
        ValueError: an unknown option; y does not depend on x; forward mode
            was asked for and would go wrong; x carries a Keras mask.

    Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM
    2008, sections 3.1 (forward) and 3.2 (reverse).

    Example:
        >>> import tensorflow as tf
        >>> A = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
        >>> J = jacobian(lambda x: tf.linalg.matvec(A, x))
        >>> x = tf.constant([1.0, 0.0, -1.0])
        >>> assert J(x).shape == (2, 3)
        >>> tf.debugging.assert_near(J(x), A)
    """
    options = {"mode": mode, "unconnected": unconnected}
    return build("jacobian", f, chunk_size, jit, options, batched=False)


def batch_jacobian(
    f: Callable[[Any], Any],
    *,
    mode: str = "auto",
    chunk_size: int | None = None,
    jit: bool = False,
    unconnected: str = "raise",
) -> Compiled:
    """Per-sample Jacobians of f, all samples of a batch in each pass.

    Shape law: `(b, *y.shape[1:], *x.shape[1:])` for x of shape (b, ...) and
    y = f(x) of shape (b, ...).

    The samples must be independent: y[k] may depend on x[k] only. When they
    are not (BatchNormalization in training mode), the result is the sum over
    the target batch, which is rarely wanted; `check_independence` tells.

    Args, returns, errors: as for `jacobian`; mode counts the numbers of one
    sample. A scalar output per sample costs a single gradient of the sum.
    Source: as for `jacobian`.

    Example:
        >>> import tensorflow as tf
        >>> J = batch_jacobian(lambda x: tf.stack([x[:, 0] ** 2, x[:, 1],
        ...                                        x[:, 0] * x[:, 1]], 1))
        >>> x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
        >>> assert J(x).shape == (4, 3, 2)
        >>> tf.debugging.assert_near(J(x)[1], [[6.0, 0], [0, 1], [4, 3]])
    """
    options = {"mode": mode, "unconnected": unconnected}
    return build("batch_jacobian", f, chunk_size, jit, options, batched=True)


def build(
    name: str,
    f: Callable[[Any], Any],
    chunk_size: int | None,
    jit: bool,
    options: dict[str, str],
    *,
    batched: bool,
) -> Compiled:
    check_function(name, f)
    check_option(name, "mode", options["mode"], MODES)
    check_option(name, "unconnected", options["unconnected"], UNCONNECTED)
    check_chunk_size(name, chunk_size)
    task = _Task(name, autographed(f), chunk_size, batched=batched, **options)
    return Compiled(name, task.compute, f=f, jit=jit)


class _Task:
    """One Jacobian to compute: the function and every option."""

    def __init__(
        self,
        name: str,
        f: Callable[[Any], Any],
        chunk_size: int | None,
        *,
        batched: bool,
        mode: str,
        unconnected: str,
    ) -> None:
        self.name, self.f, self.mode = name, f, mode
        self.options = {"batched": batched, "chunk_size": chunk_size}
        self.batched, self.unconnected = batched, unconnected

    def compute(self, x: Any) -> Any:
        """Trace the Jacobian at x in the mode that was asked for."""
        xs = tf.nest.flatten(x)
        if self.batched:
            check_batch(self.name, x)
        with directions.recorded(xs) as gradients:
            y = check_output(self.name, self.f(x))
        ys = tf.nest.flatten(y)
        if self.batched:
            check_target_batch(self.name, ys, xs)
        blocks = self.blocks(gradients, x, xs, ys)
        inner = [tf.nest.pack_sequence_as(x, row) for row in blocks]
        return tf.nest.pack_sequence_as(y, inner)

    def blocks(self, gradients: Any, x: Any, xs: list, ys: list) -> list:
        """The blocks d ys[j] / d xs[k], as blocks[j][k]."""
        if static_size(xs) == 0:
            # An empty batch; vectorized_map mistakes the shapes of some.
            return [[self.zeros(y, each) for each in xs] for y in ys]
        columns = None
        if self.takes_forward(x, xs, ys):
            columns = self.columns(x, xs, ys)
        if columns is None:
            return [self.reverse(gradients, y, xs) for y in ys]
        return [
            [
                self.arrange(columns[k][j], y, each, rows_first=False)
                for k, each in enumerate(xs)
            ]
            for j, y in enumerate(ys)
        ]

    def takes_forward(self, x: Any, xs: list, ys: list) -> bool:
        """Whether forward mode was asked for, or is cheaper and the same."""
        inputs = static_size(xs, skip=int(self.batched))
        outputs = static_size(ys, skip=int(self.batched))
        known = None not in (inputs, outputs)
        cheaper = known and CROSSOVER * inputs <= outputs
        asked = self.mode == "forward"
        if not (asked or (self.mode == "auto" and cheaper)):
            return False
        return forward_agrees(self.name, self.f, x, ys, asked=asked)

    def reverse(self, gradients: Any, y: tf.Tensor, xs: list) -> list:
        rows = directions.reverse_rows(gradients, y, xs, **self.options)
        return [
            self.arrange(block, y, each, rows_first=True)
            for block, each in zip(rows, xs, strict=True)
        ]

    def columns(self, x: Any, xs: list, ys: list) -> list[list] | None:
        """Columns by every x of every y; None where reverse mode must help."""

        def flat(leaves: list) -> list:
            packed = tf.nest.pack_sequence_as(x, leaves)
            return tf.nest.flatten(check_output(self.name, self.f(packed)))

        try:
            columns = [
                directions.forward_columns(flat, xs, k, ys, **self.options)
                for k in range(len(xs))
            ]
        except Exception as error:
            # f has been traced before: what fails is forward mode.
            if self.mode == "forward":
                raise no_forward(self.name, NO_LOOP_RULE) from error
            return None
        known = self.mode == "forward" or directions.all_known(columns)
        return columns if known else None

    def arrange(
        self, block: Any, y: tf.Tensor, x: tf.Tensor, *, rows_first: bool
    ) -> tf.Tensor:
        """Bring stacked rows or columns to y.shape + x.shape."""
        if block is None:
            if self.unconnected == "raise":
                raise not_connected(self.name)
            return self.zeros(y, x)
        if self.batched or not rows_first:
            place = 1 if rows_first else y.shape.rank
            block = move_first_axis(block, place)
        shape, static = self.shapes(y, x)
        return tf.ensure_shape(tf.reshape(block, shape), static)

    def shapes(self, y: tf.Tensor, x: tf.Tensor) -> tuple:
        """The shape of a block, when it runs and as known before."""
        skip = int(self.batched)
        running = tf.concat([tf.shape(y), tf.shape(x)[skip:]], 0)
        return running, y.shape + x.shape[skip:]

    def zeros(self, y: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
        shape, static = self.shapes(y, x)
        return tf.ensure_shape(tf.zeros(shape, x.dtype), static)


def move_first_axis(block: tf.Tensor, position: int) -> tf.Tensor:
    """Move axis 0 of block behind the `position` axes that follow it."""
    rank = block.shape.rank
    order = [*range(1, position + 1), 0, *range(position + 1, rank)]
    return tf.transpose(block, order)
