"""Run all chapters as other machines would: `python tasks.py elsewhere`.

    python tasks.py elsewhere
    python tasks.py elsewhere --form one-thread chapters/03_batch.ipynb
    python tasks.py elsewhere --list

The first three forms change how TensorFlow computes, and compare stored
outputs as `make test` does. The others train from another seed: outputs
are new then, but every assert must hold. A table at the end says which
form of which chapter failed. `ELSEWHERE=one-thread make test` runs
all tests in such a form.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from commands import run_notebooks

ROOT = Path(__file__).resolve().parents[1]
CHOSEN = "ELSEWHERE"
# What each form sets, or, with None, leaves to TensorFlow.
MACHINES: dict[str, dict[str, str | None]] = {
    "one-thread": {
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    },
    "narrow-vectors": {
        "ONEDNN_MAX_CPU_ISA": "AVX",
        "XLA_FLAGS": "--xla_cpu_max_isa=AVX",
    },
    "tensorflow-default": {"TF_ENABLE_ONEDNN_OPTS": None},
}
SEEDS = {"seed-1": 1001, "seed-2": 2002, "seed-3": 3003}
COLOUR = re.compile(r"\x1b\[[\d;]*m")
SEED = re.compile(r"(set_random_seed\()(\d+)(\))")


class Result(NamedTuple):
    """How one form of one chapter went."""

    form: str
    chapter: str
    failed: str
    seconds: float


def main(arguments: list[str]) -> int:
    """Run the chosen forms of the chosen chapters; 1 if any failed."""
    chosen = parse(arguments)
    if chosen.list:
        print("\n".join([*MACHINES, *SEEDS]))
        return 0
    paths = run_notebooks.chapters(chosen.notebooks)
    results = []
    for form in chosen.form or [*MACHINES, *SEEDS]:
        for path in paths:
            if form in MACHINES or trains(path):
                results.append(run(form, path))
    print(table(results))
    return 1 if any(result.failed for result in results) else 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="elsewhere")
    forms = [*MACHINES, *SEEDS]
    parser.add_argument("--form", action="append", choices=forms)
    parser.add_argument("--list", action="store_true", help="name the forms")
    parser.add_argument("notebooks", nargs="*", help="default: all chapters")
    return parser.parse_args(arguments)


def run(form: str, path: Path) -> Result:
    """Run one form of one chapter and tell what failed at once."""
    print(f"{form}, {path.stem} ...", end=" ", flush=True)
    start = time.perf_counter()
    told = tested(form, path) if form in MACHINES else asserted(form, path)
    seconds = time.perf_counter() - start
    print(f"{'failed' if told else 'passed'}, {seconds:.0f} s", flush=True)
    if told:
        print(told, flush=True)
    failed = told.splitlines()[-1] if told else ""
    return Result(form, path.stem, failed, seconds)


def table(results: list[Result]) -> str:
    """One line for each form of each chapter, and how many failed."""
    lines = [f"\n{'form':20}{'chapter':32}{'result':8}{'seconds':>7}"]
    for form, chapter, failed, seconds in results:
        word = "failed" if failed else "passed"
        line = f"{form:20}{chapter:32}{word:8}{seconds:7.0f}"
        lines.append(f"{line}  {failed}".rstrip())
    count = sum(bool(result.failed) for result in results)
    return "\n".join([*lines, f"{count} of {len(results)} failed"])


# Other machines: the same tests in another environment


def tested(form: str, path: Path) -> str:
    """What nbval says of a chapter on such a machine, if it fails."""
    command = [sys.executable, "-m", "pytest", "-q", "--color=no"]
    command += ["-p", "no:cacheprovider", str(path)]
    variables = {**os.environ, CHOSEN: form}
    result = subprocess.run(
        command, cwd=ROOT, env=variables, capture_output=True, text=True
    )
    return (result.stdout + result.stderr) if result.returncode else ""


def become(variables: MutableMapping[str, str]) -> None:
    """Make an environment that of the machine that `ELSEWHERE` names."""
    form = variables.get(CHOSEN)
    if not form:
        return
    if form not in MACHINES:
        names = ", ".join(MACHINES)
        raise SystemExit(f"{CHOSEN}: expected one of {names}, got {form!r}.")
    for name, value in MACHINES[form].items():
        if value is None:
            variables.pop(name, None)
        else:
            variables[name] = value


# Other seeds: only what the cells assert


def trains(path: Path) -> bool:
    """Whether a chapter trains a model."""
    notebook = nbformat.read(path, as_version=4)
    text = "\n".join(cell.source for cell in code_cells(notebook))
    return ".fit(" in text or ".apply_gradients(" in text


def asserted(form: str, path: Path) -> str:
    """Which error a chapter ends in with other seeds, if any."""
    notebook = nbformat.read(path, as_version=4)
    reseed(notebook, SEEDS[form])
    try:
        run_notebooks.execute(notebook, path.parent)
    except (CellExecutionError, DeadKernelError, TimeoutError) as error:
        told = COLOUR.sub("", str(error)).strip()
        number, last = cells_that_ran(notebook), told.splitlines()[-1]
        return f"{told}\ncode cell {number}: {last}"
    return ""


def reseed(notebook: NotebookNode, shift: int) -> None:
    """Shift every random seed of a notebook, in place."""
    for cell in code_cells(notebook):
        cell.source = SEED.sub(
            lambda match: f"{match[1]}{int(match[2]) + shift}{match[3]}",
            cell.source,
        )


def cells_that_ran(notebook: NotebookNode) -> int:
    """The number of the last code cell that was started."""
    counts = [cell.execution_count or 0 for cell in code_cells(notebook)]
    return max(counts, default=0)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
