"""A directive that writes the table of questions, topic by topic.

The rows are read from `reference/questions.csv` when the site is built.
"""

from __future__ import annotations

import sys
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

MARKED = "\\`*_|[]<>$"


class QuestionTable(SphinxDirective):
    """`{questions}` with `answered` or `open` as argument."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Markdown, parsed as if it stood on the page."""
        rows = read(self.env.srcdir)
        self.env.note_dependency("reference/questions.csv")
        forms = {"answered": answered, "open": still_open}
        text = forms[self.arguments[0]](rows)
        box = nodes.container(classes=["question-table"])
        lines = StringList(text.split("\n"), source="questions")
        self.state.nested_parse(
            lines, self.content_offset, box, match_titles=True
        )
        return box.children


def read(root: str | Path) -> list:
    """The questions of the book that lies in root."""
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    from commands import questions

    return questions.all_questions(Path(root))


def answered(rows: list) -> str:
    """For each topic a heading and a list of links."""
    topics: dict[str, list[str]] = {}
    for row in rows:
        if not row.is_open:
            topics.setdefault(row.topic, []).append(f"- {link(row)}")
    parts = [f"## {topic}\n\n" + "\n".join(topics[topic]) for topic in topics]
    return "\n\n".join(parts)


def still_open(rows: list) -> str:
    """A list of the questions that the book does not answer."""
    return "\n".join(f"- {plain(row.question)}" for row in rows if row.is_open)


def link(row) -> str:
    """The question, as a link to the section that answers it."""
    target = f"../{row.page}.ipynb#{row.section}"
    return f"[{plain(row.question)}]({target})"


def plain(text: str) -> str:
    """The question as typed, with what Markdown would read escaped."""
    return "".join(f"\\{sign}" if sign in MARKED else sign for sign in text)


def setup(app: Sphinx) -> dict[str, bool]:
    """Make `{questions}` known."""
    app.add_directive("questions", QuestionTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
