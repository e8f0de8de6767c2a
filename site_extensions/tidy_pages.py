"""Last repairs of each page's HTML before it is written.

Thebe is left out: the book has no live kernel. The entries of the
bibliography become items of their list, and a signature's parameters
lines instead of half a definition list, for screen readers.
"""

from __future__ import annotations

import re

from sphinx.application import Sphinx

PARAMETERS = re.compile(
    r'<dl>\s*((?:<dd><em class="sig-param">.*?</dd>\s*)+)</dl>', re.DOTALL
)


def setup(app: Sphinx) -> dict[str, bool]:
    """Repair each page just before it is written."""
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("html-page-context", mend_lists, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def drop_thebe(
    app: Sphinx, pagename: str, template: str, context: dict, doctree
) -> None:
    """Remove Thebe's scripts and style sheet from one page."""
    for kind in ("script_files", "css_files"):
        context[kind] = [f for f in context[kind] if not is_thebe(f)]


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


def is_thebe(asset) -> bool:
    """Whether a script or style sheet belongs to Thebe."""
    filename = getattr(asset, "filename", asset)
    attributes = getattr(asset, "attributes", "")
    return "thebe" in f"{filename} {attributes}".lower()
