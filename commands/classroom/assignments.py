"""A gradable assignment from a chapter: `python tasks.py assignment`.

The exercises of a chapter become notebooks for nbgrader, in the folder of a
course: the gradable source, with solutions and tests, and from it the
release, with neither. Both come from the cells of the chapter.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from commands.classroom import grader, reading
from commands.classroom.editions import KERNEL

COURSE = reading.ROOT / "_build" / "classroom" / "course"
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:)[^)]*\)")
SCHEMA = {"schema_version": 3, "task": False}
INTRODUCTION = """# Assignment: {title}

1. Put this file into the folder of the student edition, beside `helpers`.
   "This chapter" and "this page" are `{page}` in the same folder.
2. Run the first code cell. Then, in each exercise, replace the dots and run
   the two cells: the second one marks your answer, as often as you like.
3. Hand in this file, under this name.

Only the cells with dots are yours, and cells that you add. The others are
put back before grading."""
ANSWER = "{stub}\n### BEGIN SOLUTION\n{solution}\n### END SOLUTION"
TEST = """from helpers import mark

mark("{name}", {answer}, required=True)"""


def pages_of(chapter: str) -> list[Path]:
    """The pages of a chapter, or one page, that have exercises.

    Raises:
        ValueError: there is none.
    """
    found = [
        path
        for path in reading.chapters()
        if path.stem == chapter or path.stem.startswith(f"{chapter}_")
    ]
    found = [path for path in found if reading.exercises(path)]
    if not found:
        names = ", ".join(
            p.stem for p in reading.chapters() if reading.exercises(p)
        )
        raise ValueError(
            f"`assignment`: expected a chapter with exercises, got {chapter!r}"
            f"; use one of {names}"
        )
    return found


def source(path: Path, only: Iterable[str] = ()) -> NotebookNode | None:
    """The gradable notebook of a page, or nothing if no exercise is left."""
    asked = set(only)
    chosen = [
        exercise
        for exercise in reading.exercises(path)
        if not asked or exercise.name in asked
    ]
    if not chosen:
        return None
    cells = [introduction(chosen[0].title, path.name), set_up(path)]
    for exercise in chosen:
        cells += gradable(exercise)
    made = new_notebook(cells=cells, metadata={"kernelspec": dict(KERNEL)})
    nbformat.validate(made)
    return made


def introduction(title: str, page: str) -> NotebookNode:
    """What to do with the file."""
    text = INTRODUCTION.format(title=title, page=page)
    return new_markdown_cell(text, metadata=about("introduction"), id="intro")


def set_up(path: Path) -> NotebookNode:
    """The first code cell of the page: an exercise needs no other."""
    cells = reading.read(path).cells
    first = next(cell.source for cell in cells if cell.cell_type == "code")
    return new_code_cell(first, metadata=about("set-up"), id="set-up")


def gradable(exercise: reading.Exercise) -> list[NotebookNode]:
    """Task, answer and test of an exercise; a point for each star."""
    key = exercise.name.replace(" ", "-")
    task = LINK.sub(r"\1", exercise.task)
    answer = ANSWER.format(stub=exercise.stub, solution=exercise.solution)
    test = TEST.format(name=exercise.name, answer=exercise.answer)
    return [
        new_markdown_cell(task, metadata=about(f"{key}-task"), id=f"{key}-q"),
        new_code_cell(
            answer,
            metadata=about(f"{key}-answer", locked=False, solution=True),
            id=f"{key}-a",
        ),
        new_code_cell(
            test,
            metadata=about(f"{key}-test", grade=True, points=exercise.stars),
            id=f"{key}-t",
        ),
    ]


def about(name: str, *, locked: bool = True, **more: object) -> dict:
    """The metadata by which nbgrader knows a cell."""
    kinds = {"grade": False, "solution": False, "locked": locked}
    return {"nbgrader": {"grade_id": name, **SCHEMA, **kinds, **more}}


def notebook_name(page: str) -> str:
    """Not the page's own: students have that one in the same folder."""
    return f"{page}_assignment.ipynb"


def write_source(
    chapter: str, course: Path = COURSE, only: Iterable[str] = ()
) -> Path:
    """Write the gradable notebooks of a chapter into the course.

    Raises:
        ValueError: no such chapter, or none of these exercises in it.
    """
    made = {path: source(path, only) for path in pages_of(chapter)}
    if not any(made.values()):
        raise ValueError(
            f"`assignment`: expected exercises of {chapter}, got "
            f"{', '.join(only)}; use names such as 'batch 1'"
        )
    folder = course / "source" / chapter
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path, notebook in made.items():
        if notebook is not None:
            nbformat.write(notebook, folder / notebook_name(path.stem))
    here = Path(__file__).parent
    shutil.copyfile(here / grader.CONFIG, course / grader.CONFIG)
    return folder


def options(arguments: list[str]) -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="assignment")
    parser.add_argument("chapter", help="such as 03_batch, or 04_lstm_fading")
    parser.add_argument("--only", default="", help='"batch 1, batch 5"')
    parser.add_argument("--course", type=Path, default=COURSE)
    given = parser.parse_args(arguments)
    given.only = [n.strip() for n in given.only.split(",") if n.strip()]
    given.course = given.course.resolve()
    return given


def main(arguments: list[str]) -> int:
    """Write source and release of one assignment."""
    given = options(arguments)
    try:
        folder = write_source(given.chapter, given.course, given.only)
    except ValueError as error:
        print(error)
        return 2
    grader.make_environment()
    release = ("generate_assignment", given.chapter, "--force")
    done = grader.nbgrader(given.course, *release)
    if done.returncode:
        print(done.stdout)
        return 1
    released = given.course / "release" / given.chapter
    back = given.course / "submitted" / "STUDENT" / given.chapter
    said = [
        f"Gradable, with solutions: {folder}",
        f"For students: {released}",
        *contents(released),
        f"Put what comes back into {back}, then grade.",
    ]
    print("\n".join(said))
    return 0


def contents(folder: Path) -> list[str]:
    """What each notebook of a release asks for."""
    found = []
    for path in sorted(folder.glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        about = [cell.metadata.get("nbgrader", {}) for cell in cells]
        points = [each["points"] for each in about if each.get("grade")]
        found.append(
            f"  {path.name}: exercises {len(points)}, points {sum(points):g}"
        )
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
