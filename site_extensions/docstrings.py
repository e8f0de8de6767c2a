"""Plain docstrings on the website.

The helpers' docstrings are written to be read in the code: y.shape and
|y| mean themselves there. Before they are turned into a page, stars and
bars are protected and indented formulas become literal blocks. Types in
signatures lead to the public name, `helpers.Series`, rather than to the
file that defines it. The fields of a named tuple, which its docstring
explains, are not listed again.
"""

from __future__ import annotations

import re
from importlib import import_module

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

SECTIONS = "Args Returns Raises Yields Attributes Example Examples Note"
MARKUP = re.compile(r"(`[^`]*`)|([*|])")


def setup(app: Sphinx) -> dict[str, bool]:
    """Run before the sections of docstrings are read."""
    app.connect("autodoc-process-docstring", plain_text, priority=1)
    app.connect("autodoc-skip-member", skip_fields)
    app.connect("missing-reference", public_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def plain_text(
    app: Sphinx, what: str, name: str, obj, options, lines: list[str]
) -> None:
    """Protect one docstring, in place."""
    literal_below = None
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if line.strip() and literal_below is not None:
            if indent > literal_below:
                continue
            literal_below = None
        if opens_literal(lines, number):
            lines[number] = line = line + ":"
            literal_below = indent
        if not line.lstrip().startswith((">>>", "...")):
            lines[number] = MARKUP.sub(protect, line)


def opens_literal(lines: list[str], number: int) -> bool:
    """Whether an indented block after an empty line follows this line."""
    line, below = lines[number], lines[number + 1 : number + 3]
    if not line.endswith(":") or line.strip(" :") in SECTIONS.split():
        return False
    indent = len(line) - len(line.lstrip()) + 1
    return len(below) == 2 and not below[0] and below[1][:indent].isspace()


def protect(found: re.Match[str]) -> str:
    """Code stays as it is; a star or a bar outside of it means itself."""
    code, sign = found.groups()
    return code or "\\" + sign


def skip_fields(
    app: Sphinx, what: str, name: str, obj, skip: bool, options
) -> bool | None:
    """Leave out what only says `Alias for field number 0`."""
    text = getattr(obj, "__doc__", None) or ""
    return True if text.startswith("Alias for field") else None


def public_name(
    app: Sphinx, env: BuildEnvironment, node, content: nodes.Node
) -> nodes.Node | None:
    """Find `helpers.file.Name` as `helpers.Name`, or leave it plain."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py" or not exists(target):
        return None
    name = "helpers." + target.rsplit(".", 1)[1]
    page, role = node["refdoc"], node["reftype"]
    domain = env.domains["py"]
    found = domain.resolve_xref(
        env, page, app.builder, role, name, node, content
    )
    return found or content


def exists(target: str) -> bool:
    """Whether a dotted name below `helpers` leads to an object."""
    module, _, name = target.rpartition(".")
    if not module.startswith("helpers."):
        return False
    try:
        return hasattr(import_module(module), name)
    except ImportError:
        return False
