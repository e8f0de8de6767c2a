"""Chapters can be left out and added: what an edition of one's own needs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

import tasks
from commands import leave_out, new_chapter, questions
from commands.classroom import minutes, reading
from tests.support import ROOT

CHECKS = "07_is_my_jacobian_right"
PARTS = ("chapters", "reference", "helpers/exercises", "tests/exercises")
ANSWERS = ("tests/exercises/answers_", "tests/exercises/right_")
FILES = (
    "_toc.yml",
    "index.md",
    "genindex.md",
    "README.md",
    "tests/site/searching.py",
)


def gone() -> list[str]:
    """Two chapters after the fourth, but not the one with the checks.

    An edition of one's own may have others, or one of them: these tests
    hold there too.
    """
    later = sorted(
        path.stem
        for path in (ROOT / "chapters").glob("[0-9]*.ipynb")
        if path.stem >= "05"
    )
    pages = {name: leave_out.with_pages(name, ROOT) for name in later}
    further = {page for listed in pages.values() for page in listed[1:]}
    chapters = [name for name in later if name not in further]
    return [name for name in chapters if CHECKS not in pages[name]][:2]


GONE = gone()
WITH = [page for name in GONE for page in leave_out.with_pages(name, ROOT)]


def subjects(root: Path, pages: list[str]) -> set[str]:
    """What the exercises of some pages are about."""
    paths = [leave_out.page(name, root) for name in pages]
    found = [reading.exercises(path) for path in paths]
    return {e.name.split()[0] for listed in found for e in listed}


def test_there_is_a_chapter_to_leave_out() -> None:
    assert GONE, "no chapter after the fourth but the one with the checks"


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the book without two chapters."""
    root = tmp_path_factory.mktemp("edition")
    hidden = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    for name in PARTS:
        shutil.copytree(ROOT / name, root / name, ignore=hidden)
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, root / name)
    assert leave_out.main(GONE, root) == 0
    minutes.exercises.cache_clear()
    return root


def test_further_pages_go_with_their_chapter(edition: Path) -> None:
    assert not [n for n in WITH if leave_out.page(n, edition).exists()]
    assert not tasks.contents_faults(edition)
    text = (edition / "_toc.yml").read_text(encoding="utf-8")
    assert not re.search(r"sections:\n(?! {8})", text)


def test_no_link_leads_to_what_went(edition: Path) -> None:
    link = re.compile(rf"\]\([^)]*(?:{'|'.join(WITH)})")
    pages = [*edition.glob("**/*.md"), *edition.glob("**/*.ipynb")]
    texts = {path.name: path.read_text(encoding="utf-8") for path in pages}
    assert not [name for name, text in texts.items() if link.search(text)]
    for row in questions.all_questions(edition):
        assert not questions.faults(row, edition)


def test_no_exercise_is_left_without_its_page(edition: Path) -> None:
    gone = subjects(ROOT, WITH)
    kept = {e.name.split()[0] for e in reading.all_exercises(edition)}
    assert gone and kept and not gone & kept
    for start in ("helpers/exercises/", *ANSWERS):
        for subject in gone:
            assert not (edition / f"{start}{subject}.py").exists()
        for subject in kept:
            assert (edition / f"{start}{subject}.py").exists()


def test_the_lessons_keep_their_time(edition: Path) -> None:
    before = (ROOT / leave_out.GUIDE).read_text(encoding="utf-8")
    guide = (edition / leave_out.GUIDE).read_text(encoding="utf-8")
    form = r"^```\{lesson\} (\d+)\n(.*?)^```"
    lessons = re.findall(form, guide, re.M | re.S)
    assert len(lessons) == len(re.findall(form, before, re.M | re.S)) > 0
    steps = re.compile(rf"^(?:{'|'.join(WITH)})#", re.M)
    own = re.compile(r"\| Yours: the book had more", re.M)
    assert not steps.search(guide)
    more = len(own.findall(guide)) - len(own.findall(before))
    assert more >= len(steps.findall(before))
    for limit, content in lessons:
        minutes.lesson(content.splitlines(), int(limit), edition)
    for content in re.findall(r"\{homework\}\n(.*?)\n```", guide, re.S):
        minutes.homework([n.strip() for n in content.split(",")], edition)


