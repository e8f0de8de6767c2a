"""plot_bent_grid: the parallelogram is the Jacobian's, nothing else's."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import tensorflow as tf

from helpers import plot_bent_grid


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def shear(x):
    return tf.stack([2 * x[0] + 3 * x[1], x[1] ** 2])


def test_parallelogram_has_the_columns_as_sides():
    point = tf.constant([1.0, 2.0], tf.float64)
    _, right = plot_bent_grid(shear, point, side=0.25)
    corners = np.stack(right.lines[-1].get_data(), axis=-1)
    start, first, _, second, end = corners
    np.testing.assert_allclose(start, [8, 4])
    np.testing.assert_allclose(end, start)
    np.testing.assert_allclose(first - start, 0.25 * np.array([2, 0]))
    np.testing.assert_allclose(second - start, 0.25 * np.array([3, 4]))


def test_filled_shape_is_the_image_of_the_square():
    point = tf.constant([1.0, 2.0], tf.float64)
    left, right = plot_bent_grid(shear, point, side=0.25)
    before = left.patches[0].get_xy()
    after = right.patches[0].get_xy()
    np.testing.assert_allclose(before.max(axis=0), [1.25, 2.25])
    expected = np.stack(
        [2 * before[:, 0] + 3 * before[:, 1], before[:, 1] ** 2], axis=-1
    )
    np.testing.assert_allclose(after, expected)


def test_grid_reaches_as_far_as_asked():
    left, _ = plot_bent_grid(shear, [1.0, 2.0], side=0.5, reach=2)
    grid = np.concatenate([line.get_xydata() for line in left.lines[:18]])
    np.testing.assert_allclose(grid.min(axis=0), [1.25 - 2, 2.25 - 2])
    np.testing.assert_allclose(grid.max(axis=0), [1.25 + 2, 2.25 + 2])


def test_axes_are_named_in_lower_case():
    left, right = plot_bent_grid(shear, [1.0, 2.0])
    assert (left.get_xlabel(), right.get_ylabel()) == ("x[0]", "y[1]")


@pytest.mark.parametrize("point", [1.0, [1.0, 2.0, 3.0], [[1.0, 2.0]]])
def test_points_elsewhere_are_refused(point):
    with pytest.raises(ValueError, match=r"expected point of shape \(2,\)"):
        plot_bent_grid(shear, point)


def test_maps_to_elsewhere_are_refused():
    with pytest.raises(ValueError, match=r"f\(point\) of shape \(2,\), got"):
        plot_bent_grid(lambda x: tf.concat([x, x], 0), [1.0, 2.0])
