"""A walk by keyboard through an interactive figure, and what it finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
from playwright.sync_api import Locator, Page

FIGURE = "figure.interactive"
MARK = 'class="interactive"'
LAST = 60  # presses of Tab within which a page's controls are reached
NAME = "element => (element.closest('label') ?? element).innerText.trim()"
FOCUSED = "element => element === document.activeElement"


def stored(chapters: Path) -> Iterator[tuple[str, str]]:
    """Chapter and HTML of every interactive figure that is stored."""
    for path in sorted(chapters.glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                text = output.get("data", {}).get("text/html", "")
                if MARK in text:
                    yield path.stem, text


def walk(page: Page, figure: Locator) -> list[str]:
    """Use every control by keyboard alone; each must change the picture."""
    found = []
    controls = figure.locator("input, button")
    for number in range(controls.count()):
        control = controls.nth(number)
        name = control.evaluate(NAME)
        if not reached(page, control):
            found.append(f"{name}: not reached by Tab")
            continue
        before = figure.inner_html()
        for key in keys(control):
            page.keyboard.press(key)
        if figure.inner_html() == before:
            found.append(f"{name}: nothing changes")
        if not control.evaluate(FOCUSED):
            found.append(f"{name}: the keyboard has lost its place")
    return found + untold(figure)


def reached(page: Page, control: Locator) -> bool:
    """Whether Tab leads there, from where the keyboard is."""
    for _ in range(LAST):
        if control.evaluate(FOCUSED):
            return True
        page.keyboard.press("Tab")
    return False


def keys(control: Locator) -> list[str]:
    """What to press, whatever the control says now."""
    kind = control.get_attribute("type")
    if kind == "range":
        return ["End", "ArrowLeft", "Home", "ArrowRight"]
    return ["Space"] if kind == "checkbox" else ["Enter"]


def untold(figure: Locator) -> list[str]:
    """What a reader who sees nothing would miss."""
    found = []
    for slider in figure.locator("input[type=range]").all():
        if not slider.get_attribute("aria-valuetext"):
            found.append("a slider says no value")
    if not figure.locator("[role=status]").inner_text().strip():
        found.append("the state is not said")
    return found
