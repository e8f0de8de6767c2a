"""The search's index holds each section with its own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from site_extensions import section_search
from tests.site import searching

PAGE = """
<nav><section id="menu"><h2>Menu</h2></section></nav>
<section id="kinks"><h1>Kinks<a class="headerlink">#</a></h1>
<p>Two slopes<br>meet. <math><mi>x</mi></math></p>
<section id="at-zero"><h2>At <code>zero</code></h2><p>relu</p>
<div class="cell_output"><pre>0.0</pre></div></section>
<p>afterwards</p><h2>By size</h2></section>
<dl><dt class="sig" id="helpers.vjp">vjp(f)</dt><dd>rows</dd></dl>
"""


@pytest.fixture
def sections(tmp_path: Path) -> list[section_search.Section]:
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "kinks.html").write_text(PAGE, "utf-8")
    (tmp_path / "search.html").write_text(PAGE, "utf-8")
    return section_search.read(tmp_path)


def test_each_section_has_its_own_text(sections) -> None:
    own = {s.anchor: " ".join("".join(s.text).split()) for s in sections}
    assert own["kinks"] == "Two slopesmeet. afterwardsBy size"
    assert own["at-zero"] == "relu"
    assert {s.page for s in sections} == {"chapters/kinks"}
    titles = {s.anchor: s.title for s in sections}
    assert titles["kinks"] == "Kinks" and titles["at-zero"] == "At zero"
    assert titles["helpers.vjp"] == "helpers.vjp"


def test_a_question_counts_for_the_section_that_answers_it(sections) -> None:
    where = section_search.place("chapters/kinks", "at-zero")
    data = section_search.index(sections, {where: "subgradient at 0"})
    numbers = data["terms"]["subgradient"][::2]
    assert [data["sections"][n][1] for n in numbers] == ["at-zero"]


def test_words_lose_their_endings_and_keep_their_parts() -> None:
    words = section_search.words("The batch_jacobian of differences")
    assert words == ["batch_jacobian", "batch", "jacobian", "differenc"]
    assert section_search.words("difference") == ["differenc"]
    assert section_search.words("loss") == ["loss"]


def test_anchors_of_links_and_of_pages_are_the_same_place() -> None:
    one = section_search.place("p", "nan-although-tfwhere-took-eˣ")
    other = section_search.place("p", "nan-although-tf-where-took-ex")
    assert one == other


def test_there_are_as_many_searches_as_the_book_promises() -> None:
    assert len(searching.of_the_table()) >= 150
    table = {text for text, _, _ in searching.of_the_table()}
    assert len(searching.others()) >= 25
    assert not table & {text for text, _, _ in searching.others()}
