"""`make run` stores outputs, tidy and only when all went well.

Without a change it leaves a notebook as it is, measured outputs included.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from tools import kept_outputs, run_notebooks


def stored(folder: Path, *sources: str) -> Path:
    """A notebook that was never run, with a stranger's metadata."""
    cells = [new_code_cell(source) for source in sources]
    cells[0].metadata["execution"] = {"started": "yesterday"}
    kernel = {"name": "my-kernel", "display_name": "Mine"}
    book = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    path = folder / "chapter.ipynb"
    nbformat.write(book, path)
    return path


def test_outputs_are_stored_and_metadata_is_tidy(tmp_path: Path) -> None:
    path = stored(tmp_path, "print(1)\nprint(2)", "3 + 4")
    assert run_notebooks.run(path)
    book = nbformat.read(path, as_version=4)
    assert [cell.execution_count for cell in book.cells] == [1, 2]
    assert book.cells[0].outputs[0].text == "1\n2\n"
    assert book.metadata.kernelspec == run_notebooks.KERNEL
    assert "version" not in book.metadata.language_info
    assert "execution" not in book.cells[0].metadata


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    path = stored(tmp_path, "[1.5] * 2")
    run_notebooks.run(path)
    first = path.read_bytes()
    run_notebooks.run(path)
    assert path.read_bytes() == first


def test_a_failing_cell_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = stored(tmp_path, "x = 1", "1 / 0")
    before = path.read_bytes()
    assert not run_notebooks.run(path)
    assert path.read_bytes() == before
    assert "ZeroDivisionError" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [path]


# What is kept

MEASURED = """\
import os
print("times as much:", os.environ["TIMES"])"""
DRAWN = """\
import base64, os
from IPython.display import Image, display
dot = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYA"
    "AjCB0C8AAAAASUVORK5CYII=")
display(Image(dot + os.environ["TIMES"].encode(), format="png"))"""
PRINTED = "import os\nprint(os.environ.get('WORD', 'same'))"


def measured(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A notebook run once, that measured 40 and drew what it measured."""
    path = stored(folder, MEASURED, DRAWN, PRINTED)
    book = nbformat.read(path, as_version=4)
    for cell in book.cells[:2]:
        cell.metadata["tags"] = ["nbval-ignore-output"]
    nbformat.write(book, path)
    monkeypatch.setenv("TIMES", "40")
    assert run_notebooks.run(path)
    return path


def outputs(path: Path) -> list[NotebookNode]:
    cells = nbformat.read(path, as_version=4).cells
    return [cell.outputs[0] for cell in cells]


@pytest.mark.parametrize("times", ["14", "45", "119"])
def test_a_measurement_repeated_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: str
) -> None:
    path = measured(tmp_path, monkeypatch)
    before = path.read_bytes()
    monkeypatch.setenv("TIMES", times)
    assert run_notebooks.run(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("times", ["13", "121", "none", "40 times"])
def test_a_measurement_that_is_another_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: str
) -> None:
    path = measured(tmp_path, monkeypatch)
    picture = outputs(path)[1]
    monkeypatch.setenv("TIMES", times)
    assert run_notebooks.run(path)
    assert outputs(path)[0].text == f"times as much: {times}\n"
    assert outputs(path)[1] != picture


def test_a_figure_is_drawn_again_when_another_output_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = measured(tmp_path, monkeypatch)
    picture = outputs(path)[1]
    monkeypatch.setenv("TIMES", "50")
    monkeypatch.setenv("WORD", "other")
    assert run_notebooks.run(path)
    assert outputs(path)[0].text == "times as much: 40\n"
    assert outputs(path)[1] != picture
    assert outputs(path)[2].text == "other\n"


def test_everything_is_stored_when_the_code_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = measured(tmp_path, monkeypatch)
    book = nbformat.read(path, as_version=4)
    book.cells[2].source += "  # another line of code"
    nbformat.write(book, path)
    monkeypatch.setenv("TIMES", "41")
    assert run_notebooks.run(path)
    assert outputs(path)[0].text == "times as much: 41\n"


def test_everything_is_stored_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = measured(tmp_path, monkeypatch)
    monkeypatch.setenv("TIMES", "41")
    assert run_notebooks.run(path, anew=True)
    assert outputs(path)[0].text == "times as much: 41\n"


def test_figures_are_stored_when_their_style_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = measured(tmp_path, monkeypatch)
    picture = outputs(path)[1]
    monkeypatch.setenv("TIMES", "41")
    monkeypatch.setattr(kept_outputs, "figures_digest", lambda: "another")
    assert run_notebooks.run(path)
    assert outputs(path)[0].text == "times as much: 40\n"
    assert outputs(path)[1] != picture


def test_a_last_digit_of_another_machine_is_not_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = measured(tmp_path, monkeypatch)
    monkeypatch.setenv("WORD", "0.22")
    run_notebooks.run(path)
    monkeypatch.setenv("WORD", "0.23")
    run_notebooks.run(path)
    assert outputs(path)[2].text == "0.22\n"
    monkeypatch.setenv("WORD", "0.25")
    run_notebooks.run(path)
    assert outputs(path)[2].text == "0.25\n"


# Which notebooks


def test_a_wrong_name_is_told_with_the_right_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stop:
        run_notebooks.main(["chapters/03_bach.ipynb"])
    told = str(stop.value)
    assert told.startswith("There is no notebook 'chapters/03_bach.ipynb'.")
    assert "\n  chapters/03_batch.ipynb" in told
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["README.md", "chapters", "wrong"])
def test_only_notebooks_are_run(name: str) -> None:
    with pytest.raises(SystemExit, match="There is no notebook"):
        run_notebooks.chapters([name])
