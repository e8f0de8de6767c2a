"""explore_lags and explore_tiles: every entry stands in its place."""

import numpy as np
import pytest

from helpers import explore_lags, explore_tiles
from tests.figures.interactive import table_of


def causal():
    """Three steps, two units, one feature; the future does not act."""
    J = np.arange(18.0).reshape(3, 2, 3, 1) / 10 - 0.45
    for t in range(3):
        J[t, :, t + 1 :] = 0
    return J


def test_a_row_of_blocks_holds_its_numbers():
    J = causal()
    table = table_of(explore_lags(J))
    for t, i, s in np.ndindex(3, 2, 3):
        shown = float(table[f"v{s * 2 + i}"][t])
        assert shown == pytest.approx(J[t, i, s, 0], abs=0.0051)
    assert table["c0"][0] == "negative"
    assert table["c0"][2] == "positive"


def test_a_row_says_what_it_depends_on():
    says = table_of(explore_lags(causal()))["says"]
    assert says[0] == "h[0] depends on x[0]; exactly zero for x[1], x[2]."
    assert says[2] == "h[2] depends on x[0], x[1], x[2]."


def test_a_batch_of_sequences_is_refused():
    with pytest.raises(ValueError, match="the Jacobian of one sequence"):
        explore_lags(np.ones([1, 3, 2, 3, 1]))


def tiles():
    """Two samples, two outputs, three inputs."""
    full = np.linspace(-1, 1.2, 24).reshape(2, 2, 2, 3)
    own = full.copy()
    own[0, :, 1] = own[1, :, 0] = 0
    return own, full


def test_two_states_of_every_entry():
    own, full = tiles()
    table = table_of(explore_tiles(own, full))
    assert table["says"] == [
        "2 of 4 tiles are filled; 0 of them join different samples.",
        "4 of 4 tiles are filled; 2 of them join different samples.",
    ]
    number = np.ravel_multi_index((1, 0, 0, 2), full.shape)
    expected = 0.15 + 0.85 * abs(full[1, 0, 0, 2]) / 1.2
    assert table[f"o{number}"] == ["0.00", f"{expected:.2f}"]
    assert table["c0"] == ["negative", "negative"]


def test_other_shapes_are_refused():
    own, full = tiles()
    with pytest.raises(ValueError, match=r"\(b, outputs, b, inputs\), got"):
        explore_tiles(own, full[:, :1])
    with pytest.raises(ValueError, match=r"got \(2, 2, 3\)"):
        explore_tiles(own[:, :, 0], full[:, :, 0])
