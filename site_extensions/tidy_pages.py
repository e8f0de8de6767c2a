"""Last repairs of each page's HTML before it is written.

Only the scripts that a page uses are left, and they wait for the page.
Figures say how large they are, so that nothing moves when they come, and
come when they are needed. The entries of the bibliography become items of
their list, and a signature's parameters lines instead of half a definition
list, for screen readers.
"""

from __future__ import annotations

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

PARAMETERS = re.compile(
    r'<dl>\s*((?:<dd><em class="sig-param">.*?</dd>\s*)+)</dl>', re.DOTALL
)


def setup(app: Sphinx) -> dict[str, bool]:
    """Repair each page just before it is written."""
    app.connect("html-page-context", keep_scripts, priority=950)
    app.connect("html-page-context", size_figures, priority=900)
    app.connect("html-page-context", mend_lists, priority=900)
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

    context["body"] = IMAGE.sub(sized, context.get("body", ""))


def png_size(path: Path) -> str:
    """The attributes for the size of a PNG file, or nothing."""
    if path.suffix != ".png" or not path.is_file():
        return ""
    with path.open("rb") as file:
        width, height = struct.unpack(">II", file.read(24)[16:])
    return f'width="{width}" height="{height}" '


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
