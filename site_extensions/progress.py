"""Say on the terminal which chapter is executing, and how long it took."""

from __future__ import annotations

import logging
import re
import sys

from sphinx.application import Sphinx

# What the notebook reader logs, and what the reader of a terminal gets.
LINES = (
    (r"Executing notebook failed", "FAILED"),
    (r"Executing notebook using", "executing ..."),
    (r"Executed notebook in (\S+) seconds", r"executed in \1 s"),
    (r"Using cached notebook", "unchanged, not executed"),
)


def setup(app: Sphinx) -> dict[str, bool]:
    """Listen to the notebook reader's messages."""
    logger = logging.getLogger("sphinx")
    if not any(isinstance(h, ChapterLines) for h in logger.handlers):
        logger.addHandler(ChapterLines())
    app.connect("env-before-read-docs", reading)
    app.connect("env-check-consistency", writing)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class ChapterLines(logging.Handler):
    """Turn the notebook reader's messages into one short line each."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print the line for a message, if it has one."""
        chapter = getattr(record, "docname", None)
        line = describe(record.getMessage())
        if chapter and line:
            say(f"  {chapter}: {line}")


def describe(message: str) -> str | None:
    """The line to show for a message of the notebook reader."""
    for pattern, line in LINES:
        found = re.search(pattern, message)
        if found:
            return found.expand(line)
    return None


def reading(app: Sphinx, env, docnames: list[str]) -> None:
    """Announce how many pages are read."""
    say(f"Reading {len(docnames)} pages")


def writing(app: Sphinx, env) -> None:
    """Announce that every page has been read."""
    say("Writing the site")


def say(text: str) -> None:
    """Print a line even when Sphinx itself is quiet."""
    print(text, file=sys.__stdout__, flush=True)
