"""What a reader takes along: `helpers`, a page as a notebook, the site.

The site carries the wheel of `helpers`. Below the cell that imports
`helpers`, each page shows the line that installs it, from the address of
the site; without one, a script writes the page's own address into the
line. Each page downloads as a notebook whose first cell installs what is
missing. The whole site is one zip, made last.
"""

from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path

import nbformat
from docutils import nodes
from nbformat.v4 import new_code_cell
from sphinx.application import Sphinx

SITE_ZIP = "jacobians-in-tensorflow-site.zip"
PACKAGE, EXTRA = "jacobians-in-tensorflow", "tensorflow"
DATE = (2026, 1, 1, 0, 0, 0)
USED = re.compile(r"^(?:import helpers|from helpers import)\b", re.MULTILINE)
NAMED = re.compile(r"from helpers import \(?([\w, \n]+)|helpers\.(\w+)")
FIRST_CELL = """\
# Installs `helpers` and what it needs, where it is missing. If Colab asks
# to restart the session, do so, and go on below.
import importlib.util

if importlib.util.find_spec("helpers") is None:
    %pip install -q "{requirement}"
"""
BOX = """\
<div class="take-along">
<p><code>helpers</code> comes with one line{notebook}:</p>
<div class="highlight-console notranslate"><div class="highlight"><pre
data-wheel="{wheel}" data-requirement="{form}"
>pip install "{requirement}"</pre></div></div>
<details><summary>What it needs, and on Colab</summary>
<p>It needs Python 3.11, 3.12 or 3.13, and brings TensorFlow 2.21, Keras,
NumPy, SciPy and Matplotlib. Where you have TensorFlow 2.21 already, leave
<code>[{extra}]</code> out.{beside} On Colab, a first cell does the same:
<code>%pip install</code> instead of <code>pip install</code>; if it asks to
restart the session, do so. A page that you download as a notebook brings
that cell with it.</p>
{uses}</details></div>
"""
NOTEBOOK = """, or with
<a href="{up}_sources/{page}.ipynb" download>this page as a notebook</a>"""
BESIDE = """ The line stands for
<a href="{wheel}" download>the wheel</a> in your own folder."""


def setup(app: Sphinx) -> dict[str, bool]:
    """Show the line while pages are written, make the files at the end."""
    app.connect("doctree-resolved", show_line)
    app.connect("build-finished", write_notebooks, priority=850)
    app.connect("build-finished", write_wheel, priority=850)
    app.connect("build-finished", write_zip, priority=990)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


# The line


def show_line(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put the box below the first cell that imports `helpers`.

    A page without cells says where: `:::{div} get-helpers`.
    """
    if app.builder.name != "html" or not has_project(app):
        return
    for part in doctree.findall(nodes.container):
        cell = "cell" in part["classes"] and USED.search(code_of(part))
        if cell or "get-helpers" in part["classes"]:
            text = box(app, page, links(app, page, doctree))
            at = part.parent.index(part) + 1
            part.parent.insert(at, nodes.raw("", text, format="html"))
            return


def code_of(cell: nodes.Element) -> str:
    """The code of a cell, without what it printed."""
    blocks = cell.findall(nodes.literal_block)
    return next((block.astext() for block in blocks), "")


def box(app: Sphinx, page: str, used: list[str]) -> str:
    """The line, what it needs, and what of `helpers` the page uses."""
    up = "../" * page.count("/")
    wheel = up + wheel_name(app)
    base = app.config.html_baseurl
    notebook = Path(app.srcdir, f"{page}.ipynb").is_file()
    return BOX.format(
        notebook=NOTEBOOK.format(up=up, page=page) if notebook else "",
        wheel=wheel,
        form="" if base else f"{PACKAGE}[{EXTRA}] @ ",
        requirement=requirement(app),
        extra=EXTRA,
        beside="" if base else BESIDE.format(wheel=wheel),
        uses=f"<p>This page uses {', '.join(used)}.</p>" if used else "",
    )


def links(app: Sphinx, page: str, doctree: nodes.document) -> list[str]:
    """A link to each helper of the page, where it has an entry."""
    code = "\n".join(map(code_of, doctree.findall(nodes.container)))
    found = re.findall(r"\w+", " ".join(map("".join, NAMED.findall(code))))
    objects = app.env.domaindata.get("py", {}).get("objects", {})
    lines = []
    for name in sorted(set(found)):
        entry = objects.get(f"helpers.{name}")
        if entry:
            to = app.builder.get_relative_uri(page, entry.docname)
            to = f"{to}#helpers.{name}"
            lines.append(f'<a href="{to}"><code>{name}</code></a>')
    return lines


def requirement(app: Sphinx) -> str:
    """What pip is told: the wheel at the site's address, or beside you."""
    base, wheel = app.config.html_baseurl, wheel_name(app)
    if base:
        return f"{PACKAGE}[{EXTRA}] @ {base}{wheel}"
    return f"./{wheel}[{EXTRA}]"


# The files


def has_project(app: Sphinx) -> bool:
    """Whether the book has a package of its own."""
    return Path(app.srcdir, "pyproject.toml").is_file()


def builder(app: Sphinx):
    """The module that builds the wheel."""
    if str(app.srcdir) not in sys.path:
        sys.path.insert(0, str(app.srcdir))
    from commands import wheel

    return wheel


def wheel_name(app: Sphinx) -> str:
    """The file name of the wheel."""
    return builder(app).name(Path(app.srcdir))


def wanted(app: Sphinx, failure: Exception | None) -> bool:
    """Whether a site was built that has something to take along."""
    return not failure and app.builder.name == "html" and has_project(app)


def write_wheel(app: Sphinx, failure: Exception | None) -> None:
    """The wheel lies beside index.html."""
    if wanted(app, failure):
        builder(app).build(Path(app.outdir), Path(app.srcdir))


def write_notebooks(app: Sphinx, failure: Exception | None) -> None:
    """Give each notebook to download a first cell that installs."""
    if not wanted(app, failure):
        return
    for path in sorted(Path(app.outdir, "_sources").rglob("*.ipynb")):
        book = nbformat.read(path, as_version=4)
        code = [c.source for c in book.cells if c.cell_type == "code"]
        if USED.search("\n".join(code)):
            text = FIRST_CELL.format(requirement=requirement(app)).strip()
            book.cells.insert(0, new_code_cell(text, id="install"))
            nbformat.write(book, path)


def write_zip(app: Sphinx, failure: Exception | None) -> None:
    """The whole site in one file; the same pages give the same bytes."""
    if not wanted(app, failure):
        return
    site = Path(app.outdir)
    files = sorted(p for p in site.rglob("*") if p.is_file())
    kept = [p for p in files if p.name not in (SITE_ZIP, ".buildinfo")]
    with zipfile.ZipFile(site / SITE_ZIP, "w", zipfile.ZIP_DEFLATED) as all:
        for path in kept:
            name = f"{PACKAGE}/{path.relative_to(site).as_posix()}"
            entry = zipfile.ZipInfo(name, DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            all.writestr(entry, path.read_bytes())
