"""The built wheel holds all that `helpers` needs, and declares it."""

from __future__ import annotations

import ast
import platform
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from commands import wheel as wheels
from tests.support import ROOT

# Imported only where it is already running: a notebook's output.
OPTIONAL = {"IPython"}
# Run away from the project: only the wheel's own files may be found.
PROBE = """
import importlib, pathlib, pkgutil, sys
sys.path.insert(0, {wheel!r})
import helpers
assert helpers.__file__.startswith({wheel!r}), helpers.__file__
for found in pkgutil.walk_packages(helpers.__path__, "helpers."):
    importlib.import_module(found.name)
helpers.use_style()
for name in helpers.__all__:
    getattr(helpers, name)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this project, built now from a copy of what is in it."""
    return wheels.build(tmp_path_factory.mktemp("wheel"))


def test_wheel_is_the_same_bytes_again(wheel: Path, tmp_path: Path) -> None:
    assert wheels.build(tmp_path).read_bytes() == wheel.read_bytes()


def test_wheel_carries_the_stored_measurements(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as held:
        stored = held.read("helpers/book/results/lstm.json")
    assert stored == (ROOT / "benchmarks/results/lstm.json").read_bytes()


def test_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    files = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "helpers").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    ]
    assert "helpers/figures/book.mplstyle" in held
    assert set(files) <= held
    assert not [name for name in held if name.startswith("tests")]


def test_wheel_is_imported_in_a_clean_place(
    wheel: Path, tmp_path: Path
) -> None:
    place = tmp_path / "place"
    zipfile.ZipFile(wheel).extractall(place)
    program = PROBE.format(wheel=str(place))
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.weekly
def test_wheel_installs_in_a_new_environment(
    wheel: Path, tmp_path: Path
) -> None:
    """What the wheel declares is enough: nothing else is installed."""
    place = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    windows = sys.platform == "win32"
    python = place / ("Scripts/python.exe" if windows else "bin/python")
    linux = sys.platform == "linux" and platform.machine() == "x86_64"
    extra = "cpu" if windows or linux else "tensorflow"
    pip = [str(python), "-m", "pip", "install", "-q", f"{wheel}[{extra}]"]
    subprocess.run(pip, check=True)
    probe = PROBE.format(wheel=str(place))
    subprocess.run([str(python), "-c", probe], cwd=tmp_path, check=True)


def test_everything_imported_is_declared() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    asked = [*project["dependencies"]]
    for group in project["optional-dependencies"].values():
        asked += group
    declared = {normal(line) for line in asked}
    owners = packages_distributions()
    missing = {
        name
        for name in imported() - OPTIONAL
        if not {normal(d) for d in owners.get(name, [])} & declared
    }
    assert not missing, f"imported, not declared in pyproject.toml: {missing}"


def normal(requirement: str) -> str:
    """The name of a requirement without its bounds, spelled one way."""
    name = requirement.split(";")[0]
    for sign in "<>=~! [":
        name = name.split(sign)[0]
    return name.lower().replace("_", "-")


def imported() -> set[str]:
    """Every package that a file of `helpers` imports, but Python's own."""
    found: set[str] = set()
    for path in (ROOT / "helpers").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            found |= set(packages(node))
    return found - set(sys.stdlib_module_names) - {"helpers"}


def packages(node: ast.AST) -> Iterator[str]:
    """The packages that one statement imports."""
    if isinstance(node, ast.Import):
        yield from (name.name.split(".")[0] for name in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module.split(".")[0]
