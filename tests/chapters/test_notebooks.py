"""Every chapter keeps every rule, and every rule finds its fault."""

from __future__ import annotations

import base64
import inspect
import io
import warnings
from collections.abc import Callable
from pathlib import Path

import matplotlib.image
import nbformat
import numpy as np
import pytest
from nbformat import NotebookNode
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
)

from commands import run_notebooks
from tests.chapters import notebook_rules as rules

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
RULES = [
    rules.executed_in_order,
    rules.kernel_is_python3,
    rules.no_stderr,
    rules.no_machine_path,
    rules.no_semicolon,
    rules.narrow_lines,
    rules.has_an_aim,
    rules.has_an_example,
    rules.alt_texts,
    rules.visible_figures,
    rules.links_exist,
    rules.helper_names_exist,
]
ADVICE = [rules.short_cells, rules.right_size]
HERE = ROOT / "chapters" / "planted.ipynb"


def problems(
    rule: Callable[..., list[str]], notebook: NotebookNode, path: Path
) -> list[str]:
    """Apply a rule, with what it asks for besides the notebook."""
    extra = {"path": path, "name": path.stem}
    wanted = list(inspect.signature(rule).parameters)[1:]
    return rule(notebook, **{name: extra[name] for name in wanted})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_keeps(path: Path, rule: Callable[..., list[str]]) -> None:
    found = problems(rule, nbformat.read(path, as_version=4), path)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_size_is_a_matter_of_advice(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    for rule in ADVICE:
        for text in problems(rule, notebook, path):
            warnings.warn(f"{path.name}: {text}", stacklevel=1)


NUMBERS = sorted({path.stem.partition("_")[0] for path in CHAPTERS})


@pytest.mark.parametrize("number", NUMBERS)
def test_chapter_is_whole(number: str) -> None:
    """Recap and exercises may stand on any page of one number."""
    pages = {
        path.stem: nbformat.read(path, as_version=4)
        for path in CHAPTERS
        if path.stem.startswith(f"{number}_")
    }
    found = rules.chapter_is_whole(pages)
    assert not found, "\n".join(found)


def test_a_chapter_without_recap_or_exercise_is_found() -> None:
    book = good_notebook()
    assert rules.chapter_is_whole({"09_good": book}) == []
    book.cells[-2].source = "x = 2"
    assert "no exercise" in rules.chapter_is_whole({"09_bad": book})[0]
    assert rules.chapter_is_whole({"00_quick_answer": book}) == []
    book.cells.pop(1)
    assert "no recap" in rules.chapter_is_whole({"09_bad": book})[0]


def test_picture_is_the_stored_one() -> None:
    png = run_notebooks.stored_picture()
    if png is None:
        pytest.skip("the quick answer has no picture yet")
    assert png == run_notebooks.PICTURE.read_bytes(), "use `make run`"


# A small notebook that keeps every rule, and faults to plant in it


def png_of(pixels: np.ndarray) -> str:
    """A PNG in base64, as notebooks store it."""
    file = io.BytesIO()
    matplotlib.image.imsave(file, pixels, format="png")
    return base64.b64encode(file.getvalue()).decode()


def picture(pixels: np.ndarray) -> NotebookNode:
    """An output that shows these pixels."""
    return new_output("display_data", {"image/png": png_of(pixels)})


def good_notebook() -> NotebookNode:
    """Sixteen code cells, an exercise and a figure among them, and links."""
    text = (
        "# A page\n\nAfter this page you can plant faults.\n\n"
        "**Time:** 1 minute. **Builds on:** nothing.\n\n"
        "## A part\n\n[here](#a-part), `helpers.jacobian`, `jacobian(f)`"
    )
    cells = [new_markdown_cell(text), new_markdown_cell("## Recap\n\nDone.")]
    for count in range(1, 17):
        cell = new_code_cell(f"x = {count}", execution_count=count)
        cells.append(cell)
    cells[-2].source = 'mark("batch 1", ...)'
    ramp = np.linspace(0, 1, 60 * 60).reshape(60, 60)
    cells[-1].outputs = [picture(ramp)]
    cells[-1].metadata["mystnb"] = {"image": {"alt": "A ramp, " * 8}}
    kernel = {"name": "python3", "display_name": "Python 3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


@pytest.mark.parametrize(
    "rule", RULES + ADVICE, ids=lambda rule: rule.__name__
)
def test_good_notebook_keeps(rule: Callable[..., list[str]]) -> None:
    assert problems(rule, good_notebook(), HERE) == []


def code(notebook: NotebookNode, source: str) -> None:
    notebook.cells[2].source = source


def text(notebook: NotebookNode, source: str) -> None:
    notebook.cells[0].source = source


def output(notebook: NotebookNode, kind: str, **fields: str) -> None:
    notebook.cells[2].outputs = [new_output(kind, **fields)]


def not_run(notebook: NotebookNode) -> None:
    notebook.cells[5].execution_count = None


def run_twice(notebook: NotebookNode) -> None:
    notebook.cells[-1].execution_count = 40


def other_kernel(notebook: NotebookNode) -> None:
    notebook.metadata.kernelspec.name = "my-kernel"


def same_alt(notebook: NotebookNode) -> None:
    notebook.cells[-2].outputs = notebook.cells[-1].outputs
    notebook.cells[-2].metadata = notebook.cells[-1].metadata


def blank(notebook: NotebookNode) -> None:
    notebook.cells[-1].outputs = [picture(np.ones((60, 60, 3)))]


def cut_off(notebook: NotebookNode) -> None:
    data = notebook.cells[-1].outputs[0].data
    data["image/png"] = data["image/png"][:200]


HOME = "/" + "home/somebody/book"
FAULTS = [
    (rules.executed_in_order, not_run),
    (rules.executed_in_order, run_twice),
    (rules.kernel_is_python3, other_kernel),
    (
        rules.no_stderr,
        lambda n: output(n, "stream", name="stderr", text="a warning"),
    ),
    (rules.no_machine_path, lambda n: code(n, f"open({HOME!r})")),
    (rules.no_machine_path, lambda n: text(n, f"Look in {HOME}.")),
    (
        rules.no_machine_path,
        lambda n: output(n, "stream", name="stdout", text=HOME),
    ),
    (
        rules.no_machine_path,
        lambda n: output(n, "error", evalue=r"in C:\Users\somebody"),
    ),
    (
        rules.no_machine_path,
        lambda n: output(n, "stream", name="stdout", text="<f at 0x7f5b33>"),
    ),
    (rules.no_semicolon, lambda n: code(n, "plot(x);")),
    (rules.no_semicolon, lambda n: code(n, "plot(x);  # quiet")),
    (rules.short_cells, lambda n: code(n, "x = 1\n" * 16)),
    (rules.narrow_lines, lambda n: code(n, "x = 1" + " + 1" * 17)),
    (
        rules.short_cells,
        lambda n: [c.update(source="x = 1\n" * 7) for c in n.cells[2:]],
    ),
    (rules.has_an_aim, lambda n: text(n, "# A title alone")),
    (rules.has_an_aim, lambda n: n.cells.pop(0)),
    (rules.has_an_example, lambda n: n.update(cells=n.cells[:2])),
    (rules.right_size, lambda n: n.update(cells=n.cells + n.cells[2:] * 2)),
    (rules.right_size, lambda n: text(n, "word " * 3600)),
    (rules.alt_texts, lambda n: n.cells[-1].metadata.clear()),
    (
        rules.alt_texts,
        lambda n: n.cells[-1].metadata.mystnb.image.update(alt="A plot."),
    ),
    (rules.alt_texts, same_alt),
    (rules.visible_figures, blank),
    (rules.visible_figures, cut_off),
    (rules.links_exist, lambda n: text(n, "[there](missing.ipynb)")),
    (rules.links_exist, lambda n: text(n, "[there](#no-such-part)")),
    (rules.links_exist, lambda n: text(n, "[api](../_toc.yml#missing)")),
    (rules.links_exist, lambda n: text(n, '<img src="missing.png">')),
    (rules.helper_names_exist, lambda n: text(n, "`helpers.jacobain`")),
    (rules.helper_names_exist, lambda n: text(n, "`jacobain(f)(x)`")),
    (
        rules.helper_names_exist,
        lambda n: text(n, "```python\nfrom helpers import jacobain\n```"),
    ),
]


@pytest.mark.parametrize(
    ("rule", "plant"), FAULTS, ids=[rule.__name__ for rule, _ in FAULTS]
)
def test_rule_finds(
    rule: Callable[..., list[str]], plant: Callable[[NotebookNode], object]
) -> None:
    notebook = nbformat.from_dict(good_notebook())
    plant(notebook)
    assert problems(rule, notebook, HERE)


def test_folded_drawing_code_may_be_long() -> None:
    notebook = nbformat.from_dict(good_notebook())
    notebook.cells[-1].source = "x = 1\n" * 16
    assert rules.short_cells(notebook)
    notebook.cells[-1].metadata["tags"] = ["hide-input"]
    assert not rules.short_cells(notebook)


def test_every_rule_has_a_planted_fault() -> None:
    assert {rule for rule, _ in FAULTS} == {*RULES, *ADVICE}
