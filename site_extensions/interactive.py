"""Interactive figures on the site: one script and one style for all.

In a notebook and in a saved file each figure brings its style and its
script. Here they are taken out of the page, which a strict content security
policy demands; pages with such a figure load the files instead.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from sphinx.application import Sphinx

ROOM = files("helpers.figures.interactive")
SCRIPT, STYLE = "interactive.js", "interactive.css"
FIGURE = '<figure class="interactive"'
# What stage.py writes around a figure; the text of neither holds a "<".
BEFORE = re.compile(rf"<style>[^<]*</style>\s*(?={FIGURE})")
AFTER = re.compile(r"(?<=</figure>)\s*<script>.*?</script>", re.DOTALL)


def setup(app: Sphinx) -> dict[str, bool]:
    """Take style and script out of pages, and copy the files."""
    app.add_js_file(SCRIPT)
    # Before tidy_pages keeps the scripts that a page uses.
    app.connect("html-page-context", take_out, priority=940)
    # Before styles reads what is used, and writes the one style sheet.
    app.connect("build-finished", copy, priority=890)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def take_out(
    app: Sphinx, pagename: str, template: str, context: dict, doctree
) -> None:
    """Leave the figures of a page without what the site has as files."""
    body = context.get("body", "")
    if FIGURE in body:
        context["body"] = AFTER.sub("", BEFORE.sub("", body))


def copy(app: Sphinx, error: Exception | None) -> None:
    """Put script and style among the files of the site."""
    static = Path(app.outdir) / "_static"
    if error is None and static.is_dir():
        for name in (SCRIPT, STYLE):
            text = (ROOM / name).read_text(encoding="utf-8")
            (static / name).write_text(text, encoding="utf-8")
