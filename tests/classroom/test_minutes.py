"""Minutes are counted from the chapters; lessons name what exists."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from commands.classroom import minutes, reading

STUB = 'answer = ...\n\nmark("scalar 1", answer)'
SOLVED = (
    '<details class="solution">\n<summary>Show solution 1</summary>\n\n'
    '```python\nanswer = 1\n\nmark("scalar 1", answer)\n```\n\n</details>'
)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book of one page: 260 words and 2 cells below its first section."""
    words = "one two " * 65
    cells = [
        new_markdown_cell(f"# Title\n\n## First `part`\n\n{words}"),
        new_code_cell("1"),
        new_markdown_cell(f"### Inside\n\n{words}\n\n```\nnot counted\n```"),
        new_code_cell("2"),
        new_markdown_cell("## Exercises"),
        new_markdown_cell("### Exercise 1 ★★\n\nHow many?"),
        new_code_cell(STUB),
        new_markdown_cell(SOLVED),
    ]
    (tmp_path / "chapters").mkdir()
    path = tmp_path / "chapters" / "09_planted.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return tmp_path


def test_words_and_cells_become_minutes(book: Path) -> None:
    found = minutes.page("09_planted", book)
    first, inside = found["first-part"], found["inside"]
    assert (first.words, first.cells, first.alone) == (260, 2, (130, 1))
    assert (first.minutes, first.minutes_alone, inside.minutes) == (3, 2, 2)
    assert minutes.minutes(0, 0) == 1
    titles = [s.title for s in minutes.taught("09_planted", book)]
    assert titles == ["First `part`"]


def test_a_solution_is_not_counted(book: Path) -> None:
    found = minutes.page("09_planted", book)["exercise-1-"]
    assert (found.words, found.cells) == (2, 1)


def test_each_form_of_a_step(book: Path) -> None:
    lines = [
        "09_planted#first-part | Say it.",
        "09_planted#first-part alone",
        "scalar 1 | In pairs.",
        "5 | Break.",
    ]
    whole, alone, exercise, pause = (minutes.step(s, book) for s in lines)
    link = "9 · [First `part`](../chapters/09_planted.ipynb#first-part)"
    assert (whole.text, whole.minutes, whole.how) == (link, 3, "Say it.")
    assert (alone.text, alone.minutes, alone.how) == (link, 2, "")
    assert exercise.text.endswith("09_planted.ipynb#exercise-1-) ★★")
    assert (exercise.minutes, pause.minutes, pause.text) == (15, 5, "")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("09_planted#nowhere", "no section 'nowhere'"),
        ("09_planted#first-part half", "no section"),
        ("08_nowhere#first-part", "no chapter 08_nowhere"),
        ("scalar 2", "no exercise 'scalar 2'"),
    ],
)
def test_what_is_nowhere_is_named(book: Path, line: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        minutes.step(line, book)


def test_a_lesson_is_neither_too_long_nor_too_short(book: Path) -> None:
    steps = minutes.lesson(["scalar 1", "", "3 | Break."], 20, book)
    assert [s.minutes for s in steps] == [15, 3, 2]
    rows = minutes.lesson_table(steps).splitlines()
    assert [row.split("|")[1].strip() for row in rows[2:]] == [
        "0", "15", "18", "20",
    ]  # fmt: skip
    assert minutes.lesson(["scalar 1"], 15, book)[-1].text
    for limit in (14, 21):
        with pytest.raises(ValueError, match=f"{limit} minutes, .* 15"):
            minutes.lesson(["scalar 1"], limit, book)


def test_exercises_are_for_the_class_or_for_home(book: Path) -> None:
    text = minutes.split("09_planted", ["scalar 1"], book)
    first, _, second = text.splitlines()
    assert "scalar 1" in first and "15 minutes" in first
    assert second == "**At home:** nothing"
    with pytest.raises(ValueError, match=r"09_planted has no .*scalar 7"):
        minutes.split("09_planted", ["scalar 7"], book)
    assert minutes.homework(["scalar 1"], book).endswith("(15 minutes)")
    with pytest.raises(ValueError, match=r"no exercise \['tensor 1'\]"):
        minutes.homework(["scalar 1", "tensor 1"], book)


def test_the_anchors_are_those_of_the_site() -> None:
    """The minutes and the questions agree on what a section is."""
    from commands import questions

    for path in reading.chapters():
        ours, theirs = minutes.sections(path), questions.sections(path)
        assert list(ours) == list(theirs), path.name
