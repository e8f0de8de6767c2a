"""A directive that lists the helpers by what one wants.

First a table, one line each; then, group by group, each helper's docstring
and the sections of chapters that use it. The chapters lead back: below the
cell that imports `helpers`, see `take_along.py`. A name of `helpers` that
no group has is a warning, which fails the build.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import nbformat
from docutils import nodes
from docutils.statemachine import StringList
from numpy.typing import ArrayLike
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import stringify_annotation

# What one wants, and the helpers for it, the first to try before others.
GROUPS = {
    "Derivatives": (
        "jacobian batch_jacobian jvp vjp hessian hvp weight_jacobian "
        "layer_jacobian chain_jacobians fixed_point"
    ),
    "Checks": (
        "check_jacobian check_independence check_custom_gradient "
        "finite_difference_jacobian float64_copy JacobianError "
        "CannotTellError"
    ),
    "Recurrent networks": "lstm_jacobian fast_lstm lstm_jacobian_gigabytes",
    "Long arrays": "map_batches",
    "Figures": (
        "plot_jacobian plot_sensitivities plot_series plot_reach "
        "plot_bent_grid draw_graph draw_unrolled draw_lstm_cell "
        "draw_windows use_style"
    ),
    "Figures to move": (
        "explore_tape explore_map explore_modes explore_tiles explore_lags "
        "explore_steps"
    ),
    "The book's series, and yours": (
        "read_series make_windows simulate_series exact_sensitivities Series"
    ),
    "Teaching and measuring": (
        "mark attempt median_seconds peak_megabytes benchmark_text EpochBar"
    ),
}
SECTIONS_SHOWN = 6

logger = logging.getLogger(__name__)


class HelperList(SphinxDirective):
    """`{helpers}` with `table` or `entries` as argument."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Markdown, parsed as if it stood on the page."""
        for name in missing(GROUPS):
            logger.warning(
                "no group has helpers.%s; name it in GROUPS in "
                "site_extensions/helper_list.py",
                name,
            )
        for path in chapters(self.env.srcdir):
            self.env.note_dependency(str(path))
        forms = {"table": table, "entries": entries}
        text = forms[self.arguments[0]](Path(self.env.srcdir))
        box = nodes.container()
        lines = StringList(text.split("\n"), source="helpers")
        self.state.nested_parse(
            lines, self.content_offset, box, match_titles=True
        )
        return box.children


def missing(groups: dict[str, str]) -> list[str]:
    """Public names of `helpers` that no group has."""
    known = {name for names in groups.values() for name in names.split()}
    return sorted(set(import_module("helpers").__all__) - known)


def table(root: Path) -> str:
    """A line for each helper: its name, and what it is for."""
    parts = []
    for group, names in GROUPS.items():
        parts.append(f"| {group} | What it does |\n|---|---|")
        for name in names.split():
            link = f'<a href="#helpers.{name}"><code>{name}</code></a>'
            parts.append(f"| {link} | {first_line(name)} |")
        parts.append("")
    return "\n".join(parts)


def entries(root: Path) -> str:
    """For each group the docstrings, with where the book uses them."""
    used = uses(root)
    parts = []
    for group, names in GROUPS.items():
        parts.append(f"## {group}\n")
        for name in names.split():
            kind = directive(getattr(import_module("helpers"), name))
            entry = f".. {kind}:: helpers.{name}"
            members = "\n   :members:" if kind == "autoclass" else ""
            parts.append(f"```{{eval-rst}}\n{entry}{members}\n```\n")
            parts.append(f"{where(used.get(name, []))}\n")
    return "\n".join(parts)


def first_line(name: str) -> str:
    """What a helper does, without signs that a table would misread."""
    line = getattr(import_module("helpers"), name).__doc__.split("\n")[0]
    return re.sub(r"([|*])", r"\\\1", line)


def directive(helper: object) -> str:
    """The directive that documents it."""
    if not isinstance(helper, type):
        return "autofunction"
    failure = issubclass(helper, Exception)
    return "autoexception" if failure else "autoclass"


# Where the chapters use it


def where(found: list[tuple[str, str, str]]) -> str:
    """Links to sections, or a word that there is none."""
    if not found:
        return ":::{div} used-in\nNo chapter calls it by itself.\n:::"
    links = [
        f"[{title}](../{page}.ipynb{'#' + anchor if anchor else ''})"
        for page, anchor, title in found[:SECTIONS_SHOWN]
    ]
    return ":::{div} used-in\nUsed in: " + " · ".join(links) + "\n:::"


def uses(root: Path) -> dict[str, list[tuple[str, str, str]]]:
    """For each helper the section of each page that uses it first."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for path in chapters(root):
        page = f"chapters/{path.stem}"
        seen: set[str] = set()
        for anchor, title, names in cells(path, root):
            for name in sorted(names - seen):
                found.setdefault(name, []).append((page, anchor, title))
            seen |= names
    return found


def chapters(root: str | Path) -> list[Path]:
    """The notebooks, in reading order."""
    return sorted(Path(root, "chapters").glob("*.ipynb"))


def cells(path: Path, root: Path) -> Iterator[tuple[str, str, set[str]]]:
    """For each code cell its section and the helpers that it calls."""
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    from commands.questions import HEADING, slug

    title, anchor, page = "", "", ""
    imported: set[str] = set()
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            for line in cell.source.splitlines():
                heading = HEADING.match(line)
                if heading and len(heading[1]) == 1:
                    page, anchor, title = heading[2], "", heading[2]
                elif heading and len(heading[1]) <= 3:
                    anchor = slug(heading[2])
                    title = f"{page}: {heading[2]}"
        elif cell.cell_type == "code":
            yield anchor, title, called(cell.source, imported)


def called(source: str, imported: set[str]) -> set[str]:
    """The helpers that a cell names; imports are kept for later cells."""
    plain = re.sub(r"^[%!].*$", "", source, flags=re.MULTILINE)
    found: set[str] = set()
    for node in ast.walk(ast.parse(plain)):
        if isinstance(node, ast.ImportFrom) and node.module == "helpers":
            imported.update(name.name for name in node.names)
        elif isinstance(node, ast.Attribute):
            own = isinstance(node.value, ast.Name)
            if own and node.value.id == "helpers":
                found.add(node.attr)
        elif isinstance(node, ast.Name) and node.id in imported:
            found.add(node.id)
    return found


def short_types(
    app: Sphinx, kind: str, name: str, found: object, options: object,
    signature: str | None, result: str | None,
) -> tuple[str | None, str | None]:  # fmt: skip
    """NumPy's `ArrayLike` by its name, not by the nine types behind it."""
    spelled = stringify_annotation(ArrayLike, "smart")
    short = "~numpy.typing.ArrayLike"
    given = [text and text.replace(spelled, short) for text in
             (signature, result)]  # fmt: skip
    return given[0], given[1]


def setup(app: Sphinx) -> dict[str, bool]:
    """Make `{helpers}` known."""
    app.add_directive("helpers", HelperList)
    app.connect("autodoc-process-signature", short_types)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