def test_one_further_page_goes_alone(tmp_path: Path) -> None:
    shutil.copyfile(ROOT / "_toc.yml", tmp_path / "_toc.yml")
    found = leave_out.with_pages("04_lstm_fading", tmp_path)
    assert found == ["04_lstm_fading"]
    assert len(leave_out.with_pages("04_lstm", tmp_path)) == 4


def test_one_exercise_of_a_subject_goes_alone(tmp_path: Path) -> None:
    for start in ("helpers/exercises/", *ANSWERS):
        target = tmp_path / f"{start}lstm.py"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / f"{start}lstm.py", target)
    leave_out.drop_exercise("lstm 14", tmp_path)
    marker = (tmp_path / "helpers/exercises/lstm.py").read_text("utf-8")
    assert "def exercise_14(" not in marker
    assert "def exercise_13(" in marker and "def exercise_15(" in marker
    compile(marker, "lstm.py", "exec")
    for start in ANSWERS:
        text = (tmp_path / f"{start}lstm.py").read_text(encoding="utf-8")
        assert '"lstm 14"' not in text and '"lstm 15"' in text
        compile(text, f"{start}lstm.py", "exec")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("[It](05_a.ipynb#x), [that](6.ipynb).", "It, [that](6.ipynb)."),
        ("* [It](../chapters/05_a.ipynb): gone.\n* kept\n", "* kept\n"),
        ("A rule. [It](05_a.ipynb#x)\nMore.", "A rule.\nMore."),
        ("A rule. [It](05_a.ipynb#x).", "A rule."),
        ("A rule: [it](05_a.ipynb#x).", "A rule: it."),
        ("| Why? | [`y[0]` cut](05_a.ipynb#y) |\n| b | c |\n", "| b | c |\n"),
    ],
)  # fmt: skip
def test_a_link_becomes_its_words(text: str, left: str) -> None:
    assert leave_out.unlinked(text, ["05_a"]) == left


def test_a_cell_that_lost_its_links_says_so(tmp_path: Path) -> None:
    """The rule for entries of the error page asks it."""
    sources = ["Why. [It](05_a.ipynb#x)", "[It](05_a.ipynb), [b](6.ipynb)."]
    cells = [new_markdown_cell(source) for source in sources]
    path = tmp_path / "page.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    leave_out.unlink_notebook(path, ["04_b", "05_a"])
    first, second = nbformat.read(path, as_version=4).cells
    assert (first.source, first.metadata) == ("Why.", {"left_out": ["05_a"]})
    assert second.source == "It, [b](6.ipynb)." and not second.metadata


def test_what_is_not_there_is_refused(tmp_path: Path, capsys) -> None:
    assert leave_out.main([], tmp_path) == 2
    assert leave_out.main(["99_nowhere"], tmp_path) == 2
    assert "no chapters/99_nowhere.ipynb" in capsys.readouterr().out


def test_a_new_chapter_stands_behind_the_last(
    tmp_path: Path, monkeypatch
) -> None:
    """Not among the reference pages, whose notebooks have no number."""
    monkeypatch.setattr(new_chapter, "ROOT", tmp_path)
    (tmp_path / "chapters").mkdir()
    for name in ("01_one", "02_two_more", "answers_corrected"):
        (tmp_path / "chapters" / f"{name}.ipynb").touch()
    (tmp_path / "_toc.yml").write_text(
        "root: index\nparts:\n"
        "  - caption: Chapters\n    chapters:\n"
        "      - file: chapters/01_one\n"
        "        sections:\n          - file: chapters/02_two_more\n"
        "  - caption: Reference\n    chapters:\n"
        "      - file: chapters/answers_corrected\n"
    )
    assert new_chapter.next_number() == "03"
    new_chapter.add_to_contents("chapters/03_sparse")
    lines = (tmp_path / "_toc.yml").read_text().splitlines()
    assert lines[7] == "      - file: chapters/03_sparse"
    assert lines[8] == "  - caption: Reference"
