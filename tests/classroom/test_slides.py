"""Slides: from the chapters alone, nothing from elsewhere, none too full."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
)
from playwright.sync_api import Browser, Page, sync_playwright

from commands.classroom import reading, slide_parts, slides
from commands.viewing import FLAGS

PAGES = reading.chapters()
# The right and lower edge of all that is seen on the slide, and what of its
# code is cut off.
EDGES = """() => {
  const slide = Reveal.getCurrentSlide();
  const seen = [...slide.querySelectorAll("*")].filter(
    part => !part.closest("aside") && part.getBoundingClientRect().height);
  const boxes = seen.map(part => part.getBoundingClientRect());
  const cut = seen.filter(part =>
    part.tagName === "PRE" && part.scrollWidth > part.clientWidth + 1);
  const images = [...slide.querySelectorAll("img")];
  return {
    title: slide.querySelector("h2").innerText,
    right: Math.max(...boxes.map(box => box.right)),
    bottom: Math.max(...boxes.map(box => box.bottom)),
    cut: cut.length,
    smallest: Math.min(...seen.filter(part => part.innerText).map(
      part => parseFloat(getComputedStyle(part).fontSize))),
    broken: images.filter(image => !image.naturalWidth || !image.alt).length,
  };
}"""
TO_SLIDE = """number => {
  Reveal.slide(number, 0);
  while (Reveal.availableFragments().next) Reveal.nextFragment();
}"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All decks, written once."""
    out = tmp_path_factory.mktemp("slides")
    slides.write(PAGES, out)
    return out


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=chromium, args=FLAGS
        )
        yield found
        found.close()


def opened(browser: Browser, path: Path, heard: list[str]) -> Page:
    """A deck in a window of a projector; what it loads, and its errors."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.on("request", lambda request: heard.append(request.url))
    page.on("pageerror", lambda error: heard.append(f"error: {error}"))
    page.goto(path.as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    return page


def faults(page: Page) -> list[str]:
    """What does not fit, slide by slide."""
    found = []
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate(TO_SLIDE, number)
        seen = page.evaluate(EDGES)
        fits = seen["right"] <= 1280 and seen["bottom"] <= 720
        if not fits or seen["cut"] or seen["broken"]:
            found.append(f"slide {number + 1}: {seen}")
        elif seen["smallest"] < 16:
            found.append(f"slide {number + 1} has small type: {seen}")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_no_slide_overflows_and_nothing_comes_from_elsewhere(
    written: Path, browser: Browser, path: Path
) -> None:
    heard: list[str] = []
    page = opened(browser, written / f"{path.stem}.html", heard)
    count = page.evaluate("Reveal.getTotalSlides()")
    assert count <= 25, f"{path.stem}: {count} slides"
    if reading.is_draft(path):
        assert count > 1
    else:
        assert count >= slides.FEWEST, f"{path.stem}: {count} slides"
    problems = faults(page)
    page.close()
    assert not problems, "\n".join(problems)
    allowed = (written.as_uri(), "data:", "blob:")
    other = [url for url in heard if not url.startswith(allowed)]
    assert not other, other


@pytest.mark.slow
def test_a_slide_that_is_too_full_is_seen(
    tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The measurement fails when the room is thought to be larger."""
    monkeypatch.setattr(slide_parts, "ROOM", 5000.0)
    path = reading.ROOT / "chapters" / "03_batch.ipynb"
    slides.write([path], tmp_path)
    page = opened(browser, tmp_path / "03_batch.html", [])
    assert faults(page)
    page.close()


@pytest.mark.slow
def test_the_player_lies_beside_the_slides(written: Path) -> None:
    for name in slides.TAKEN:
        assert (written / "reveal" / name).is_file()
    for path in PAGES:
        text = (written / f"{path.stem}.html").read_text(encoding="utf-8")
        assert 'src="http' not in text and 'href="http' not in text


# How a chapter becomes slides


def page_of(*cells: NotebookNode) -> NotebookNode:
    first = new_markdown_cell("# A page\n\nAfter it you can plant.")
    return new_notebook(cells=[first, *cells])


