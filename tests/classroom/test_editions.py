"""Student and instructor edition: nothing given away, everything runs."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from commands.classroom import editions, notes, reading

PAGES = reading.chapters()
# A page with exercises that takes less than half a minute: chapter 1, or the
# first that an edition of one's own has kept.
SHORT = next(p.stem for p in PAGES if len(reading.exercises(p)) > 2)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both editions, written once."""
    out = tmp_path_factory.mktemp("editions")
    for kind in editions.KINDS:
        editions.make(kind, out)
    return out


def page(folder: Path, name: str) -> NotebookNode:
    return reading.read(folder / f"{name}.ipynb")


def source(notebook: NotebookNode) -> str:
    return "\n".join(cell.source for cell in notebook.cells)


def executed(folder: Path, name: str) -> list[str]:
    """What a page prints, cell by cell, run from its own folder."""
    notebook = page(folder, name)
    where = nbformat.v4.new_code_cell("import helpers; helpers.__file__")
    notebook.cells.append(where)
    client = NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    found = notebook.cells[-1].outputs[0]["data"]["text/plain"]
    assert str(folder) in found, "another `helpers` than the one beside it"
    return [printed(c) for c in notebook.cells if c.cell_type == "code"]


def printed(cell: NotebookNode) -> str:
    return "".join(output.get("text", "") for output in cell.outputs)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_student_sees_no_solution_and_no_output(
    made: Path, path: Path
) -> None:
    notebook = page(made / "student", path.stem)
    text = source(notebook)
    assert reading.FOLDED not in text and "Show solution" not in text
    for exercise in reading.exercises(path):
        assert exercise.task in text
        assert f"{exercise.stub}\n" in text
        for line in told_only_there(path, exercise):
            assert line not in text, f"{exercise.name} gives away {line!r}"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs and cell.execution_count is None
    assert set(notebook.metadata) == {"kernelspec"}


def told_only_there(path: Path, exercise: reading.Exercise) -> list[str]:
    """The lines of a solution that the rest of the page does not hold."""
    rest = [c for c in reading.read(path).cells if not reading.is_solution(c)]
    seen = source(NotebookNode(cells=rest))
    lines = [line.strip() for line in exercise.explained.splitlines()]
    return [line for line in lines if len(line) > 8 and line not in seen]


def test_solutions_hold_lines_of_their_own() -> None:
    """The test above looks for something."""
    (first, *_) = reading.exercises(PAGES[1])
    assert told_only_there(PAGES[1], first)


@pytest.mark.slow
def test_the_student_edition_runs_up_to_its_stubs(made: Path) -> None:
    text = "".join(executed(made / "student", SHORT))
    count = len(reading.exercises(reading.ROOT / f"chapters/{SHORT}.ipynb"))
    assert text.count("unanswered.") == count > 2
    assert "right." not in text


@pytest.mark.slow
def test_the_solutions_of_the_instructor_edition_pass(made: Path) -> None:
    text = "".join(executed(made / "instructor", SHORT))
    count = len(reading.exercises(reading.ROOT / f"chapters/{SHORT}.ipynb"))
    assert text.count(": right.") == count
    assert text.count("unanswered.") == count


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_instructor_has_every_solution_and_notes(
    made: Path, path: Path
) -> None:
    text = source(page(made / "instructor", path.stem))
    for exercise in reading.exercises(path):
        assert exercise.solution in text
    assert '<details class="solution">' not in text
    assert notes.for_page(path.stem) in text


@pytest.mark.parametrize("kind", editions.KINDS)
def test_no_link_leaves_the_folder(made: Path, kind: str) -> None:
    for path in PAGES:
        assert "../" not in source(page(made / kind, path.stem)), path.name


@pytest.mark.parametrize("kind", editions.KINDS)
def test_the_zip_holds_the_folder_and_is_the_same_again(
    made: Path, tmp_path: Path, kind: str
) -> None:
    name = f"jacobians-{kind}.zip"
    with zipfile.ZipFile(made / name) as archive:
        names = {Path(n).as_posix() for n in archive.namelist()}
    top = f"jacobians-{kind}"
    assert {f"{top}/{path.name}" for path in PAGES} <= names
    assert f"{top}/helpers/exercises/marking.py" in names
    assert f"{top}/requirements.txt" in names
    assert not [n for n in names if "__pycache__" in n or "tests" in n]
    _, again = editions.make(kind, tmp_path)
    assert again.read_bytes() == (made / name).read_bytes()


def test_requirements_are_the_pins_of_the_project() -> None:
    lines = editions.requirements().splitlines()
    lock = (reading.ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert {line.split("==")[0] for line in lines} == {
        "ipykernel", "jupyterlab", "jupyterlab-myst", "keras", "matplotlib",
        "ml-dtypes", "numpy", "psutil", "scipy", "tensorflow",
        "tensorflow-cpu", "tqdm",
    }  # fmt: skip
    for line in lines:
        assert line.split(" ;")[0] in lock


def test_an_unknown_edition_is_refused(capsys) -> None:
    assert editions.main(["pupil"]) == 2
    assert "'pupil'" in capsys.readouterr().out


def test_the_command_that_the_readme_names_is_there(made: Path) -> None:
    folder = made / "student"
    readme = (folder / "README.txt").read_text(encoding="utf-8")
    assert "python -m helpers.doctor" in readme
    done = subprocess.run(
        [sys.executable, "-m", "helpers.doctor"],
        cwd=folder,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    assert "This machine is ready." in done.stdout
    assert f"{folder} can be written" in done.stdout
