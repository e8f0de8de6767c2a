"""The repository as a whole: pins, paths, sizes and style."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import tasks
from tests import parts

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
        # In a second working tree, `.git` is a file.
        made = any(MADE.fullmatch(part) for part in parts)
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


def test_a_lock_says_what_moved() -> None:
    held = tasks.pins()
    assert {path for path, _ in held} == {
        "requirements.txt",
        "classroom/hub/requirements.txt",
        "commands/classroom/grading.txt",
    }
    key = ("requirements.txt", "numpy")
    assert held[key][0].isdigit() and tasks.moved(held, held) == []
    later = {k: v for k, v in held.items() if k[1] != "nbval"}
    moved = tasks.moved(held, later | {key: "99"})
    assert f"requirements.txt: numpy {held[key]} -> 99" in moved
    assert any(line.endswith("-> gone") for line in moved)


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
        assert re.sub(r"\s", "", requirement) in asked, (
            f"pyproject.toml asks for {requirement!r}, requirements.in for "
            "something else; write the same bound in both, then `make lock`"
        )
    for group in project["optional-dependencies"].values():
        name, version = group[0].split(">=")
        release = version.split(",")[0]
        same = [a for a in asked if a.startswith(f"{name}=={release}.")]
        assert same, (
            f"pyproject.toml asks for {group[0]!r}, requirements.in for "
            f"another release of {name}; change both, then `make lock`"
        )


def test_make_and_tasks_have_the_same_commands() -> None:
    front = text_of(ROOT / "Makefile")
    made = {*re.findall(r"^\t@\$\(PYTHON\) tasks\.py (\w[\w-]*)", front, re.M)}
    named = {*re.findall(r"python tasks\.py (\w[\w-]*)", tasks.__doc__ or "")}
    body = text_of(ROOT / "tasks.py").split("commands = {")[1].split("}")[0]
    known = {*re.findall(r'"(\w[\w-]*)":', body)}
    assert made == named == known
    phony = re.findall(r"^\.PHONY: (.*)", front, re.M)[0].split()
    assert {*phony} == {*known, "help"}


def test_continuous_integration_runs_all_tests() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "set -euo pipefail" in script
    assert re.search(r"^ *make test$", script, re.MULTILINE)


def test_development_container_has_the_settings_of_the_book() -> None:
    text = (ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8")
    settings = [
        f"{k}={v}" for k, v in json.loads(text)["containerEnv"].items()
    ]
    assert settings == tasks.tensorflow_settings(), (
        "containerEnv in .devcontainer/devcontainer.json differs from FIXED "
        "in tasks.py; write there what stands here"
    )


def test_settings_of_tensorflow_stand_in_one_place() -> None:
    """Elsewhere they are read from tasks.FIXED, or compared with it."""
    known = {"tasks.py", "devcontainer.json"}
    found = [
        str(path.relative_to(ROOT))
        for path in [*files(), *(ROOT / ".binder").iterdir()]
        if path.name not in known
        and "tests" not in path.parts
        and re.search("TF_ENABLE_ONEDNN" + r"_OPTS\W{1,3}[01]", text_of(path))
    ]
    assert not found, f"use tasks.FIXED instead: {found}"


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def workflows() -> list[Path]:
    return sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", workflows(), ids=lambda path: path.stem)
def test_actions_are_pinned_by_digest(path: Path) -> None:
    used = re.findall(r"uses: *(\S+)", text_of(path))
    loose = [
        action
        for action in used
        if not action.startswith("./")
        and not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action)
    ]
    assert not loose, f"{path.name}: name the commit's digest of {loose}"


def test_the_site_is_published_after_the_tests_only() -> None:
    publish = text_of(ROOT / ".github/workflows/publish.yml")
    test = text_of(ROOT / ".github/workflows/test.yml")
    assert re.search(r"^on:\n  workflow_call:\n\n", publish, re.MULTILINE)
    assert "needs: test\n" in test
    for word in ("ubuntu", "macos", "windows", '"3.11", "3.12", "3.13"'):
        assert word in test


def test_code_is_clean() -> None:
    command = [sys.executable, "-m", "ruff", "check", "--quiet", str(ROOT)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_what_is_slow_exists() -> None:
    """`make quick` leaves it out by name; a name that went, nobody sees."""
    tests = list((ROOT / "tests").rglob("test_*.py"))
    for entry in parts.SLOW:
        file, _, function = entry.partition("::")
        found = [path for path in tests if path.as_posix().endswith(file)]
        assert found, f"tests/parts.py names {file}, which is not there"
        assert f"def {function}" in text_of(found[0]), f"no test {entry}"


def test_a_setting_of_the_linter_installs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = text_of(ROOT / "pyproject.toml")
    (tmp_path / "requirements.txt").touch()
    monkeypatch.setattr(tasks, "ROOT", tmp_path)

    def fingerprint(old: str, new: str) -> str:
        assert old in project
        text = project.replace(old, new)
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
        return tasks.set_up_fingerprint()

    now = fingerprint("", "")
    assert fingerprint("max-statements = 15", "max-statements = 9") == now
    assert fingerprint('"psutil"', '"psutil>=7"') != now
