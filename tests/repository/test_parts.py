"""Two processes run the tests, and each part of them is named and timed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import tasks
from tests import parts
from tests.support import ROOT

PASSES = "def test_it():\n    assert True\n"
FAILS = "def test_it():\n    assert False\n"


def told(folder: Path, *options: str) -> str:
    """What pytest says of a folder, with the plugin of this project."""
    command = [sys.executable, "-m", "pytest", "-p", "tests.parts"]
    command += ["-p", "no:cacheprovider", "-p", "no:nbval", *options]
    return subprocess.run(
        [*command, f"--rootdir={folder}", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    ).stdout


def test_two_processes_name_and_time_each_part(tmp_path: Path) -> None:
    for name, text in (("one", PASSES), ("two", FAILS)):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"test_{name}.py").write_text(text)
    both = told(tmp_path, *tasks.IN_TWO)
    assert "1 failed, 1 passed" in both
    for name in ("one", "two"):
        assert f"\n{name} ... " in both
        assert re.search(rf"\n +0 min +\d s  {name}\n", both)


def test_the_longest_come_first() -> None:
    names = ["tests/a.py::x", "chapters/a.ipynb::Cell 0", parts.LONGEST]
    assert sorted(names, key=parts.rank) == names[::-1]
    assert (ROOT / parts.LONGEST).is_file()
