"""The questions that readers type, each with the section that answers it.

`reference/questions.csv` is the only place of the data. A row says the
topic, the question as it is typed, the page and the section's anchor, a
word that the section must contain, and the thread in which somebody asked
it. A row without a page is open: nothing in the book answers it yet.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*$")
FENCE = re.compile(r"^(```+|~~~+)")


@dataclass(frozen=True)
class Question:
    """One row: what is typed, where its answer is, who asked it."""

    topic: str
    question: str
    page: str
    section: str
    says: str
    asked: str

    @property
    def is_open(self) -> bool:
        """Nothing in the book answers it yet."""
        return not self.page


def all_questions(root: Path = ROOT) -> list[Question]:
    """The rows, in the order of the file."""
    path = root / "reference" / "questions.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return [Question(**row) for row in csv.DictReader(file)]


def faults(row: Question, root: Path = ROOT) -> list[str]:
    """What is wrong with a row that names an answer."""
    if row.is_open:
        return []
    path = root / f"{row.page}.ipynb"
    if not path.is_file():
        return [f"{row.question}: no page {row.page}"]
    text = sections(path).get(row.section)
    if text is None:
        return [f"{row.question}: no section {row.page}#{row.section}"]
    if row.says.lower() not in text.lower():
        place = f"{row.page}#{row.section}"
        return [f"{row.question}: {place} does not say {row.says!r}"]
    return []


@cache
def sections(path: Path) -> dict[str, str]:
    """The text of each section, with those below it, by its anchor."""
    found: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for level, text in lines(path):
        if level:
            above = [entry for entry in above if entry[0] < level]
            above.append((level, slug(text)))
        for _, anchor in above:
            found[anchor] = found.get(anchor, "") + text + "\n"
    return found


def lines(path: Path) -> list[tuple[int, str]]:
    """Each line of a page; a heading with its level, another with 0."""
    found = []
    for cell in nbformat.read(path, 4).cells:
        fenced = cell.cell_type != "markdown"
        for line in cell.source.splitlines():
            if FENCE.match(line) and cell.cell_type == "markdown":
                fenced = not fenced
            heading = None if fenced else HEADING.match(line)
            level = len(heading.group(1)) if heading else 0
            found.append((level, heading.group(2) if heading else line))
    return found


def slug(heading: str) -> str:
    """The anchor that MyST gives a heading: mathematics is left out."""
    plain = re.sub(r"\$[^$]+\$", "", heading.strip().lower())
    return re.sub(r"[^\w\s-]", "", plain).replace(" ", "-")
