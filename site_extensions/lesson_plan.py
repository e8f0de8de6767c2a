"""Directives of the teaching guide: lessons and minutes from the chapters.

Minutes are counted whenever the site is built, so that the guide cannot
fall behind the chapters. A name that is nowhere in the book, and a lesson
that is longer than its time, stop the build.
"""

from __future__ import annotations

import sys
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class FromMinutes(SphinxDirective):
    """What all have in common: Markdown made by a function."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Parse the Markdown as if it stood on the page."""
        try:
            text = self.markdown(counting(self.env.srcdir))
        except ValueError as error:
            raise self.error(str(error)) from error
        box = nodes.container(classes=["lesson-plan"])
        lines = StringList(text.split("\n"), source=self.name)
        self.state.nested_parse(lines, self.content_offset, box)
        return [box]

    def markdown(self, minutes) -> str:
        """The table; each directive has its own."""
        raise NotImplementedError


class Lesson(FromMinutes):
    """`{lesson} 90`, with one step to a line."""

    has_content = True

    def markdown(self, minutes) -> str:
        """A lesson with a clock."""
        steps = minutes.lesson(list(self.content), int(self.arguments[0]))
        return minutes.lesson_table(steps)


class PageMinutes(FromMinutes):
    """`{page-minutes} 01_scalar`: its sections, minutes and cells."""

    def markdown(self, minutes) -> str:
        """One row per section."""
        return minutes.page_table(self.arguments[0])


class ExerciseSplit(FromMinutes):
    """`{in-class} 01_scalar`, with the exercises that the class does."""

    has_content = True

    def markdown(self, minutes) -> str:
        """Two lines: in class, and the rest at home."""
        return minutes.split(self.arguments[0], names(self.content))


class Homework(FromMinutes):
    """`{homework}`, with exercises by their names."""

    required_arguments = 0
    has_content = True

    def markdown(self, minutes) -> str:
        """One line, with the minutes of all."""
        return minutes.homework(names(self.content))


def names(content) -> list[str]:
    """What stands between the commas of some lines."""
    return [name.strip() for name in ",".join(content).split(",")]


DIRECTIVES = {
    "lesson": Lesson,
    "page-minutes": PageMinutes,
    "in-class": ExerciseSplit,
    "homework": Homework,
}


def counting(root: str | Path):
    """The module that counts, of the book that lies in root."""
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    from commands.classroom import minutes

    return minutes


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the directives known."""
    for name, directive in DIRECTIVES.items():
        app.add_directive(name, directive)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
