"""explore_modes: passes, work and memory for n inputs and m outputs."""

import pytest

from helpers import explore_modes
from tests.figures.interactive import table_of

MEMORY = {1: (16.0, 17.0), 20: (24.0, 168.0)}


def test_work_is_passes_times_their_price():
    table = table_of(explore_modes(MEMORY, sizes=[1, 100]))
    # n = 1, m = 100, length 20
    row = {name: table[name][3] for name in table}
    assert (row["n"], row["m"], row["steps"]) == ("1", "100", "20")
    assert row["forward_work_text"] == "2.5"
    assert row["reverse_work_text"] == "400"
    assert row["better"] == "Forward"
    assert row["reverse_memory_text"] == "168"
    assert float(row["reverse_work"]) == pytest.approx(180.0)


def test_a_loss_is_for_reverse():
    table = table_of(explore_modes(MEMORY, sizes=[1, 100]))
    assert table["n"][4] == "100" and table["m"][4] == "1"
    assert table["better"][4] == "Reverse"


def test_nothing_measured_is_refused():
    with pytest.raises(ValueError, match="expected memory, got none"):
        explore_modes({})
