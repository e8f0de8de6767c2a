"""Every question that readers type leads to a section that answers it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from commands import questions
from site_extensions import question_table
from tests.support import ROOT

ALL = questions.all_questions()
OPEN = {
    "Gradients in TensorFlow Lite or TensorFlow.js",
    "How long does a Jacobian take on a GPU or a TPU?",
    "Sparse Jacobian: colouring its columns",
}


def test_every_answer_exists_and_speaks_of_the_question() -> None:
    found = [fault for row in ALL for fault in questions.faults(row)]
    assert not found, "\n".join(found)


def test_no_question_is_open_unless_it_is_listed() -> None:
    assert {row.question for row in ALL if row.is_open} == OPEN


def test_every_row_is_whole_and_asked_once() -> None:
    for row in ALL:
        assert row.topic and row.question
        assert row.is_open or (row.section and row.says), row.question
    typed = [row.question.lower() for row in ALL]
    assert len(typed) == len(set(typed))


def test_there_are_as_many_as_the_book_promises() -> None:
    """Ten for each page, and eight that somebody asked: 150 and 120."""
    pages = len(list((ROOT / "chapters").glob("*.ipynb")))
    assert len(ALL) >= 10 * pages
    assert len({row.asked for row in ALL} - {""}) >= 8 * pages


def test_a_section_that_is_gone_is_found() -> None:
    row = next(row for row in ALL if not row.is_open)
    assert questions.faults(replace(row, section="nowhere"))
    assert questions.faults(replace(row, page="chapters/nowhere"))
    assert questions.faults(replace(row, says="a word that is nowhere"))


def test_a_section_holds_its_own_text_and_no_code_comments() -> None:
    found = questions.sections(ROOT / "chapters" / "01_scalar.ipynb")
    assert "is not watched" in found["none-or-zero"]
    assert "one-number-in-many-out" in found
    assert "import" not in " ".join(found)


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("`nan`: when zero meets (infinity)", "nan-when-zero-meets-infinity"),
        ("Exercise 1 \u2605", "exercise-1-"),
        ("A derivative: $XAX$", "a-derivative-"),
        ("$c_T$ by the tape", "-by-the-tape"),
    ],
)
def test_anchors_are_those_of_the_website(heading: str, anchor: str) -> None:
    assert questions.slug(heading) == anchor


def test_the_page_lists_every_question_once() -> None:
    links = re.findall(r"\]\((.+)\)$", question_table.answered(ALL), re.M)
    targets = [f"../{r.page}.ipynb#{r.section}" for r in ALL if r.page]
    assert sorted(links) == sorted(targets)
    listed = question_table.still_open(ALL).splitlines()
    assert len(listed) == len(OPEN)


def test_a_message_is_shown_as_it_is_typed() -> None:
    assert question_table.plain("'_id' [x]") == "'\\_id' \\[x\\]"
