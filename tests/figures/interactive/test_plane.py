"""explore_map: numbers of the table against a map known by hand."""

import pytest
import tensorflow as tf

from helpers import explore_map
from tests.figures.interactive import table_of


def shear(x):
    return tf.stack([2 * x[0] + 3 * x[1], x[1] ** 2])


def test_jacobian_at_every_place():
    table = table_of(explore_map(shear, middle=[1.0, 2.0], reach=0.6))
    assert len(table["x"]) == 13 * 13
    assert (table["x"][0], table["y"][0]) == ("0.40", "1.40")
    assert (table["x"][-1], table["y"][-1]) == ("1.60", "2.60")
    row = {name: table[name][5] for name in ("a", "b", "c", "d", "det", "y")}
    assert row == {
        "a": "2.00", "b": "3.00", "c": "0.00", "d": "3.80",
        "det": "7.60", "y": "1.90",
    }  # fmt: skip


def test_area_has_no_sign():
    table = table_of(explore_map(lambda x: x * [-2.0, 1.0]))
    assert set(table["det"]) == {"-2.00"} and set(table["size"]) == {"2.00"}


def test_the_image_of_a_square_under_a_linear_map_is_its_parallelogram():
    figure = explore_map(lambda x: tf.stack([x[0] + x[1], x[1]]))
    rim = [
        [float(part) for part in pair.split(",")]
        for pair in table_of(figure)["rim"][0].split()
    ]
    corner, low, middle, high = rim[0], rim[2], rim[4], rim[6]
    for axis in range(2):
        assert middle[axis] - low[axis] == pytest.approx(
            high[axis] - corner[axis], abs=0.21
        )


def test_other_maps_are_refused():
    with pytest.raises(ValueError, match=r"expected middle of shape \(2,\)"):
        explore_map(shear, middle=[1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"f\(middle\) of shape \(2,\), got"):
        explore_map(lambda x: tf.concat([x, x], 0))
