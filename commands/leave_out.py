"""Leave chapters out of your own edition: `python tasks.py leave-out NAME`.

A name is that of a notebook without its ending. A chapter goes with its
further pages, and with it what belongs to it alone: its line in _toc.yml,
its exercises with their markers and tests, its questions, its part of the
teaching guide. Links to it become plain words.
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

import nbformat

from commands import run_notebooks
from commands.classroom import minutes, reading

ROOT = reading.ROOT
GUIDE = "reference/teaching.md"


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Leave out each chapter that is named, and say what went."""
    if not arguments:
        print("leave-out: expected a chapter, such as 05_intermediate_layers.")
        return 2
    missing = [name for name in arguments if not page(name, root).is_file()]
    if missing:
        print(f"leave-out: there is no chapters/{missing[0]}.ipynb.")
        return 2
    gone = sorted({p for name in arguments for p in with_pages(name, root)})
    lost = exercises_of(gone, root)
    replan(gone, lost, root)  # counts their minutes while they are there
    for name in gone:
        page(name, root).unlink()
    forget(gone, root)
    drop_exercises(lost, root)
    for path in [*root.glob("*.md"), *(root / "reference").glob("*.md")]:
        rewrite(path, lambda text: unlinked(text, gone))
    for path in sorted((root / "chapters").glob("*.ipynb")):
        unlink_notebook(path, gone)
    print("Left out:", ", ".join(gone))
    return 0


def page(name: str, root: Path) -> Path:
    """The notebook of a name."""
    return root / "chapters" / f"{name}.ipynb"


def with_pages(name: str, root: Path) -> list[str]:
    """A chapter and its further pages; a further page alone."""
    text = (root / "_toc.yml").read_text(encoding="utf-8")
    sections = r"(?:\1  sections:\n((?:\1    .*\n)*))?"
    entry = rf"^( *)- file: chapters/{name}\n{sections}"
    found = re.search(entry, text, re.MULTILINE)
    below = found[2] if found and found[2] else ""
    return [name, *re.findall(r"chapters/(\w+)", below)]


def exercises_of(gone: list[str], root: Path) -> list[str]:
    """The names of the exercises that go."""
    pages = [page(name, root) for name in gone]
    return [e.name for path in pages for e in reading.exercises(path)]


# The files that name a chapter


def forget(gone: list[str], root: Path) -> None:
    """Take the chapters out of contents, questions and searches."""
    names = "|".join(gone)
    rewrite(root / "_toc.yml", lambda text: without_entries(text, names))
    searches = root / "tests" / "site" / "searching.py"
    rewrite(searches, lambda t: re.sub(rf".*> (?:{names})#.*\n", "", t))
    for name in gone:
        test = root / "tests" / "chapters" / f"test_{name[3:]}.py"
        test.unlink(missing_ok=True)
    path = root / "reference" / "questions.csv"
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    at, pages = head.index("page"), {f"chapters/{name}" for name in gone}
    kept = [row for row in rows if row[at] not in pages]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *kept])


def without_entries(text: str, names: str) -> str:
    """_toc.yml without some files, and without a list that is empty then."""
    text = re.sub(rf" *- file: chapters/(?:{names})\n", "", text)
    return re.sub(r"^( *)sections:\n(?!\1  )", "", text, flags=re.MULTILINE)


def drop_exercises(lost: list[str], root: Path) -> None:
    """Remove markers and tested answers that no page uses any more."""
    left = {e.name for e in reading.all_exercises(root)}
    for subject in {name.split()[0] for name in lost}:
        if not any(name.split()[0] == subject for name in left):
            (root / "helpers" / "exercises" / f"{subject}.py").unlink()
            for path in answers_to(subject, root):
                path.unlink()
            continue
        for name in (n for n in lost if n.split()[0] == subject):
            drop_exercise(name, root)


def answers_to(subject: str, root: Path) -> list[Path]:
    """The files of wrong and of other right answers."""
    folder = root / "tests" / "exercises"
    paths = [folder / f"{kind}_{subject}.py" for kind in ("answers", "right")]
    return [path for path in paths if path.is_file()]


def drop_exercise(name: str, root: Path) -> None:
    """Take one exercise out of the files of its subject."""
    subject, number = name.split()
    path = root / "helpers" / "exercises" / f"{subject}.py"
    answers = rf'^    "{name}": \[\n.*?^    \],\n'
    for tested in answers_to(subject, root):
        rewrite(tested, lambda t: re.sub(answers, "", t, flags=re.M | re.S))
    code = rf"^def exercise_{number}\(.*?(?=^[\w@#]|\Z)"
    rewrite(path, lambda t: re.sub(code, "", t, flags=re.M | re.S))


# The teaching guide


def replan(gone: list[str], lost: list[str], root: Path) -> None:
    """Keep the lessons' clocks: what goes becomes minutes of your own."""
    path = root / GUIDE
    if not path.is_file():
        return
    names = "|".join(gone)

    def own(found: re.Match[str]) -> str:
        step = minutes.step(found[0], root)
        return f"{step.minutes} | Yours: the book had more here."

    def text(old: str) -> str:
        part = rf"^### \[[^\n]*chapters/(?:{names})\.ipynb\).*?(?=^##|\Z)"
        old = re.sub(part, "", old, flags=re.M | re.S)
        old = re.sub(rf"^(?:{names})#.*$", own, old, flags=re.M)
        exercise = "|".join(lost) or "nothing"
        old = re.sub(rf"^(?:{exercise}) \|.*$", own, old, flags=re.M)
        listed = rf"(?:, )?\b(?:{exercise})\b(?=,|$)"
        old = re.sub(listed, "", old, flags=re.M)
        return re.sub(r"^, ", "", old, flags=re.M)

    rewrite(path, text)


# Links


def unlink_notebook(path: Path, gone: list[str]) -> None:
    """Links in the Markdown of a notebook; its outputs stay."""
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    changed = False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = unlinked(cell.source, gone)
            if ".ipynb" in cell.source and ".ipynb" not in text:
                # For a rule that asks for a link, and for who reads the cell.
                cell.metadata["left_out"] = [
                    name for name in gone if f"{name}.ipynb" in cell.source
                ]
            changed |= text != cell.source
            cell.source = text
    if changed:
        run_notebooks.write(notebook, path)


def unlinked(text: str, gone: list[str]) -> str:
    """What only leads to a page goes; another link becomes its words.

    A line, a row of a table, or the last sentence of a paragraph goes.
    """
    if not gone:
        return text
    names = "|".join(gone)
    link = rf"\[((?:[^\]`]|`[^`]*`)*)\]\([\w./]*?(?:{names})\.ipynb[^)]*\)"
    text = re.sub(rf"^[*-] {link}.*\n?", "", text, flags=re.MULTILINE)
    text = re.sub(rf"^\|[^|\n]*\| {link} \|\n", "", text, flags=re.MULTILINE)
    text = re.sub(rf"(?<=[.?!]) {link}\.?$", "", text, flags=re.MULTILINE)
    return re.sub(link, r"\1", text)


def rewrite(path: Path, change) -> None:
    """Change the text of a file."""
    old = path.read_text(encoding="utf-8")
    new = change(old)
    if new != old:
        path.write_text(new, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
