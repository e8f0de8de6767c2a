"""The repository as a whole: pins, paths, sizes and style."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MADE = re.compile(
    r"\.git|\.venv.*|_build|build|\.ipynb_checkpoints|.*-info|.*_cache.*"
)
TEXT = {".py", ".md", ".yml", ".toml", ".json", ".ipynb", ".txt", ".in"}
TEXT |= {".cff", ".bib", ".css", ".js", ".mplstyle", ".csv", ""}
# In pieces, so that this file does not contain what it forbids.
MACHINE = re.compile(r"(?<![\w.])/" + r"(?:root|home|work)/\w+")
REGISTRY = re.compile("pypi" + r"\.org|python" + "hosted|npm" + "js")


def files() -> list[Path]:
    """The text files of the project, without what is made from them."""
    found = []
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        made = any(MADE.fullmatch(part) for part in parts[:-1])
        if not made and path.is_file() and path.suffix in TEXT:
            found.append(path)
    return found


def requirement_lines(name: str) -> list[str]:
    """The lines of a requirements file without comments and hashes."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [s for s in lines if s and not s.lstrip().startswith(("#", "--"))]


def test_no_path_of_a_machine_and_no_registry() -> None:
    found = []
    for path in files():
        text = path.read_text(encoding="utf-8", errors="replace")
        for pattern in (MACHINE, REGISTRY):
            found += [f"{path}: {m.group()}" for m in pattern.finditer(text)]
    assert not found, "\n".join(found)


def test_requirements_name_no_host() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert not re.search(r"https?:|--index-url|--find-links", text)


def test_every_requirement_is_pinned_and_hashed() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    loose = [e for e in entries if not re.match(r"\S+==\S+", e)]
    loose += [e for e in entries if "--hash=sha256:" not in e]
    assert not loose


def test_lock_holds_everything_that_is_asked_for() -> None:
    pinned = {
        re.split(r"==", line)[0].lower().replace("_", "-")
        for line in requirement_lines("requirements.txt")
    }
    asked = {
        re.split(r"[\s=<>;\[]", line)[0].lower()
        for line in requirement_lines("requirements.in")
    }
    assert asked <= pinned


def test_project_and_requirements_ask_for_the_same() -> None:
    """A bound in pyproject.toml is the one of requirements.in."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    lines = requirement_lines("requirements.in")
    asked = [re.sub(r"\s", "", line) for line in lines]
    for requirement in project["dependencies"]:
        assert re.sub(r"\s", "", requirement) in asked
    for group in project["optional-dependencies"].values():
        name, version = group[0].split(">=")
        release = version.split(",")[0]
        assert any(line.startswith(f"{name}=={release}.") for line in asked)


def test_continuous_integration_runs_all_tests() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "set -euo pipefail" in script
    assert re.search(r"^make test$", script, re.MULTILINE)


@pytest.mark.parametrize("folder", ["helpers", "tools", "_ext"])
def test_files_are_rooms_not_halls(folder: str) -> None:
    long = [
        str(path)
        for path in (ROOT / folder).rglob("*.py")
        if len(path.read_text(encoding="utf-8").splitlines()) > 250
    ]
    assert not long


def test_code_is_clean() -> None:
    command = [sys.executable, "-m", "ruff", "check", "--quiet", str(ROOT)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
