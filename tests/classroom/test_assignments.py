"""Assignments for nbgrader: what is given, what is kept, what is graded."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from commands.classroom import assignments, grader, grading, reading, trial
from commands.classroom.outcome import outcome

WITH_EXERCISES = [p for p in reading.chapters() if reading.exercises(p)]
REGION = re.compile(r"### BEGIN SOLUTION\n.*?### END SOLUTION", re.DOTALL)
GOOD_ID = re.compile(r"[\w-]+")


def kind_of(cell: NotebookNode) -> str:
    about = cell.metadata["nbgrader"]
    if about["grade"]:
        return "test"
    return "answer" if about["solution"] else "locked"


@pytest.mark.parametrize("path", WITH_EXERCISES, ids=lambda path: path.stem)
def test_each_exercise_is_a_task_an_answer_and_a_test(path: Path) -> None:
    notebook = assignments.source(path)
    assert notebook is not None
    kinds = [kind_of(cell) for cell in notebook.cells]
    found = reading.exercises(path)
    assert kinds == ["locked"] * 2 + ["locked", "answer", "test"] * len(found)
    names = [cell.metadata["nbgrader"]["grade_id"] for cell in notebook.cells]
    assert len({*names}) == len(names)
    assert all(GOOD_ID.fullmatch(name) for name in names)
    for exercise, answer, test in zip(
        found, notebook.cells[3::3], notebook.cells[4::3], strict=True
    ):
        left = REGION.sub("", answer.source).strip()
        assert left == exercise.stub
        assert exercise.solution in answer.source
        assert f'mark("{exercise.name}", ' in test.source
        assert "required=True" in test.source
        assert test.metadata["nbgrader"]["points"] == exercise.stars


@pytest.mark.parametrize("path", WITH_EXERCISES, ids=lambda path: path.stem)
def test_no_link_leads_out_of_an_assignment(path: Path) -> None:
    text = "".join(cell.source for cell in assignments.source(path).cells)
    assert not re.search(r"\]\((?!https?:)[\w./-]+\.(ipynb|md)", text)


def test_the_solutions_pass_their_tests_and_the_stubs_do_not() -> None:
    path = reading.ROOT / "chapters" / "01_scalar.ipynb"
    _, set_up, *cells = assignments.source(path, ["scalar 1"]).cells
    space: dict = {}
    exec(set_up.source, space)
    answer, test = cells[1].source, cells[2].source
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(answer, space)
        exec(test, space)
    assert "Exercise scalar 1: right." in printed.getvalue()
    exec(REGION.sub("", answer), space)
    with pytest.raises(AssertionError, match="scalar 1: unanswered"):
        exec(test, space)


def test_the_command_says_what_it_wrote(tmp_path: Path) -> None:
    folder = assignments.write_source(
        "03_batch", tmp_path, ["batch 1", "batch 5"]
    )
    (line,) = assignments.contents(folder)
    assert line.endswith("03_batch_assignment.ipynb: exercises 2, points 3")


def test_a_chapter_is_all_of_its_pages(tmp_path: Path) -> None:
    folder = assignments.write_source("04_lstm", tmp_path)
    names = {path.stem for path in folder.glob("*.ipynb")}
    assert {"04_lstm_assignment", "04_lstm_fading_assignment"} < names
    again = assignments.write_source("04_lstm", tmp_path, ["lstm 1"])
    (only,) = again.glob("*.ipynb")
    assert only.name == "04_lstm_assignment.ipynb"
    # Students put it beside the chapters of their edition.
    chapters = {path.stem for path in reading.chapters()}
    assert not names & chapters
    assert (tmp_path / grader.CONFIG).is_file()


@pytest.mark.parametrize(
    ("chapter", "only", "message"),
    [
        ("99_nothing", [], "got '99_nothing'; use one of 01_scalar"),
        ("00_quick_answer", [], "expected a chapter with exercises"),
        ("01_scalar", ["batch 1"], "expected exercises of 01_scalar"),
    ],
)
def test_what_is_not_there_is_refused(
    tmp_path: Path, chapter: str, only: list[str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        assignments.write_source(chapter, tmp_path, only)


def test_the_grader_is_pinned_and_shares_the_versions_of_the_book() -> None:
    text = grader.PINS.read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert all("--hash=sha256:" in entry for entry in entries)
    pins = dict(re.findall(r"^([\w.-]+)(?:\[.*\])?==([^\s;]+)", text, re.M))
    assert "nbgrader" in pins and "tensorflow" not in pins
    book = (reading.ROOT / "requirements.txt").read_text(encoding="utf-8")
    theirs = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", book, re.M))
    for name in pins.keys() & theirs.keys():
        assert pins[name] == theirs[name], name


def test_every_hundred_has_each_odd_student() -> None:
    found = trial.kinds(300)
    odd = [*trial.ODD_ANSWERS, *trial.ODD]
    assert all(found.count(kind) == 3 for kind in odd)
    assert {*trial.kinds(2 * len(odd))} >= {*odd}
    assert all(trial.expected(kind) for kind in found)


def cell_with(*outputs: NotebookNode) -> NotebookNode:
    return nbformat.v4.new_code_cell("", outputs=list(outputs))


def test_an_outcome_is_one_word() -> None:
    fault = nbformat.v4.new_output("error", ename="NotRight")
    other = nbformat.v4.new_output("error", ename="NameError")
    assert outcome(cell_with()) == "right"
    assert outcome(cell_with(fault)) == "not right"
    assert outcome(cell_with(other)) == "NameError"


def test_the_report_names_what_was_not_graded(tmp_path: Path) -> None:
    lines = [
        {"student": "a", "graded": True, "seconds": 2.0},
        {"student": "b", "graded": False, "seconds": 1.0, "log": "\nno JSON"},
    ]
    text = grading.report(tmp_path, "03_batch", lines, 60.0)
    assert "2 submissions of 03_batch in 1.0 min, 30.0 s each" in text
    assert "graded 1, not graded 1" in text and "b: no JSON" in text


def test_grading_asks_for_submissions(tmp_path: Path, capsys) -> None:
    assert grading.main(["03_batch", "--course", str(tmp_path)]) == 2
    assert "expected submissions in" in capsys.readouterr().out


# Too long for every change: nbgrader in its own environment, and kernels


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with one of each odd student, graded once."""
    folder = tmp_path_factory.mktemp("classes") / "course"
    trial.prepare(folder)
    trial.hand_in(folder, 2 * len([*trial.ODD_ANSWERS, *trial.ODD]))
    broken = folder / "submitted" / "broken" / trial.ASSIGNMENT
    broken.mkdir(parents=True)
    (broken / trial.NOTEBOOK).write_text("{no notebook")
    good, text = grading.grade(folder, trial.ASSIGNMENT, 2)
    assert not good
    (folder / "report.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.weekly
def test_the_release_holds_the_stub_and_no_solution(course: Path) -> None:
    release = course / "release" / trial.ASSIGNMENT
    notebook = nbformat.read(release / trial.NOTEBOOK, 4)
    (exercise,) = (
        e for e in reading.all_exercises() if e.name == trial.EXERCISE
    )
    answer = trial.cell_of(notebook, "-answer")
    assert answer.source.strip() == exercise.stub
    text = "".join(cell.source for cell in notebook.cells)
    assert exercise.solution not in text and "SOLUTION" not in text


@pytest.mark.weekly
def test_an_odd_submission_costs_its_cell_only(course: Path) -> None:
    """Loops, crashes and tampering; what stands after it runs."""
    found = trial.surprises(course)
    assert found == ["broken: not graded"]


@pytest.mark.weekly
def test_marks_and_feedback_are_written(course: Path) -> None:
    with (course / grading.MARKS).open(encoding="utf-8") as file:
        marks = {row["student_id"]: row for row in csv.DictReader(file)}
    for name in grading.students_of(course, trial.ASSIGNMENT):
        if name == "broken":
            continue
        kind = name.split("-", 1)[1]
        score = float(trial.expected(kind) == "right")
        assert float(marks[name]["score"]) == score, name
        feedback = course / "feedback" / name / trial.ASSIGNMENT
        page = (feedback / trial.NOTEBOOK).with_suffix(".html")
        text = page.read_text("utf-8")
        if kind == "wrong-factor":
            assert "use the product rule" in text


@pytest.mark.weekly
def test_the_report_counts_every_outcome(course: Path) -> None:
    text = (course / "report.txt").read_text(encoding="utf-8")
    assert "graded 22, not graded 1" in text
    assert re.search(r"scalar-1 .*crashed 1", text)
    assert "broken: " in text
