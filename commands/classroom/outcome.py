"""In one word, what became of a test cell."""

from __future__ import annotations

import nbformat

# What a test cell ended in, in the words of the report.
WORDS = {
    "": "right",
    "NotRight": "not right",
    "CellTimeoutError": "stopped",
    "KernelDied": "crashed",
}


def outcome(cell: nbformat.NotebookNode) -> str:
    """In one word, what became of a test cell."""
    errors = [o.ename for o in cell.outputs if o.output_type == "error"]
    name = errors[-1] if errors else ""
    return WORDS.get(name, name)
