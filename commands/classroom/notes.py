"""The teacher's notes on a page: its part of the teaching guide."""

from __future__ import annotations

import re

from commands.classroom.reading import ROOT

GUIDE = ROOT / "reference" / "teaching.md"
# The parts of the guide about pages name their notebook.
PART = r"^### [^\n]*\(\.\./chapters/{page}\.ipynb\)[^\n]*\n(.*?)(?=^##|\Z)"
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def for_page(page: str) -> str:
    """What the guide says about a page, or nothing."""
    if not GUIDE.is_file():
        return ""
    pattern = re.compile(PART.format(page=page), re.DOTALL | re.MULTILINE)
    found = pattern.search(GUIDE.read_text(encoding="utf-8"))
    if found is None:
        return ""
    text = LINK.sub(r"\1", found[1]).strip()
    return f"## Notes for the teacher\n\n{text}"
