"""The face of headings: small, lawful, and with every letter it needs."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from fontTools.ttLib import TTFont

from site_extensions import heading_font
from tests.chapters.notebook_rules import FENCE, HEADING
from tests.support import ROOT

# What stands in code or in formulas is set in another face.
OTHER = re.compile(r"`[^`]*`|\$[^$]*\$|\]\([^)]*\)")


def headings() -> set[str]:
    """Every heading of the book, without code and formulas."""
    texts = [path.read_text("utf-8") for path in ROOT.glob("reference/*.md")]
    texts.append((ROOT / "index.md").read_text("utf-8"))
    for path in (ROOT / "chapters").glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        texts += [c.source for c in cells if c.cell_type == "markdown"]
    found = (h for text in texts for h in HEADING.findall(FENCE.sub("", text)))
    return {OTHER.sub("", heading) for heading in found}


def test_the_font_has_every_letter_and_is_small(tmp_path: Path) -> None:
    path = tmp_path / heading_font.FILE
    heading_font.cut_out(path)
    font = TTFont(path)
    assert font.flavor == "woff" and path.stat().st_size < 25_000
    there = set(map(chr, font.getBestCmap()))
    assert set(heading_font.LETTERS) <= there
    # A star, say, has no letter in this face: the browser finds another.
    all_there_is = set(map(chr, TTFont(heading_font.SOURCE).getBestCmap()))
    missing = set("".join(headings())) & all_there_is - there
    assert not missing, f"add {sorted(missing)} to LETTERS"


def test_its_licence_lets_it_be_cut_and_sent_along() -> None:
    name = TTFont(heading_font.SOURCE)["name"]
    licence = str(name.getName(13, 3, 1))
    assert "Bitstream Vera" in licence or "public domain" in licence
