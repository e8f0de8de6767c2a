"""A compiled callable over a long array, in blocks of bounded memory."""

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from helpers.derivatives.core.refusals import public, refusal
from helpers.derivatives.core.requirements import (
    is_count,
    masked,
    refuse_mask,
)
from helpers.derivatives.core.tensorflow_private import has_keras_mask
from helpers.derivatives.core.types import Function, Structure
from helpers.derivatives.progress import progress_bar


@public
def map_batches(
    J: Function,
    x: Structure,
    *,
    batch_size: int = 256,
    progress: bool = True,
) -> Structure:
    """Apply J to all samples of x, batch_size of them at a time.

    Shape law: `(n, ...)` in, `(n, ...)` out; the result is that of J(x), for
    a J that treats samples independently, such as `batch_jacobian(f)`.

    Every block has the same shape, so J is traced once: the last block
    reaches back over samples that are already done. Memory: the result, and
    what J needs for one block.

    Args:
        J: callable of a batch, one row of output per row of input.
        x: array, tensor or structure of them, first axis n.
        batch_size: samples per block.
        progress: show a bar while working; it leaves nothing behind.

    Returns:
        NumPy array, or a structure of them like that of J.

    Raises:
        ValueError: batch_size is not a positive whole number; the leaves of
            x differ in length or carry a Keras mask; J returns another
            number of rows, or another shape or dtype than before.

    Example:
        >>> import numpy as np
        >>> x = np.arange(21.0).reshape(7, 3)
        >>> y = map_batches(lambda b: b[:, :2] * 2, x, batch_size=4)
        >>> assert y.shape == (7, 2) and (y == 2 * x[:, :2]).all()
    """
    n = common_length(x)
    check_batch_size(batch_size)
    if any(has_keras_mask(leaf) for leaf in tf.nest.flatten(x)):
        raise masked()
    size = min(int(batch_size), n)
    starts = range(0, n, size) if n else [0]
    result = None
    for start in progress_bar(starts, label="blocks", show=progress):
        start = max(min(start, n - size), 0)
        block = J(rows(x, slice(start, start + size)))
        result = allocated(block, n, size) if result is None else result
        store(result, block, start, size)
    return result


def rows(x: Structure, which: slice) -> Structure:
    return tf.nest.map_structure(lambda leaf: leaf[which], x)


def allocated(block: Structure, n: int, size: int) -> Structure:
    """Empty arrays for n rows like those of block."""

    def empty(leaf: ArrayLike) -> np.ndarray:
        array = np.asarray(leaf)
        if array.ndim == 0 or len(array) != size:
            raise refusal(
                f"{size} rows for a block of {size} samples",
                f"shape {array.shape}",
                "`batch_jacobian`, which returns one row per sample",
            )
        return np.empty((n, *array.shape[1:]), array.dtype)

    return tf.nest.map_structure(empty, block)


def store(result: Structure, block: Structure, start: int, size: int) -> None:
    tf.nest.assert_same_structure(result, block)
    leaves = zip(tf.nest.flatten(result), tf.nest.flatten(block), strict=True)
    for whole, part in leaves:
        part = np.asarray(part)
        place = whole[start : start + size]
        if (part.shape, part.dtype) != (place.shape, place.dtype):
            raise refusal(
                "blocks of the same shape and dtype, "
                f"{place.shape} and {place.dtype}",
                f"{part.shape} and {part.dtype} from sample {start} on",
                "a J that returns one row per sample, always alike",
            )
        place[...] = part


def common_length(x: Structure) -> int:
    leaves = tf.nest.flatten(x)
    for leaf in leaves:
        refuse_mask(leaf, "arrays without a mask")
    shapes = [np.shape(leaf) for leaf in leaves]
    lengths = {shape[0] for shape in shapes if shape}
    if len(lengths) != 1 or () in shapes:
        raise refusal(
            "arrays with one common first axis",
            f"shapes {shapes}",
            "x[tf.newaxis] for a single sample",
        )
    return lengths.pop()


def check_batch_size(batch_size: object) -> None:
    if not is_count(batch_size):
        raise refusal(
            "batch_size to be a positive whole number",
            f"{batch_size!r}",
            "256",
        )
