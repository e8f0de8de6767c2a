"""Every exercise: the stub is unanswered, the solution right, errors hint."""

import contextlib
import importlib
import io
import re
import textwrap
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
    with contextlib.redirect_stdout(io.StringIO()):
        exec(first_code(read(path)), namespace)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, namespace)
    return printed.getvalue(), namespace


def known(kind, chapter):
    """The chapter's RIGHT, WRONG or SLIPS, lists by exercise."""
    file = "right" if kind == "RIGHT" else "answers"
    try:
        module = importlib.import_module(f"tests.exercises.{file}_{chapter}")
    except ModuleNotFoundError:
        return {}
    return getattr(module, kind, {})


def all_known(kind):
    """(name, number, answer) for each answer of all chapters."""
    for chapter in CHAPTERS if BROKEN is None else ():
        for name, answers in known(kind, chapter).items():
            for number, answer in enumerate(answers, 1):
                yield name, number, answer


WRONG = [
    pytest.param(name, answer, id=f"{name}: {answer[:40]}")
    for name, _, answer in all_known("WRONG")
]
RIGHT = [
    pytest.param(name, answer, id=f"{name}, way {number + 1}")
    for name, number, answer in all_known("RIGHT")
]
SLIPS = [
    pytest.param(name, *slip, id=f"{name}: {slip[1]}")
    for name, _, slip in all_known("SLIPS")
]


def answer_of(name, code):
    """What the code answers to the exercise."""
    assert name in EXERCISES, (
        f"tests/exercises names {name}, which no chapter asks; delete the "
        f'entry or end a code cell in mark("{name}", answer)'
    )
    _, namespace = run(EXERCISES[name][0], textwrap.dedent(code))
    return namespace["answer"]


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
                f"exercises of {chapter}: {count}, fewer than {FEWEST}; add "
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
    count = len(known("WRONG", chapter).get(name, ()))
    assert count >= 2, (
        f"{name}: {count} wrong answers in tests/exercises/answers_"
        f'{chapter}.py; add WRONG["{name}"] with at least 2 plausible ones'
    )


@pytest.mark.parametrize("name", EXERCISES)
def test_other_right_answers_are_known(name):
    chapter = name.split()[0]
    count = len(set(known("RIGHT", chapter).get(name, ())))
    assert count >= 2, (
        f"{name}: {count} other right answers in tests/exercises/right_"
        f'{chapter}.py; add RIGHT["{name}"] with at least 2 that go another '
        "way than the folded solution"
    )


@pytest.mark.parametrize(("name", "answer"), WRONG)
def test_wrong_answer_gets_a_hint(name, answer):
    verdict, hint = verdict_on(name, answer_of(name, answer))
    assert verdict == "not yet"
    assert len(hint) > 15


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_another_right_answer_is_right(name, answer):
    verdict, text = verdict_on(name, answer_of(name, answer))
    chapter = name.split()[0]
    assert verdict == "right", (
        f"an answer in tests/exercises/right_{chapter}.py to {name} is not "
        f"right: {answer!r} is told {text!r}; correct it, or the marker"
    )


@pytest.mark.parametrize(("name", "answer", "words"), SLIPS)
def test_a_typical_slip_gets_its_own_hint(name, answer, words):
    verdict, hint = verdict_on(name, answer_of(name, answer))
    assert verdict == "not yet"
    assert words in hint, hint


def chapter_of(folder, *cells):
    """A chapter with these cells, (kind, source)."""
    make = {"code": new_code_cell, "markdown": new_markdown_cell}
    book = new_notebook(cells=[make[kind](text) for kind, text in cells])
    path = folder / "09_planted.ipynb"
    nbformat.write(book, path)
    return path


def test_an_answer_may_be_indented_as_the_file_is():
    answer = """
        one = 1
        answer = one
    """
    name = next(iter(EXERCISES))
    assert answer_of(name, answer) == 1


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
