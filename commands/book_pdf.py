"""The whole book as one PDF, printed by Chromium from the built site.

`python -m commands.book_pdf` joins the pages in reading order into one,
with contents, prints it, looks where each section came to stand, writes
the page numbers into the contents, and prints again.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import NamedTuple

import tasks
from commands import viewing

STYLE = Path(__file__).with_suffix(".css")
NAME = "jacobians-in-tensorflow.pdf"
# Text is 176 mm wide on A4; Chromium prints 96 pixels an inch.
TEXT_WIDTH = round(176 / 25.4 * 96)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FOOTER = """<div style="width: 100%; text-align: center; font-size: 8pt">
<span class="pageNumber"></span></div>"""

ARTICLE = re.compile(
    r'<article class="bd-article"[^>]*>(.*)</article>', re.DOTALL
)
NUMBERED = re.compile(r"0*(\d+)_")
HEADERLINK = re.compile(r'<a class="headerlink".*?</a>', re.DOTALL)
OWN_NAME = re.compile(r' (id|for|name|aria-labelledby)="([^"]+)"')
LINK = re.compile(r'<a ([^>]*?)href="([^"]*)"([^>]*)>')
SOURCE = re.compile(r'( src=")([^":]+)"')
HEADING = re.compile(
    r'<section[^>]* id="([^"]+)">(?:\s*<span[^>]*></span>)*'
    r"\s*<h([12])>(.*?)</h\2>",
    re.DOTALL,
)
WIDE = """width => [...document.querySelectorAll(
    "pre, div.math, table, img, dt.sig")]
    .filter(e => e.checkVisibility() && (
        e.getBoundingClientRect().right > width + 1 ||
        (e.tagName === "PRE" && e.scrollWidth > e.clientWidth + 1)))
    .map(e => `${e.tagName}: ${e.textContent.trim().slice(0, 70)}`)"""

# Links of the book that lead nowhere, and figures that are not there.
BROKEN = """() => [
    ...[...document.querySelectorAll('a[href^="#"]')]
        .map(e => decodeURIComponent(e.getAttribute("href").slice(1)))
        .filter(name => !document.getElementById(name))
        .map(name => `no place ${name}`),
    ...[...document.images].filter(e => !e.naturalWidth)
        .map(e => `no figure ${e.src}`)]"""


class Chapter(NamedTuple):
    """A page of the site: its name, and its number if it has one."""

    page: str
    number: str


# The pages, joined


def chapters(root: Path = tasks.ROOT) -> list[Chapter]:
    """The pages in reading order, numbered as in the menu."""
    text = (root / "_toc.yml").read_text(encoding="utf-8")
    named = re.findall(r"^ *(?:- file|root): *(\S+) *$", text, re.MULTILINE)
    found, parts = [], {}
    for page in named:
        match = NUMBERED.match(PurePosixPath(page).name)
        number = match[1] if match else ""
        parts[number] = parts.get(number, -1) + 1
        part = f".{parts[number]}" if number and parts[number] else ""
        found.append(Chapter(page, number + part))
    return found


def joined(site: Path, root: Path = tasks.ROOT) -> str:
    """One page with title, contents and everything else."""
    order = chapters(root)
    names = {chapter.page for chapter in order}
    bodies = [body(site, chapter, names) for chapter in order]
    sheets = ["styles/book-site.css", "mathematics.css"]
    links = "\n".join(
        f'<link rel="stylesheet" href="../html/_static/{sheet}" />'
        for sheet in sheets
    )
    return PAGE.format(
        links=links,
        style=STYLE.read_text(encoding="utf-8"),
        contents=contents(bodies),
        body="\n".join(bodies),
    )


PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="light" data-mode="light"><head>
<meta charset="utf-8" /><title>Jacobians in TensorFlow</title>
{links}
<style>{style}</style></head><body>
<div class="bd-article title-page"><h1>Jacobians in TensorFlow</h1>
<p>The authors of Jacobians in TensorFlow</p>
<p>Text: CC BY 4.0. Code: MIT.</p></div>
<div class="bd-article contents"><h1>Contents</h1>
{contents}</div>
<main class="bd-content">{body}</main></body></html>
"""


