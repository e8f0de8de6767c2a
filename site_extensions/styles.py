"""One style sheet with the rules that the site's pages use.

Theme and extensions bring half a megabyte of styles, most of them for
parts that this book does not have. When the pages are written, the rules
whose classes, ids and elements occur in a page or in a script are kept,
and written to one file. The theme's icons, a library of fonts and scripts,
are left out; the few that are used are drawings in `icons.css`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import tinycss2
from sphinx.application import Sphinx
from tinycss2 import ast

TARGET = "styles/book-site.css"
# In the order in which pages would load them; `*` stands for a digest.
SOURCES = (
    "basic.css",
    "styles/pydata-sphinx-theme.css",
    "pygments.css",
    "styles/sphinx-book-theme.css",
    "togglebutton.css",
    "copybutton.css",
    "mystnb.*.css",
    "sphinx-design.min.css",
    "icons.css",
    "interactive.css",
    "book.css",
    "cheat_sheet.css",
    "take_along.css",
    "element_styles.css",
)
# The only style sheets that a page loads besides the one above.
OWN = ("mathematics.css",)
ICON_LIBRARY = re.compile(r"\.fa[bsr]?\b|:host")
NESTED = ("media", "supports", "layer", "container")
KEPT = ("keyframes", "page", "property")
FACE = "Book Heading"  # of heading_font.py
LIGHT = re.compile(r"""\[data-theme=["']?light["']?\]""")
WORD = re.compile(r"[A-Za-z_][\w-]*")
VARIABLE = re.compile(r"var\(\s*(--[\w-]+)")


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the style sheet when all pages are there."""
    app.connect("html-page-context", keep_own, priority=950)
    app.connect("build-finished", write, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def keep_own(
    app: Sphinx, pagename: str, template: str, context: dict, doctree
) -> None:
    """Load no other style sheet than the book's."""
    files = context["css_files"]
    context["css_files"] = [f for f in files if name(f) in OWN]


def name(asset) -> str:
    """The file name of a style sheet, without its folder."""
    return str(getattr(asset, "filename", asset)).rsplit("/", 1)[-1]


def write(app: Sphinx, error: Exception | None) -> None:
    """Collect what the pages use, and write the rules for it."""
    if error is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    static = site / "_static"
    used = words_of(site.rglob("*.html"), static.rglob("*.js"))
    sheets = [
        path for pattern in SOURCES for path in sorted(static.glob(pattern))
    ]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sheets)
    (static / TARGET).write_text(purged(text, used), encoding="utf-8")


# What pages use


class Words(HTMLParser):
    """Names of elements, classes and ids of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs) -> None:
        self.found.add(tag)
        for key, value in attrs:
            if key in ("class", "id") and value:
                self.found.update(value.split())


def words_of(pages: Iterable[Path], scripts: Iterable[Path]) -> set[str]:
    """Every name that a page or a script of its own can give."""
    reader = Words()
    loaded = set()
    for page in pages:
        text = page.read_text(encoding="utf-8")
        reader.feed(text)
        loaded |= set(
            re.findall(r'<script[^>]*src="[^"]*?([\w.-]+\.js)', text)
        )
    found = set(reader.found)
    for script in scripts:
        if script.name in loaded:
            found |= set(WORD.findall(script.read_text(encoding="utf-8")))
    return found


# Rules


def purged(text: str, used: set[str]) -> str:
    """A style sheet without the rules and variables that nothing uses."""
    while True:
        rules = tinycss2.parse_stylesheet(
            text, skip_comments=True, skip_whitespace=True
        )
        read = set(VARIABLE.findall(text))
        smaller = "".join(lines(rules, used, read))
        if smaller == text:
            return text
        text = smaller


def lines(
    rules: Iterable[ast.Node], used: set[str], read: set[str]
) -> Iterator[str]:
    """The rules that are used, one a line."""
    for rule in rules:
        if rule.type == "qualified-rule":
            wanted = selectors(rule.prelude, used)
            content = body(rule.content, read)
            if wanted and content:
                yield f"{','.join(wanted)}{{{content}}}\n"
        elif rule.type == "at-rule":
            yield from at_rule(rule, used, read)


def at_rule(rule: ast.AtRule, used: set[str], read: set[str]) -> Iterator[str]:
    """A rule such as @media; fonts and imports of the theme are left out."""
    head = f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude).rstrip()}"
    if rule.lower_at_keyword in NESTED and rule.content is not None:
        inner = tinycss2.parse_rule_list(
            rule.content, skip_comments=True, skip_whitespace=True
        )
        text = "".join(lines(inner, used, read))
        if text:
            yield f"{head}{{\n{text}}}\n"
    elif rule.lower_at_keyword == "font-face":
        text = plain(rule.content)
        if FACE in text:
            yield f"{head}{{{text}}}\n"
    elif rule.lower_at_keyword in KEPT and "fa-" not in head:
        yield f"{head}{{{plain(rule.content)}}}\n"


def body(content: list[ast.Node], read: set[str]) -> str:
    """The declarations of a rule, without variables that nothing reads."""
    found = tinycss2.parse_blocks_contents(
        content, skip_comments=True, skip_whitespace=True
    )
    return ";".join(
        f"{part.name}:{plain(part.value)}"
        + ("!important" if part.important else "")
        for part in found
        if part.type == "declaration"
        and (not part.name.startswith("--") or part.name in read)
    )


def plain(nodes: list[ast.Node]) -> str:
    """A part of a style sheet without comments and needless space."""
    kept = [node for node in nodes if node.type != "comment"]
    return re.sub(r"\s*\n\s*", " ", tinycss2.serialize(kept)).strip()


def selectors(prelude: list[ast.Node], used: set[str]) -> list[str]:
    """The selectors of a rule that can match something."""
    parts: list[list[ast.Node]] = [[]]
    for node in prelude:
        if node.type == "literal" and node.value == ",":
            parts.append([])
        elif node.type != "comment":
            parts[-1].append(node)
    texts = [(tinycss2.serialize(part).strip(), part) for part in parts]
    kept = [
        re.sub(r"\s+", " ", text)
        for text, part in texts
        if not ICON_LIBRARY.match(text) and set(names(part)) <= used
    ]
    both = [*kept, *map(undecided, filter(LIGHT.search, kept))]
    return list(dict.fromkeys(both))


def undecided(selector: str) -> str:
    """The same selector on a page that no script has given a theme."""
    return LIGHT.sub('[data-theme="auto"]', selector)


def names(selector: list[ast.Node]) -> Iterator[str]:
    """The elements, classes and ids that a selector needs.

    What stands in :not(...) or in brackets can only narrow it.
    """
    before = ""
    for node in selector:
        if node.type == "hash":
            yield node.value
        elif node.type == "ident" and before != ":":
            yield node.value if before == "." else node.value.lower()
        before = node.value if node.type == "literal" else ""
