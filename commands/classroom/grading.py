"""Grade the submissions of an assignment: `python tasks.py grade`.

    COURSE/submitted/STUDENT/ASSIGNMENT/PAGE.ipynb

is where nbgrader wants them. Then come the marks, the feedback, a table of
all marks, and a report: how long it took, and what did not work.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat

from commands.classroom import grader, trial
from commands.classroom.assignments import COURSE
from commands.classroom.outcome import outcome

WORKER = Path(__file__).with_name("autograde.py")
MARKS = "marks.csv"
FAULT = re.compile(r"\s*[\w.]+Error: ")


def students_of(course: Path, assignment: str) -> list[str]:
    """Who handed in."""
    found = (course / "submitted").glob(f"*/{assignment}")
    return sorted(path.parent.name for path in found)


def autograde(
    course: Path, assignment: str, students: list[str], jobs: int
) -> list[dict]:
    """Grade all submissions, some at the same time."""
    parts = [students[k::jobs] for k in range(min(jobs, len(students)))]
    with (
        grader.warm_kernels() as variables,
        ThreadPoolExecutor(max(1, len(parts))) as pool,
    ):

        def work(part: list[str]) -> list[dict]:
            return list(graded(course, assignment, part, variables))

        return [line for done in pool.map(work, parts) for line in done]


def graded(
    course: Path, assignment: str, part: list[str], variables: dict[str, str]
) -> Iterator[dict]:
    """The lines of one worker, as they come."""
    command = [grader.interpreter(), str(WORKER), str(course), assignment]
    with subprocess.Popen(
        [*command, *part],
        cwd=course,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    ) as worker:
        left = list(part)
        for text in worker.stdout:
            if text.startswith("{"):
                line = json.loads(text)
                left.remove(line["student"])
                yield line
    for student in left:
        yield {"student": student, "graded": False, "seconds": 0.0,
               "log": "the worker ended before this submission"}  # fmt: skip


def outcomes(course: Path, assignment: str) -> dict[str, Counter]:
    """How often each test cell ended in what."""
    found: dict[str, Counter] = {}
    for path in sorted(
        (course / "autograded").glob(f"*/{assignment}/*.ipynb")
    ):
        for cell in nbformat.read(path, as_version=4).cells:
            about = cell.metadata.get("nbgrader", {})
            if about.get("grade"):
                name = about["grade_id"].removesuffix("-test")
                found.setdefault(name, Counter())[outcome(cell)] += 1
    return found


def report(
    course: Path, assignment: str, lines: list[dict], seconds: float
) -> str:
    """What a teacher wants to know after grading."""
    failed = [line for line in lines if not line["graded"]]
    count = len(lines)
    text = [
        f"{count} submissions of {assignment} in {seconds / 60:.1f} min, "
        f"{seconds / max(1, count):.1f} s each",
        f"graded {count - len(failed)}, not graded {len(failed)}",
    ]
    for name, some in outcomes(course, assignment).items():
        parts = (f"{word} {n}" for word, n in some.most_common())
        text.append(f"  {name:14s} {', '.join(parts)}")
    for line in failed:
        said = line["log"].strip().splitlines() or ["no word"]
        errors = [each for each in said if FAULT.match(each)]
        text.append(f"  {line['student']}: {[*said, *errors][-1].strip()}")
    return "\n".join(text)


def after_grading(course: Path, assignment: str) -> bool:
    """Write the feedback and the table of all marks."""
    steps = (
        ("generate_feedback", assignment, "--force"),
        ("export", f"--to={course / MARKS}"),
    )
    for step in steps:
        done = grader.nbgrader(course, *step)
        if done.returncode:
            print(done.stdout)
            return False
    return True


def grade(course: Path, assignment: str, jobs: int) -> tuple[bool, str]:
    """Marks, feedback and report of everything that was handed in."""
    grader.make_environment()
    start = time.monotonic()
    students = students_of(course, assignment)
    lines = autograde(course, assignment, students, jobs)
    seconds = time.monotonic() - start
    text = report(course, assignment, lines, seconds)
    written = after_grading(course, assignment)
    return written and all(line["graded"] for line in lines), text


def options(arguments: list[str]) -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="grade")
    parser.add_argument("assignment", nargs="?", help="such as 03_batch")
    parser.add_argument("--course", type=Path, default=COURSE)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--trial", type=int, help="grade so many made-up submissions"
    )
    given = parser.parse_args(arguments)
    if not given.trial and not given.assignment:
        parser.error("which assignment?")
    given.course = given.course.resolve()
    return given


def main(arguments: list[str]) -> int:
    """Grade one assignment of a course, or a trial."""
    given = options(arguments)
    if given.trial:
        return try_out(COURSE.with_name("trial"), given.trial, given.jobs)
    if not students_of(given.course, given.assignment):
        place = given.course / "submitted" / "STUDENT" / given.assignment
        print(
            f"grade: expected submissions in {place}, found none. "
            "Was the assignment made with --course? Then give it here, too."
        )
        return 2
    good, text = grade(given.course, given.assignment, given.jobs)
    print(text)
    print(f"Marks: {given.course / MARKS}")
    print(f"Feedback: {given.course / 'feedback'}")
    return 0 if good else 1


def try_out(course: Path, count: int, jobs: int) -> int:
    """Grade a class that nobody has, and compare with what should be."""
    trial.prepare(course)
    trial.hand_in(course, count)
    _, text = grade(course, trial.ASSIGNMENT, jobs)
    found = trial.surprises(course)
    print(text)
    print("\n".join(found) or "Every one ended as it should.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
