"""The face of headings: DejaVu Serif, the sister of the figures' letters.

It comes with Matplotlib, which draws the figures, so it is pinned with it.
Its licence, the one of Bitstream Vera, lets it be cut and sent along. When
the site is built, the letters that headings use are cut out into one small
file; until a browser has it, it shows a system face of the same width.
"""

from __future__ import annotations

import logging
import string
from pathlib import Path

import matplotlib
from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

FILE = "book-heading.woff"
SOURCE = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSerif.ttf"
LETTERS = (
    string.ascii_letters
    + string.digits
    + string.punctuation
    + " \u00a0äöüÄÖÜßéèñ"
    + "×·±²³½°–—‘’“”…←→⇒≈≠≤≥∂∇∞√Σ"
    + "αβγδεηθλμπστφωΔΓΛΦΨΩ"
    + "₀₁₂₃₄₅₆₇₈₉ᵀˣ"
)


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the font when the site is finished."""
    app.connect("build-finished", write, priority=890)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write(app: Sphinx, error: Exception | None) -> None:
    """Put the font among the files of the site."""
    static = Path(app.outdir) / "_static"
    if error is None and static.is_dir():
        cut_out(static / FILE)


def cut_out(target: Path) -> None:
    """Write the letters of headings as a web font."""
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    options = subset.Options()
    options.flavor = "woff"
    options.hinting = False
    options.notdef_outline = True
    options.drop_tables += ["FFTM"]
    font = TTFont(SOURCE, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(text=LETTERS)
    cutter.subset(font)
    subset.save_font(font, str(target), options)
