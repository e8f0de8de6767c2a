"""Every interactive figure, as it is stored: keyboard, no script, axe."""

from __future__ import annotations

from pathlib import Path

import pytest

import tasks
from commands import viewing
from site_extensions import interactive
from tests.site import interacting, site_rules

PAGE = """<!DOCTYPE html>
<html lang="en"><head><title>A figure</title><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<style>html[data-theme=dark] body {{ background: #111; color: #eee }}</style>
</head><body><main><h1>A figure</h1>{}</main></body></html>
"""
STORED = list(interacting.stored(tasks.ROOT / "chapters"))
NAMES = [f"{name}-{number}" for number, (name, _) in enumerate(STORED)]
FIGURES = [text for _, text in STORED]


def saved(folder: Path, figure: str) -> Path:
    """A page with one figure, saved as a file."""
    path = folder / "index.html"
    path.write_text(PAGE.format(figure), encoding="utf-8")
    return path


def test_there_are_six() -> None:
    assert len(STORED) == 6


@pytest.mark.parametrize("figure", FIGURES, ids=NAMES)
def test_keyboard_from_a_saved_file(visitor, tmp_path, figure: str) -> None:
    path = saved(tmp_path, figure)
    found: list[str] = []
    with visitor.page(path.as_uri(), 1280, found) as page:
        page.goto(path.as_uri())
        found += interacting.walk(page, page.locator(interacting.FIGURE))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_to_find_for_axe(visitor, tmp_path, width: int) -> None:
    """All figures on one page, in both themes; nothing is too wide."""
    saved(tmp_path, "\n".join(FIGURES))
    with viewing.served(tmp_path) as address:
        found = site_rules.problems(visitor, f"{address}/index.html", width)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("figure", FIGURES, ids=NAMES)
def test_without_script_a_labelled_picture_stays(
    visitor, tmp_path, figure: str
) -> None:
    context = visitor.browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(saved(tmp_path, figure).as_uri())
    picture = page.locator(f"{interacting.FIGURE} svg[role=img]")
    assert picture.is_visible()
    assert len(picture.get_attribute("aria-label") or "") > 40
    assert len(page.locator("[role=status]").inner_text()) > 20
    assert page.locator("figcaption").inner_text().startswith("Try: ")
    assert not any(c.is_visible() for c in page.locator("input").all())
    context.close()


@pytest.mark.parametrize("figure", FIGURES, ids=NAMES)
def test_every_state_is_whole(visitor, tmp_path, figure: str) -> None:
    """No row lacks a value, and no template is left unfilled."""
    rows = figure.split('data-rows="')[1].split('"')[0].split("\n")
    columns = figure.split('data-columns="')[1].split('"')[0].split("|")
    assert {row.count("|") + 1 for row in rows} == {len(columns)}
    assert not [row for row in rows if "nan" in row or "inf" in row]


def test_a_point_can_be_dragged(visitor, tmp_path) -> None:
    figure = next(text for text in FIGURES if 'class="pad"' in text)
    path = saved(tmp_path, figure)
    with visitor.page(path.as_uri(), 1280, []) as page:
        page.goto(path.as_uri())
        box = page.locator(".pad").bounding_box()
        page.mouse.move(box["x"] + 2, box["y"] + box["height"] - 2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 2, steps=3)
        page.mouse.up()
        sliders = page.locator("input[type=range]").all()
        assert [slider.input_value() for slider in sliders] == ["12", "12"]


BROKEN = """<figure class="interactive"><p role="status">It moves.</p>
<label>Dead <input type="range" aria-valuetext="1"></label></figure>"""


def test_a_dead_control_is_found(visitor, tmp_path) -> None:
    path = saved(tmp_path, BROKEN)
    with visitor.page(path.as_uri(), 1280, []) as page:
        page.goto(path.as_uri())
        found = interacting.walk(page, page.locator(interacting.FIGURE))
    assert found == ["Dead: nothing changes"]


def test_the_site_takes_style_and_script_out() -> None:
    context = {"body": f"<p>Text.</p>{''.join(FIGURES)}<p>More.</p>"}
    interactive.take_out(None, "page", "page.html", context, None)
    body = context["body"]
    assert "<style" not in body and "<script" not in body
    assert body.count(interactive.FIGURE) == len(FIGURES)
    assert body.startswith("<p>Text.") and body.endswith("<p>More.</p>")
