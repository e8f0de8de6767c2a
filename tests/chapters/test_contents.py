"""The table of contents names every chapter, in order, and nothing else."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

import tasks


def test_contents_match_the_chapters() -> None:
    faults = tasks.contents_faults()
    assert not faults, "\n".join(faults)


FAULTS = [
    ("", r"01_one\.ipynb is not in _toc\.yml"),
    ("chapters/01_one chapters/02_two x", r"names x, .*correct the entry"),
    ("chapters/02_two chapters/01_one", "in another order"),
]


@pytest.mark.parametrize(("entries", "message"), FAULTS)
def test_a_fault_is_named(tmp_path: Path, entries: str, message: str) -> None:
    (tmp_path / "chapters").mkdir()
    (tmp_path / "index.md").touch()
    for name in ("01_one", "02_two"):
        (tmp_path / "chapters" / f"{name}.ipynb").touch()
    lines = [f"  - file: {entry}" for entry in entries.split()]
    text = "\n".join(["format: jb-book", "root: index", "chapters:", *lines])
    (tmp_path / "_toc.yml").write_text(text)
    with pytest.raises(AssertionError, match=message):
        assert not tasks.contents_faults(tmp_path)


HUB = "07_is_my_jacobian_right.ipynb"
PAGES = sorted((tasks.ROOT / "chapters").glob("*.ipynb"))
# None where an edition of one's own has left the checks out.
OTHERS = [path for path in PAGES if path.name != HUB]
if len(OTHERS) == len(PAGES):
    OTHERS = []


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_every_chapter_leads_to_the_checks(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    assert f"]({HUB}" in text, f"link to {HUB}, under `## Where next`"


def test_old_pages_go(tmp_path: Path, monkeypatch) -> None:
    page = tmp_path / "html" / "chapters" / "99_gone.html"
    page.parent.mkdir(parents=True)
    page.touch()
    monkeypatch.setattr(tasks, "SITE", tmp_path / "html")
    monkeypatch.setattr(tasks, "BUILD", tmp_path)
    tasks.drop_old_pages()
    assert not page.exists()
