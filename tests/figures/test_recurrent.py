"""Pictures of recurrent layers draw what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers import draw_lstm_cell, draw_unrolled, draw_windows, plot_reach
from helpers.figures.recurrent import step_norms


def texts(ax):
    return [text.get_text() for text in ax.texts]


def arrows(ax):
    patches = [getattr(text, "arrow_patch", None) for text in ax.texts]
    return [patch for patch in patches if patch is not None]


def widths(ax):
    return [arrow.get_linewidth() for arrow in arrows(ax)]


def arrow_lines(ax):
    """Each arrow as points, one a pixel or closer, as it was last drawn."""
    paths = [
        arrow.get_transform().transform_path(arrow.get_path())
        for arrow in arrows(ax)
    ]
    return [path.interpolated(500).vertices for path in paths]


def test_unrolled_network_has_a_column_for_each_step():
    ax = draw_unrolled(3, source=0, target=2)
    for name in ("0", "x[0]", "x[2]", "h[0]", "h[2]"):
        assert name in texts(ax)
    thick = [width for width in widths(ax) if width > 2]
    assert len(widths(ax)) == 6 and len(thick) == 3
    plt.close()


def test_the_future_has_no_way_to_draw():
    ax = draw_unrolled(4, source=3, target=1)
    assert max(widths(ax)) < 2
    plt.close()


def test_unrolled_network_counts_as_formulas_do():
    ax = draw_unrolled(2, matrices=True)
    for name in ("$h_0$", "$h_2$", "$x_1$", "$A_2$", "$B_1$"):
        assert name in texts(ax)
    plt.close()


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"source": 4}, {"target": -1}]
)
def test_steps_that_are_not_there_are_refused(wrong):
    with pytest.raises(ValueError, match="`draw_unrolled`: expected .*step"):
        draw_unrolled(**wrong)


def test_only_a_product_and_a_sum_touch_the_memory():
    ax = draw_lstm_cell()
    assert sum(width > 2 for width in widths(ax)) == 3
    for name in ("f", "i", "g", "o", "$c_t$", "$h_t$"):
        assert name in texts(ax)
    plt.close()


def test_both_passes_can_be_written_on_the_cell():
    ax = draw_lstm_cell(values={"c": 0.5}, derivatives={"new h": 1})
    assert "0.5" in texts(ax) and "← 1" in texts(ax)
    plt.close()


def test_no_arrow_of_the_cell_crosses_a_number():
    gates = dict.fromkeys("figo", 0.125)
    ends = dict.fromkeys(("c", "new c", "new h"), 0.125)
    ax = draw_lstm_cell(values=gates | ends, derivatives=gates | ends)
    ax.figure.canvas.draw()
    numbers = [text for text in ax.texts if "0.125" in text.get_text()]
    assert len(numbers) == 14
    for text in numbers:
        box = text.get_window_extent()
        for line in arrow_lines(ax):
            assert not box.count_contains(line), text.get_text()
    plt.close()


def test_a_part_that_the_cell_does_not_have_is_refused():
    with pytest.raises(ValueError, match="`draw_graph`: expected names"):
        draw_lstm_cell(values={"memory": 0.5})
    plt.close()


def test_windows_end_at_their_target():
    fig = draw_windows(np.arange(30.0), 10, starts=(0, 5))
    top, low = fig.axes
    stars = [line.get_xydata()[0] for line in top.lines[1:]]
    np.testing.assert_array_equal(stars, [[10, 10], [15, 15]])
    bars = [(bar.get_x(), bar.get_width()) for bar in low.patches]
    assert bars == [(-0.5, 10), (4.5, 10)]
    plt.close()


def test_a_series_too_short_for_its_windows_is_refused():
    with pytest.raises(ValueError, match="`draw_windows`: expected at least"):
        draw_windows(np.arange(30.0))


def test_step_norms():
    J = np.zeros([2, 3, 4, 5, 6])
    J[:, 1, :, 2] = 3.0
    norms = step_norms(J)
    assert norms.shape == (3, 5)
    np.testing.assert_allclose(norms[1, 2], 3 * np.sqrt(24))
    assert norms.sum() == norms[1, 2]


def test_reach_crosses_exact_zeros_only():
    J = np.ones([2, 3, 4, 3, 6])
    J[:, 0, :, 2] = 0
    fig = plot_reach({"one": J, "two": J + 1})
    crosses = [line.get_data() for line in fig.axes[0].lines]
    assert [(int(x[0]), int(y[0])) for x, y in crosses] == [(2, 0)]
    assert not fig.axes[1].lines
    assert not fig.axes[2].axison
    plt.close()


def test_panels_of_reach_share_one_scale():
    J = np.ones([2, 3, 4, 3, 6])
    J[:, 2, :, 0] = 2
    fig = plot_reach({"one": J, "ten": 10 * J}, columns=2)
    one, ten, _ = fig.axes
    shown = [ax.images[0].get_array() for ax in (one, ten)]
    np.testing.assert_allclose(*shown)
    assert one.images[0].get_clim() == ten.images[0].get_clim() == (0, 1)
    assert shown[0][2, 0] == 1 and shown[0][0, 0] == 0.5
    plt.close()


def test_reach_of_nothing_is_all_crosses():
    fig = plot_reach({"none": np.zeros([1, 2, 3, 2, 3])}, columns=1)
    assert len(fig.axes[0].lines) == 4
    plt.close()


def test_a_jacobian_of_another_rank_is_refused():
    with pytest.raises(ValueError, match=r"\(b, T, units, S, features\)"):
        plot_reach({"one": np.ones([3, 4, 5])})
