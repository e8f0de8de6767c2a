"""The exercises of the chapters, as the notebooks have them.

A chapter is the one source: its page, its tests, the list of all exercises,
the student edition and the assignments are made from the same cells.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
TITLE = re.compile(r"^# +(.+?) *$", re.MULTILINE)
HEADING = re.compile(r"^### +(Exercise +\d+) +(★+) *$", re.MULTILINE)
MARK = re.compile(r'^mark\("(\w+ \d+)", (.+)\)\s*\Z', re.MULTILINE | re.DOTALL)
FOLDED = '<details class="solution">'
CODE_BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


# A page with fewer code cells is a draft: what only a finished page has, it
# may still lack.
FINISHED = 15


@dataclass
class Exercise:
    """One exercise: where it stands, what it asks, what solves it.

    Attributes:
        name: what `mark` calls it, such as "batch 1".
        page: the notebook without its ending, such as "03_batch".
        title: the title of the page.
        heading: "Exercise 1".
        stars: 1, 2 or 3.
        task: the Markdown of the task, its heading and hints included.
        stub: the code of the stub up to its `mark` call.
        answer: what the `mark` call hands over, such as "(own, other)".
        solution: the code of the solution up to its `mark` call.
        explained: the Markdown of the folded solution.
    """

    name: str
    page: str
    title: str
    heading: str
    stars: int
    task: str
    stub: str = ""
    answer: str = ""
    solution: str = ""
    explained: str = field(default="", repr=False)

    @property
    def about(self) -> str:
        """One sentence: the first line of its marker."""
        chapter, number = self.name.split()
        return markers(chapter)[f"exercise_{number}"]


@cache
def markers(chapter: str) -> dict[str, str]:
    """The first line of each marker of a chapter; nothing is imported."""
    path = ROOT / "helpers" / "exercises" / f"{chapter}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
    lines = {
        f.name: (ast.get_docstring(f) or "").split("\n")[0] for f in found
    }
    return {k: v for k, v in lines.items() if k.startswith("exercise_")}


def chapters(root: Path = ROOT) -> list[Path]:
    """All pages with a number, in the order of reading."""
    return sorted((root / "chapters").glob("[0-9]*.ipynb"))


def is_draft(path: Path) -> bool:
    """Whether a page has only begun: slides and lessons may wait."""
    cells = read(path).cells
    return sum(cell.cell_type == "code" for cell in cells) < FINISHED


def read(path: Path) -> NotebookNode:
    """A notebook in today's format."""
    return nbformat.read(path, as_version=4)


def title_of(notebook: NotebookNode) -> str:
    """The first heading of a page."""
    for cell in notebook.cells:
        found = cell.cell_type == "markdown" and TITLE.search(cell.source)
        if found:
            return found[1]
    return ""


def is_solution(cell: NotebookNode) -> bool:
    """A folded solution, which has a cell of its own."""
    return cell.cell_type == "markdown" and FOLDED in cell.source


def is_stub(cell: NotebookNode) -> bool:
    """The code cell of an exercise."""
    return cell.cell_type == "code" and bool(MARK.search(cell.source))


def exercises(path: Path) -> list[Exercise]:
    """The exercises of one page.

    Raises:
        ValueError: a stub without a heading or a solution.
    """
    notebook = read(path)
    found = list(begun(path.stem, notebook))
    for exercise in found:
        if not (exercise.stub and exercise.solution):
            raise ValueError(
                f"{path.name}: {exercise.heading} has no stub that ends in "
                "mark(…), or no folded solution that does"
            )
    return found


def begun(page: str, notebook: NotebookNode) -> Iterator[Exercise]:
    """Each exercise from its heading on, filled by the cells after it."""
    exercise: Exercise | None = None
    for cell in notebook.cells:
        heading = cell.cell_type == "markdown" and HEADING.search(cell.source)
        if heading:
            if exercise:
                yield exercise
            task = cell.source[heading.start() :]
            stars, title = len(heading[2]), title_of(notebook)
            exercise = Exercise("", page, title, heading[1], stars, task)
        elif exercise:
            fill(exercise, cell)
    if exercise:
        yield exercise


def fill(exercise: Exercise, cell: NotebookNode) -> None:
    """Take the stub or the solution from a cell below the heading."""
    if is_stub(cell):
        exercise.stub, exercise.name, exercise.answer = parts(cell.source)
    elif is_solution(cell):
        code = CODE_BLOCK.search(cell.source)
        exercise.solution = parts(code[1])[0] if code else ""
        exercise.explained = cell.source


def parts(code: str) -> tuple[str, str, str]:
    """The code before the `mark` call, the exercise, and its answer."""
    found = MARK.search(code)
    if not found:
        return "", "", ""
    return code[: found.start()].rstrip(), found[1], found[2].strip()


def all_exercises(root: Path = ROOT) -> list[Exercise]:
    """The exercises of all chapters, in the order of reading."""
    return [found for path in chapters(root) for found in exercises(path)]