def code(source: str, printed: str = "", tags: tuple = ()) -> NotebookNode:
    outputs = [new_output("stream", text=printed)] if printed else []
    made = new_code_cell(source, outputs=outputs)
    made.metadata["tags"] = list(tags)
    return made


def test_a_section_gives_its_first_code_with_text_and_output() -> None:
    notebook = page_of(
        new_markdown_cell("## Roots\n\nLook [here](x.md)."),
        code("import planting"),
        code("root = 3\n\n\nprint(root)", "3"),
        new_markdown_cell("It is three. Now water it:"),
        code("water()"),
        new_markdown_cell("## Recap\n\n* Roots are three."),
    )
    opening, roots, water, recap = slides.deck(notebook)
    assert opening.title == "A page" and "* Roots" in opening.parts[1].source
    assert roots.title == water.title == "Roots" and recap.title == "Recap"
    code_part, after = roots.parts[-2:]
    assert code_part.source == "root = 3\n\nprint(root)"
    assert code_part.outputs[0].text == "3"
    assert after.source == "It is three."
    assert roots.rank < water.rank


def test_points_stay_points_and_half_sentences_go() -> None:
    points = "* One is enough.\n* Two are more.\n* Three."
    assert slide_parts.brief(points, 39) == points[:32]
    assert slide_parts.observation("It holds. And so:\n\nNext.") == [
        "It holds."
    ]
    assert slide_parts.observation("Put it there:") == [""]


def test_a_prediction_hides_its_answer() -> None:
    text = (
        "## Guess\n\n**Predict.** How many?\n\n"
        '<details class="prediction">\n<summary>Answer</summary>\n\n'
        "Seven.\n\n</details>"
    )
    notebook = page_of(new_markdown_cell(text), code("print(7)", "7"))
    _, asked, shown = slides.deck(notebook)
    question, answer = asked.cells()[1:3]
    assert question.source == "**Predict.** How many?"
    assert answer.source == "Seven."
    assert answer.metadata["slideshow"]["slide_type"] == "fragment"
    assert "Seven" not in "".join(c.source for c in shown.cells())


def test_code_that_only_draws_gives_its_picture_alone() -> None:
    cell = code("draw()", tags=("hide-input",))
    picture = new_output("display_data", data={"image/png": "iVBORw0KGgo="})
    cell.outputs = [picture]
    cell.metadata["mystnb"] = {"image": {"alt": "A tree\nwith leaves."}}
    notebook = page_of(new_markdown_cell("## Trees\n\nSee:"), cell)
    *_, tree = slides.deck(notebook)
    part = tree.parts[-1]
    assert part.source == ""
    assert part.outputs[0].metadata["alt"] == "A tree with leaves."


def test_what_has_no_room_is_left_out_or_smaller() -> None:
    section = new_markdown_cell("## Long\n\nMany lines.")
    long, short = "\n".join(["x = 1"] * 19), "\n".join(["x = 1"] * 40)
    middle, some = (
        slides.deck(page_of(section, code(c)))[-1] for c in (long, short)
    )
    assert middle.parts[-1].source == long and not middle.large
    assert [part.kind for part in some.parts] == ["text"]


def test_there_are_never_more_than_the_most() -> None:
    cells = []
    for number in range(40):
        cells += [new_markdown_cell(f"## Part {number}"), code("x = 1", "1")]
    found = slides.deck(page_of(*cells))
    assert len(found) == slides.MOST
    assert found[0].title == "A page"


def test_formulas_become_mathml_and_code_stays() -> None:
    text = slide_parts.formulas("`a$b$` is $x^2$ or $$y$$")
    assert text.startswith("`a$b$` is <math")
    assert '<div class="math"><math' in text


def test_an_unknown_page_is_refused(capsys) -> None:
    assert slides.main(["99_nothing"]) == 2
    assert "99_nothing" in capsys.readouterr().out


def test_slides_cite_nobody():
    of = "[{}, 1944](../reference/bibliography.md)".format
    text = f"A step ({of('A')}, {of('B')}). See [one](02_tensor.ipynb)."
    assert slide_parts.without_links(text) == "A step. See one."
