"""Which stored outputs `make run` keeps, so that a diff shows changes.

While a notebook's code is what its outputs were stored for:

- a text that says the same as the stored one, as `make test` sees it, is
  kept: another machine does not rewrite last digits;
- what a cell tagged `nbval-ignore-output` measures is kept while the words
  are the same and each number is within a factor of three; but not beside a
  figure of the same run that is drawn anew;
- if all texts are kept and what draws the figures is the same, so are the
  figures, measured or trained.

`make run ARGS=--anew` stores everything as it came out.
"""

from __future__ import annotations

import hashlib
from copy import deepcopy
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from commands import influence
from commands.printed_numbers import (
    Number,
    allowance,
    loosely,
    parts,
    settle,
    texts,
)

ROOT = Path(__file__).resolve().parents[1]
STORED_FOR = "stored_for"
MEASURES = "nbval-ignore-output"
FACTOR = 3


def keep(new: NotebookNode, stored: NotebookNode) -> None:
    """Put stored outputs back into a notebook that was executed again."""
    before, now = stored.metadata.get(STORED_FOR, {}), stored_for(new)
    if before.get("code") != now["code"]:
        return
    pairs = list(zip(code_cells(new), code_cells(stored), strict=True))
    as_measured = {}
    for fresh, old in pairs:
        if measures(fresh):
            as_measured[fresh.id] = deepcopy(fresh.outputs)
            settle_measured(old.outputs, fresh.outputs)
        else:
            settle(old.outputs, fresh.outputs, allowance(fresh))
    same = all(shown(fresh) == shown(old) for fresh, old in pairs)
    if same and before.get("figures") == now["figures"]:
        for fresh, old in pairs:
            fresh.outputs = old.outputs
    elif any(measures(cell) and draws(cell) for cell, _ in pairs):
        for fresh, _ in pairs:
            fresh.outputs = as_measured.get(fresh.id, fresh.outputs)


def measures(cell: NotebookNode) -> bool:
    """Whether what a cell shows differs from run to run."""
    return MEASURES in cell.metadata.get("tags", [])


def draws(cell: NotebookNode) -> bool:
    """Whether there is a picture among a cell's outputs."""
    kinds = [kind for each in cell.outputs for kind in each.get("data", {})]
    return any(kind.startswith("image/") for kind in kinds)


def stored_for(notebook: NotebookNode) -> dict[str, str]:
    """What outputs are stored for: this code, figures drawn like this."""
    code = "\0".join(cell.source for cell in code_cells(notebook))
    return {"code": digest(code.encode()), "figures": figures_digest()}


def figures_digest() -> str:
    """A digest of what decides how a figure looks."""
    folder = ROOT / "helpers" / "figures"
    drawing = [influence.text(path) for path in sorted(folder.glob("*.py"))]
    styles = sorted(folder.glob("*.mplstyle"))
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pin = [s for s in pins.splitlines() if s.startswith("matplotlib==")]
    drawing += [path.read_text(encoding="utf-8") for path in styles]
    return digest("\0".join([*pin, *drawing]).encode())


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cell: NotebookNode) -> list[dict[str, Any]]:
    """A cell's outputs; of its pictures only that they are there."""
    found = []
    for output in cell.outputs:
        plain = {**output, "execution_count": None}
        data = output.get("data", {})
        plain["data"] = {
            kind: None if kind.startswith("image/") else data[kind]
            for kind in data
        }
        found.append(plain)
    return found


# Measured texts


def settle_measured(
    stored: list[NotebookNode], new: list[NotebookNode]
) -> None:
    """Replace measured texts by stored ones that are close, in place."""
    there = texts(new)
    for kind, places in texts(stored).items():
        pairs = zip(places, there.get(kind, []), strict=False)
        for (old, key), (fresh, _) in pairs:
            if measured_alike(old[key], fresh[key]):
                fresh[key] = old[key]


def measured_alike(stored: str, new: str) -> bool:
    """Whether words are the same, and numbers within a factor of three."""
    words, numbers = parts(stored)
    new_words, new_numbers = parts(new)
    if [loosely(w, True) for w in words] != [
        loosely(w, True) for w in new_words
    ]:
        return False
    return all(map(close, numbers, new_numbers))


def close(a: Number, b: Number) -> bool:
    """Within a factor of three, or of three units beside zero."""
    if a.value * b.value < 0:
        return False
    small, large = sorted([abs(a.value), abs(b.value)])
    return large <= FACTOR * max(small, a.unit, b.unit)
