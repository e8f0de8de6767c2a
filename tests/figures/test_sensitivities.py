"""Sensitivities by lag, and a series with one panel per column."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import helpers


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def test_sensitivities_by_lag():
    learned = np.zeros((7, 5, 4))
    learned[:, -1, 2] = 1.0  # the newest step is lag 1
    fig = helpers.plot_sensitivities(learned, 2 * learned)
    lines = {line.get_label(): line for line in fig.axes[2].lines}
    assert lines["learned"].get_xdata()[-1] == 1
    assert lines["learned"].get_ydata()[-1] == 1.0
    assert lines["exact"].get_ydata()[-1] == 2.0
    assert len(helpers.plot_sensitivities(learned).axes) == 4


def test_series_has_one_panel_per_column():
    fig = helpers.plot_series(np.ones((300, 3)), np.ones(300), steps=50)
    names = [ax.get_ylabel() for ax in fig.axes]
    assert names == ["y", "u1", "u2", "u3"]
