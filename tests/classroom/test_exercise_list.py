"""The page of all exercises is made from the chapters."""

from __future__ import annotations

import re

from commands.classroom import reading
from site_extensions import exercise_list
from tests.support import ROOT

ALL = reading.all_exercises()
LINK = re.compile(
    r"\[([^\]]+)\]\(\.\./chapters/(\w+)\.ipynb#exercise-(\d+)-\)"
)


def test_every_exercise_is_linked_by_topic_and_by_difficulty() -> None:
    for form in (exercise_list.topics, exercise_list.difficulty):
        links = LINK.findall(form(exercise_list.read(ROOT)))
        expected = {(e.name, e.page, e.name.split()[1]) for e in ALL}
        assert set(links) == expected and len(links) == len(ALL)


def test_the_counts_add_up() -> None:
    *_, last = exercise_list.counts(ALL).splitlines()
    assert sum(map(int, re.findall(r"\d+", last))) == len(ALL)


def test_a_bar_does_not_end_a_cell_of_a_table() -> None:
    assert exercise_list.plain("|det J| of x_0") == "\\|det J\\| of x\\_0"


def test_the_page_asks_for_all_three() -> None:
    text = (ROOT / "reference" / "exercises.md").read_text(encoding="utf-8")
    asked = re.findall(r"\{exercises\} (\w+)", text)
    assert asked == ["counts", "topics", "difficulty"]
