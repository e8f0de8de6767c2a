"""The rooms of `helpers`: arrows go one way, and types are right."""

from __future__ import annotations

import shutil
import subprocess
import sys
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
