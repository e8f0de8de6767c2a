"""Descriptions are sentences, addresses follow from the one setting."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from docutils.core import publish_doctree
from PIL import Image

from site_extensions import page_head


@pytest.mark.parametrize(
    ("repository", "base", "address"),
    [
        ("https://github.com/An/book", "", "https://an.github.io/book/"),
        ("https://github.com/a/a.github.io", "", "https://a.github.io/"),
        ("https://github.com/a/b", "https://b.invalid", "https://b.invalid/"),
        ("https://elsewhere.invalid/a/b", "", ""),
        ("", "", ""),
    ],
)
def test_the_address_follows_from_the_repository(
    repository: str, base: str, address: str
) -> None:
    options = {"repository_url": repository}
    config = SimpleNamespace(html_theme_options=options, html_baseurl=base)
    page_head.set_address(None, config)
    assert config.html_baseurl == address


def test_a_page_is_described_by_its_first_paragraph() -> None:
    text = "Title\n=====\n\nShort.\n\n" + "One word after another. " * 20
    settings = {"doctitle_xform": False}
    page = publish_doctree(text, settings_overrides=settings)
    words = page_head.first_words(page)
    assert words.startswith("One word after another.")
    assert words.endswith("…") and len(words) <= page_head.LENGTH
    assert page_head.first_words(None) == ""


def test_formulas_and_tags_are_read_as_text() -> None:
    text = page_head.plain(r"<b>\partial y/\partial x</b> in \mathrm{TF}")
    assert text == "∂y/∂x in TF"


def test_a_picture_for_links_shows_title_and_figure(tmp_path) -> None:
    Image.new("RGB", (400, 900), "#009e73").save(tmp_path / "figure.png")
    drawn = page_head.picture("A title", tmp_path / "figure.png")
    assert drawn.size == (1200, 630)
    colours = {colour for _, colour in drawn.getcolors(2**24)}
    assert {(0, 158, 115), (255, 255, 255), (27, 39, 51)} <= colours
    assert page_head.picture("A title", None).getpixel((600, 400)) == (
        255,
        255,
        255,
    )
