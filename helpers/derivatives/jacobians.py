"""Full and per-sample Jacobians of functions, Keras models and layers."""

from collections.abc import Callable

import tensorflow as tf

from helpers.derivatives.core.basis import Basis, stacked
from helpers.derivatives.core.compiled import Compiled, autographed
from helpers.derivatives.core.graphs import Traced, has_mapped_loop
from helpers.derivatives.core.log import without_warning
from helpers.derivatives.core.mode import columns, forward_is_cheaper
from helpers.derivatives.core.pullback import Pullback, pullback, traced
from helpers.derivatives.core.pushforward import Pushforward
from helpers.derivatives.core.refusals import public, refusal
from helpers.derivatives.core.requirements import (
    MODES,
    UNCONNECTED,
    check_batch,
    check_chunk_size,
    check_function,
    check_gigabytes,
    check_option,
    check_rank,
    check_size,
    keeps_batch,
    not_connected,
)
from helpers.derivatives.core.silent_losses import refuse_losses
from helpers.derivatives.core.types import (
    Function,
    Leaves,
    Mode,
    Parts,
    Structure,
    Unconnected,
)


@public
def jacobian(
    f: Function,
    *,
    mode: Mode = "auto",
    chunk_size: int | None = None,
    jit: bool = False,
    unconnected: Unconnected = "raise",
    max_gigabytes: float = 4.0,
) -> Compiled:
    """Jacobian of f, by rows (reverse mode) or columns (forward mode).

    Shape law: `jacobian(f)(x).shape == y.shape + x.shape`, with y = f(x).

    Args:
        f: function of one argument, a tensor or a structure of tensors
            (list, tuple, dict), or a Keras model or layer. It is traced, so
            Python side effects happen at the first call only.
        mode: "reverse" costs one vector-Jacobian product per number in y,
            "forward" one Jacobian-vector product per number in x; "auto"
            takes the cheaper one, and "reverse" wherever TensorFlow's own
            forward mode would give something else: it differentiates past
            `tf.custom_gradient`, has no rule for some operations, and runs
            f once a column. Asked for there, "forward" takes two reverse
            passes for each column.
        chunk_size: how many rows or columns are computed at once. Less
            memory, the same numbers. None: all at once.
        jit: compile with XLA as well.
        unconnected: "raise" a ValueError when y does not depend on x, or
            return "zero".
        max_gigabytes: the largest result (10⁹ bytes) that may be allocated.

    Returns:
        A compiled callable of x. For structures, the Jacobian has the
        structure of y, each leaf being a structure like x. Its dtype is
        that of x (reverse) or y (forward), the same unless f casts.

    Raises:
        TypeError: f is not a function of one argument; x or y is not of a
            floating type; x is rounded by a Keras layer.
        ValueError: an unknown option; y does not depend on x, or a part of
            it leaves TensorFlow; forward mode was asked for and cannot be
            had; x carries a mask; the result would be too large.

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
    task = Task(f, mode, chunk_size, unconnected, max_gigabytes)
    return Compiled("jacobian", task.compute, f=f, jit=jit)


@public
def batch_jacobian(
    f: Function,
    *,
    mode: Mode = "auto",
    chunk_size: int | None = None,
    jit: bool = False,
    unconnected: Unconnected = "raise",
    max_gigabytes: float = 4.0,
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
    task = Task(f, mode, chunk_size, unconnected, max_gigabytes, batched=True)
    return Compiled("batch_jacobian", task.compute, f=f, jit=jit)


class Task:
    """One Jacobian to compute: the function and every option.

    Attributes:
        batched: whether axis 0 of x and y counts independent samples.
        lossy: as unconnected, for parts of f that have no derivative.
    """

    def __init__(
        self,
        f: Function,
        mode: Mode,
        chunk_size: int | None,
        unconnected: Unconnected,
        max_gigabytes: float,
        *,
        batched: bool = False,
    ) -> None:
        check_function(f)
        check_option("mode", mode, MODES)
        check_option("unconnected", unconnected, UNCONNECTED)
        self.f, self.mode, self.unconnected = autographed(f), mode, unconnected
        self.chunk_size = check_chunk_size(chunk_size)
        self.max_gigabytes = check_gigabytes(max_gigabytes)
        self.batched = batched
        self.lossy: Unconnected | None = unconnected

    def compute(self, x: Structure) -> Structure:
        """The Jacobian at x: structures like x in a structure like y."""
        f = self.per_sample(x) if self.batched else self.f
        return self.at(f, pullback(f, x))

    def at(self, f: Function, pull: Pullback) -> Structure:
        """The Jacobian of f, where its pullback is known."""
        self.check(traced(f, pull))
        blocks = None
        if has_numbers(pull.xs):
            blocks = self.by_columns(f, pull) or self.by_rows(pull)
        rows = [
            [
                self.whole(blocks and blocks[j][k], y, each)
                for k, each in enumerate(pull.xs)
            ]
            for j, y in enumerate(pull.ys)
        ]
        inner = [tf.nest.pack_sequence_as(pull.x, row) for row in rows]
        return tf.nest.pack_sequence_as(pull.y, inner)

    def per_sample(self, x: Structure) -> Function:
        """f, which must keep the batch axis of x."""
        check_batch(x)
        return lambda z: keeps_batch(self.f(z), tf.nest.flatten(x))

    def check(self, path: Traced) -> None:
        """Refuse what would be too large, rounded or incomplete."""
        skip = int(self.batched)
        for y in path.outputs:
            check_rank("output", y)
        check_size(path.inputs, path.outputs, skip, self.max_gigabytes)
        refuse_losses(path, self.lossy)
        if has_mapped_loop(path):
            raise differentiated_twice()

    def by_rows(self, pull: Pullback) -> list[Parts]:
        """All blocks: the pullback of each basis vector of each y."""
        return [self.rows(pull, y) for y in pull.ys]

    def rows(self, pull: Pullback, y: tf.Tensor) -> Parts:
        basis = Basis([y], self.batched)

        def row(us: Leaves) -> Parts:
            return pull(us, [y])

        try:
            with without_warning(""):
                parts = self.stacked(row, basis, pull.xs)
        except Exception as error:
            parts = self.one_by_one(row, basis, pull.xs, error)
        # The axis of the rows stands in front of that of the batch.
        return [
            part if part is None or not self.batched else moved(part, 1)
            for part in parts
        ]

    def one_by_one(
        self,
        row: Callable[[Leaves], Parts],
        basis: Basis,
        like: Leaves,
        error: Exception,
    ) -> Parts:
        """Rows that cannot be vectorised: a second derivative of a branch."""
        try:
            return stacked(row, basis, basis.size, like, vectorised=False)
        except Exception:
            # Not that alone: a rule of the caller's fails, for instance.
            raise error from None

    def by_columns(self, f: Function, pull: Pullback) -> list[Parts] | None:
        """All blocks: the pushforward of each basis vector of x, or None."""
        basis = Basis(pull.xs, self.batched)
        asked = self.mode == "forward"
        cheaper = forward_is_cheaper(Basis(pull.ys, self.batched), basis)
        if not (asked or (self.mode == "auto" and cheaper)):
            return None

        def every(push: Pushforward) -> Parts:
            return self.stacked(push, basis, pull.ys)

        parts = columns(f, pull, every, asked=asked)
        if parts is None:
            return None
        pairs = zip(parts, pull.ys, strict=True)
        return [split_columns(part, y, basis, pull) for part, y in pairs]

    def stacked(
        self, linear_map: Callable[[Leaves], Parts], basis: Basis, like: Leaves
    ) -> Parts:
        size, chunk = basis.size, self.chunk_size
        return stacked(linear_map, basis, size, like, chunk_size=chunk)

    def whole(
        self, block: tf.Tensor | None, y: tf.Tensor, x: tf.Tensor
    ) -> tf.Tensor:
        """A block as y.shape + x.shape; zeros or an error without a path."""
        skip = int(self.batched)
        shape = tf.concat([tf.shape(y), tf.shape(x)[skip:]], 0)
        static = y.shape + x.shape[skip:]
        if block is None:
            if self.unconnected == "raise" and has_numbers([x]):
                raise not_connected()
            block = tf.zeros(shape, x.dtype)
        return tf.ensure_shape(tf.reshape(block, shape), static)


def differentiated_twice() -> ValueError:
    return refusal(
        "a function that TensorFlow can differentiate row by row",
        "the Jacobian of one with a loop (a Keras recurrent layer), whose "
        "rows it cannot differentiate again",
        "`hessian` or `hvp` for one number that is made of the outputs, or "
        "unroll=True in the layer",
    )


def has_numbers(xs: Leaves) -> bool:
    """False for an empty batch, whose shapes vectorized_map mistakes."""
    return any(0 not in x.shape.as_list() for x in xs)


def split_columns(
    part: tf.Tensor | None, y: tf.Tensor, basis: Basis, pull: Pullback
) -> Parts:
    """The columns of y by each leaf of x, the axis of the columns last."""
    if part is None:
        return [None] * len(pull.xs)
    blocks = tf.split(part, basis.sizes, axis=0)
    if len(blocks) > 1:
        # All leaves moved at once: which of them does y depend on?
        rows = pull([tf.ones_like(y)], [y])
        pairs = zip(blocks, rows, strict=True)
        blocks = [None if row is None else block for block, row in pairs]
    return [b if b is None else moved(b, y.shape.rank) for b in blocks]


def moved(block: tf.Tensor, position: int) -> tf.Tensor:
    """Move axis 0 of block behind the `position` axes that follow it."""
    rank = block.shape.rank
    order = [*range(1, position + 1), 0, *range(position + 1, rank)]
    return tf.transpose(block, order)
