"""Begin a chapter: `python tasks.py chapter sparse`.

Writes a notebook that keeps every rule, a marker, two wrong and two other
right answers for its first exercise, and the entry in _toc.yml. Everything
in it is there to be replaced.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from commands import leave_out, run_notebooks

ROOT = Path(__file__).resolve().parents[1]
AIM = """# {title} Jacobians

After this chapter you can say what this chapter is about.

**Time:** 30 minutes. **Builds on:** {before}."""
EXAMPLE = "## The smallest example\n\nThe result comes before its reasons."
CODE = """import tensorflow as tf

from helpers import jacobian, mark

x = tf.constant([1.0, 2.0, 3.0])
J = jacobian(lambda x: x[:2] * x[2])(x)
assert J.shape == (2, 3)"""
SEEN = "The shape is that of y, then that of x: (2, 3)."
RECAP = "## Recap\n\n- A sentence for each idea."
TASK = """## Exercises

### Exercise 1 ★

How many entries has the Jacobian of a map from 3 numbers to 2?"""
STUB = 'answer = ...\n\nmark("{name} 1", answer)'
SOLUTION = """<details class="solution">
<summary>Show solution 1</summary>

```python
answer = 6

mark("{name} 1", answer)
```

</details>"""
BEFORE = "[Scalar Jacobians](01_scalar.ipynb)"
NEXT = """## Where next

* [Tensor Jacobians](02_tensor.ipynb): the shape law.
* [Is my Jacobian right?](07_is_my_jacobian_right.ipynb): every check."""
MARKER = '''"""Markers for the exercises of the chapter {number}_{name}."""

from helpers.exercises.marking import Answer, Hint, near


def exercise_1(count: Answer) -> str:
    """The number of entries of a Jacobian."""
    if near(count, 5):
        raise Hint("Rows times columns, not rows plus columns.")
    if not near(count, 6):
        raise Hint("One row per output, one column per input.")
    return "Two rows of three."
'''
WRONG = '''"""Plausible wrong answers to the exercises of {number}_{name}."""

WRONG = {{
    "{name} 1": [
        "answer = 5",
        "answer = 9",
    ],
}}
'''
RIGHT = '''"""Other right answers to the exercises of {number}_{name}."""

RIGHT = {{
    "{name} 1": [
        "answer = 2 * 3",
        "answer = tf.size(J)",
    ],
}}
'''


PART = """### [{title} Jacobians](../chapters/{page}.ipynb)

```{{page-minutes}} {page}
```

```{{in-class}} {page}
{name} 1
```

**Before:** {before}.

"""
GUIDE = "reference/teaching.md"


def main(arguments: list[str]) -> int:
    """Write the files of a chapter, unless one of them is there."""
    name = arguments[0] if len(arguments) == 1 else ""
    if not re.fullmatch(r"[a-z][a-z_]*", name):
        print(
            "chapter: expected one word in small letters, got "
            f"{' '.join(arguments)!r}; use `make chapter NAME=sparse`."
        )
        return 2
    number = next_number()
    files = texts(number, name)
    taken = [str(path) for path in files if (ROOT / path).exists()]
    if taken:
        print(f"chapter: {', '.join(taken)} exists; use another name.")
        return 2
    for path, text in files.items():
        (ROOT / path).write_text(text, encoding="utf-8", newline="\n")
    path = ROOT / "chapters" / f"{number}_{name}.ipynb"
    run_notebooks.write(notebook(name), path)
    add_to_contents(f"chapters/{path.stem}")
    add_to_guide(path.stem, name)
    print("Written:", ", ".join([str(path.relative_to(ROOT)), *files]))
    return 0 if run_notebooks.main([str(path)]) == 0 else 1


def next_number() -> str:
    """The number after the last chapter's, with two digits."""
    numbered = (ROOT / "chapters").glob("[0-9][0-9]_*.ipynb")
    return f"{max(int(path.name[:2]) for path in numbered) + 1:02d}"


def texts(number: str, name: str) -> dict[str, str]:
    """The exercise files of a new chapter."""
    fields = {"number": number, "name": name}
    return {
        f"helpers/exercises/{name}.py": MARKER.format(**fields),
        f"tests/exercises/answers_{name}.py": WRONG.format(**fields),
        f"tests/exercises/right_{name}.py": RIGHT.format(**fields),
    }


def notebook(name: str) -> NotebookNode:
    """A chapter that keeps every rule."""
    title = name.replace("_", " ").capitalize()
    cells = [
        new_markdown_cell(AIM.format(title=title, before=BEFORE)),
        new_markdown_cell(EXAMPLE),
        new_code_cell(CODE),
        new_markdown_cell(SEEN),
        new_markdown_cell(RECAP),
        new_markdown_cell(TASK),
        new_code_cell(STUB.format(name=name)),
        new_markdown_cell(SOLUTION.format(name=name)),
        new_markdown_cell(NEXT),
    ]
    gone = pages_left_out()
    for count, cell in enumerate(cells):
        cell.source = leave_out.unlinked(cell.source, gone)
        cell.id = f"{name.replace('_', '-')}-{count}"
    return new_notebook(cells=cells)


def add_to_guide(page: str, name: str) -> None:
    """Its section of the teaching guide, behind that of the last page."""
    path = ROOT / GUIDE
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    start = text.find("## Page by page\n")
    if start < 0:
        print(f"chapter: {GUIDE} has no `## Page by page`; nothing added.")
        return
    end = text.find("\n## ", start)
    end = len(text) if end < 0 else end + 1
    title = name.replace("_", " ").capitalize()
    part = PART.format(title=title, page=page, name=name, before=BEFORE)
    part = part.replace("](0", "](../chapters/0")
    part = leave_out.unlinked(part, pages_left_out())
    path.write_text(
        text[:end] + part + text[end:], encoding="utf-8", newline="\n"
    )


def pages_left_out() -> list[str]:
    """Pages that the text above names and that an own edition has not."""
    named = re.findall(r"\((\w+)\.ipynb\)", BEFORE + NEXT)
    folder = ROOT / "chapters"
    return [n for n in named if not (folder / f"{n}.ipynb").is_file()]


def add_to_contents(entry: str) -> None:
    """Name the chapter in _toc.yml, below the last one and its pages."""
    path = ROOT / "_toc.yml"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    chapters = {
        place: line.partition("-")[0]
        for place, line in enumerate(lines)
        if re.search(r"- file: chapters/\d\d_", line)
    }
    # A second page stands deeper than its chapter.
    indent = min(chapters.values(), key=len)
    lines.insert(max(chapters) + 1, f"{indent}- file: {entry}\n")
    path.write_text("".join(lines), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
