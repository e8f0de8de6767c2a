"""`make chapter`: what it writes keeps the rules and is in the contents."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import tasks
from commands import leave_out, new_chapter
from commands.classroom import reading
from helpers.exercises.marking import Hint
from tests.chapters import notebook_rules as rules
from tests.support import ROOT

NAME = "planted"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The names of all chapters, and the contents; nothing is executed."""
    for folder in ("chapters", "helpers/exercises", "tests/exercises"):
        (tmp_path / folder).mkdir(parents=True)
    for path in (ROOT / "chapters").glob("*.ipynb"):
        (tmp_path / "chapters" / path.name).touch()
    for page in (ROOT / "reference").glob("*.md"):
        (tmp_path / "reference").mkdir(exist_ok=True)
        (tmp_path / "reference" / page.name).touch()
    for page in ("index.md", "genindex.md"):
        shutil.copy(ROOT / page, tmp_path)
    shutil.copy(ROOT / "_toc.yml", tmp_path)
    monkeypatch.setattr(new_chapter, "ROOT", tmp_path)
    monkeypatch.setattr(new_chapter.run_notebooks, "main", lambda names: 0)
    return tmp_path


def written(project: Path) -> Path:
    """The notebook of a chapter begun now."""
    assert new_chapter.main([NAME]) == 0
    (path,) = (project / "chapters").glob(f"*_{NAME}.ipynb")
    return path


def test_it_has_the_next_number_and_its_place(project: Path) -> None:
    path = written(project)
    before = sorted((ROOT / "chapters").glob("[0-9]*.ipynb"))
    assert int(path.name[:2]) == int(before[-1].name[:2]) + 1
    assert tasks.contents_faults(project) == []
    lines = (project / "_toc.yml").read_text(encoding="utf-8").splitlines()
    place = lines.index(f"      - file: chapters/{path.stem}")
    # A chapter of its own, not a second page of the one before.
    assert "      - file: chapters/00_quick_answer" in lines[:place]


def test_the_notebook_keeps_the_rules(project: Path) -> None:
    path = written(project)
    notebook = nbformat.read(path, as_version=4)
    for rule in (
        rules.no_semicolon,
        rules.narrow_lines,
        rules.has_an_aim,
        rules.has_an_example,
        rules.alt_texts,
        rules.helper_names_exist,
    ):
        assert not rule(notebook), rule.__name__
    assert not rules.links_exist(notebook, path)
    assert not rules.chapter_is_whole({path.stem: notebook})


def test_it_leads_to_the_checks_and_to_no_page_left_out(
    project: Path,
) -> None:
    (project / "chapters" / "07_is_my_jacobian_right.ipynb").touch()
    for name in ("01_scalar", "02_tensor"):
        leave_out.page(name, project).unlink(missing_ok=True)
    path = written(project)
    notebook = nbformat.read(path, as_version=4)
    assert not rules.links_exist(notebook, path)
    texts = [cell.source for cell in notebook.cells]
    assert "**Builds on:** Scalar Jacobians." in texts[0]
    assert "07_is_my_jacobian_right.ipynb" in texts[-1]
    assert "Tensor" not in texts[-1]


def test_it_has_a_section_in_the_teaching_guide(project: Path) -> None:
    guide = project / new_chapter.GUIDE
    guide.write_text("# G\n\n## Page by page\n\n### A\n\n## Slides\n\nB\n")
    path = written(project)
    before, _, after = guide.read_text().partition("### [Planted Jacobians]")
    assert before.endswith("### A\n\n") and after.endswith("## Slides\n\nB\n")
    assert after.startswith(f"(../chapters/{path.stem}.ipynb)\n")
    for line in (f"{{page-minutes}} {path.stem}", f"{{in-class}} {path.stem}"):
        assert f"```{line}\n" in after
    assert "**Before:** [Scalar Jacobians](../chapters/01_scalar" in after
    assert reading.is_draft(path)


def test_its_exercise_is_marked(project: Path) -> None:
    written(project)
    marker = {}
    text = (project / f"helpers/exercises/{NAME}.py").read_text("utf-8")
    exec(text, marker)
    assert marker["exercise_1"](6)
    wrong, right = given(project, "answers"), given(project, "right")
    assert len(wrong) >= 2 and len(right) >= 2
    for answer in wrong:
        with pytest.raises(Hint):
            marker["exercise_1"](answer)
    for answer in right:
        assert marker["exercise_1"](answer)
    command = [sys.executable, "-m", "ruff", "check", "--quiet", "--isolated"]
    command += ["--line-length=79", *map(str, project.rglob("*.py"))]
    assert subprocess.run(command).returncode == 0


def given(project: Path, kind: str) -> list:
    """What the answers of one kind answer to the first exercise."""
    text = (project / f"tests/exercises/{kind}_{NAME}.py").read_text("utf-8")
    known, found = {}, []
    exec(text, known)
    table = known["WRONG" if kind == "answers" else "RIGHT"]
    for code in table[f"{NAME} 1"]:
        names = {}
        exec(new_chapter.CODE, names)
        exec(code, names)
        found.append(names["answer"])
    return found


@pytest.mark.parametrize("name", ["", "Sparse", "2d", "a b"])
def test_a_name_that_is_none_is_refused(project: Path, name: str, capsys):
    assert new_chapter.main([name]) == 2
    assert "expected one word in small letters" in capsys.readouterr().out


def test_what_is_there_is_not_replaced(project: Path, capsys) -> None:
    path = written(project)
    before = path.read_bytes()
    assert new_chapter.main([NAME]) == 2
    assert "exists; use another name" in capsys.readouterr().out
    assert path.read_bytes() == before
