"""Is this machine ready for the book? `python -m helpers.doctor`

It looks and changes nothing. It needs nothing but Python, of any version
since 3.8, because what it looks for may be missing.
"""

from __future__ import annotations

import argparse
import ctypes
import dataclasses
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
OLDEST, TOO_NEW = (3, 11), (3, 14)
GIGABYTE = 1e9
SPACE, MEMORY = 1.0, 4.0  # GB
# What each package is imported as, and the names under which it is
# installed on one system or another.
PACKAGES = {
    "tensorflow": ("tensorflow-cpu", "tensorflow"),
    "keras": ("keras",),
    "numpy": ("numpy",),
    "scipy": ("scipy",),
    "matplotlib": ("matplotlib",),
    "ml_dtypes": ("ml-dtypes",),
    "psutil": ("psutil",),
    "tqdm": ("tqdm",),
    "jupyterlab": ("jupyterlab",),
    "ipykernel": ("ipykernel",),
}
# The Jacobian of x squared at (1, 2): twice x on the diagonal.
JACOBIAN = """
import tensorflow as tf, helpers
J = helpers.jacobian(lambda x: x**2)(tf.constant([1.0, 2.0]))
print(J.numpy().tolist())
"""
EXPECTED = "[[2.0, 0.0], [0.0, 4.0]]"
QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    # The reader's own choice is examined apart.
    "KERAS_BACKEND": "tensorflow",
}


@dataclasses.dataclass(frozen=True)
class Finding:
    """What was looked at, what was found, and how to mend it."""

    what: str
    ready: bool
    found: str
    cure: str = ""


def examine_python(
    version: tuple[int, ...] = sys.version_info[:3],
    bits: int = 8 * ctypes.sizeof(ctypes.c_void_p),
) -> Finding:
    """TensorFlow comes for some versions of Python, of 64 bits each."""
    found = f"{'.'.join(map(str, version))}, {bits} bits"
    ready = OLDEST <= version[:2] < TOO_NEW and bits == 64
    cure = {
        "Windows": "install 3.12 (64 bits) from python.org, then: py -3.12",
        "Darwin": "install 3.12 from python.org, then: python3.12",
    }.get(platform.system(), "install python3.12 and python3.12-venv")
    cure += " -m venv .venv"
    return Finding("Python", ready, found, "" if ready else cure)


def pins(folder: Path = HERE) -> dict[str, str]:
    """The version of each package that the book was made with.

    They stand in requirements.txt beside `helpers`; a wheel holds ranges
    alone, and then nothing is compared.
    """
    path = folder / "requirements.txt"
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==([\w.+!-]+)", lines, re.M))


def examine_package(module: str, pinned: dict[str, str]) -> Finding:
    """Whether it is installed, in the right version, and can be imported."""
    names = PACKAGES[module]
    wanted = next((pinned[name] for name in names if name in pinned), None)
    known = [name for name in names if name in pinned] or list(names)
    name = known[-1] if platform.system() == "Darwin" else known[0]
    pip = f'"{sys.executable}" -m pip install '
    pip += f"{name}=={wanted}" if wanted else name
    installed = next(filter(None, map(version_of, names)), None)
    if installed is None:
        return Finding(name, False, "not installed", pip)
    if wanted and installed.split(".")[:2] != wanted.split(".")[:2]:
        found = f"{installed}; the book needs {wanted}"
        return Finding(name, False, found, pip)
    fault = run(f"import {module}")[1]
    if fault:
        pip += " --force-reinstall --no-deps"
        return Finding(name, False, f"{installed}, broken: {fault}", pip)
    return Finding(name, True, installed)


