"""Slides of the chapters: `python tasks.py slides`.

Which cells become slides follows from the structure of a chapter: its aim,
the first code of each section, its figures, predictions, recap, exercises.
The outputs are those stored in the notebook; everything that a browser
needs lies beside the slides.
"""

from __future__ import annotations

import argparse
import base64
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from nbconvert.exporters import SlidesExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook

from commands.classroom import reading, slide_parts
from commands.classroom.slide_parts import Part
from site_extensions import mathematics

OUT = reading.ROOT / "_build" / "slides"
HERE = Path(__file__).parent
TEMPLATE = HERE / "slide_template"
# A deck has at least and at most so many slides.
FEWEST, MOST = 15, 24
# reveal.js itself comes in a pinned package.
PACKAGE = "sphinx_revealjs"
TAKEN = ("dist/reveal.js", "dist/reveal.css", "dist/reset.css",
         "plugin/notes/notes.js", "LICENSE")  # fmt: skip
LAST = ("Exercises", "Recap", "Where next")


@dataclass
class Slide:
    """A heading, what stands under it, and how much it is wanted.

    Attributes:
        title: the heading.
        parts: text, code, outputs, in the order in which they appear.
        rank: 0 is always kept; the higher, the sooner it is left out.
        notes: Markdown for the speaker.
    """

    title: str
    parts: list[Part]
    rank: int
    notes: str = ""
    large: bool = False

    @property
    def height(self) -> float:
        """About how many pixels it needs."""
        used = sum(part.height(large=self.large) for part in self.parts)
        return slide_parts.HEADING + used

    def cells(self) -> list[NotebookNode]:
        """The cells of the slide, as nbconvert wants them."""
        head = new_markdown_cell(f"## {self.title}")
        head.metadata["slideshow"] = {"slide_type": "slide"}
        found = [head, *(part.cell(large=self.large) for part in self.parts)]
        if self.notes:
            notes = new_markdown_cell(self.notes)
            notes.metadata["slideshow"] = {"slide_type": "notes"}
            found.append(notes)
        return found


def deck(notebook: NotebookNode) -> list[Slide]:
    """The slides of one page, in the order of the page."""
    slides = [opening(notebook)]
    slides += of_sections(sections(notebook))
    slides += closing(notebook)
    order = sorted(range(len(slides)), key=lambda k: (slides[k].rank, k))
    kept = sorted(order[:MOST])
    return [slides[k] for k in kept]


@dataclass
class Section:
    """A heading and the cells under it, up to the next heading."""

    title: str
    top: bool
    cells: list[NotebookNode]


def sections(notebook: NotebookNode) -> list[Section]:
    """All sections in their order, without the last ones."""
    found: list[Section] = []
    for cell in slide_parts.split_at_headings(notebook.cells):
        title = slide_parts.heading(cell)
        if title:
            found.append(Section(title, cell.source.startswith("## "), []))
        if found:
            found[-1].cells.append(cell)
    names = [section.title for section in found]
    ends = [names.index(name) for name in LAST if name in names]
    return found[: min(ends, default=len(found))]


def of_sections(found: list[Section]) -> Iterator[Slide]:
    """The slides that sections could have, with their ranks.

    Code and a picture of each section come first, then a question in each,
    then the rest. A part of a section shares what its section has had.
    """
    had: set[str] = set()
    for section in found:
        if section.top:
            had = set()
        made = [
            slide
            for step in slide_parts.steps(section.cells)
            for slide in of_step(section.title, step, had)
        ]
        text = slide_parts.introduction(section.cells)
        rank = 1 if section.top else 4
        yield from made or fitting(section.title, [[text]], rank, "")


def of_step(
    title: str, step: slide_parts.Step, had: set[str]
) -> Iterator[Slide]:
    """The question before a code cell, and the cell."""
    if step.question:
        rank = ranked("question", 2, had)
        yield from fitting(title, step.asked(), rank, step.notes)
    for slide in fitting(title, step.shown(), 0, step.notes):
        slide.rank = ranked("picture" if step.has_picture else "code", 1, had)
        yield slide


def ranked(kind: str, first: int, had: set[str]) -> int:
    """The rank of the first of a kind in a section; later ones come last."""
    if kind in had:
        return 2 if kind == "picture" else 5
    had.add(kind)
    return first


