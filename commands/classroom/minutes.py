"""How many minutes a part of a page takes in class, from what stands in it.

A section takes the time to say its words and to run and look at its cells.
An exercise takes a time by its stars. These three numbers are the only
assumptions; a teacher who is faster or slower changes them here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from commands.classroom import reading
from commands.questions import FENCE, HEADING, slug

WORDS_PER_MINUTE = 130  # a calm voice
MINUTES_PER_CELL = 0.5  # run it, look, go on
MINUTES_PER_STARS = {1: 5, 2: 15, 3: 60}
DETAILS = re.compile(r"<details.*?</details>", re.DOTALL)
# Sections that nobody teaches: the list of exercises, the links on.
APART = ("exercises", "where-next")


@dataclass
class Section:
    """A heading with what stands below it, smaller headings included.

    Attributes:
        title: the heading as it is written.
        level: 1 for the title of the page, 2 for its sections.
        words: the words outside code, solutions and formulas' fences.
        cells: the code cells.
        alone: words and cells before the next heading of any level.
    """

    title: str
    level: int
    words: int = 0
    cells: int = 0
    alone: tuple[int, int] = (0, 0)

    @property
    def anchor(self) -> str:
        """The end of its address on the site."""
        return slug(self.title)

    @property
    def minutes(self) -> int:
        """The minutes with everything below."""
        return minutes(self.words, self.cells)

    @property
    def minutes_alone(self) -> int:
        """The minutes without its smaller headings."""
        return minutes(*self.alone)


def minutes(words: int, cells: int) -> int:
    """Whole minutes, one at least."""
    exact = words / WORDS_PER_MINUTE + cells * MINUTES_PER_CELL
    return max(1, math.ceil(exact))


@cache
def sections(path: Path) -> dict[str, Section]:
    """The sections of a page by their anchors, in order."""
    found: dict[str, Section] = {}
    above: list[Section] = []
    for heading, words, cells in pieces(path):
        if heading:
            level, title = heading
            above = [s for s in above if s.level < level]
            above.append(Section(title, level))
            found[above[-1].anchor] = above[-1]
        for section in above:
            section.words += words
            section.cells += cells
        if above:
            alone = above[-1].alone
            above[-1].alone = (alone[0] + words, alone[1] + cells)
    return found


def pieces(path: Path) -> Iterator[tuple[tuple[int, str] | None, int, int]]:
    """Headings, words and cells of a page, one after another."""
    for cell in reading.read(path).cells:
        if cell.cell_type == "code":
            yield None, 0, 1
            continue
        fenced = False
        for line in DETAILS.sub("", cell.source).splitlines():
            if FENCE.match(line):
                fenced = not fenced
                continue
            found = None if fenced else HEADING.match(line)
            if found:
                yield (len(found[1]), found[2]), 0, 0
            elif not fenced:
                yield None, len(line.split()), 0


def page(name: str, root: Path = reading.ROOT) -> dict[str, Section]:
    """The sections of a chapter, by the name of its notebook.

    Raises:
        ValueError: there is no such notebook.
    """
    path = root / "chapters" / f"{name}.ipynb"
    if not path.is_file():
        raise ValueError(f"there is no chapter {name}")
    return sections(path)


def taught(name: str, root: Path = reading.ROOT) -> list[Section]:
    """The sections of a page that a class goes through, in order."""
    found = page(name, root).values()
    return [s for s in found if s.level == 2 and s.anchor not in APART]


@cache
def exercises(root: Path = reading.ROOT) -> dict[str, reading.Exercise]:
    """All exercises by their names, such as "scalar 1"."""
    return {e.name: e for e in reading.all_exercises(root)}


# A lesson: one line per step


@dataclass(frozen=True)
class Step:
    """One line of a lesson: what is done, how long, and where it stands."""

    text: str
    minutes: int
    how: str = ""


def step(line: str, root: Path = reading.ROOT) -> Step:
    """Read one line of a plan.

    `01_scalar#none-or-zero | how` is a section with all below it; with
    `alone` after the anchor its smaller headings are left out.
    `scalar 1 | how` is an exercise, `5 | how` some minutes of your own.

    Raises:
        ValueError: nothing in the book has this name.
    """
    what, _, how = (part.strip() for part in line.partition("|"))
    if what.isdecimal():
        return Step("", int(what), how)
    if "#" in what:
        return section_step(what, how, root)
    if what not in exercises(root):
        raise ValueError(f"there is no exercise {what!r}")
    exercise = exercises(root)[what]
    return Step(link(exercise), MINUTES_PER_STARS[exercise.stars], how)


def section_step(what: str, how: str, root: Path) -> Step:
    """A line that names a section."""
    name, _, rest = what.partition("#")
    anchor, *options = rest.split()
    section = page(name, root).get(anchor)
    if section is None or options not in ([], ["alone"]):
        raise ValueError(f"{name} has no section {rest!r}")
    taken = section.minutes_alone if options else section.minutes
    link = f"[{section.title}](../chapters/{name}.ipynb#{anchor})"
    return Step(f"{int(name[:2])} · {link}", taken, how)


def link(exercise: reading.Exercise) -> str:
    """An exercise's name, which leads to it."""
    number = exercise.name.split()[1]
    page = f"../chapters/{exercise.page}.ipynb#exercise-{number}-"
    return f"[{exercise.name}]({page}) {'★' * exercise.stars}"


