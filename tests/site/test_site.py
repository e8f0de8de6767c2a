"""The site builds without a warning, and each page is right in a browser."""

from __future__ import annotations

import base64
import io
import random
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from statistics import median

import nbformat
import pytest
from fontTools.ttLib import TTFont
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import helpers
import tasks
from commands import book_pdf, loading, viewing, wheel
from site_extensions import finished_pages, mathematics, take_along
from tests.site import (
    interacting,
    searching,
    site_rules,
    strictness,
)

WIDTHS = (1280, 390)
# What a page may cost without its figures, in KB as a host sends it, and
# how far its parts may move while they come.
KILOBYTES = 300
SHIFT = 0.02
# How much later than plain text of as many bytes a chapter may answer. Laid
# out as a whole it took four times as long, in slices 1.7 times.
ANSWERS = 2.6
ROUNDS = 5
# So many pages wait for the slow network at once.
TOGETHER = 4
# The entry of the section that is read can be seen, far down in the list.
IN_SIGHT = """() => {
    const list = document.querySelector(".bd-sidebar-secondary");
    const at = list.querySelector('a[aria-current="true"]')
        ?.getBoundingClientRect();
    return at && list.scrollTop > 1000 && at.top >= 0
        && at.bottom <= window.innerHeight;
}"""


