"""What the text of a page must hold and must not hold, without a browser."""

from __future__ import annotations

import html
import re
from collections.abc import Collection
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

SENT = {"img": "src", "script": "src", "link": "href", "source": "src"}
LIGHT = (".svg", ".webp")


class Reader(HTMLParser):
    """Collects the tags of a page, with what stands in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, *names: str) -> list[dict[str, str]]:
        """The attributes of every tag with one of these names."""
        return [given for tag, given in self.tags if tag in names]


def forbidden(text: str) -> list[str]:
    """Scripts, styles and handlers in a page, and what it would fetch."""
    found = []
    for tag, given in Reader(text).tags:
        if tag == "style" or (tag == "script" and "src" not in given):
            found.append(f"<{tag}> in the page")
        found += [
            f"{name} of <{tag}>: {value}"
            for name, value in given.items()
            if name == "style" or name.startswith("on")
        ]
        source = given.get(SENT.get(tag, ""), "")
        if urlsplit(source).netloc and given.get("rel") != "canonical":
            found.append(f"<{tag}> from another host: {source}")
    return found


def heavy_figures(text: str) -> list[str]:
    """Figures of a large format, without a size, or loaded too early."""
    figures = [
        given for given in Reader(text).all("img") if "_images" in given["src"]
    ]
    found = []
    for number, given in enumerate(figures):
        if Path(given["src"]).suffix not in LIGHT:
            found.append(f"format of {given['src']}")
        if not given.get("width") or not given.get("height"):
            found.append(f"no size: {given['src']}")
        if number and given.get("loading") != "lazy":
            found.append(f"not lazy: {given['src']}")
    return found


def undrawn(text: str, drawn: Collection[int]) -> list[str]:
    """Signs in the formulas of a page that their font does not have."""
    formulas = "".join(re.findall(r"<math.*?</math>", text, re.DOTALL))
    signs = set(html.unescape(re.sub(r"<[^>]*>|\s", "", formulas)))
    if re.search("<msqrt|<mroot", formulas):
        signs.add("√")
    return sorted(s for s in signs if ord(s) not in drawn and s.isprintable())


def unnamed(text: str) -> list[str]:
    """What search engines and links miss in a page."""
    names = {
        given.get("name") or given.get("property")
        for given in Reader(text).all("meta")
    }
    wanted = {"description", "og:title", "og:description", "og:type"}
    return sorted(wanted - names)
