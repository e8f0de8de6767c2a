"""Every exercise: the stub is unanswered, the solution right, errors hint."""

import contextlib
import importlib
import io
import re

import nbformat
import pytest

from helpers.exercises import mark
from helpers.exercises.marking import CHAPTERS, verdict_on
from tests.support import ROOT

CHAPTER_FILES = sorted(ROOT.glob("chapters/*.ipynb"))
MARK = re.compile(r'mark\("(\w+ \d+)"')
SOLUTION = re.compile(
    r'<details class="solution">.*?```python\n(.*?)```', re.DOTALL
)


def read(path):
    return nbformat.read(path, as_version=4).cells


def first_code(cells):
    return next(cell.source for cell in cells if cell.cell_type == "code")


def exercises():
    """(path, name, stub, solution) of every exercise in the book."""
    for path in CHAPTER_FILES:
        cells = read(path)
        text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
        solutions = {
            MARK.search(code)[1]: code for code in SOLUTION.findall(text)
        }
        for cell in cells:
            found = MARK.search(cell.source)
            if cell.cell_type == "code" and found:
                name = found[1]
                yield path, name, cell.source, solutions.get(name)


EXERCISES = {name: rest for *rest, name in (
    (path, stub, solution, name) for path, name, stub, solution in exercises()
)}  # fmt: skip


def run(path, code):
    """Run code after the chapter's first cell; return what it printed."""
    namespace = {}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(first_code(read(path)), namespace)
        exec(code, namespace)
    return printed.getvalue(), namespace


def wrong_answers():
    for chapter in CHAPTERS:
        module = importlib.import_module(f"tests.exercises.answers_{chapter}")
        for name, answers in module.WRONG.items():
            for answer in answers:
                yield pytest.param(name, answer, id=f"{name}: {answer[:40]}")


def test_every_marked_chapter_has_exercises():
    for chapter in CHAPTERS:
        count = sum(name.split()[0] == chapter for name in EXERCISES)
        assert count >= 3, chapter


@pytest.mark.parametrize("name", EXERCISES)
def test_stub_is_unanswered(name):
    path, stub, _ = EXERCISES[name]
    printed, _ = run(path, stub)
    assert printed.startswith(f"Exercise {name}: unanswered.")


@pytest.mark.parametrize("name", EXERCISES)
def test_solution_is_right(name):
    path, _, solution = EXERCISES[name]
    assert solution, f"{name} has no folded solution"
    printed, _ = run(path, solution)
    assert printed.startswith(f"Exercise {name}: right."), printed


@pytest.mark.parametrize("name", EXERCISES)
def test_wrong_answers_are_known(name):
    chapter = name.split()[0]
    module = importlib.import_module(f"tests.exercises.answers_{chapter}")
    assert len(module.WRONG[name]) >= 2


@pytest.mark.parametrize(("name", "answer"), list(wrong_answers()))
def test_wrong_answer_gets_a_hint(name, answer):
    path = EXERCISES[name][0]
    _, namespace = run(path, answer)
    verdict, hint = verdict_on(name, namespace["answer"])
    assert verdict == "not yet"
    assert len(hint) > 15


def test_code_that_fails_is_reported_not_raised(capsys):
    def broken(x):
        raise KeyError("missing")

    mark("scalar 1", broken)
    assert "Your code raised KeyError" in capsys.readouterr().out


def test_unknown_exercise_is_explained():
    with pytest.raises(ValueError, match="chapter and a number.*'scalar 99'"):
        mark("scalar 99", 1)
