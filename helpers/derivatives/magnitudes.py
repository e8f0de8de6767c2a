"""How large the entries of an array are, and how far they are rounded."""

from typing import TYPE_CHECKING

import ml_dtypes
import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf


def epsilon_of(dtype: "tf.DType") -> float:
    """ε, the relative distance from 1 to the next number.

    Example:
        >>> import tensorflow as tf
        >>> [epsilon_of(dtype) for dtype in (tf.bfloat16, tf.float64)]
        [0.0078125, 2.220446049250313e-16]
    """
    return float(ml_dtypes.finfo(dtype.as_numpy_dtype).eps)


def largest(array: np.ndarray) -> float:
    """The largest finite |entry|: an infinite one would excuse all errors.

    Example:
        >>> largest(np.array([2.0, -3.0, np.inf, np.nan]))
        3.0
    """
    return float(np.abs(array[np.isfinite(array)]).max(initial=0))
