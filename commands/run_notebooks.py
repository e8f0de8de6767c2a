"""Execute notebooks and store their outputs: `python tasks.py run`.

Each notebook runs from a fresh kernel in its own folder. It is written
only if every cell did what it should; a cell tagged `raises-exception`
may fail. Outputs that say what is stored are kept as they are, see
`kept_outputs.py`; `--anew` stores all as they came out.
"""

from __future__ import annotations

import base64
import copy
import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from commands import kept_outputs

ROOT = Path(__file__).resolve().parents[1]
ANEW = "--anew"
PICTURE_CHAPTER = ROOT / "chapters" / "00_quick_answer.ipynb"
PICTURE_NAME = "fig-sensitivities"
PICTURE = ROOT / "images" / "sensitivities.png"
KERNEL = {
    "display_name": "Python 3 (ipykernel)",
    "language": "python",
    "name": "python3",
}
LANGUAGE = {
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "pygments_lexer": "ipython3",
}
PASSING_CELL_METADATA = ("execution", "ExecuteTime", "collapsed", "trusted")


def main(names: list[str]) -> int:
    """Run the named notebooks, or all chapters."""
    paths = chapters([name for name in names if name != ANEW])
    results = [run(path, anew=ANEW in names) for path in paths]
    store_picture()
    return 0 if all(results) else 1


def chapters(names: list[str]) -> list[Path]:
    """The notebooks of these names; without names, all chapters.

    Raises:
        SystemExit: one of them does not exist.
    """
    known = sorted((ROOT / "chapters").glob("*.ipynb"))
    paths = [Path(name).resolve() for name in names]
    for name, path in zip(names, paths, strict=True):
        if path.suffix != ".ipynb" or not path.is_file():
            there = "\n".join(f"  chapters/{path.name}" for path in known)
            sys.exit(f"There is no notebook {name!r}. There are:\n{there}")
    return paths or known


def run(path: Path, *, anew: bool = False) -> bool:
    """Execute one notebook; write it only if that went well."""
    print(f"{path.name} ...", end=" ", flush=True)
    start = time.perf_counter()
    notebook = nbformat.read(path, as_version=4)
    stored = copy.deepcopy(notebook)
    try:
        execute(notebook, path.parent)
    except CellExecutionError as error:
        print(f"failed, nothing written\n{error}")
        return False
    if not anew:
        kept_outputs.keep(notebook, stored)
    tidy(notebook)
    write(notebook, path)
    print(f"{time.perf_counter() - start:.0f} s")
    return True


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Execute all cells in a fresh kernel that starts in `folder`."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name=KERNEL["name"],
        resources={"metadata": {"path": str(folder)}},
        coalesce_streams=True,
        record_timing=False,
    )
    client.execute()


def tidy(notebook: NotebookNode) -> None:
    """Keep only the metadata that does not change from run to run."""
    extra = {k: v for k, v in notebook.metadata.items() if k == "mystnb"}
    extra[kept_outputs.STORED_FOR] = kept_outputs.stored_for(notebook)
    notebook.metadata = NotebookNode(
        kernelspec=KERNEL, language_info=LANGUAGE, **extra
    )
    for cell in notebook.cells:
        for key in PASSING_CELL_METADATA:
            cell.metadata.pop(key, None)


def write(notebook: NotebookNode, path: Path) -> None:
    """Replace the file in one step, with the same bytes everywhere."""
    text = nbformat.writes(notebook, version=4).rstrip("\n") + "\n"
    draft = path.with_name(path.name + ".tmp")
    draft.write_text(text, encoding="utf-8", newline="\n")
    os.replace(draft, path)


def store_picture() -> None:
    """Copy the quick answer's main figure for landing page and README."""
    png = stored_picture()
    if png is not None:
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_bytes(png)


def stored_picture() -> bytes | None:
    """The PNG stored in the quick answer under the picture's name."""
    if not PICTURE_CHAPTER.is_file():
        return None
    notebook = nbformat.read(PICTURE_CHAPTER, as_version=4)
    for cell in notebook.cells:
        figure = cell.metadata.get("mystnb", {}).get("figure", {})
        if figure.get("name") == PICTURE_NAME:
            return first_png(cell)
    return None


def first_png(cell: NotebookNode) -> bytes | None:
    """The first PNG among a code cell's outputs."""
    for output in cell.get("outputs", []):
        png = output.get("data", {}).get("image/png")
        if png:
            return base64.b64decode(png)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
