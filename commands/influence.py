"""What stored outputs can depend on: code that runs, packages it needs.

A docstring, a comment or another linter cannot change an output, so they
do not make the book execute its chapters again. Standard library only.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import TypeAlias, get_args

ROOT = Path(__file__).resolve().parents[1]
# What runs the cells; what they import stands in pyproject.toml.
KERNEL = ("ipykernel", "nbclient")
Scope: TypeAlias = (
    ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
)
SCOPES = get_args(Scope)


def code(path: Path) -> str:
    """What a Python file does: its syntax tree without docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in documented(tree):
        del node.body[0]
    return ast.dump(tree)


def text(path: Path) -> str:
    """The same as text, which no version of Python writes in another way."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    for node in documented(ast.parse(source)):
        words = node.body[0]
        for number in range(words.lineno - 1, words.end_lineno or 0):
            lines[number] = ""
    return "\n".join(line for line in lines if line.strip())


def documented(tree: ast.Module) -> list[Scope]:
    """The parts of a file that have a docstring."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, SCOPES)]
    return [node for node in nodes if ast.get_docstring(node) is not None]


def packages(environment: Path) -> dict[str, str]:
    """The versions of installed packages that outputs can depend on.

    What the book imports and what runs its cells, with all that these
    need; not the linter, the test runner or the site.
    """
    places = [*environment.glob("lib/python3.*/site-packages")]
    places += environment.glob("Lib/site-packages")
    installed = {
        canonical(found.name): found
        for found in distributions(path=list(map(str, places)))
    }
    versions: dict[str, str] = {}
    waiting = [canonical(name) for name in wanted()]
    while waiting:
        name = waiting.pop()
        if name in installed and name not in versions:
            versions[name] = installed[name].version
            waiting += needs(installed[name])
    return dict(sorted(versions.items()))


def wanted() -> list[str]:
    """The packages that `helpers` and its kernels ask for by name."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    groups = project.get("optional-dependencies", {})
    lines = sum(groups.values(), project["dependencies"])
    return [*names(lines), *KERNEL]


def needs(package: Distribution) -> list[str]:
    """The names that a package requires, its extras left out."""
    lines = package.requires or []
    return names(line for line in lines if "extra ==" not in line)


def names(requirements: Iterable[str]) -> list[str]:
    found = (re.match(r"[\w.-]+", line) for line in requirements)
    return [canonical(match.group()) for match in found if match]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
