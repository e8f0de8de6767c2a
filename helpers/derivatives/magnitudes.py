"""How large the entries of an array are."""

from typing import Any

import numpy as np


def largest(array: np.ndarray[Any, Any]) -> float:
    """The largest finite |entry|: an infinite one would excuse all errors.

    Example:
        >>> largest(np.array([2.0, -3.0, np.inf, np.nan]))
        3.0
    """
    return float(np.abs(array[np.isfinite(array)]).max(initial=0))
