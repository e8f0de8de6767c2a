"""The reference pages: their code runs, their words and links are there."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from tests.chapters import notebook_rules as rules
from tests.support import ROOT

REFERENCE = ROOT / "reference"
PAGES = ("notation", "glossary", "cheat_sheet")
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
TERM = re.compile(r"\{term\}`([^`]+)`")
COLUMNS = 48  # what two columns on paper hold


def page(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text(encoding="utf-8")


def code_of(text: str) -> str:
    """All Python of a page, as one program."""
    return "\n".join(BLOCK.findall(text))


def test_code_of_the_cheat_sheet_runs(tmp_path: Path) -> None:
    # A file, as TensorFlow reads the source of what it compiles.
    program = tmp_path / "cheat_sheet.py"
    program.write_text(code_of(page("cheat_sheet")), encoding="utf-8")
    names = runpy.run_path(str(program))
    assert {"J", "B", "L", "W", "H", "D"} <= set(names)
    assert names["plain"](names["x"]).shape == names["J"].shape
    assert names["W"].shape == (4, 2, 8)


def test_code_that_does_not_run_is_found() -> None:
    assert code_of("```python\nassert 1 == 2\n```\n") == "assert 1 == 2\n"


def test_code_of_the_cheat_sheet_fits_its_column() -> None:
    wide = [
        line
        for line in code_of(page("cheat_sheet")).splitlines()
        if len(line) > COLUMNS
    ]
    assert not wide


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_to_sections(name: str) -> None:
    path = REFERENCE / f"{name}.md"
    found = []
    for target in rules.link_targets(page(name)):
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve()
        if not there.is_file() or (
            anchor and anchor not in rules.anchors(there, path, None)
        ):
            found.append(target)
    assert not found


def test_terms_are_in_the_glossary_in_order() -> None:
    terms = re.findall(r"^(\S.*)\n  \S", page("glossary"), re.MULTILINE)
    assert terms == sorted(terms, key=str.lower)
    used = {term for name in PAGES for term in TERM.findall(page(name))}
    assert used and used <= set(terms)
    assert len(terms) > 35
