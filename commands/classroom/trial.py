"""A class that nobody has: submissions of one exercise, right and wrong.

Each kind of student tries the graders in another way. Names say the kind,
so that what came out can be compared with what should.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from commands.classroom import assignments, grader
from commands.classroom.outcome import outcome

ASSIGNMENT = "01_scalar"
NOTEBOOK = assignments.notebook_name(ASSIGNMENT)
EXERCISE = "scalar 1"
TAPE = """def slope_at(x):
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * tf.exp(-(x**2))
    return tape.gradient(y, x)
"""
ANSWERS = {
    "right-tape": TAPE,
    "right-rule": "def slope_at(x):\n"
    "    return (1 - 2 * x**2) * tf.exp(-(x**2))\n",
    "right-helper": "def slope_at(x):\n"
    "    f = helpers.jacobian(lambda x: x * tf.exp(-(x**2)))\n"
    "    return f(x)\n",
    "wrong-value": "def slope_at(x):\n    return x * tf.exp(-(x**2))\n",
    "wrong-factor": "def slope_at(x):\n    return tf.exp(-(x**2))\n",
    "wrong-error": "def slope_at(x):\n    return undefined(x)\n",
    "wrong-syntax": "def slope_at(x)\n    return x\n",
}
ODD_ANSWERS = {
    "odd-endless-answer": "def slope_at(x):\n    while True:\n        pass\n",
    "odd-endless-cell": "while True:\n    pass\n",
    "odd-stubborn": "while True:\n    try:\n        while True:\n"
    "            pass\n    except BaseException:\n        pass\n",
    "odd-crash": "import os\n\nos._exit(3)\n",
    "odd-crash-in-answer": "def slope_at(x):\n    import os\n\n"
    "    os._exit(3)\n",
    "odd-flood": "while True:\n    print('x' * 1000)\n",
    "odd-patched-marker": "import helpers.exercises.marking as m\n\n"
    "m.verdict_on = lambda *a, **k: ('right', '')\n"
    "m.mark = helpers.mark = lambda *a, **k: None\n"
    "slope_at = 3\n",
}
# What each odd kind should end in; the others say it in their names.
EXPECTED = {
    "odd-endless-answer": "not right",
    "odd-endless-cell": "NameError",
    "odd-stubborn": "NameError",
    "odd-crash": "NameError",
    "odd-crash-in-answer": "crashed",
    "odd-flood": "NameError",
    "odd-patched-marker": "not right",
    "odd-tampered-test": "not right",
    "odd-deleted-test": "right",
    "odd-own-helpers": "not right",
    "odd-unanswered": "not right",
    "wrong-syntax": "NameError",
}


def cell_of(notebook: NotebookNode, end: str) -> NotebookNode:
    """The cell whose name ends so."""
    return next(
        cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id", "").endswith(end)
    )


def tampered(notebook: NotebookNode, folder: Path) -> None:
    """A test cell that asks for nothing."""
    cell_of(notebook, "-answer").source = ANSWERS["wrong-value"]
    cell_of(notebook, "-test").source = "pass"
    cell_of(notebook, "-test").metadata.nbgrader["points"] = 99


def deleted(notebook: NotebookNode, folder: Path) -> None:
    """A right answer, and no test cell."""
    cell_of(notebook, "-answer").source = TAPE
    notebook.cells.remove(cell_of(notebook, "-test"))


def own_helpers(notebook: NotebookNode, folder: Path) -> None:
    """A wrong answer, and a `helpers` of its own that likes it."""
    cell_of(notebook, "-answer").source = ANSWERS["wrong-value"]
    (folder / "helpers.py").write_text(
        "mark = lambda *a, **k: None\ndraw_graph = use_style = mark\n"
    )


def unanswered(notebook: NotebookNode, folder: Path) -> None:
    """As it was released."""


ODD: dict[str, Callable[[NotebookNode, Path], None]] = {
    "odd-tampered-test": tampered,
    "odd-deleted-test": deleted,
    "odd-own-helpers": own_helpers,
    "odd-unanswered": unanswered,
}


def kinds(count: int) -> list[str]:
    """Which student is of which kind: every hundred has each odd one once."""
    odd, usual = [*ODD_ANSWERS, *ODD], list(ANSWERS)
    step = max(1, min(100, count) // len(odd))
    found = []
    for number in range(count):
        turn, rest = divmod(number % 100, step)
        strange = rest == 0 and turn < len(odd)
        found.append(odd[turn] if strange else usual[number % len(usual)])
    return found


def expected(kind: str) -> str:
    """What grading a student of this kind should end in."""
    usual = "right" if kind.startswith("right") else "not right"
    return EXPECTED.get(kind, usual)


def prepare(course: Path) -> None:
    """A new course with the assignment, released."""
    shutil.rmtree(course, ignore_errors=True)
    course.mkdir(parents=True)
    grader.make_environment()
    assignments.write_source(ASSIGNMENT, course, [EXERCISE])
    done = grader.nbgrader(course, "generate_assignment", ASSIGNMENT)
    if done.returncode:
        raise RuntimeError(done.stdout)


def hand_in(course: Path, count: int) -> list[str]:
    """Write the submissions; the students' names."""
    names = []
    for number, kind in enumerate(kinds(count)):
        name = f"s{number:03d}-{kind}"
        folder = course / "submitted" / name / ASSIGNMENT
        folder.mkdir(parents=True)
        release = course / "release" / ASSIGNMENT / NOTEBOOK
        notebook = nbformat.read(release, as_version=4)
        if kind in ODD:
            ODD[kind](notebook, folder)
        else:
            answer = {**ANSWERS, **ODD_ANSWERS}[kind]
            cell_of(notebook, "-answer").source = answer
        # One cell after the exercise: it must run, whatever came before.
        notebook.cells.append(new_code_cell("after = np.arange(3).sum()"))
        nbformat.write(notebook, folder / release.name)
        names.append(name)
    return names


def surprises(course: Path) -> list[str]:
    """Every submission that ended otherwise than it should."""
    found = []
    for folder in sorted((course / "submitted").iterdir()):
        kind = folder.name.partition("-")[2]
        path = course / "autograded" / folder.name / ASSIGNMENT
        path = path / NOTEBOOK
        if not path.is_file():
            found.append(f"{folder.name}: not graded")
            continue
        notebook = nbformat.read(path, as_version=4)
        word, last = outcome(cell_of(notebook, "-test")), notebook.cells[-1]
        if word != expected(kind):
            found.append(f"{folder.name}: {word}, not {expected(kind)}")
        if kind != "odd-own-helpers" and last.outputs:
            found.append(f"{folder.name}: {json.dumps(last.outputs)[:200]}")
    return found
