"""A directive that lists the versions a page was built with.

The table of execution times says in words what it shows as an emoji: those
need a font of their own, and differ from system to system.
"""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

SIGNS = {"✅": "yes", "❌": "no"}


class Versions(Directive):
    """A table of Python and of the packages named in the body."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Build the table, leaving out what is not installed."""
        rows = [("Python", platform.python_version())]
        found = [(name, installed(name)) for name in self.content if name]
        rows += [(name, number) for name, number in found if number]
        return [table(("Package", "Version"), rows)]


def installed(name: str) -> str | None:
    """The version of an installed package, or None."""
    try:
        return version(name.strip())
    except PackageNotFoundError:
        return None


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> nodes.table:
    """A docutils table of plain text."""
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]
    group += nodes.thead("", row(head))
    group += nodes.tbody("", *[row(cells) for cells in rows])
    return nodes.table("", group, classes=["colwidths-auto"])


def row(cells: tuple[str, ...]) -> nodes.row:
    """One row of a table."""
    entries = [nodes.entry("", nodes.paragraph(text=c)) for c in cells]
    return nodes.row("", *entries)


def in_words(
    app: Sphinx, pagename: str, template: str, context: dict, doctree
) -> None:
    """Write "yes" and "no" where the table of times has an emoji."""
    body = context.get("body", "")
    for sign, word in SIGNS.items():
        body = body.replace(f"<p>{sign}</p>", f"<p>{word}</p>")
    context["body"] = body


def setup(app: Sphinx) -> dict[str, bool]:
    """Make `{versions}` known."""
    app.add_directive("versions", Versions)
    app.connect("html-page-context", in_words, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
