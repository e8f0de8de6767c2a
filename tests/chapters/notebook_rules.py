"""The rules that every chapter keeps, each a function of a notebook.

A rule returns a list of problems, empty when the notebook keeps it.
`test_notebooks.py` applies them to the chapters, and plants a fault for
each of them to see that it is found. Rules of size are advice: they warn
and name a remedy, for a reader is better served by one more line than by a
trick.
"""

from __future__ import annotations

import base64
import builtins
import io
import re
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import matplotlib.image
import nbformat
import numpy as np
from nbformat import NotebookNode

import helpers

LONGEST_CELL = 15
MEDIAN_CELL = 6
LINE = 70
ALT = 40
CODE_CELLS, WORDS = 35, 3500
# Pages to look something up; the last two are no lessons, with no recap.
REFERENCE_PAGES = ("answers_corrected", "error_messages")
WITHOUT_EXERCISES = ("00_quick_answer", *REFERENCE_PAGES)

PATH = re.compile(
    r"(?<![\w.])/(?:root|home|tmp|work|Users)\b"
    r"|[A-Za-z]:\\+Users|site-packages|0x[0-9a-f]{6,}"
)
FENCE = re.compile(r"^(```+|~~~+).*?^\1\s*$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)|(?:href|src)=\"([^\"]+)\"")
CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*$", re.MULTILINE)
EXERCISES = re.compile(
    r"^## Exercises\s*$.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE
)
LABEL = re.compile(r"^\(([^)]+)\)=|id=\"([^\"]+)\"", re.MULTILINE)


# How it was run


def executed_in_order(notebook: NotebookNode) -> list[str]:
    """Every code cell was executed, from 1 to n."""
    found = [cell.execution_count for cell in code_cells(notebook)]
    if found == list(range(1, len(found) + 1)):
        return []
    return [f"execution counts {found}; use `make run`"]


def kernel_is_python3(notebook: NotebookNode) -> list[str]:
    """The kernel is the one that every installation has."""
    name = notebook.metadata.get("kernelspec", {}).get("name")
    return [] if name == "python3" else [f"kernel {name!r}, not 'python3'"]


def no_stderr(notebook: NotebookNode) -> list[str]:
    """No log line or warning was stored."""
    return [
        f"cell {number}: stored stderr: {output.text[:60]!r}"
        for number, output in outputs(notebook)
        if output.get("name") == "stderr"
    ]


def no_machine_path(notebook: NotebookNode) -> list[str]:
    """No path or address of somebody's machine, in a cell or an output."""
    texts = [(i, cell.source) for i, cell in enumerate(notebook.cells)]
    texts += [(i, output_text(output)) for i, output in outputs(notebook)]
    return [
        f"cell {number}: path {found.group()!r}"
        for number, text in texts
        for found in PATH.finditer(text)
    ]


# Its code


def no_semicolon(notebook: NotebookNode) -> list[str]:
    """No line ends in `;`, which only some front ends obey."""
    return [
        f"cell {number}: ends in `;`: {line!r}"
        for number, cell in numbered(notebook, "code")
        for line in cell.source.splitlines()
        if line.split("#")[0].rstrip().endswith(";")
    ]


def narrow_lines(notebook: NotebookNode) -> list[str]:
    """Lines fit on a phone and in print."""
    return [
        f"cell {number}: {len(line)} columns, more than {LINE}: {line!r}"
        for number, cell in numbered(notebook, "code")
        for line in cell.source.splitlines()
        if len(line) > LINE
    ]


# What a chapter must have


def has_an_aim(notebook: NotebookNode) -> list[str]:
    """The first cell: title, one sentence of what the reader can do, time."""
    first = notebook.cells[0] if notebook.cells else None
    text = first.source if first and first.cell_type == "markdown" else ""
    title, _, rest = text.partition("\n")
    aim, _, facts = rest.partition("**Time:**")
    if title.startswith("# ") and len(aim.split()) >= 5 and facts.strip():
        return []
    return [
        "cell 0: no aim; begin with `# Title`, a sentence that says what the "
        "reader can do afterwards, and `**Time:** … **Builds on:** …`"
    ]


def has_an_example(notebook: NotebookNode) -> list[str]:
    """Code that runs, other than exercises."""
    if any(not is_exercise(cell) for cell in code_cells(notebook)):
        return []
    return ["no example; add a code cell that runs within the first screen"]


