"""The largest entry of an array."""

import numpy as np
import pytest

from helpers.derivatives.magnitudes import largest


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([2.0, -3.0, 1.0], 3.0),
        ([[0.5, np.nan], [-np.inf, 0.25]], 0.5),
        ([3 + 4j, 1.0], 5.0),
        ([], 0.0),
    ],
)
def test_largest_finite_entry(entries, expected):
    assert largest(np.array(entries)) == expected
