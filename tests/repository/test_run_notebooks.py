"""`make run` stores outputs, tidy and only when all went well.

Without a change it leaves a notebook as it is, measured outputs included.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from commands import kept_outputs, run_notebooks


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

MEASURED, DRAWN, PRINTED = range(3)


def executed(
    times: str = "40", word: str = "same", picture: str = "first"
) -> NotebookNode:
    """A notebook that measured, drew what it measured, and printed."""
    cells = [new_code_cell(f"step({k})") for k in range(3)]
    for cell in cells[:2]:
        cell.metadata["tags"] = ["nbval-ignore-output"]
    text = f"times as much: {times}\n"
    cells[MEASURED].outputs = [new_output("stream", text=text)]
    cells[DRAWN].outputs = [new_output("display_data", {"image/png": picture})]
    cells[PRINTED].outputs = [new_output("stream", text=word)]
    book = new_notebook(cells=cells)
    book.metadata[kept_outputs.STORED_FOR] = kept_outputs.stored_for(book)
    return book


def kept(stored: NotebookNode, new: NotebookNode) -> list[NotebookNode]:
    """The outputs that a second run leaves in the notebook."""
    kept_outputs.keep(new, stored)
    return [cell.outputs for cell in new.cells]


@pytest.mark.parametrize("times", ["14", "45", "119", "40.4"])
def test_a_measurement_repeated_is_kept(times: str) -> None:
    stored = executed()
    new = executed(times, picture="second")
    assert kept(stored, new) == [cell.outputs for cell in stored.cells]


@pytest.mark.parametrize("times", ["13", "121", "none", "40 s", "-40"])
def test_a_measurement_that_is_another_is_stored(times: str) -> None:
    found = kept(executed(), executed(times, picture="second"))
    assert found[MEASURED][0].text == f"times as much: {times}\n"
    assert found[DRAWN][0].data["image/png"] == "second"


def test_a_figure_is_stored_when_another_output_changed() -> None:
    found = kept(executed(), executed("50", "other", "second"))
    # What is printed beside a figure comes from the figure's run.
    assert found[MEASURED][0].text == "times as much: 50\n"
    assert found[DRAWN][0].data["image/png"] == "second"
    assert found[PRINTED][0].text == "other"


def test_a_measurement_without_a_figure_is_kept_by_itself() -> None:
    stored, new = executed(), executed("50", "other")
    for book in (stored, new):
        book.cells[DRAWN].metadata["tags"] = []
    found = kept(stored, new)
    assert found[MEASURED][0].text == "times as much: 40\n"
    assert found[PRINTED][0].text == "other"


def test_everything_is_stored_when_the_code_changed() -> None:
    new = executed("41", picture="second")
    new.cells[PRINTED].source = "step(3)"
    found = kept(executed(), new)
    assert found[MEASURED][0].text == "times as much: 41\n"
    assert found[DRAWN][0].data["image/png"] == "second"


def test_everything_is_stored_when_nothing_is_known() -> None:
    stored = executed()
    del stored.metadata[kept_outputs.STORED_FOR]
    found = kept(stored, executed("41"))
    assert found[MEASURED][0].text == "times as much: 41\n"


def test_figures_are_stored_when_their_style_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored = executed()
    monkeypatch.setattr(kept_outputs, "figures_digest", lambda: "another")
    found = kept(stored, executed("41", picture="second"))
    assert found[MEASURED][0].text == "times as much: 41\n"
    assert found[DRAWN][0].data["image/png"] == "second"


@pytest.mark.parametrize(
    ("new", "left"), [("0.23", "0.22"), ("0.25", "0.25"), ("0.2", "0.2")]
)
def test_a_last_digit_of_another_machine_is_not_stored(
    new: str, left: str
) -> None:
    found = kept(executed(word="0.22"), executed(word=new))
    assert found[PRINTED][0].text == left


def test_a_measured_notebook_is_left_as_it_is(tmp_path: Path) -> None:
    """The whole way: what differs from run to run is not in the file."""
    path = stored(tmp_path, "import time\nprint(1 + time.time() % 1)")
    book = nbformat.read(path, as_version=4)
    book.cells[0].metadata["tags"] = ["nbval-ignore-output"]
    nbformat.write(book, path)
    run_notebooks.run(path)
    first = path.read_bytes()
    run_notebooks.run(path)
    assert path.read_bytes() == first
    run_notebooks.run(path, anew=True)
    assert path.read_bytes() != first


CHAPTERS = sorted((run_notebooks.ROOT / "chapters").glob("*.ipynb"))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_outputs_are_stored_for_the_code_of_today(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    before = book.metadata.get(kept_outputs.STORED_FOR)
    if before is not None:
        now = kept_outputs.stored_for(book)
        assert before["code"] == now["code"], "use `make run`"


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
