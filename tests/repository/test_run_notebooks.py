"""`make run` stores outputs, tidy and only when all went well."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tools import run_notebooks


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
