"""The rooms of `helpers`: arrows go one way, and types are right."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support import ROOT

LINT_IMPORTS = "from importlinter.cli import lint_imports_command as lint"
LINT_IMPORTS += "; lint(['--no-cache'])"


def checked(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a tool of this environment on the package in a folder."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def test_arrows_go_one_way() -> None:
    result = checked(ROOT, "-c", LINT_IMPORTS)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("derivatives/checks.py", "import helpers.figures.heat_map"),
        ("derivatives/core/log.py", "import helpers.derivatives.checks"),
        ("figures/style.py", "import helpers.book.series"),
        ("derivatives/magnitudes.py", "import helpers.derivatives.checks"),
    ],
)
def test_an_arrow_the_wrong_way_is_found(
    tmp_path: Path, module: str, line: str
) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "helpers", tmp_path / "helpers")
    file = tmp_path / "helpers" / module
    file.write_text(f"{line}\n{file.read_text(encoding='utf-8')}", "utf-8")
    result = checked(tmp_path, "-c", LINT_IMPORTS)
    assert result.returncode != 0
    assert "1 broken" in result.stdout or "2 broken" in result.stdout


def arrows(root: Path) -> dict[str, set[str]]:
    """Which module of the project imports which, helpers aside."""
    files = [
        path.relative_to(root)
        for room in ("benchmarks", "commands", "site_extensions", "tests")
        for path in (root / room).rglob("*.py")
    ]
    modules = {".".join(path.with_suffix("").parts): path for path in files}
    found: dict[str, set[str]] = {}
    for module, path in modules.items():
        text = (root / path).read_text(encoding="utf-8")
        named: set[str] = set()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                named |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                inner = {f"{node.module}.{each.name}" for each in node.names}
                named |= {node.module, *inner}
        found[module] = named & set(modules)
    return found


def test_no_circle_outside_of_helpers_and_tests_are_on_top() -> None:
    found = arrows(ROOT)
    list(TopologicalSorter(found).static_order())
    upward = [
        (module, target)
        for module, targets in found.items()
        for target in targets
        if target.startswith("tests.") and not module.startswith("tests.")
    ]
    assert not upward
    assert "commands.viewing" in found["tests.conftest"]


def test_a_circle_of_commands_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "commands"
    folder.mkdir()
    (folder / "a.py").write_text("from commands import b\n", "utf-8")
    (folder / "b.py").write_text("import commands.a\n", "utf-8")
    with pytest.raises(CycleError):
        list(TopologicalSorter(arrows(tmp_path)).static_order())


def test_types_are_right() -> None:
    result = checked(ROOT, "-m", "mypy")
    assert result.returncode == 0, result.stdout


ALONE = """
import sys, tensorflow, keras
before = set(sys.modules)
import helpers
for room, names in helpers.ROOMS.items():
    if room.startswith("derivatives"):
        for name in names.split():
            getattr(helpers, name)
wanted = {"matplotlib", "psutil", "tqdm"}
print(sorted(wanted & (set(sys.modules) - before)))
"""


def test_derivatives_load_no_figures_bars_or_measuring() -> None:
    """Keras itself loads some of these, where they are installed."""
    command = [sys.executable, "-c", ALONE]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
