"""Builds the wheel of `helpers`, the same bytes from the same files.

`python -m commands.wheel FOLDER` writes it into a folder. The site carries
it: `pip install` and its address bring `helpers` to any machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BESIDE = ("pyproject.toml", "README.md", "LICENSE", "LICENSE-TEXT")
# What a page reads besides `helpers`, and where the wheel keeps it.
STORED = ("benchmarks/results", "helpers/book/results")
EPOCH = "1767225600"  # every file of the wheel is of 2026-01-01


def name(root: Path = ROOT) -> str:
    """The file name of the wheel, known before it is built."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    plain = project["name"].replace("-", "_")
    return f"{plain}-{project['version']}-py3-none-any.whl"


def build(folder: Path, root: Path = ROOT) -> Path:
    """Build from a copy, so that the project stays as it is."""
    with tempfile.TemporaryDirectory() as place:
        source = copied(root, Path(place) / "source")
        pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps"]
        pip += ["--disable-pip-version-check", "--no-build-isolation"]
        variables = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
        subprocess.run(
            [*pip, "-w", place, str(source)], check=True, env=variables
        )
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(Path(place) / name(root), folder))


def copied(root: Path, source: Path) -> Path:
    """What the build reads, where it may leave its traces."""
    for file in BESIDE:
        copy(root / file, source / file)
    for path in sorted((root / "helpers").rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            copy(path, source / path.relative_to(root))
    results, kept = STORED
    for path in sorted((root / results).glob("*.json")):
        copy(path, source / kept / path.name)
    return source


def copy(path: Path, target: Path) -> None:
    """Copy one file; all copies have the same rights."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(path.read_bytes())
    target.chmod(0o644)


if __name__ == "__main__":
    print(build(Path(sys.argv[1] if sys.argv[1:] else "_build")))
