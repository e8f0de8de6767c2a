"""Every exercise: the stub is unanswered, the solution right, errors hint."""

import contextlib
import importlib
import io
import re
import warnings

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from helpers.exercises import mark
from helpers.exercises.marking import (
    CHAPTERS,
    NotRight,
    find_marker,
    verdict_on,
)
from tests.exercises.other_answers import RIGHT, SLIPS
from tests.support import ROOT

CHAPTER_FILES = sorted(ROOT.glob("chapters/*.ipynb"))
FEWEST = 6
MARK = re.compile(r'mark\("(\w+ \d+)"')
SOLUTION = re.compile(
    r'<details class="solution">.*?```python\n(.*?)```', re.DOTALL
)


def read(path):
    return nbformat.read(path, as_version=4).cells


def first_code(cells):
    return next(cell.source for cell in cells if cell.cell_type == "code")


def exercises(paths=CHAPTER_FILES):
    """(name, path, stub, solution) of every exercise in the chapters."""
    for path in paths:
        cells = read(path)
        solutions = solutions_in(path, cells)
        for cell in cells:
            found = MARK.search(cell.source)
            if cell.cell_type == "code" and found:
                name = found[1]
                yield name, path, cell.source, solutions.get(name)


def solutions_in(path, cells):
    """The solutions by exercise; each must say which one it solves."""
    found = {}
    for number, cell in enumerate(cells):
        if cell.cell_type != "markdown":
            continue
        for code in SOLUTION.findall(cell.source):
            name = MARK.search(code)
            assert name, (
                f"{path.name}, cell {number}: the first code block of the "
                'solution has no mark call; end it in mark("<chapter> '
                '<number>", answer), like the stub'
            )
            found[name[1]] = code
    return found


def by_name(found):
    """Exercises by their names, each of which occurs once."""
    result = {}
    for name, *rest in found:
        assert name not in result, (
            f'{rest[0].name}: mark("{name}") stands in two code cells; give '
            "the second exercise a number of its own"
        )
        result[name] = rest
    return result


# What is wrong with the chapters as a whole is told by a test, not by a
# file that cannot be collected.
try:
    EXERCISES, BROKEN = by_name(exercises()), None
except AssertionError as error:
    EXERCISES, BROKEN = {}, str(error)


def run(path, code):
    """Run code after the chapter's first cell; return what it printed."""
    namespace = {}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(first_code(read(path)), namespace)
        exec(code, namespace)
    return printed.getvalue(), namespace


def wrong_answers_to(chapter):
    """The chapter's wrong answers by exercise, or what to write."""
    try:
        module = importlib.import_module(f"tests.exercises.answers_{chapter}")
    except ModuleNotFoundError:
        return {}
    return module.WRONG


def wrong_answers():
    for chapter in CHAPTERS if BROKEN is None else ():
        for name, answers in wrong_answers_to(chapter).items():
            for answer in answers:
                yield pytest.param(name, answer, id=f"{name}: {answer[:40]}")


def test_exercises_can_be_read():
    assert BROKEN is None, BROKEN


def test_every_marked_chapter_has_exercises():
    if BROKEN is not None:
        pytest.skip("the exercises cannot be read")
    for chapter in CHAPTERS:
        count = sum(name.split()[0] == chapter for name in EXERCISES)
        assert count, (
            f"helpers/exercises/{chapter}.py marks a chapter without "
            f'exercises; end a code cell in mark("{chapter} 1", answer), or '
            "delete the file"
        )
        if count < FEWEST:
            warnings.warn(
                f"{chapter} has {count} exercises, fewer than {FEWEST}; add "
                "some, see `Add an exercise` in CONTRIBUTING.md",
                stacklevel=1,
            )


@pytest.mark.parametrize("name", EXERCISES)
def test_exercise_has_a_marker(name):
    path = EXERCISES[name][0]
    chapter, number = name.split()
    try:
        find_marker(name)
    except ValueError:
        pytest.fail(
            f'{path.name} ends a cell in mark("{name}"), but there is no '
            f"exercise_{number} in helpers/exercises/{chapter}.py; write it"
        )


@pytest.mark.parametrize("name", EXERCISES)
def test_stub_is_unanswered(name):
    path, stub, _ = EXERCISES[name]
    printed, _ = run(path, stub)
    assert printed.startswith(f"Exercise {name}: unanswered."), (
        f"{path.name}: the stub of {name} should print `unanswered`, it "
        f"printed {printed!r}; leave dots where the answer goes"
    )


