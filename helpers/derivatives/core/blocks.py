"""A whole Jacobian: every row by a pullback or every column by a pushforward.

A block is the derivative of one leaf of y by one leaf of x.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from helpers.derivatives.core.basis import Basis, stacked
from helpers.derivatives.core.graphs import Traced, has_mapped_loop
from helpers.derivatives.core.log import without_warning
from helpers.derivatives.core.mode import columns, forward_is_cheaper
from helpers.derivatives.core.pullback import Pullback, traced
from helpers.derivatives.core.pushforward import Pushforward
from helpers.derivatives.core.refusals import refusal
from helpers.derivatives.core.requirements import (
    MODES,
    UNCONNECTED,
    check_chunk_size,
    check_gigabytes,
    check_option,
    check_rank,
    check_size,
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


class Options(NamedTuple):
    """How a Jacobian is computed.

    Attributes:
        mode, chunk_size, unconnected, max_gigabytes: as for `jacobian`.
        batched: whether axis 0 of x and y counts independent samples.
        lossy: as unconnected, for parts of f that have no derivative; None
            refuses them always.
    """

    mode: Mode
    chunk_size: int | None
    unconnected: Unconnected
    max_gigabytes: float
    batched: bool
    lossy: Unconnected | None

    @property
    def skip(self) -> int:
        """How many axes of x are not repeated in the shape of a block."""
        return int(self.batched)


def options(
    mode: Mode,
    chunk_size: int | None,
    unconnected: Unconnected,
    max_gigabytes: float,
    *,
    batched: bool = False,
) -> Options:
    """The options of a caller, or an error that names the wrong one."""
    check_option("mode", mode, MODES)
    check_option("unconnected", unconnected, UNCONNECTED)
    chunk_size = check_chunk_size(chunk_size)
    limit = check_gigabytes(max_gigabytes)
    return Options(mode, chunk_size, unconnected, limit, batched, unconnected)


def blocks(f: Function, pull: Pullback, how: Options) -> Structure:
    """The Jacobian of f: structures like x in a structure like y.

    Args:
        f: the function.
        pull: its pullback at the point.
        how: the options.
    """
    check(traced(f, pull), how)
    found: list[Parts] = [[None] * len(pull.xs)] * len(pull.ys)
    if has_numbers(pull.xs):
        found = by_columns(f, pull, how) or by_rows(pull, how)
    rows = []
    for row, y in zip(found, pull.ys, strict=True):
        pairs = zip(row, pull.xs, strict=True)
        leaves = [whole(block, y, x, how) for block, x in pairs]
        rows.append(tf.nest.pack_sequence_as(pull.x, leaves))
    return tf.nest.pack_sequence_as(pull.y, rows)


def check(path: Traced, how: Options) -> None:
    """Refuse what would be too large, rounded or incomplete."""
    for y in path.outputs:
        check_rank("output", y)
    check_size(path.inputs, path.outputs, how.skip, how.max_gigabytes)
    refuse_losses(path, how.lossy)
    if has_mapped_loop(path):
        raise differentiated_twice()


def by_rows(pull: Pullback, how: Options) -> list[Parts]:
    """The pullback of each basis vector of each y."""
    return [rows_of(y, pull, how) for y in pull.ys]


def rows_of(y: tf.Tensor, pull: Pullback, how: Options) -> Parts:
    basis = Basis([y], how.batched)

    def row(us: Leaves) -> Parts:
        return pull(us, [y])

    try:
        with without_warning(""):
            parts = images(row, basis, pull.xs, how)
    except Exception as error:
        parts = one_by_one(row, basis, pull.xs, error)
    # The axis of the rows stands in front of that of the batch.
    return [
        part if part is None or not how.batched else moved(part, 1)
        for part in parts
    ]


def one_by_one(
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


def by_columns(
    f: Function, pull: Pullback, how: Options
) -> list[Parts] | None:
    """The pushforward of each basis vector of x; None if rows are better."""
    basis = Basis(pull.xs, how.batched)
    asked = how.mode == "forward"
    cheaper = forward_is_cheaper(Basis(pull.ys, how.batched), basis)
    if not (asked or (how.mode == "auto" and cheaper)):
        return None

    def every(push: Pushforward) -> Parts:
        return images(push, basis, pull.ys, how)

    parts = columns(f, pull, every, asked=asked)
    if parts is None:
        return None
    pairs = zip(parts, pull.ys, strict=True)
    return [split_columns(part, y, basis, pull) for part, y in pairs]


def images(
    linear_map: Callable[[Leaves], Parts],
    basis: Basis,
    like: Leaves,
    how: Options,
) -> Parts:
    """The images of the whole basis."""
    chunk = how.chunk_size
    return stacked(linear_map, basis, basis.size, like, chunk_size=chunk)


def split_columns(
    part: tf.Tensor | None, y: tf.Tensor, basis: Basis, pull: Pullback
) -> Parts:
    """The columns of y by each leaf of x, the axis of the columns last."""
    if part is None:
        return [None] * len(pull.xs)
    found = tf.split(part, basis.sizes, axis=0)
    if len(found) > 1:
        # All leaves moved at once: which of them does y depend on?
        reached = pull([tf.ones_like(y)], [y])
        pairs = zip(found, reached, strict=True)
        found = [None if row is None else block for block, row in pairs]
    return [b if b is None else moved(b, y.shape.rank) for b in found]


def moved(block: tf.Tensor, position: int) -> tf.Tensor:
    """Move axis 0 of block behind the `position` axes that follow it."""
    rank = block.shape.rank
    order = [*range(1, position + 1), 0, *range(position + 1, rank)]
    return tf.transpose(block, order)


def whole(
    block: tf.Tensor | None, y: tf.Tensor, x: tf.Tensor, how: Options
) -> tf.Tensor:
    """A block as y.shape + x.shape; zeros or an error without a path."""
    shape = tf.concat([tf.shape(y), tf.shape(x)[how.skip :]], 0)
    static = y.shape + x.shape[how.skip :]
    if block is None:
        if how.unconnected == "raise" and has_numbers([x]):
            raise not_connected()
        block = tf.zeros(shape, x.dtype)
    return tf.ensure_shape(tf.reshape(block, shape), static)


def has_numbers(xs: Leaves) -> bool:
    """False for an empty batch, whose shapes vectorized_map mistakes."""
    return any(0 not in x.shape.as_list() for x in xs)


def differentiated_twice() -> ValueError:
    return refusal(
        "a function that TensorFlow can differentiate row by row",
        "the Jacobian of one with a loop (a Keras recurrent layer), whose "
        "rows it cannot differentiate again",
        "`hessian` or `hvp` for one number that is made of the outputs, or "
        "unroll=True in the layer",
    )
