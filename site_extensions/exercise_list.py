"""A directive that lists all exercises, and the student edition's zip.

Both are made from the chapters whenever the site is built, so that neither
can fall behind them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

STARS = {1: "a few minutes", 2: "a quarter of an hour", 3: "an hour"}


class ExerciseList(SphinxDirective):
    """`{exercises}` with `topics`, `difficulty` or `counts` as argument."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Markdown, parsed as if it stood on the page."""
        found = read(self.env.srcdir)
        for path in {exercise.page for exercise in found}:
            self.env.note_dependency(f"chapters/{path}.ipynb")
        forms = {"topics": topics, "difficulty": difficulty, "counts": counts}
        text = forms[self.arguments[0]](found)
        box = nodes.container(classes=["exercise-list"])
        lines = StringList(text.split("\n"), source="exercises")
        self.state.nested_parse(
            lines, self.content_offset, box, match_titles=True
        )
        return box.children


def read(root: str | Path) -> list:
    """The exercises of the book that lies in root."""
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    from commands.classroom import reading

    return reading.all_exercises(Path(root))


def link(exercise, text: str) -> str:
    """A link to the exercise's own heading."""
    page = f"../chapters/{exercise.page}.ipynb"
    return f"[{text}]({page}#{anchor(exercise)})"


def anchor(exercise) -> str:
    """The heading's slug, in which the stars are left out."""
    return exercise.heading.lower().replace(" ", "-") + "-"


def by_page(found: list) -> dict[str, list]:
    """The exercises of each page, under its title."""
    pages: dict[str, list] = {}
    for exercise in found:
        pages.setdefault(exercise.title, []).append(exercise)
    return pages


def counts(found: list) -> str:
    """How many of each difficulty each page has."""
    rows = ["| Page | ★ | ★★ | ★★★ |", "|---|--:|--:|--:|"]
    for title, some in by_page(found).items():
        numbers = [sum(e.stars == k for e in some) for k in (1, 2, 3)]
        cells = " | ".join(str(number or "") for number in numbers)
        page = f"[{title}](../chapters/{some[0].page}.ipynb#exercises)"
        rows.append(f"| {page} | {cells} |")
    total = [sum(e.stars == k for e in found) for k in (1, 2, 3)]
    rows.append("| **All** | " + " | ".join(map(str, total)) + " |")
    return "\n".join(rows)


def topics(found: list) -> str:
    """A table for each page, in the order of reading."""
    parts = []
    for title, some in by_page(found).items():
        rows = ["| Exercise | Stars | What it asks |", "|---|---|---|"]
        rows += [
            f"| {link(e, e.name)} | {'★' * e.stars} | {plain(e.about)} |"
            for e in some
        ]
        parts += [f"### {title}", "\n".join(rows)]
    return "\n\n".join(parts)


def difficulty(found: list) -> str:
    """A list for each number of stars, in the order of reading."""
    parts = []
    for stars, time in STARS.items():
        some = [e for e in found if e.stars == stars]
        names = " · ".join(link(e, e.name) for e in some)
        parts += [f"### {'★' * stars} {time}", names]
    return "\n\n".join(parts)


def plain(text: str) -> str:
    """A docstring's line, with what a table would misread written out."""
    return text.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")


def write_student_edition(app: Sphinx, failure: Exception | None) -> None:
    """The zip lies beside index.html; the list of exercises links to it."""
    wanted = "reference/exercises" in app.env.found_docs
    if failure or not wanted or app.builder.name != "html":
        return
    from commands.classroom import editions

    editions.make_zip("student", Path(app.outdir))


def setup(app: Sphinx) -> dict[str, bool]:
    """Make `{exercises}` known."""
    app.add_directive("exercises", ExerciseList)
    app.connect("build-finished", write_student_edition)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
