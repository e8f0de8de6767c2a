"""What makes the book execute its chapters again, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

import tasks
from commands import influence

SOURCE = '''"""What the module does."""

import math


class Circle:
    """A circle."""

    def area(self, radius):
        """Its area."""
        return math.pi * radius**2  # exact
'''


def code(folder: Path, source: str) -> str:
    path = folder / "module.py"
    path.write_text(source, encoding="utf-8")
    return influence.code(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("What the module does.", "What it is for."),
        ('    """A circle."""\n', '    """A circle,\n\n    round."""\n'),
        ("Its area.", "The area."),
        ("  # exact", ""),
        ("\n\n\n", "\n\n"),
    ],
)
def test_words_for_people_change_nothing(
    tmp_path: Path, old: str, new: str
) -> None:
    assert old in SOURCE
    changed = SOURCE.replace(old, new)
    assert code(tmp_path, changed) == code(tmp_path, SOURCE)


def test_docstrings_and_empty_lines_are_no_text(tmp_path: Path) -> None:
    """What figures are stored for: the same under every Python."""
    path = tmp_path / "module.py"
    path.write_text(SOURCE, encoding="utf-8")
    assert influence.text(path).splitlines() == [
        "import math",
        "class Circle:",
        "    def area(self, radius):",
        "        return math.pi * radius**2  # exact",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("radius**2", "radius**3"),
        ("math.pi", "3.14"),
        ("def area", "def size"),
        ("import math", "import cmath as math"),
    ],
)
def test_code_changes_something(tmp_path: Path, old: str, new: str) -> None:
    changed = SOURCE.replace(old, new)
    assert code(tmp_path, changed) != code(tmp_path, SOURCE)


def test_packages_are_those_that_outputs_can_depend_on() -> None:
    found = influence.packages(tasks.VENV)
    for name in ("keras", "numpy", "matplotlib", "ipykernel", "pillow"):
        assert name in found
    assert "tensorflow" in found or "tensorflow-cpu" in found
    for name in ("ruff", "pytest", "nbval", "sphinx", "uv", "playwright"):
        assert name not in found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what the fingerprint of outputs is made from."""
    sources = {
        "helpers/circle.py": SOURCE,
        "helpers/look.mplstyle": "lines.linewidth: 2",
        "chapters/01.ipynb": "{}",
        "chapters/data.csv": "1,2",
        "requirements.txt": "ruff==1.0",
        ".venv/pyvenv.cfg": "version = 3.11.7",
    }
    for name, text in sources.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(tasks, "ROOT", tmp_path)
    monkeypatch.setattr(tasks, "VENV", tmp_path / ".venv")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "old", "new", "again"),
    [
        ("helpers/circle.py", "Its area.", "The area.", False),
        ("helpers/circle.py", "**2", "**3", True),
        ("helpers/look.mplstyle", "2", "3", True),
        ("chapters/data.csv", "1", "3", True),
        ("chapters/01.ipynb", "{}", "{ }", False),
        ("requirements.txt", "ruff==1.0", "ruff==1.1", False),
        (".venv/pyvenv.cfg", "3.11.7", "3.12.1", True),
    ],
)
def test_when_chapters_are_executed_again(
    project: Path, name: str, old: str, new: str, again: bool
) -> None:
    before = tasks.outputs_fingerprint()
    path = project / name
    path.write_text(path.read_text().replace(old, new))
    assert (tasks.outputs_fingerprint() != before) == again


def test_another_package_version_executes_them_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {"keras": "3.15.1"}
    monkeypatch.setattr(influence, "packages", lambda place: found)
    before = tasks.outputs_fingerprint()
    found["keras"] = "3.15.2"
    assert tasks.outputs_fingerprint() != before
