"""explore_tape: what is seen at which step."""

import pytest

from helpers import explore_tape
from tests.figures.interactive import table_of

NODES = {"x": (0, 0), "sin": (1, 0), "a": (2, 0), "times": (3, 0), "y": (4, 0)}
EDGES = [("x", "sin"), ("sin", "a"), ("a", "times"), ("times", "y")]
DIRECT = ("x", "times")
VALUES = {"x": 2.0, "a": 0.9093, "y": 1.8186}
SLOPES = {"x": 0.07702, "a": 2.0, "y": 1.0}


def figure(**changes):
    given = {
        "values": VALUES,
        "derivatives": SLOPES,
        "operations": ["sin", "times"],
        "bends": {DIRECT: 0.3},
    }
    return explore_tape(NODES, [*EDGES, DIRECT], **(given | changes))


def test_values_come_forward_and_derivatives_back():
    table = table_of(figure())
    assert table["v0"] == ["", "2", "2", "2", "2", "2", "2"]
    assert table["v1"] == ["", "", *["0.909"] * 5]
    assert table["d2"] == ["", "", "", "", "← 1", "← 1", "← 1"]
    assert table["d0"] == [""] * 6 + ["← 0.077"]


def test_the_box_and_the_arrows_of_a_step_are_marked():
    table = table_of(figure())
    assert table["n1"][2] == "now-forward" and table["n1"][5] == "now-back"
    assert [table[f"e{k}"][2] for k in range(5)] == [
        "go-forward", "go-forward", "line", "line", "line",
    ]  # fmt: skip
    assert [table[f"e{k}"][6] for k in range(5)] == [
        "go-back", "go-back", "line", "go-back", "go-back",
    ]  # fmt: skip


def test_each_step_says_what_happens():
    says = table_of(figure())["says"]
    assert says[0] == "Nothing is recorded yet."
    assert says[2] == "Forward: a = 0.909; it is kept."
    assert says[4] == "Backward: ∂y/∂y = 1: here the walk back begins."
    assert says[6].endswith("0.077: the sum of what came back along 2 arrows.")


@pytest.mark.parametrize("which", ["values", "derivatives"])
def test_other_names_are_refused(which):
    with pytest.raises(ValueError, match=f"expected {which} of x, a, y, got"):
        figure(**{which: {"x": 1.0, "sin": 2.0}})
