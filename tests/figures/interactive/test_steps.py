"""explore_steps: the errors are those of the difference quotients."""

import numpy as np
import pytest

from helpers import explore_steps
from helpers.figures.interactive.steps import digit
from tests.figures.interactive import table_of

POINTS = np.linspace(0.5, 1.5, 21)


def cube(x):
    return x * x * x


def test_large_steps_show_the_truncation():
    says = table_of(explore_steps(cube, POINTS))["says"]
    # (3xh + h²) / 3x² and h² / 3x² at x = 0.5 for h = 0.1
    assert says[14].startswith("float32, h = 0.1: the relative error")
    assert "0.2 for the forward" in says[14]
    assert "0.01 for the central" in says[14]


def test_small_steps_show_the_rounding_of_the_dtype():
    says = table_of(explore_steps(cube, POINTS))["says"]
    assert len(says) == 2 * 17
    single, double = says[0], says[17]
    assert single.startswith("float32, h = 10⁻⁸: ")
    assert "is 1 for the forward difference" in single
    assert double.startswith("float64, h = 10⁻⁸: ")
    assert "·10⁻" in double


def test_the_slider_runs_as_the_axis_does():
    table = table_of(explore_steps(cube, POINTS))
    across = [float(dot.split()[0]) for dot in table["central_dot"][:17]]
    assert across == sorted(across)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0.0, "0"), (1.0, "1"), (0.316, "0.3"), (0.00096, "0.001"),
        (0.001, "0.001"), (1e-8, "10⁻⁸"), (3.2e-5, "3·10⁻⁵"), (21.0, "20"),
    ],
)  # fmt: skip
def test_a_number_is_written_with_one_digit(number, written):
    assert digit(number) == written


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