def lesson(
    lines: list[str], limit: int, root: Path = reading.ROOT
) -> list[Step]:
    """The steps of a lesson; what is left over is for questions.

    Raises:
        ValueError: a line names nothing, or the steps are longer than the
            lesson, or leave more than a quarter of it.
    """
    found = [step(line, root) for line in lines if line.strip()]
    total = sum(s.minutes for s in found)
    if not 0.75 * limit <= total <= limit:
        raise ValueError(f"the lesson has {limit} minutes, its steps {total}")
    rest = Step("", limit - total, "Questions, and cells that take long.")
    return [*found, rest] if rest.minutes else found


# As tables


def lesson_table(steps: list[Step]) -> str:
    """A lesson with a clock, in Markdown."""
    rows, clock = ["| Minute | What | How |", "|--:|---|---|"], 0
    for taken in steps:
        rows.append(f"| {clock} | {taken.text} | {taken.how} |")
        clock += taken.minutes
    return "\n".join([*rows, f"| {clock} | **End** | |"])


def page_table(name: str, root: Path = reading.ROOT) -> str:
    """What each section of a page takes, in Markdown."""
    rows = ["| Section | Minutes | Cells |", "|---|--:|--:|"]
    found = taught(name, root)
    for s in found:
        where = f"../chapters/{name}.ipynb#{s.anchor}"
        rows.append(f"| [{s.title}]({where}) | {s.minutes} | {s.cells} |")
    total = sum(s.minutes for s in found), sum(s.cells for s in found)
    return "\n".join([*rows, f"| **All** | {total[0]} | {total[1]} |"])


def split(
    page_name: str, in_class: list[str], root: Path = reading.ROOT
) -> str:
    """Which exercises of a page are for the class, and which for home.

    Raises:
        ValueError: an exercise that is not of this page.
    """
    here = [e for e in exercises(root).values() if e.page == page_name]
    strange = set(in_class) - {e.name for e in here}
    if strange:
        raise ValueError(f"{page_name} has no exercise {sorted(strange)}")
    chosen = [e for e in here if e.name in in_class]
    rest = [e for e in here if e.name not in in_class]
    return f"**In class:** {listed(chosen)}\n\n**At home:** {listed(rest)}"


def homework(names: list[str], root: Path = reading.ROOT) -> str:
    """Exercises of any pages, with their minutes.

    Raises:
        ValueError: an exercise that is nowhere in the book.
    """
    known = exercises(root)
    strange = [name for name in names if name not in known]
    if strange:
        raise ValueError(f"there is no exercise {strange}")
    return "**At home:** " + listed([known[name] for name in names])


def listed(found: list[reading.Exercise]) -> str:
    """Exercises with their minutes in all."""
    if not found:
        return "nothing"
    total = sum(MINUTES_PER_STARS[e.stars] for e in found)
    return " · ".join(map(link, found)) + f" ({total} minutes)"
