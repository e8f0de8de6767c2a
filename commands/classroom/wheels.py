"""All packages as files, for rooms without a network: `tasks.py wheels`.

Every file is one that `requirements.txt` names by its hash. A name of a
system and a version of Python, such as `windows 3.12`, fetch the files for
the students' laptops instead of those for this machine.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.markers import Marker

from commands.classroom.reading import ROOT

OUT = ROOT / "_build" / "classroom" / "wheels"
PYTHONS = ("3.11", "3.12", "3.13")
# What markers say about a system, and the oldest release to fetch for.
SYSTEMS = {
    "windows": ("win32", "Windows", "nt", "AMD64", "win_amd64"),
    "macos": ("darwin", "Darwin", "posix", "arm64", "macosx_12_0_arm64"),
}
SOURCE = ("pyproject.toml", "README.md", "LICENSE", "LICENSE-TEXT")
README = """All packages of the book, as files: no network is needed.

In the folder of the student edition, with this folder beside it:

    python -m venv .venv
    .venv/bin/python -m pip install --no-index --find-links {name} -r \
requirements.txt
    .venv/bin/python -m helpers.doctor

on Windows:

    py -m venv .venv
    .venv\\Scripts\\python -m pip install --no-index --find-links {name} -r \
requirements.txt
    .venv\\Scripts\\python -m helpers.doctor

The helpers alone, for a notebook of your own:

    .venv/bin/python -m pip install --no-index --find-links {name} \
jacobians-in-tensorflow
"""
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]


def main(arguments: list[str]) -> int:
    """Fetch for this machine, or for the system that is named."""
    fault = refusal(arguments)
    if fault:
        print(f"wheels: {fault}")
        return 2
    name = "-".join(["wheels", *arguments])
    folder = fetch(OUT.with_name(name), *arguments)
    files = [path for path in folder.iterdir() if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    print(f"{len(files)} files, {size:.0f} MB: {folder}")
    return 0


def refusal(arguments: list[str]) -> str:
    """What is wrong with the arguments, or nothing."""
    known = f"expected {' or '.join(SYSTEMS)} and one of {PYTHONS}"
    if not arguments:
        return ""
    if len(arguments) != 2 or arguments[0] not in SYSTEMS:
        return f"{known}, got {arguments}; use `windows 3.12`"
    return "" if arguments[1] in PYTHONS else f"{known}, got {arguments[1]}"


def fetch(folder: Path, system: str = "", python: str = "") -> Path:
    """Fill a folder anew: all that is pinned, and the book's own wheel."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    options, pins = [], ROOT / "requirements.txt"
    with tempfile.TemporaryDirectory() as place:
        if system:
            pins = pins_for(system, python, Path(place) / "pins.txt")
            options = ["--no-deps", "--only-binary=:all:"]
            options += [f"--platform={SYSTEMS[system][-1]}"]
            options += [f"--python-version={python}"]
        run("download", "--require-hashes", "-r", pins, "-d", folder, *options)
        build(folder, Path(place) / "source")
    readme = README.format(name=f"../{folder.name}")
    (folder / "README.txt").write_text(readme, encoding="utf-8")
    return folder


def pins_for(system: str, python: str, target: Path) -> Path:
    """The pins that another system needs; pip would read them as for here."""
    there = markers(system, python)
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    wanted = []
    for entry in re.split(r"\n(?=\S)", lock.strip()):
        head, _, hashes = entry.partition("\\")
        pin, _, condition = head.partition(";")
        if not condition.strip() or Marker(condition).evaluate(there):
            wanted.append(f"{pin.strip()} \\{hashes}")
    target.write_text("\n".join([*wanted, ""]), encoding="utf-8")
    return target


def markers(system: str, python: str) -> dict[str, str]:
    """What a marker in requirements.txt may ask about a system."""
    platform, name, kind, machine, _ = SYSTEMS[system]
    return {
        "sys_platform": platform,
        "platform_system": name,
        "os_name": kind,
        "platform_machine": machine,
        "python_version": python,
        "python_full_version": f"{python}.0",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }


def build(folder: Path, source: Path) -> None:
    """The wheel of `helpers`, from a copy, where a build leaves traces."""
    hidden = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "helpers", source / "helpers", ignore=hidden)
    for name in SOURCE:
        shutil.copyfile(ROOT / name, source / name)
    run("wheel", "--no-deps", "--no-build-isolation", "-w", folder, source)


def run(*arguments: str | Path) -> None:
    """One call of pip, which must succeed."""
    subprocess.run([*PIP, *map(str, arguments)], check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