@pytest.mark.parametrize("name", EXERCISES)
def test_solution_is_right(name):
    path, _, solution = EXERCISES[name]
    assert solution, (
        f"{path.name}: {name} has no folded solution; add a Markdown cell "
        '<details class="solution"> whose code ends in '
        f'mark("{name}", answer)'
    )
    printed, _ = run(path, solution)
    assert printed.startswith(f"Exercise {name}: right."), printed


@pytest.mark.parametrize("name", EXERCISES)
def test_wrong_answers_are_known(name):
    chapter = name.split()[0]
    count = len(wrong_answers_to(chapter).get(name, ()))
    assert count >= 2, (
        f"{name}: {count} wrong answers in tests/exercises/answers_"
        f'{chapter}.py; add WRONG["{name}"] with at least 2 plausible ones'
    )


@pytest.mark.parametrize(("name", "answer"), list(wrong_answers()))
def test_wrong_answer_gets_a_hint(name, answer):
    assert name in EXERCISES, (
        f"WRONG names {name}, which no chapter asks; delete the entry or "
        f'end a code cell in mark("{name}", answer)'
    )
    path = EXERCISES[name][0]
    _, namespace = run(path, answer)
    verdict, hint = verdict_on(name, namespace["answer"])
    assert verdict == "not yet"
    assert len(hint) > 15


OTHERS = [
    pytest.param(name, answer, id=f"{name}, way {number}")
    for name, answers in RIGHT.items()
    for number, answer in enumerate(answers, start=2)
]


@pytest.mark.parametrize(("name", "answer"), OTHERS)
def test_another_right_answer_is_right(name, answer):
    _, namespace = run(EXERCISES[name][0], answer)
    verdict, text = verdict_on(name, namespace["answer"])
    assert verdict == "right", text


@pytest.mark.parametrize("slip", SLIPS)
def test_a_typical_slip_gets_its_own_hint(slip):
    name, answer, words = SLIPS[slip]
    _, namespace = run(EXERCISES[name][0], answer)
    verdict, hint = verdict_on(name, namespace["answer"])
    assert verdict == "not yet"
    assert words in hint, hint


def chapter_of(folder, *cells):
    """A chapter with these cells, (kind, source)."""
    make = {"code": new_code_cell, "markdown": new_markdown_cell}
    book = new_notebook(cells=[make[kind](text) for kind, text in cells])
    path = folder / "09_planted.ipynb"
    nbformat.write(book, path)
    return path


def test_a_solution_without_mark_is_named(tmp_path):
    text = '<details class="solution">\n\n```python\nx = 1\n```\n\n</details>'
    path = chapter_of(tmp_path, ("code", "x = 0"), ("markdown", text))
    with pytest.raises(AssertionError, match=r"09_planted.*cell 1.*no mark"):
        list(exercises([path]))


def test_an_exercise_twice_is_named(tmp_path):
    stub = 'mark("scalar 1", ...)'
    path = chapter_of(tmp_path, ("code", stub), ("code", stub))
    with pytest.raises(AssertionError, match="scalar 1.*in two code cells"):
        by_name(exercises([path]))


def test_code_that_fails_is_reported_not_raised(capsys):
    def broken(x):
        raise KeyError("missing")

    mark("scalar 1", broken)
    assert "Your code raised KeyError" in capsys.readouterr().out


def test_a_required_answer_must_be_right(capsys):
    mark("scalar 5", 0.054, required=True)
    assert "scalar 5: right." in capsys.readouterr().out
    with pytest.raises(NotRight, match="scalar 5: not yet.*less change") as e:
        mark("scalar 5", 540, required=True)
    # What a notebook shows of it: one line.
    assert e.value._render_traceback_() == [f"NotRight: {e.value}"]
    with pytest.raises(NotRight, match="scalar 5: unanswered"):
        mark("scalar 5", ..., required=True)
    assert capsys.readouterr().out == ""


def test_unknown_exercise_is_explained():
    with pytest.raises(ValueError, match="chapter and a number.*'nothing 1'"):
        mark("nothing 1", 1)
    with pytest.raises(ValueError, match="of the chapter.*got 'scalar 99'"):
        mark("scalar 99", 1)
