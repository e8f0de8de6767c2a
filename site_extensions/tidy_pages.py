"""Last repairs of each page's HTML before it is written.

Only the scripts that a page uses are left, and they wait for the page.
Figures say how large they are, so that nothing moves when they come, and
come when they are needed; on a phone they scroll in a box of their own, whose
caption stays. Formulas and short code keep their punctuation, outputs that
are sentences and cells of tables are marked, for narrow screens. The entries
of the bibliography become items of their list, and a signature's parameters
lines instead of half a definition list, for screen readers.
"""

from __future__ import annotations

import html
import re
import struct
from pathlib import Path

from sphinx.application import Sphinx

# Scripts of a page, and what must be in its text for them to be of use.
SCRIPTS = {
    "documentation_options.js": "",
    "doctools.js": "",
    "sphinx_highlight.js": "",
    "sphinx-book-theme.js": "",
    "a11y.js": "",
    "menus.js": "",
    "slices.js": "<section",
    "wheel.js": "data-wheel=",
    "clipboard.min.js": '<div class="highlight',
    "copybutton.js": '<div class="highlight',
    "design-tabs.js": "sd-tab-set",
    "interactive.js": '<figure class="interactive"',
}
IMAGE = re.compile(r'<img (?P<before>[^>]*)src="(?P<source>[^"]+)"')
# A picture whose words are read at this share of its size keeps it, up to the
# width of the text.
READABLE, COLUMN = 0.5, 672
PICTURE = re.compile(
    r'(<figure\b(?![^>]*class="interactive")[^>]*>\s*)(<img [^>]*>)'
)
# What a line may not break: formula or code, with the signs beside it.
TOGETHER = re.compile(
    r"\(?(<math>.*?</math>|<code\b[^>]*>.*?</code>)[),.;:!?]*",
    re.DOTALL,
)
SHORT = 24
OUTPUT = re.compile(
    r'(<div class="output [^"]*"><div class="highlight"><pre)'
    r"(><span></span>)(.*?)(?=</pre>)",
    re.DOTALL,
)
# Numbers in columns, drawings, arrays: what a line break would spoil.
COLUMNS = re.compile(r"\S {2,}\S|^ |^\[|\bShape: ", re.MULTILINE)
SHAPES = re.compile(r"<p>(<strong>Shapes?:)")
CELL = re.compile(r"<td>(.*?)</td>", re.DOTALL)
WORDS, LINES = 12, 40
TAG = re.compile(r"<[^>]*>")

PARAMETERS = re.compile(
    r'<dl>\s*((?:<dd><em class="sig-param">.*?</dd>\s*)+)</dl>', re.DOTALL
)


def setup(app: Sphinx) -> dict[str, bool]:
    """Repair each page just before it is written."""
    app.connect("html-page-context", keep_scripts, priority=950)
    app.connect("html-page-context", size_figures, priority=900)
    app.connect("html-page-context", mend_lists, priority=900)
    app.connect("html-page-context", keep_together, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def keep_scripts(
    app: Sphinx, pagename: str, template: str, context: dict, doctree
) -> None:
    """Leave out the scripts that this page does not use."""
    body = context.get("body", "")
    kept = []
    for script in context["script_files"]:
        name = str(getattr(script, "filename", None)).rsplit("/", 1)[-1]
        if name in SCRIPTS and SCRIPTS[name] in body:
            # The pages share the objects: this page gets its own.
            own = {**script.attributes, "defer": "defer"}
            kept.append(
                type(script)(script.filename, priority=script.priority, **own)
            )
    context["script_files"] = kept


def size_figures(
    app: Sphinx, pagename: str, template: str, context: dict, doctree
) -> None:
    """Give each picture its size; all but the first come when needed."""
    sources = {name: path for path, name in app.builder.images.items()}
    first = True

    def sized(found: re.Match[str]) -> str:
        nonlocal first
        name = found["source"].rsplit("/", 1)[-1]
        size = png_size(Path(app.srcdir, sources.get(name, name)))
        loading = "" if first else 'loading="lazy" '
        first = False
        return found.group().replace("<img ", f"<img {size}{loading}", 1)

    body = IMAGE.sub(sized, context.get("body", ""))
    context["body"] = PICTURE.sub(r'\1<div class="picture">\2</div>', body)


def png_size(path: Path) -> str:
    """The attributes for the size of a PNG file, or nothing."""
    if path.suffix != ".png" or not path.is_file():
        return ""
    with path.open("rb") as file:
        width, height = struct.unpack(">II", file.read(24)[16:])
    least = min(round(READABLE * width), COLUMN)
    size = f'width="{width}" height="{height}"'
    return f'{size} style="--least: {least}px" '


def keep_together(
    app: Sphinx, pagename: str, template: str, context: dict, doctree
) -> None:
    """Mark what a narrow screen may break, and what it may not."""
    body = context.get("body", "")
    body = TOGETHER.sub(together, body)
    body = OUTPUT.sub(sentences, body)
    body = SHAPES.sub(r'<p class="shapes">\1', body)
    context["body"] = CELL.sub(sized_cell, body)


def together(found: re.Match[str]) -> str:
    """A formula or a short piece of code, and the signs that touch it."""
    if found[1].startswith("<code") and len(plain(found[1])) > SHORT:
        return found.group()
    return f'<span class="together">{found.group()}</span>'


def sentences(found: re.Match[str]) -> str:
    """An output; one without columns may be broken as a text is."""
    if COLUMNS.search(plain(found[3])):
        return found.group()
    return f'{found[1]} class="sentences"{found[2]}{found[3]}'


def sized_cell(found: re.Match[str]) -> str:
    """A cell of a table that says how much it holds."""
    length = len(plain(found[1]))
    if length < WORDS:
        return found.group()
    name = "lines" if length > LINES else "words"
    return f'<td class="{name}">{found[1]}</td>'


def plain(text: str) -> str:
    """The characters that a reader sees."""
    return html.unescape(TAG.sub("", text))


def mend_lists(
    app: Sphinx, pagename: str, template: str, context: dict, doctree
) -> None:
    """Mend the lists of a bibliography and of signatures."""
    old, new = 'role="doc-biblioentry"', 'role="listitem"'
    body = context.get("body", "").replace(old, new)
    context["body"] = PARAMETERS.sub(parameter_lines, body)


def parameter_lines(found: re.Match[str]) -> str:
    """A signature's parameters, one per line."""
    items = found.group(1).replace("<dd>", '<span class="sig-line">')
    return items.replace("</dd>", "</span>")
