"""draw_graph: what stands where, and what is refused."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers import draw_graph

NODES = {"x": (0, 0), "sin": (1, 0.5), "y": (2.5, 0)}
EDGES = [("x", "sin"), ("sin", "y"), ("x", "y")]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def written(ax):
    return {text.get_text(): text for text in ax.texts if text.get_text()}


def height(ax, text):
    """Where a text stands on the drawn page."""
    ax.figure.canvas.draw()
    return text.get_window_extent().y0


def color(text):
    return text.get_color()


def arrows(ax):
    return [t.arrow_patch for t in ax.texts if getattr(t, "arrow_patch", None)]


def test_every_node_stands_at_its_place():
    texts = written(draw_graph(NODES, EDGES, labels={"sin": "sine"}))
    assert texts["sine"].get_position() == (1, 0.5)
    assert texts["y"].get_position() == (2.5, 0)
    assert "sin" not in texts


def test_operations_are_circles_and_values_are_boxes():
    texts = written(draw_graph(NODES, EDGES, operations=["sin"]))
    shapes = {
        name: type(text.get_bbox_patch().get_boxstyle()).__name__
        for name, text in texts.items()
    }
    assert shapes == {"x": "Round", "sin": "Circle", "y": "Round"}


def test_one_arrow_for_each_edge():
    assert len(arrows(draw_graph(NODES, EDGES))) == 3
    assert len(arrows(draw_graph(NODES, []))) == 0


def test_passes_are_told_apart_by_place_sign_and_colour():
    ax = draw_graph(
        NODES,
        EDGES,
        values={"x": -0.25, "y": "large"},
        derivatives={"x": 1 / 3},
        tangents={"x": np.float32(2)},
    )
    texts = written(ax)
    below, node = height(ax, texts["← 0.333"]), height(ax, texts["x"])
    value, top = height(ax, texts["−0.25"]), height(ax, texts["→ 2"])
    assert below < node < value < top
    signs = ["−0.25", "← 0.333", "→ 2"]
    colors = [color(texts[sign]) for sign in signs]
    assert colors == ["#0072B2", "#B34700", "#00724F"]
    assert color(texts["large"]) == "#0072B2"


@pytest.mark.parametrize(("side", "sign"), [("left", -1), ("right", 1)])
def test_numbers_aside_leave_the_way_up_and_down_free(side, sign):
    ax = draw_graph(
        NODES, EDGES, aside={"sin": side},
        values={"sin": 1, "x": 3}, derivatives={"sin": 2}, tangents={"sin": 4},
    )  # fmt: skip
    ax.figure.canvas.draw()
    texts = {name: text.get_window_extent()
             for name, text in written(ax).items()}  # fmt: skip
    node = texts["sin"]
    for number in ("1", "← 2", "→ 4"):
        inner = texts[number].x0 if sign > 0 else -texts[number].x1
        assert inner > (node.x1 if sign > 0 else -node.x0)
    middle = (node.y0 + node.y1) / 2
    assert texts["← 2"].y1 <= middle <= texts["1"].y0
    assert texts["1"].y1 <= texts["→ 4"].y0
    assert texts["3"].x0 < 0.5 * (texts["x"].x0 + texts["x"].x1)


def test_a_tangent_without_a_value_stands_where_the_value_would():
    first = draw_graph(NODES, EDGES, tangents={"x": 2})
    second = draw_graph(NODES, EDGES, values={"x": 2})
    places = [first.texts[-1].get_position(), second.texts[-1].get_position()]
    assert places[0] == places[1]


def test_the_key_names_only_what_is_written():
    ax = draw_graph(NODES, EDGES, values={"x": 1}, tangents={"x": 1})
    entries = [text.get_text() for text in ax.get_legend().get_texts()]
    assert entries == ["value", "→ tangent"]
    assert draw_graph(NODES, EDGES, values={"x": 1}, key=False).legend_ is None
    assert draw_graph(NODES, EDGES).legend_ is None


def test_labels_stand_in_the_middle_of_their_arrow():
    ax = draw_graph(
        NODES,
        EDGES,
        edge_labels={("x", "sin"): 0.5, ("x", "y"): "W"},
        bends={("x", "y"): 0.4},
    )
    texts = written(ax)
    assert texts["0.5"].get_position() == (0.5, 0.25)
    # To the right of the direction of travel is below.
    assert texts["W"].get_position() == (1.25, -0.5)


def test_a_cut_is_dashed_barred_and_named():
    ax = draw_graph(NODES, EDGES, cuts={("x", "y"): "stop"})
    styles = [patch.get_linestyle() for patch in arrows(ax)]
    assert styles == ["solid", "solid", "dashed"]
    assert color(written(ax)["stop"]) == "#B00020"
    assert [line.get_xdata()[0] for line in ax.lines] == [1.25, 1.25]


@pytest.mark.parametrize(
    ("edge", "right", "up"),
    [(("x", "y"), 0, 1), (("x", "sin"), 1, -1), (("sin", "y"), 1, 1)],
)
def test_the_word_of_a_cut_keeps_off_its_arrow(edge, right, up):
    ax = draw_graph(NODES, EDGES, cuts={edge: "stop"})
    offset = written(ax)["stop"].xyann
    assert np.sign(offset[0]) == right
    assert np.sign(offset[1]) == up


def test_boxes_are_drawn_before_the_arrows_that_end_at_them():
    ax = draw_graph(NODES, EDGES)
    boxes = [text.get_zorder() for text in written(ax).values()]
    ends = [t.get_zorder() for t in ax.texts if not t.get_text()]
    assert max(boxes) < min(ends)


def test_thick_arrows_are_thicker():
    ax = draw_graph(NODES, EDGES, thick=[("sin", "y")])
    widths = [patch.get_linewidth() for patch in arrows(ax)]
    assert widths[1] > 1.5 * widths[0] == 1.5 * widths[2]


def test_own_axes_are_used_and_hold_all_nodes():
    _, own = plt.subplots()
    assert draw_graph(NODES, EDGES, ax=own) is own
    for place in NODES.values():
        assert own.viewLim.contains(*place)
    assert own.get_aspect() == 1


def test_arrows_that_bend_stay_inside():
    straight = draw_graph({"x": (0, 0), "y": (4, 0)}, [("x", "y")])
    bent = draw_graph(
        {"x": (0, 0), "y": (4, 0)}, [("x", "y")], bends={("x", "y"): 0.5}
    )
    assert straight.viewLim.y0 > -1 > bent.viewLim.y0


def test_numbers_of_tensorflow_are_written():
    import tensorflow as tf

    texts = written(draw_graph(NODES, EDGES, values={"x": tf.constant(1.5)}))
    assert "1.5" in texts


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"edges": [("x", "z")]}, "expected names of nodes, got 'z'; use one"),
        ({"operations": ["cos"]}, "got 'cos'"),
        ({"values": {"w": 1}}, "got 'w'"),
        ({"derivatives": {"w": 1}}, "got 'w'"),
        ({"tangents": {"w": 1}}, "got 'w'"),
        ({"labels": {"w": "1"}}, "got 'w'"),
        ({"cuts": {("y", "x"): "no"}}, r"pairs of edges, got \('y', 'x'\)"),
        ({"thick": [("y", "x")]}, r"pairs of edges, got \('y', 'x'\)"),
        ({"aside": {"w": "left"}}, "got 'w'"),
        ({"aside": {"x": "up"}}, "side of a node, got 'up'; use 'left' or"),
        ({"nodes": {}, "edges": []}, "`draw_graph`: expected nodes, got none"),
    ],
)
def test_what_is_not_in_the_graph_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        draw_graph(**{"nodes": NODES, "edges": EDGES, **options})