def body(site: Path, chapter: Chapter, names: set[str]) -> str:
    """The article of a page, its names and links made those of the book."""
    page = chapter.page
    text = (site / f"{page}.html").read_text(encoding="utf-8")
    found = ARTICLE.search(text)
    if found is None:
        raise ValueError(f"{page}.html has no article; run `make book`")
    text = HEADERLINK.sub("", found[1])
    text = OWN_NAME.sub(
        lambda own: f' {own[1]}="{anchor(page, own[2])}"', text
    )
    text = LINK.sub(lambda link: inside(link, page, names), text)
    folder = PurePosixPath("../html", page).parent
    text = SOURCE.sub(
        lambda found: f'{found[1]}{normpath(folder / found[2])}"', text
    )
    text = text.replace(' loading="lazy"', "")
    text = re.sub(r"<details(?![^>]* open)", "<details open", text)
    number = f"{chapter.number}&ensp;" if chapter.number else ""
    text = re.sub(r"<h1>", f"<h1>{number}", text, count=1)
    return f'<article class="bd-article" id="{anchor(page)}">{text}</article>'


def anchor(page: str, name: str = "") -> str:
    """The name of a place in the joined page."""
    plain = page.replace("/", "-")
    return f"{plain}--{name}" if name else plain


def inside(link: re.Match[str], page: str, names: set[str]) -> str:
    """A link within the book, or to another site; others lose their aim."""
    before, target, after = link.groups()
    if re.match(r"[a-z]+:", target):
        return link.group()
    path, _, name = target.partition("#")
    there = normpath(PurePosixPath(page).parent / path) if path else page
    there = there.removesuffix(".html")
    if there not in names:
        return f"<a {before}{after}>"
    return f'<a {before}href="#{anchor(there, name)}"{after}>'


def contents(bodies: list[str]) -> str:
    """A list of chapters and their sections, with room for page numbers."""
    lines = ["<ol>"]
    for text in bodies:
        sections = []
        for name, level, title in HEADING.findall(text):
            plain = re.sub(r"</?a\b[^>]*>", "", title)
            line = (
                f'<a href="#{name}"><span>{plain}</span>'
                f'<span class="page" data-for="{name}">000</span></a>'
            )
            if level == "1":
                lines.append(f"<li>{line}<ol>")
            else:
                sections.append(f"<li>{line}</li>")
        lines += [*sections, "</ol></li>"]
    return "\n".join([*lines, "</ol>"])


# Printing


def write(site: Path, folder: Path, program: str) -> Path:
    """Print the book into a folder; gives the file."""
    folder.mkdir(parents=True, exist_ok=True)
    page, target = folder / "book.html", folder / NAME
    text = joined(site)
    page.write_text(text, encoding="utf-8")
    printed(page, target, program)
    places = page_numbers(target)
    text = re.sub(
        r'(data-for="([^"]+)">)000',
        lambda found: f"{found[1]}{places.get(found[2], '')}",
        text,
    )
    page.write_text(text, encoding="utf-8")
    printed(page, target, program)
    return target


def printed(page: Path, target: Path, program: str) -> None:
    """Let Chromium print a page, with outline and page numbers."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=FLAGS
        )
        sheet = browser.new_page()
        sheet.goto(page.as_uri(), wait_until="load", timeout=300_000)
        sheet.set_default_timeout(600_000)
        sheet.pdf(
            path=str(target),
            prefer_css_page_size=True,
            print_background=True,
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=FOOTER,
            outline=True,
            tagged=True,
        )
        browser.close()


def page_numbers(path: Path) -> dict[str, int]:
    """The page, from 1, on which each named place of a PDF stands."""
    from pypdf import PdfReader

    reader = PdfReader(path)
    return {
        name.lstrip("/"): reader.get_destination_page_number(place) + 1
        for name, place in reader.named_destinations.items()
    }


def main(arguments: list[str]) -> int:
    """Print the built site as a book."""
    program = viewing.find_browser()
    if program is None or not (tasks.SITE / "index.html").is_file():
        print("It needs Chromium or Chrome, and a site: `make book`.")
        return 1
    target = write(tasks.SITE, tasks.BUILD / "pdf", program)
    print(f"{max(page_numbers(target).values())} pages: {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
