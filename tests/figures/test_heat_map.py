"""Figures: the numbers behind the colours, labels, and the style."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import helpers


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def drawn(ax):
    return np.asarray(ax.images[0].get_array())


def test_a_matrix_is_drawn_as_it_is():
    J = np.array([[1.0, -3.0, 0.5], [0.0, 2.0, 0.0]])
    ax = helpers.plot_jacobian(J, y_label="out", x_label="in")
    np.testing.assert_array_equal(drawn(ax), J)
    assert ax.images[0].get_clim() == (-3.0, 3.0)
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("out", "in")
    assert [text.get_text() for text in ax.texts][1] == "-3"


def test_a_tensor_is_flattened_in_row_major_order():
    J = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    ax = helpers.plot_jacobian(J, y_label="y", x_label="x")
    np.testing.assert_array_equal(drawn(ax), J.reshape(6, 20))
    labels = [tick.get_text() for tick in ax.get_xticklabels()]
    assert labels == ["x[0]", "x[1]", "x[2]", "x[3]"]
    assert len(ax.lines) == 1 + 3  # between 2 row blocks, 4 column blocks
    assert not ax.texts


def test_unequal_split_and_zeros():
    ax = helpers.plot_jacobian(np.zeros((2, 3, 4)), y_axes=1, values=False)
    assert drawn(ax).shape == (2, 12)
    assert ax.images[0].get_clim() == (-1, 1)


def test_own_axes_and_limit():
    _, ax = plt.subplots()
    assert helpers.plot_jacobian(np.ones((2, 3)), ax=ax, limit=5) is ax
    assert ax.images[0].get_clim() == (-5, 5)


def test_nothing_to_draw_is_explained():
    with pytest.raises(ValueError, match=r"entries, got shape \(\)"):
        helpers.plot_jacobian(1.0)
    with pytest.raises(ValueError, match=r"got shape \(0, 3\)"):
        helpers.plot_jacobian(np.ones((0, 3)))
    with pytest.raises(ValueError, match="y_axes from 0 to 2, got 3"):
        helpers.plot_jacobian(np.ones((2, 3)), y_axes=3)


@pytest.mark.parametrize(
    ("J", "message"),
    [
        (np.ones((2, 3)) * 1j, "expected real numbers, got complex128"),
        ({"a": np.ones((2, 3))}, "expected numbers, got object"),
        (["a", "b"], "expected numbers, got <U1"),
        (np.ma.masked_array(np.ones((2, 3))), "expected .* without a mask"),
    ],
)
def test_what_no_colour_stands_for_is_refused(J, message):
    with pytest.raises(TypeError, match=f"`plot_jacobian`: {message}"):
        helpers.plot_jacobian(J)


def test_a_nan_does_not_change_the_colours():
    ax = helpers.plot_jacobian(np.array([[1.0, np.nan], [-5.0, np.inf]]))
    assert ax.images[0].get_clim() == (-5, 5)