def chapter_is_whole(pages: dict[str, NotebookNode]) -> list[str]:
    """All pages of a chapter together have a recap and an exercise."""
    headings = {
        heading.lower()
        for page in pages.values()
        for _, cell in numbered(page, "markdown")
        for heading in HEADING.findall(FENCE.sub("", cell.source))
    }
    where = " and ".join(pages)
    found = []
    lessons = set(pages) - set(REFERENCE_PAGES)
    if lessons and "recap" not in headings:
        found.append(f"{where}: no recap; add a heading `## Recap`")
    cells = [cell for page in pages.values() for cell in code_cells(page)]
    exempt = set(pages) <= set(WITHOUT_EXERCISES)
    if not exempt and not any(is_exercise(cell) for cell in cells):
        found.append(
            f"{where}: no exercise; see `Add an exercise` in CONTRIBUTING.md"
        )
    return found


# Advice: its size


def short_cells(notebook: NotebookNode) -> list[str]:
    """Code cells show one idea each; folded drawing code may be longer."""
    found = [
        f"cell {number}: {lines(cell)} lines; split it where one idea ends"
        for number, cell in numbered(notebook, "code")
        if lines(cell) > LONGEST_CELL and not is_folded(cell)
    ]
    shown = [cell for cell in code_cells(notebook) if not is_folded(cell)]
    middle = median([lines(cell) for cell in shown] or [0])
    if middle > MEDIAN_CELL:
        found.append(
            f"the median code cell has {middle:g} lines, more than "
            f"{MEDIAN_CELL}; show results between the steps"
        )
    return found


def right_size(notebook: NotebookNode) -> list[str]:
    """A page is not a book of its own; exercises do not count."""
    cells = sum(not is_exercise(cell) for cell in code_cells(notebook))
    words = word_count(notebook)
    remedy = "move a section to a page of its own, such as 04_lstm_fading"
    found = []
    if cells > CODE_CELLS:
        found.append(f"{cells} code cells, more than {CODE_CELLS}; {remedy}")
    if words > WORDS:
        found.append(f"{words} words, more than {WORDS}; {remedy}")
    return found


# Its figures


def alt_texts(notebook: NotebookNode) -> list[str]:
    """Each figure says in words of its own what is seen."""
    found, seen = [], set()
    for number, cell in numbered(notebook, "code"):
        if not any(pngs(output) for output in cell.outputs):
            continue
        image = cell.metadata.get("mystnb", {}).get("image", {})
        alt = image.get("alt", "").strip()
        if len(alt) < ALT:
            found.append(f"cell {number}: alt text {alt!r} is too short")
        if alt in seen:
            found.append(f"cell {number}: alt text {alt!r} is used twice")
        seen.add(alt)
    return found


def visible_figures(notebook: NotebookNode) -> list[str]:
    """Each stored picture can be decoded and is not blank."""
    found = []
    for number, output in outputs(notebook):
        for png in pngs(output):
            try:
                pixels = decode(png)
            except (OSError, SyntaxError, ValueError) as error:
                found.append(f"cell {number}: broken picture: {error}")
                continue
            if min(pixels.shape[:2]) < 50 or np.ptp(pixels[..., :3]) < 0.1:
                found.append(f"cell {number}: blank or tiny picture")
    return found


# Its prose


def links_exist(notebook: NotebookNode, path: Path) -> list[str]:
    """Each link inside the book leads to a file and to a heading in it."""
    found = []
    for number, cell in numbered(notebook, "markdown"):
        for target in link_targets(cell.source):
            file, _, anchor = target.partition("#")
            there = (path.parent / file).resolve() if file else path
            if file and not there.exists():
                found.append(f"cell {number}: no file {target!r}")
            elif anchor and anchor not in anchors(there, path, notebook):
                found.append(f"cell {number}: no heading {target!r}")
    return found


def helper_names_exist(notebook: NotebookNode) -> list[str]:
    """Each helper that the prose names is still there.

    `helpers.x` must be an attribute. A call, `x(...)`, must be of a
    helper, a builtin or a name that occurs in the chapter's code.
    """
    code = "\n".join(cell.source for cell in code_cells(notebook))
    known = set(re.findall(r"\w+", code)) | set(dir(builtins))
    found = []
    for number, cell in numbered(notebook, "markdown"):
        for name in dotted_helpers(cell.source):
            if not has_helper(name):
                found.append(f"cell {number}: no helpers.{name}")
        for name in called_names(cell.source):
            if name not in known and not has_helper(name):
                found.append(f"cell {number}: nothing named {name}()")
    return found


