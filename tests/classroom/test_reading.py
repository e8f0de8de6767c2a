"""Exercises are read from the chapters as a teacher sees them."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from commands.classroom import reading

ALL = reading.all_exercises()


def test_every_marked_cell_is_an_exercise() -> None:
    """No stub is lost between the chapters and the list."""
    stubs = [
        f'{path.stem}: mark("{name}"'
        for path in reading.chapters()
        for cell in reading.read(path).cells
        if cell.cell_type == "code"
        for name in re.findall(r'mark\("(.+?)"', cell.source)
    ]
    known = [f'{found.page}: mark("{found.name}"' for found in ALL]
    assert sorted(stubs) == sorted(known), (
        "the task above a stub begins with a line such as "
        "`### Exercise 6 ★`, and the stub ends in its mark call"
    )
    assert len(stubs) > 50


def test_names_are_unique_and_stars_are_one_to_three() -> None:
    assert len({exercise.name for exercise in ALL}) == len(ALL)
    assert {exercise.stars for exercise in ALL} == {1, 2, 3}


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.name)
def test_each_says_what_it_is_about(exercise: reading.Exercise) -> None:
    assert len(exercise.about) > 12, (
        f"{exercise.name}: the docstring of its marker is the line in the "
        "list of all exercises; say in it what the exercise asks"
    )
    assert exercise.heading == f"Exercise {exercise.name.split()[1]}"
    assert "..." in exercise.stub
    assert "..." not in exercise.solution


def test_a_page_without_a_solution_is_named(tmp_path: Path) -> None:
    cells = [
        new_markdown_cell("# A page\n\n### Exercise 1 ★★\n\nHow many?"),
        new_code_cell('answer = ...\n\nmark("scalar 1", answer)'),
    ]
    path = tmp_path / "09_planted.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    with pytest.raises(ValueError, match="09_planted.*Exercise 1.*no folded"):
        reading.exercises(path)
