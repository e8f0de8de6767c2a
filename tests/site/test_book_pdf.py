"""The pages are joined into one book, and links stay inside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pypdf import PdfReader

from commands import book_pdf

PAGE = """<html><nav></nav><article class="bd-article">
<section class="ignore" id="rows">
<h1>Rows<a class="headerlink" href="#rows">#</a></h1>
<p><a href="#cost">cost</a> <a href="01_cols.html#cost">columns</a>
<a href="../genindex.html">index</a> <a href="https://e.invalid/">e</a></p>
<details><summary>More</summary><p>Folded text.</p></details>
<section id="cost"><h2>Cost</h2><pre>{code}</pre></section></section>
</article></html>"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site of two pages with a line as long as none should be."""
    (tmp_path / "html" / "chapters").mkdir(parents=True)
    for name in ("00_rows", "01_cols"):
        code = "x" * 70 + "\n" + "y" * 300
        path = tmp_path / "html" / "chapters" / f"{name}.html"
        path.write_text(PAGE.format(code=code), encoding="utf-8")
    (tmp_path / "_toc.yml").write_text(
        "root: chapters/00_rows\n  - file: chapters/01_cols\n"
    )
    return tmp_path


def test_pages_become_one_with_their_links(site: Path) -> None:
    text = book_pdf.joined(site / "html", site)
    assert text.count("<article") == 2 and 'class="headerlink"' not in text
    assert 'href="#chapters-00_rows--cost"' in text
    assert text.count('href="#chapters-01_cols--cost"') == 4
    assert "genindex" not in text and "https://e.invalid/" in text
    assert "<details open>" in text
    assert "<h1>1&ensp;Rows" in text
    for name in ("rows", "cost"):
        assert f'data-for="chapters-01_cols--{name}">000' in text


def test_chapters_are_numbered_by_their_files() -> None:
    numbers = {c.page: c.number for c in book_pdf.chapters()}
    assert numbers["index"] == numbers["reference/api"] == ""
    assert numbers["chapters/00_quick_answer"] == "0"
    assert numbers["chapters/04_lstm"] == "4"
    assert numbers["chapters/04_lstm_fading"] == "4.1"


def test_the_book_is_printed_and_nothing_is_cut(
    site: Path, chromium: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined = book_pdf.joined(site / "html", site)
    monkeypatch.setattr(book_pdf, "joined", lambda folder: joined)
    book = book_pdf.write(site / "html", site / "pdf", chromium)
    pages = PdfReader(book).pages
    plain = "".join("".join(p.extract_text() for p in pages).split())
    assert plain.count("x" * 70) == 2 and plain.count("y" * 300) == 2
    assert "Foldedtext." in plain
    places = book_pdf.page_numbers(book)
    number = places["chapters-01_cols--cost"]
    page = (site / "pdf" / "book.html").read_text(encoding="utf-8")
    assert number == len(pages)
    assert f'data-for="chapters-01_cols--cost">{number}<' in page
