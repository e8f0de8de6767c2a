"""The student and the instructor edition: `python tasks.py student`.

Each is a folder of notebooks beside `helpers`, and a zip of it. The
student's holds no solution and no output; the instructor's holds the
solutions, run, and the teacher's notes. Both run as they are.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import nbformat
from nbconvert.preprocessors import (
    ClearMetadataPreprocessor,
    ClearOutputPreprocessor,
    Preprocessor,
)
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from commands.classroom import notes, reading

ROOT = reading.ROOT
OUT = ROOT / "_build" / "classroom"
KINDS = ("student", "instructor")
# What stands next to the notebooks, and what they need to run.
ALONG = ("LICENSE", "LICENSE-TEXT", "CITATION.cff")
NEEDED = ("jupyterlab", "jupyterlab-myst", "ipykernel")
FILE_LINK = re.compile(r'"\.\./([\w./-]+)"')
PAGE_LINK = re.compile(r"\[([^\]]*)\]\(\.\./[^)]*\)")
KERNEL = {
    "display_name": "Python 3 (ipykernel)",
    "language": "python",
    "name": "python3",
}
# The same bytes for the same content, on every machine.
ZIP_DATE = (2026, 1, 1, 0, 0, 0)
README = """Jacobians in TensorFlow: the {kind} edition

1. Install Python 3.11, 3.12 or 3.13 (64 bits; on Ubuntu and Debian the
   package python3-venv too). You need 3 GB of disk and 4 GB of memory.
2. In a terminal, in this folder, once; it fetches about 420 MB and takes
   some minutes:
       python3 -m venv .venv
       .venv/bin/python -m pip install -r requirements.txt
   on Windows:
       py -3.12 -m venv .venv
       .venv\\Scripts\\python -m pip install -r requirements.txt
3. Is this laptop ready? Within a minute or two this says what is missing:
       .venv/bin/python -m helpers.doctor
   on Windows:
       .venv\\Scripts\\python -m helpers.doctor
4. Begin, today and every other day:
       .venv/bin/python -m jupyterlab
   on Windows:
       .venv\\Scripts\\python -m jupyterlab
   It opens in your browser. Ctrl-C in the terminal ends it.

Open 01_scalar.ipynb. Run the first code cell; it takes 10 to 20 seconds,
and red text about oneDNN and AVX is normal. Then go to "Exercises", near the
end: replace the dots, run the cell, and read the verdict. Leave the
notebooks in this folder: they find `helpers` beside them.
"""


class StandAlone(Preprocessor):
    """Links and files that lie in the project, for a folder of its own."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict, index: int
    ) -> tuple[NotebookNode, dict]:
        """A page of the site becomes its name; a file lies beside."""
        if cell.cell_type == "markdown":
            cell.source = PAGE_LINK.sub(r"\1", cell.source)
            return cell, resources
        resources.setdefault("files", set()).update(
            FILE_LINK.findall(cell.source)
        )
        cell.source = FILE_LINK.sub(r'"\1"', cell.source)
        return cell, resources


class WithoutSolutions(Preprocessor):
    """The cells that hold a folded solution go."""

    def preprocess(
        self, nb: NotebookNode, resources: dict
    ) -> tuple[NotebookNode, dict]:
        """Keep every other cell, stubs and hints among them."""
        nb.cells = [c for c in nb.cells if not reading.is_solution(c)]
        return nb, resources


class WithSolutions(Preprocessor):
    """The code of each solution becomes a cell that runs, after its text."""

    def preprocess(
        self, nb: NotebookNode, resources: dict
    ) -> tuple[NotebookNode, dict]:
        """Unfold the solutions; put the teacher's notes on top."""
        cells = []
        for cell in nb.cells:
            cells.append(cell)
            if reading.is_solution(cell):
                cells[-1:] = unfolded(cell)
        text = notes.for_page(resources["page"])
        if text:
            cells.insert(1, new_markdown_cell(text, id="teachers-notes"))
        nb.cells = cells
        return nb, resources