def fitting(
    title: str, ways: list[list[Part]], rank: int, notes: str
) -> list[Slide]:
    """The first of several ways to fill a slide that has room on it."""
    for parts in ways:
        for large in (True, False):
            slide = Slide(title, parts, rank, notes, large)
            if parts and slide.height <= slide_parts.ROOM:
                return [slide]
    return []


def opening(notebook: NotebookNode) -> Slide:
    """The title and the aim of the page, and as many sections as fit."""
    title = reading.title_of(notebook)
    aim = slide_parts.paragraphs(notebook.cells[0].source)[1:2]
    names = [each.title for each in sections(notebook) if each.top]
    listed = "\n".join(f"* {name}" for name in names)
    lead = [Part("text", text) for text in aim]
    ways = [[*lead, *way] for way in slide_parts.shorter(listed)]
    return fitting(title, [*ways, lead], 0, "")[0]


def closing(notebook: NotebookNode) -> list[Slide]:
    """Recap and exercises."""
    found = []
    for cell in slide_parts.split_at_headings(notebook.cells):
        if slide_parts.heading(cell) == "Recap":
            text = "\n\n".join(slide_parts.paragraphs(cell.source)[1:])
            found += fitting("Recap", slide_parts.shorter(text), 0, "")
    return found


def exercise_slide(path: Path) -> list[Slide]:
    """What the exercises ask, those with one star first."""
    listed = sorted(reading.exercises(path), key=lambda e: e.stars)
    lines = [f"* {'★' * e.stars} {e.name}: {e.about}" for e in listed]
    ways = [
        [Part("text", "\n".join(lines[:count]))]
        for count in range(len(lines), 0, -1)
    ]
    return fitting("Exercises", ways, 0, "") if lines else []


def notebook_of(path: Path) -> NotebookNode:
    """The slides of a page as one notebook."""
    slides = [*deck(reading.read(path)), *exercise_slide(path)]
    cells = [cell for slide in slides for cell in slide.cells()]
    made = new_notebook(cells=cells)
    made.metadata["language_info"] = {"name": "python"}
    made.metadata["title"] = slides[0].title
    return made


def export(path: Path, out: Path = OUT) -> Path:
    """Write the slides of one page; what they need must lie beside them."""
    exporter = SlidesExporter(
        template_name="slide_template",
        extra_template_basedirs=[str(HERE)],
        reveal_url_prefix="reveal",
        reveal_theme="book",
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    html, _ = exporter.from_notebook_node(notebook_of(path))
    target = out / f"{path.stem}.html"
    target.write_text(html + "\n", encoding="utf-8")
    return target


def write_player(out: Path) -> None:
    """Copy reveal.js from its package; write the theme with its font."""
    spec = find_spec(PACKAGE)
    assert spec is not None and spec.origin is not None
    package = Path(spec.origin).parent / "_static" / "revealjs"
    for name in TAKEN:
        target = out / "reveal" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package / name, target)
    theme = out / "reveal" / "dist" / "theme" / "book.css"
    theme.parent.mkdir(parents=True, exist_ok=True)
    style = (TEMPLATE / "book.css").read_text(encoding="utf-8")
    theme.write_text(style + mathematical_font(), encoding="utf-8")


def mathematical_font() -> str:
    """The font of the formulas, cut down to what slides write."""
    formulas = "".join(slide_parts.FORMULAS)
    font = mathematics.small_font(mathematics.signs(formulas))
    data = base64.b64encode(font).decode()
    return (
        '\n@font-face {\n  font-family: "Book Mathematics";\n'
        f"  src: url(data:font/woff;base64,{data});\n}}\n{mathematics.RULES}"
    )


def write(paths: list[Path], out: Path = OUT) -> list[Path]:
    """The slides of some pages, in a folder of their own."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    found = [export(path, out) for path in paths]
    write_player(out)
    return found


def main(arguments: list[str]) -> int:
    """Write the slides of the pages that are named, or of all."""
    parser = argparse.ArgumentParser(prog="slides")
    parser.add_argument("pages", nargs="*", help="such as 03_batch")
    asked = {Path(p).stem for p in parser.parse_args(arguments).pages}
    paths = [p for p in reading.chapters() if not asked or p.stem in asked]
    unknown = asked - {path.stem for path in paths}
    if unknown:
        print(f"slides: expected pages of chapters/, got {sorted(unknown)}.")
        return 2
    for target in write(paths):
        count = len(re.findall("<section", target.read_text("utf-8"))) // 2
        print(f"{count:3d} slides  {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