def build(root: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Build a book with the command of `make book`."""
    variables = {**tasks.environment(), **more}
    # Its presence makes kernels write to the terminal.
    variables.pop("PYTEST_CURRENT_TEST", None)
    return subprocess.run(
        tasks.book_command(root),
        cwd=root,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def built() -> subprocess.CompletedProcess[str]:
    """The site of this project, built now, of outputs that nbval proves."""
    tasks.drop_old_pages()
    return build(tasks.ROOT, **tasks.STORED)


def test_site_builds_without_a_warning(built) -> None:
    assert built.returncode == 0, built.stdout
    assert "WARNING" not in built.stdout and "ERROR" not in built.stdout


@pytest.mark.weekly
def test_the_book_executes_without_a_warning() -> None:
    """What `make book` does, all chapters once more."""
    tasks.drop_stale_outputs()
    tasks.drop_old_pages()
    test_site_builds_without_a_warning(build(tasks.ROOT))


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page(built, visitor, width: int) -> None:
    """Light, still, readable, and nothing for axe to find."""
    found, heavy = [], [loading.HEAD]
    names = viewing.pages(tasks.SITE)
    with viewing.served(tasks.SITE) as address:
        for load in loading.loads(visitor, address, names, width, TOGETHER):
            cost = load.cost
            if cost.compressed > KILOBYTES or cost.shift > SHIFT:
                heavy += [cost.line(), *cost.moved]
            faults = site_rules.faults(load.page) + load.found
            found += [f"{cost.page} at {width}: {fault}" for fault in faults]
    assert len(names) > 5
    assert not found + heavy[1:], "\n".join(found + heavy)


def test_every_page_is_strict_and_complete(built) -> None:
    """No script or style inside, figures light and sized, all named."""
    found, titles = [], set()
    drawn = signs_of_the_font()
    for name in viewing.pages(tasks.SITE):
        text = (tasks.SITE / name).read_text(encoding="utf-8")
        faults = strictness.forbidden(text) + strictness.heavy_figures(text)
        faults += [f"no {missing}" for missing in strictness.unnamed(text)]
        signs = strictness.undrawn(text, drawn)
        faults += [f"not in the font of formulas: {sign}" for sign in signs]
        if finished_pages.POLICY not in text:
            faults.append("no content security policy")
        found += [f"{name}: {fault}" for fault in faults]
        titles.add(re.search("<title>(.*)</title>", text)[1])
    assert not found, "\n".join(found)
    assert len(titles) == len(viewing.pages(tasks.SITE))


def signs_of_the_font() -> set[int]:
    """The characters that the font of the site's formulas draws."""
    style = (tasks.SITE / "_static" / mathematics.STYLE).read_text("utf-8")
    (coded,) = re.findall(r"url\(data:font/woff;base64,([^)]*)\)", style)
    font = TTFont(io.BytesIO(base64.b64decode(coded)))
    return set(font.getBestCmap())


def test_a_distance_between_lines_is_refused() -> None:
    plain = r"\begin{gathered} a \\ b \end{gathered}"
    assert "<mtr>" in mathematics.mathml(plain, True)
    with pytest.raises(ValueError, match=r"got \\\\\[2pt\]"):
        mathematics.mathml(plain.replace(r"\\", r"\\[2pt]"), True)


@pytest.mark.parametrize("formula", [r"\sqrt{x}", r"\sqrt[3]{x}", r"\pm x"])
def test_each_sign_of_a_formula_has_its_letter(formula: str) -> None:
    text = mathematics.mathml(formula, False)
    font = mathematics.small_font(mathematics.signs(text))
    drawn = TTFont(io.BytesIO(font)).getBestCmap()
    assert not strictness.undrawn(text, drawn)
    missing = mathematics.small_font(mathematics.signs("x"))
    drawn = TTFont(io.BytesIO(missing)).getBestCmap()
    assert strictness.undrawn(text, drawn)


# How many pixels of a formula with a root are free behind its last sign.
BEHIND = """() => [...document.querySelectorAll("math:has(msqrt, mroot)")]
    .map((formula) => formula.getBoundingClientRect().right - Math.max(
        ...[...formula.querySelectorAll("mi, mn, mo, msqrt, mroot")]
            .map((sign) => sign.getBoundingClientRect().right)))"""


def test_no_room_is_left_behind_a_root(built, visitor) -> None:
    (path, *_) = [
        path
        for path in sorted((tasks.SITE / "chapters").glob("*.html"))
        if "<msqrt>" in path.read_text(encoding="utf-8")
    ]
    with (
        viewing.served(tasks.SITE) as address,
        visitor.page(address, 1280, []) as page,
    ):
        page.goto(f"{address}/chapters/{path.name}#roots")
        found = page.evaluate(BEHIND)
    assert found and max(found) < 2, found


def test_the_site_carries_what_a_reader_takes_along(built) -> None:
    name = wheel.name()
    with zipfile.ZipFile(tasks.SITE / take_along.SITE_ZIP) as held:
        kept = {n.partition("/")[2] for n in held.namelist()}
    assert {name, "index.html", "_static/styles/book-site.css"} <= kept
    assert set(viewing.pages(tasks.SITE)) <= kept
    for path in (tasks.ROOT / "chapters").glob("*.ipynb"):
        page = (tasks.SITE / f"chapters/{path.stem}.html").read_text("utf-8")
        assert f'data-wheel="../{name}"' in page, path.stem
        assert "../reference/api.html#helpers." in page, path.stem
        download = tasks.SITE / f"_sources/chapters/{path.name}"
        first = nbformat.read(download, as_version=4).cells[0]
        assert "%pip install" in first.source and name in first.source


def test_scripts_do_their_work_under_the_policy(built, visitor) -> None:
    """The line has the page's own address; a search shows sections."""
    found: list[str] = []
    with (
        viewing.served(tasks.SITE) as address,
        visitor.page(address, 1280, found) as page,
    ):
        page.goto(f"{address}/chapters/01_scalar.html")
        line = page.locator("pre[data-wheel]").first.inner_text()
        assert f"@ {address}/{wheel.name()}" in line
        page.goto(f"{address}/search.html?q=vanishing+gradient")
        first = page.locator("#search-results li a").first
        assert "04_lstm_fading.html#" in first.get_attribute("href")
    assert not found, "\n".join(found)


def test_what_goes_on_fades_until_its_end(built, visitor) -> None:
    with (
        viewing.served(tasks.SITE) as address,
        visitor.page(address, 390, []) as page,
    ):
        page.goto(f"{address}/chapters/01_scalar.html", wait_until="load")
        figure = page.locator(".picture.goes-on").first
        figure.evaluate("figure => { window.wide = figure }")
        shown = "wide.scrollLeft = {}; wide.classList.contains('goes-on')"
        assert page.evaluate(shown.format(0))
        page.evaluate(shown.format(10_000))
        viewing.wait_until(page, "!wide.classList.contains('goes-on')")
        assert page.evaluate("wide.tabIndex") == 0


# Whether the last paragraph of a chapter is laid out.
LAST_SHOWN = """[...document.querySelectorAll(".bd-article p")].at(-1)
    .checkVisibility({contentVisibilityAuto: true})"""


def longest() -> tuple[str, str]:
    """The largest chapter's address on the site, and its last section."""
    pages = (tasks.SITE / "chapters").glob("*.html")
    path = max(pages, key=lambda path: path.stat().st_size)
    sections = re.findall('<section id="([^"]+)"', path.read_text("utf-8"))
    return f"chapters/{path.name}", sections[-1]


# What the reader sees when all text is there, and whether the font of
# formulas is there when the text is shown.
SEEN = """
document.addEventListener("DOMContentLoaded", () => {
    const text = document.querySelector(".bd-article");
    window.atFirst = getComputedStyle(text).visibility;
});
new MutationObserver(() => {
    if (document.documentElement.matches(".waits-for-formulas")) return;
    window.font ??= document.fonts.check('1em "Book Mathematics"');
}).observe(document, {attributes: true, subtree: true});
"""
NEVER = "FontFaceSet.prototype.load = () => new Promise(() => {});"
VISIBLE = """getComputedStyle(document.querySelector(".bd-article"))
    .visibility == 'visible'"""


def test_text_is_shown_when_the_font_of_formulas_is_there(built, visitor):
    with (
        viewing.served(tasks.SITE) as address,
        visitor.page(address, 390, []) as page,
    ):
        page.add_init_script(SEEN)
        page.goto(f"{address}/chapters/01_scalar.html", wait_until="load")
        viewing.wait_until(page, "window.font === true")
        # A font that never comes keeps nothing from the reader.
        page.add_init_script(NEVER)
        page.goto(f"{address}/chapters/02_tensor.html", wait_until="load")
        assert page.evaluate("window.atFirst") == "hidden"
        viewing.wait_until(page, VISIBLE)


def test_what_lies_far_below_waits_for_the_first_screen(built, visitor):
    with (
        viewing.served(tasks.SITE) as address,
        visitor.page(address, 390, []) as page,
    ):
        page.add_init_script("window.requestAnimationFrame = () => 0")
        page.goto(f"{address}/{longest()[0]}", wait_until="load")
        assert not page.evaluate(LAST_SHOWN)
        # The reader's first move shows all.
        page.keyboard.press("Shift")
        assert page.evaluate(LAST_SHOWN)


def test_what_lies_far_below_comes_by_itself(built, visitor):
    with (
        viewing.served(tasks.SITE) as address,
        visitor.page(address, 390, []) as page,
    ):
        page.goto(f"{address}/{longest()[0]}", wait_until="load")
        viewing.wait_until(page, LAST_SHOWN)


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_a_chapter_answers_nearly_as_soon_as_plain_text(
    width, built, visitor, tmp_path
):
    """Seconds depend on the machine, their ratio hardly."""
    name, _ = longest()
    line = "<p>" + "Plain text, without a style or a script. " * 8 + "</p>\n"
    lines = (tasks.SITE / name).stat().st_size // len(line)
    (tmp_path / "plain.html").write_text("<!doctype html>" + line * lines)
    with (
        viewing.served(tasks.SITE) as site,
        viewing.served(tmp_path) as beside,
    ):
        urls = [f"{beside}/plain.html", f"{site}/{name}"]
        waits = loading.seconds_to_answer(visitor, urls * ROUNDS, width)
        found = list(waits)
    plain, chapter = found[::2], found[1::2]
    assert median(chapter) < ANSWERS * median(plain), found


def test_who_asks_for_a_section_waits_for_none(built, visitor):
    name, section = longest()
    with (
        viewing.served(tasks.SITE) as address,
        visitor.page(address, 390, []) as page,
    ):
        page.goto(f"{address}/{name}#{section}", wait_until="load")
        assert page.evaluate(LAST_SHOWN)


def test_the_list_of_sections_follows_the_reader(built, visitor) -> None:
    with (
        viewing.served(tasks.SITE) as address,
        visitor.page(address, 1280, []) as page,
    ):
        page.goto(f"{address}/chapters/error_messages.html")
        page.locator("#h-layer").scroll_into_view_if_needed()
        viewing.wait_until(page, IN_SIGHT)


def test_the_helpers_lead_to_the_chapters(built) -> None:
    text = (tasks.SITE / "reference/api.html").read_text(encoding="utf-8")
    for name in helpers.__all__:
        assert f'id="helpers.{name}"' in text, name
        assert f'href="#helpers.{name}"' in text, f"{name} not in the table"
    assert "ArrayLike" in text and "_NestedSequence" not in text
    used = re.findall(r'href="\.\./(chapters/\w+)\.html#([^"]+)"', text)
    assert len({page for page, _ in used}) > 8
    for page, section in used:
        target = (tasks.SITE / f"{page}.html").read_text(encoding="utf-8")
        assert f'id="{section}"' in target, f"{page}#{section}"


def test_the_book_on_paper_cuts_nothing(built, visitor) -> None:
    """Every page of the site on one sheet as wide as the text of A4."""
    sheet = tasks.BUILD / "pdf" / "test.html"
    sheet.parent.mkdir(exist_ok=True)
    text = book_pdf.joined(tasks.SITE)
    sheet.write_text(text, encoding="utf-8")
    size = {"width": book_pdf.TEXT_WIDTH, "height": 1000}
    page = visitor.browser.new_page(viewport=size)
    page.emulate_media(media="print")
    page.goto(sheet.as_uri(), wait_until="load", timeout=120_000)
    wide = page.evaluate(book_pdf.WIDE, book_pdf.TEXT_WIDTH)
    broken = page.evaluate(book_pdf.BROKEN)
    page.close()
    sheet.unlink()
    assert not wide + broken, "\n".join(wide + broken)
    for chapter in book_pdf.chapters():
        assert f'id="{book_pdf.anchor(chapter.page)}"' in text


def test_reading_needs_no_script(built, visitor, tmp_path: Path) -> None:
    """From a file and without JavaScript: text, formulas and menus."""
    context = visitor.browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for name in viewing.pages(tasks.SITE):
        page.goto((tasks.SITE / name).as_uri())
        formulas = page.locator("article math")
        shown = [formulas.nth(i) for i in range(min(3, formulas.count()))]
        assert page.locator("h1").last.is_visible(), name
        assert all(f.bounding_box() for f in shown), name
    context.close()


# Faults planted in a page: each must be found

PAGE = """<!DOCTYPE html>
<html lang="en"><head><title>A page</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>html[data-theme=dark] body {{ background: #000; color: #fff }}</style>
</head><body><main><h1>A page</h1>{}</main></body></html>
"""
MERROR = "<math><merror><mtext>x</mtext></merror></math>"
FAULTS = {
    "another host": '<script src="http://example.invalid/x.js"></script>',
    "console": "<script>console.error('broken')</script>",
    "error:": "<script>undefinedFunction()</script>",
    "status 404": '<script src="missing.js"></script>',
    "image-alt": '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
    "not typeset": r'<p class="math">\(x^2\)</p>',
    "empty formula": "<math></math>",
    "error in formula": MERROR,
    "LaTeX in formula": r"<math><mi>\frac</mi></math>",
    "raw formula": r"<p>Here is $$x^2$$ in the text.</p>",
    "wide, not": '<div style="width: 3000px">wide</div>',
    "light: color-contrast": '<p style="color: #eee">pale</p>',
    "color-contrast": (
        "<pre>"
        + 2 * '<span style="color: #000; background: #fff">clear </span>'
        + 2 * '<span style="color: #eee; background: #fff">pale </span></pre>'
    ),
    "dark: color-contrast": '<p style="color: #111">dim</p>',
}


def visit(visitor, folder: Path, body: str) -> list[str]:
    """The problems of a small page with this body."""
    (folder / "index.html").write_text(PAGE.format(body), encoding="utf-8")
    (folder / "favicon.ico").write_bytes(b"")
    with viewing.served(folder) as address:
        return site_rules.problems(visitor, f"{address}/index.html", 1280)


def test_good_page_has_no_problem(visitor, tmp_path: Path) -> None:
    assert visit(visitor, tmp_path, "<p>All is well.</p>") == []


MOVING = """<div id="late"></div><p>Text below.</p><script>
setTimeout(() => { late.style.height = "400px" }, 600)</script>
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="A point.">
<script src="large.js"></script>"""


def test_heavy_and_moving_page_is_found(visitor, tmp_path: Path) -> None:
    noise = random.Random(0).randbytes(400_000)
    (tmp_path / "large.js").write_text("//" + noise.hex())
    (tmp_path / "index.html").write_text(PAGE.format(MOVING))
    names = TOGETHER * ["index.html"]
    with viewing.served(tmp_path) as address:
        loads = loading.loads(visitor, address, names, 390, TOGETHER)
        costs = [load.cost for load in loads]
    for found in costs:
        assert found.compressed > KILOBYTES and found.shift > SHIFT
    assert len(costs) == len(names)


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_in_a_page_is_found(visitor, tmp_path: Path, fault: str) -> None:
    found = visit(visitor, tmp_path, FAULTS[fault])
    assert any(fault in problem for problem in found), found


# Faults planted in a book: the build must fail, again when repeated


def small_book(folder: Path, text: str, code: str) -> Path:
    """A book of one chapter with the project's own configuration."""
    for name in ("_config.yml", "references.bib"):
        shutil.copy(tasks.ROOT / name, folder)
    for name in ("site_extensions", "_static"):
        shutil.copytree(tasks.ROOT / name, folder / name)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    cells = [new_markdown_cell(f"# A book\n\n{text}"), new_code_cell(code)]
    kernel = {"name": "python3", "display_name": "Python 3"}
    book = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(book, folder / "index.ipynb")
    return folder


def test_good_book_builds(tmp_path: Path) -> None:
    book = small_book(tmp_path, "All is well.", "1 + 1")
    built = build(book)
    assert built.returncode == 0, built.stdout
    assert "index: executing" in built.stdout
    assert "mybinder" not in page_text(book)
    assert "canonical" not in page_text(book)
    assert not (book / "_build" / "html" / "sitemap.xml").exists()


def test_change_of_prose_executes_nothing(tmp_path: Path) -> None:
    book = small_book(tmp_path, "All is well.", "1 + 1")
    build(book)
    chapter = book / "index.ipynb"
    text = chapter.read_text(encoding="utf-8")
    chapter.write_text(text.replace("is well", "is new"), encoding="utf-8")
    built = build(book)
    assert built.returncode == 0, built.stdout
    assert "index: unchanged" in built.stdout
    assert "All is new" in page_text(book)


def test_buttons_appear_with_the_repository(tmp_path: Path) -> None:
    book = small_book(tmp_path, "All is well.", "1 + 1")
    config = book / "_config.yml"
    text = config.read_text(encoding="utf-8")
    address = "https://github.com/example/book"
    text = re.sub(r'url: ".*"', f'url: "{address}"', text)
    config.write_text(text, encoding="utf-8")
    built = build(book)
    assert built.returncode == 0, built.stdout
    for part in ("mybinder.org", "colab.research", "issues/new", "/edit/"):
        assert part in page_text(book)
    addressed(book)


def addressed(book: Path) -> None:
    """The site's address follows from that of the repository."""
    site = "https://example.github.io/book/"
    picture = f"{site}_images/shared/index.png"
    assert f'<link rel="canonical" href="{site}index.html"' in page_text(book)
    assert f'property="og:image" content="{picture}"' in page_text(book)
    html = book / "_build" / "html"
    assert (html / "_images" / "shared" / "index.png").is_file()
    assert f"<loc>{site}index.html</loc>" in (html / "sitemap.xml").read_text()
    assert f"{site}sitemap.xml" in (html / "robots.txt").read_text()


def page_text(book: Path) -> str:
    """The HTML of a small book's page."""
    return (book / "_build/html/index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("[there](missing.md)", "1 + 1", "missing.md"),
        ("{ref}`no-such-label`", "1 + 1", "no-such-label"),
        ("All is well.", "1 / 0", "ZeroDivisionError"),
        (r"$\nosuchcommand{x}$", "1 + 1", "nosuchcommand"),
    ],
    ids=["broken link", "broken reference", "failing cell", "formula"],
)
def test_faulty_book_fails(
    tmp_path: Path, text: str, code: str, message: str
) -> None:
    book = small_book(tmp_path, text, code)
    for _ in range(2):
        built = build(book)
        assert built.returncode != 0
        assert message in built.stdout


def test_the_search_finds_what_readers_type(built, visitor) -> None:
    asked = searching.of_the_table()
    with (
        viewing.served(tasks.SITE) as address,
        visitor.page(f"{address}/search.html", 1280, []) as page,
    ):
        found = searching.misses(page, address, asked)
        others = searching.misses(page, address, searching.others())
    assert not found, "\n".join(found)
    # By the words of the book alone: most, not all.
    assert len(others) <= 5, "\n".join(others)


def test_pages_with_figures_load_their_one_script(built, visitor) -> None:
    """From the file of the site; no other page loads it."""
    for path in sorted(tasks.SITE.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        figures = text.count('<figure class="interactive"')
        assert text.count("_static/interactive.js") == bool(figures), path
    found: list[str] = []
    with (
        viewing.served(tasks.SITE) as address,
        visitor.page(f"{address}/", 390, found) as page,
    ):
        page.goto(f"{address}/chapters/01_scalar.html")
        figure = page.locator(interacting.FIGURE)
        page.locator(f"{interacting.FIGURE} input").first.focus()
        found += interacting.walk(page, figure)
        assert not figure.locator("script, style").count()
    assert not found, "\n".join(found)