def unfolded(cell: NotebookNode) -> list[NotebookNode]:
    """The code of a solution to run, then what it says about it."""
    code = reading.CODE_BLOCK.search(cell.source)
    if code is None:
        return [cell]
    text = cell.source[: code.start()] + cell.source[code.end() :]
    title = re.search(r"<summary>(?:Show )?(.*?)</summary>", text)
    text = re.sub(r"</?details.*?>|<summary>.*?</summary>", "", text).strip()
    name = title[1].capitalize() if title else "Solution"
    found = [
        new_markdown_cell(f"**{name}**", id=f"{cell.id}-head"),
        new_code_cell(code[1].rstrip(), id=f"{cell.id}-code"),
    ]
    if text:
        found.append(new_markdown_cell(text, id=f"{cell.id}-text"))
    return found


def edition(path: Path, kind: str) -> tuple[NotebookNode, set[str]]:
    """One page for students or teachers, and the files that it reads."""
    chosen = WithoutSolutions if kind == "student" else WithSolutions
    steps = [
        ClearOutputPreprocessor(),
        ClearMetadataPreprocessor(
            preserve_cell_metadata_mask=["tags"],
            preserve_nb_metadata_mask=[],
        ),
        StandAlone(),
        chosen(),
    ]
    notebook, resources = reading.read(path), {"page": path.stem}
    for step in steps:
        notebook, resources = step.preprocess(notebook, resources)
    notebook.metadata = {"kernelspec": dict(KERNEL)}
    nbformat.validate(notebook)
    return notebook, resources.get("files", set())


def write(kind: str, folder: Path) -> Path:
    """Write an edition as a new folder, which must be ours to replace."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in reading.chapters():
        notebook, files = edition(path, kind)
        nbformat.write(notebook, folder / path.name)
        for name in files:
            copy(ROOT / name, folder / name)
    for name in ALONG:
        copy(ROOT / name, folder / name)
    hidden = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "helpers", folder / "helpers", ignore=hidden)
    text(folder / "requirements.txt", requirements())
    text(folder / "README.txt", README.format(kind=kind))
    return folder


def copy(source: Path, target: Path) -> None:
    """Copy a file, making its folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def text(path: Path, content: str) -> None:
    """Write text as it is on every system."""
    path.write_text(content, encoding="utf-8", newline="\n")


def requirements() -> str:
    """The pins of what a reader needs, taken from those of the project."""
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pins = re.findall(r"^([\w.-]+)==(\S+)(?: *;([^\\\n]*))?", lock, re.M)
    wanted = {*asked_for(), *NEEDED}
    lines = [
        f"{name}=={version}" + (f" ; {marker.strip()}" if marker else "")
        for name, version, marker in pins
        if name.lower().replace("_", "-") in wanted
    ]
    return "\n".join([*lines, ""])


def asked_for() -> set[str]:
    """What `helpers` imports, as requirements.in names it first."""
    lines = (ROOT / "requirements.in").read_text(encoding="utf-8").split("\n")
    named = [s for s in lines[: lines.index("")] if not s.startswith("#")]
    return {re.split(r"[\s=<>;]", s)[0].lower() for s in named}


def zipped(folder: Path, target: Path, inside: str) -> Path:
    """A zip whose bytes depend on nothing but its content."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = f"{inside}/{path.relative_to(folder).as_posix()}"
            entry = zipfile.ZipInfo(name, ZIP_DATE)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return target


def make(kind: str, out: Path = OUT) -> tuple[Path, Path]:
    """Folder and zip of one edition."""
    folder = write(kind, out / kind)
    name = f"jacobians-{kind}"
    return folder, zipped(folder, out / f"{name}.zip", name)


def make_zip(kind: str, out: Path) -> Path:
    """The zip alone, as the site has it."""
    with tempfile.TemporaryDirectory() as place:
        _, archive = make(kind, Path(place))
        return Path(shutil.copy(archive, out))


def main(arguments: list[str]) -> int:
    """Write the editions that are named, or both."""
    unknown = [kind for kind in arguments if kind not in KINDS]
    if unknown:
        print(f"student: expected {KINDS}, got {unknown[0]!r}.")
        return 2
    for kind in arguments or KINDS:
        folder, archive = make(kind)
        print(f"The {kind} edition: {folder} and {archive.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
