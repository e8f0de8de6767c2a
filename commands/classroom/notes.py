"""The teacher's notes on a page: its part of the teaching guide."""

from __future__ import annotations

import re

from commands.classroom import minutes
from commands.classroom.reading import ROOT

GUIDE = ROOT / "reference" / "teaching.md"
# The parts of the guide about pages name their notebook.
PART = r"^### [^\n]*\(\.\./chapters/{page}\.ipynb\)[^\n]*\n(.*?)(?=^##|\Z)"
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
# What the site counts from the chapters, counted here for the notebook.
COUNTED = re.compile(
    r"^```\{(page-minutes|in-class)\} (\w+)\n(.*?)^```$", re.M | re.DOTALL
)


def for_page(page: str) -> str:
    """What the guide says about a page, or nothing."""
    if not GUIDE.is_file():
        return ""
    pattern = re.compile(PART.format(page=page), re.DOTALL | re.MULTILINE)
    found = pattern.search(GUIDE.read_text(encoding="utf-8"))
    if found is None:
        return ""
    text = LINK.sub(r"\1", COUNTED.sub(counted, found[1])).strip()
    return f"## Notes for the teacher\n\n{text}"


def counted(found: re.Match[str]) -> str:
    """The table or the lines that a directive stands for."""
    kind, page, content = found.groups()
    if kind == "page-minutes":
        return minutes.page_table(page)
    names = [name.strip() for name in content.replace("\n", ",").split(",")]
    return minutes.split(page, [name for name in names if name])
