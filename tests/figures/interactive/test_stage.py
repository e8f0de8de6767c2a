"""The mechanism: a table of states, templates, and what Python fills in."""

import re

import numpy as np
import pytest

from helpers.figures.interactive.stage import (
    Slider,
    Stage,
    Switch,
    fixed,
    points,
    shades,
    signs,
)


def small_stage():
    """Two controls: two positions times three."""
    table = {"v": ["a", "b", "c", "d", "e", "f"], "n": list("012345")}
    controls = [Switch("on"), Slider("step", ["one", "two", "three"], 1)]
    return Stage(30, 20, table, controls)


def figure_of(stage):
    return stage.finish(alt="A dot.", says="{v} & {n}", caption="Try: it.")


def test_first_state_is_filled_in_and_its_template_kept():
    stage = small_stage()
    stage.draw("circle", cx="{n}", class_="dot {v}", cy=2)
    (part,) = stage.parts
    assert 'cx="1"' in part and 'data-set-cx="{n}"' in part
    assert 'class="dot b"' in part and 'data-set-class="dot {v}"' in part
    assert 'cy="2"' in part and "data-set-cy" not in part


def test_rows_and_columns_are_beside_the_picture():
    html = figure_of(small_stage()).html
    assert 'data-columns="v|n"' in html
    assert 'data-rows="a|0\nb|1\nc|2\nd|3\ne|4\nf|5"' in html
    assert re.search(r'role="status"[^>]*>b &amp; 1</p>', html)


def test_jupyterlab_leaves_each_control_its_keys():
    table = {"v": list("abcd"), "n": list("0123")}
    slider = Slider("step", ["one", "two"], buttons=("back", "on"))
    html = figure_of(Stage(1, 1, table, [Switch("on"), slider])).html
    fields = re.findall("<(?:input|button)[^>]*>", html)
    assert len(fields) == 4
    for field in fields:
        assert ' data-lm-suppress-shortcuts="true"' in field, field


def test_text_is_escaped_and_minus_is_a_minus():
    stage = small_stage()
    stage.draw("text", 'x < -1 & "y"', data_x='a"b')
    (part,) = stage.parts
    assert '>x &lt; −1 &amp; "y"<' in part and 'data-x="a&quot;b"' in part


def test_a_column_of_another_length_is_refused():
    with pytest.raises(ValueError, match="2 rows of v, not 3"):
        Stage(1, 1, {"v": ["a", "b"]}, [Slider("s", ["1", "2", "3"])])


def test_it_is_shown_and_described():
    figure = figure_of(small_stage())
    assert figure._repr_html_() == figure.html
    assert repr(figure) == "<interactive figure: A dot.>"
    assert figure.html.count("<script>") == figure.html.count("<style>") == 1
    assert "<" not in re.search("<style>(.*?)</style>", figure.html, re.S)[1]


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (-0.004, 2, "0.00"),
        (-0.006, 2, "-0.01"),
        (2, 1, "2.0"),
        (1e3, 0, "1000"),
    ],
)
def test_numbers_have_fixed_places(value, places, text):
    assert fixed(value, places) == text


def test_points_shades_and_signs():
    assert points([[0.04, -0.04], [1, 2.25]]) == "0.0,0.0 1.0,2.2"
    values = np.array([[0.8, -2.0, 0.0]])
    # Only zero is blank: 0.15, and 0.85 for the largest.
    assert shades(values, 2.0).tolist() == [["0.49", "1.00", "0.00"]]
    assert shades(values * 0, 0.0).tolist() == [["0.00"] * 3]
    assert signs(values).tolist() == [["positive", "negative", "positive"]]