# Parts


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The code cells of a notebook."""
    return [cell for _, cell in numbered(notebook, "code")]


def numbered(
    notebook: NotebookNode, kind: str
) -> Iterator[tuple[int, NotebookNode]]:
    """The cells of one kind, with their number in the notebook."""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == kind:
            yield number, cell


def outputs(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """Every output, with the number of its cell."""
    for number, cell in numbered(notebook, "code"):
        for output in cell.outputs:
            yield number, output


def output_text(output: NotebookNode) -> str:
    """All text of an output, without its pictures."""
    data = output.get("data", {})
    parts = [str(data[kind]) for kind in data if not is_picture(kind)]
    parts += [output.get("text", ""), output.get("evalue", "")]
    return "\n".join(parts + list(output.get("traceback", [])))


def is_picture(kind: str) -> bool:
    """Whether a kind of data is a bitmap in base64."""
    return kind.startswith("image/") and "svg" not in kind


def pngs(output: NotebookNode) -> list[str]:
    """The PNG of an output, if it has one."""
    png = output.get("data", {}).get("image/png")
    return [png] if png else []


def decode(png: str) -> np.ndarray:
    """The pixels of a PNG in base64, from 0 to 1."""
    data = base64.b64decode(png)
    return matplotlib.image.imread(io.BytesIO(data), format="png")


def lines(cell: NotebookNode) -> int:
    """The number of lines of a cell that are not empty."""
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def is_folded(cell: NotebookNode) -> bool:
    """Whether the page folds the code of a cell, as it does for drawing."""
    return "hide-input" in cell.metadata.get("tags", [])


def is_exercise(cell: NotebookNode) -> bool:
    """Whether a code cell is the stub of an exercise."""
    return 'mark("' in cell.source


def word_count(notebook: NotebookNode) -> int:
    """The words of the prose, without code blocks and exercises."""
    prose = (c.source for _, c in numbered(notebook, "markdown"))
    text = FENCE.sub("", "\n\n".join(prose))
    return len(EXERCISES.sub("", text).split())


def link_targets(text: str) -> Iterator[str]:
    """The targets of links and pictures inside the book."""
    for found in LINK.finditer(CODE.sub("", FENCE.sub("", text))):
        target = found.group(1) or found.group(2)
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(there: Path, here: Path, notebook: NotebookNode) -> set[str]:
    """The anchors of a page: its headings and its labels."""
    text = "\n".join(prose(there, here, notebook))
    text = FENCE.sub("", text)
    labels = {a or b for a, b in LABEL.findall(text)}
    return labels | {slug(heading) for heading in HEADING.findall(text)}


def prose(there: Path, here: Path, notebook: NotebookNode) -> list[str]:
    """The Markdown of a page; of this one, as it is in memory."""
    if there.suffix != ".ipynb":
        return [there.read_text(encoding="utf-8")]
    page = notebook if there == here else nbformat.read(there, 4)
    return [cell.source for _, cell in numbered(page, "markdown")]


def slug(heading: str) -> str:
    """The anchor that a heading gets on the website."""
    kept = re.sub(r"[^\w\s-]", "", heading.lower())
    return kept.strip().replace(" ", "-")


def dotted_helpers(text: str) -> Iterator[str]:
    """What the prose writes as `helpers.x`, and what its code imports."""
    for code in CODE.findall(FENCE.sub("", text)):
        yield from re.findall(r"\bhelpers\.([A-Za-z_][\w.]*\w|\w)", code)
    for names in re.findall(r"from helpers import \(?([\w\s,]+)", text):
        yield from re.findall(r"\w+", names.split("\n\n")[0])


def called_names(text: str) -> Iterator[str]:
    """The names `x` that the prose writes as a call, `x(...)`."""
    for code in CODE.findall(FENCE.sub("", text)):
        found = re.match(r"([A-Za-z_]\w+)\(", code)
        if found:
            yield found.group(1)


def has_helper(name: str) -> bool:
    """Whether `helpers.name` exists, dots followed and rooms entered."""
    place, path = helpers, "helpers"
    for part in name.split("."):
        path = f"{path}.{part}"
        if not hasattr(place, part) and find_spec_of(path) is not None:
            import_module(path)
        if not hasattr(place, part):
            return False
        place = getattr(place, part)
    return True


def find_spec_of(path: str) -> object:
    """What would be imported under this name, or None."""
    try:
        return find_spec(path)
    except ModuleNotFoundError:
        return None
