"""explore_steps: the errors are those of the difference quotients."""

import numpy as np
import pytest

from helpers import explore_steps
from tests.figures.interactive import table_of

POINTS = np.linspace(0.5, 1.5, 21)


def cube(x):
    return x * x * x


def test_large_steps_show_the_truncation():
    says = table_of(explore_steps(cube, POINTS))["says"]
    # (3xh + h²) / 3x² and h² / 3x² at x = 0.5 for h = 0.1
    assert says[2].startswith("float32, h = 1e-01: the forward")
    assert "by 21%" in says[2] and "by 1e-02" in says[2]


def test_small_steps_show_the_rounding_of_the_dtype():
    says = table_of(explore_steps(cube, POINTS))["says"]
    assert len(says) == 2 * 17
    single, double = says[16], says[33]
    assert single.startswith("float32, h = 1e-08") and "100%" in single
    assert double.startswith("float64, h = 1e-08") and "e-0" in double


def test_only_the_curves_of_one_dtype_are_seen():
    table = table_of(explore_steps(cube, POINTS))
    assert table["float32"] == ["1"] * 17 + ["0"] * 17
    assert table["float64"] == ["0"] * 17 + ["1"] * 17


def test_slopes_are_lines_through_the_point():
    line = table_of(explore_steps(cube, POINTS))["central_line"][8]
    (x0, y0), (x1, y1) = (map(float, p.split(",")) for p in line.split())
    assert (x0 + x1) / 2 == pytest.approx(66, abs=0.1)
    assert y0 > y1


def test_a_table_of_points_is_refused():
    with pytest.raises(ValueError, match=r"expected x of shape \(n,\)"):
        explore_steps(cube, [[0.5, 1.0]])