def version_of(name: str) -> str | None:
    """The version that is installed under this name."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def run(code: str, seconds: float = 180.0) -> tuple[str, str]:
    """What code prints in a Python of its own, and its error's last line."""
    try:
        done = subprocess.run(
            [sys.executable, *options(), "-c", code],
            cwd=HERE,
            env={**os.environ, **QUIET},
            capture_output=True,
            timeout=seconds,
            encoding="utf-8",
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        return "", f"no answer after {seconds:.0f} s"
    said = done.stderr.strip().splitlines() or [f"exit {done.returncode}"]
    return done.stdout.strip(), said[-1] if done.returncode else ""


def options() -> list[str]:
    """The options of this Python that decide what it can import."""
    return ["-S"] if sys.flags.no_site else []


def examine_space(folder: Path, free: float | None = None) -> Finding:
    """Packages and results need room on the disk."""
    if free is None:
        free = shutil.disk_usage(folder).free / GIGABYTE
    cure = f"make room: {SPACE:.0f} GB, or work on another disk"
    ready = free >= SPACE
    found = f"{free:.1f} GB free"
    return Finding("disk", ready, found, "" if ready else cure)


def examine_writing(folder: Path) -> Finding:
    """A notebook is saved where it lies."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"written")
    except OSError as error:
        cure = "copy the book into a folder of your own, such as Documents"
        return Finding("writing", False, f"{folder}: {error.strerror}", cure)
    return Finding("writing", True, f"{folder} can be written")


def examine_names(folder: Path) -> Finding:
    """A file called random.py is what `import random` finds first."""
    taken = {*PACKAGES, "helpers", *getattr(sys, "stdlib_module_names", ())}
    found = sorted(p.name for p in folder.glob("*.py") if p.stem in taken)
    if not found:
        return Finding("file names", True, "none hides a package")
    cure = f"give {found[0]} another name, in {folder}"
    return Finding("file names", False, f"{', '.join(found)} in the way", cure)


def examine_backend(home: Path | None = None) -> Finding:
    """Keras computes with what the reader has chosen at some time."""
    folder = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    path = (home or Path(folder)) / "keras.json"
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
        chosen = settings.get("backend", "tensorflow")
    except (OSError, ValueError, AttributeError):
        chosen = "tensorflow"
    cure = f"write tensorflow for {chosen} in {path}"
    if os.environ.get("KERAS_BACKEND"):
        chosen = os.environ["KERAS_BACKEND"]
        cure = "set KERAS_BACKEND=tensorflow in the environment"
    ready = chosen == "tensorflow"
    return Finding("Keras backend", ready, chosen, "" if ready else cure)


def examine_memory(size: float | None = None) -> Finding:
    """Little memory is slow, and no reason to stop."""
    if size is None:
        size = memory()
    if size is None:
        return Finding("memory", True, "not known")
    found = f"{size:.1f} GB"
    if size < MEMORY:
        found += f"; below {MEMORY:.0f}: close the browser's other pages"
    return Finding("memory", True, found)


def memory() -> float | None:
    """The machine's memory in GB, where the system tells it."""
    try:
        pages = os.sysconf("SC_PHYS_PAGES")
        return pages * os.sysconf("SC_PAGE_SIZE") / GIGABYTE
    except (AttributeError, ValueError, OSError):
        return None


def examine_jacobian() -> Finding:
    """The first Jacobian, against the one that algebra gives."""
    printed, fault = run(JACOBIAN)
    ready = not fault and printed.splitlines()[-1:] == [EXPECTED]
    found = "right" if ready else fault or f"got {printed!r}"
    cure = "mend what stands above, then look again"
    return Finding("a Jacobian", ready, found, "" if ready else cure)


def examine(folder: Path) -> list[Finding]:
    """All findings, those that others depend on first."""
    pinned = pins()
    return [
        examine_python(),
        *[examine_package(module, pinned) for module in PACKAGES],
        examine_backend(),
        examine_names(folder),
        examine_space(folder),
        examine_writing(folder),
        examine_memory(),
        examine_jacobian(),
    ]


def screen(findings: list[Finding]) -> str:
    """One line for each finding, its cure below, the verdict last."""
    lines = []
    for finding in findings:
        mark = "ok     " if finding.ready else "MISSING"
        lines.append(f"{mark}  {finding.what:15} {finding.found}")
        if finding.cure:
            lines.append(f"{'':9}{'':15} -> {finding.cure}")
    missing = sum(not finding.ready for finding in findings)
    verdict = "This machine is ready."
    if missing:
        verdict = f"Not ready: {missing} of {len(findings)}."
        if (HERE / "requirements.txt").is_file():
            python = f'"{sys.executable}"'
            verdict += " All packages at once:\n  "
            verdict += f"{python} -m pip install -r requirements.txt"
    return "\n".join([*lines, "", verdict])


def main(arguments: list[str] | None = None) -> int:
    """Print the screen, or JSON for a teacher's list; 0 when ready."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.doctor",
        description="Say whether this machine is ready for the book.",
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    chosen = parser.parse_args(arguments)
    if not chosen.json:
        print("Importing and computing; up to a minute or two ...", flush=True)
    findings = examine(Path.cwd())
    if chosen.json:
        rows = [dataclasses.asdict(finding) for finding in findings]
        print(json.dumps(rows))
    else:
        print(screen(findings))
    return 0 if all(finding.ready for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
