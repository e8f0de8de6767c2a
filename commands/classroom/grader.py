"""nbgrader, in an environment of its own, with the kernels of the book.

The book's pins do not move for it: `.venv-grading` holds nbgrader and
nothing of TensorFlow, and its kernel is the interpreter of `.venv`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tasks
from commands.classroom import warm

ENVIRONMENT = tasks.ROOT / ".venv-grading"
PINS = Path(__file__).with_name("grading.txt")
CONFIG = "nbgrader_config.py"
# The folder of a submission is no place to import from: a `helpers` in it
# would mark itself.
OPTIONS = (
    "-f",
    "{connection_file}",
    "--IPKernelApp.ignore_cwd=True",
    "--IPKernelApp.capture_fd_output=False",
)


def interpreter() -> str:
    """The Python of the environment."""
    windows = os.name == "nt"
    return str(
        ENVIRONMENT / ("Scripts/python.exe" if windows else "bin/python")
    )


def make_environment() -> None:
    """Make the environment, unless it is up to date."""
    wanted = PINS.read_text(encoding="utf-8") + sys.executable
    stamp = ENVIRONMENT / ".requirements"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        print("Making the graders' environment .venv-grading (once) ...")
        sys.stdout.flush()
        step = [sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)]
        subprocess.run(step, check=True)
        tasks.install(interpreter(), PINS)
        stamp.write_text(wanted, encoding="utf-8")
    share = ENVIRONMENT / "share" / "jupyter"
    write_kernel(share, ["-P", "-m", "ipykernel_launcher"])


def write_kernel(share: Path, start: list[str]) -> None:
    """Let notebooks run in `.venv`, under the settings of the book."""
    folder = share / "kernels" / "python3"
    folder.mkdir(parents=True, exist_ok=True)
    kernel = {
        "argv": [sys.executable, *start, *OPTIONS],
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "env": settings(),
    }
    text = json.dumps(kernel, indent=1)
    (folder / "kernel.json").write_text(text, encoding="utf-8")


def settings() -> dict[str, str]:
    """The settings of the book, for kernels."""
    return {**tasks.FIXED, **tasks.NO_BARS}


@contextmanager
def warm_kernels() -> Iterator[dict[str, str]]:
    """The variables of workers whose kernels are forked, where that works."""
    if not warm.available():
        yield variables()
        return
    with tempfile.TemporaryDirectory() as place:
        server = str(Path(place) / "server")
        write_kernel(Path(place), [warm.__file__, "kernel", server])
        command = [sys.executable, "-P", warm.__file__, "serve", server]
        with subprocess.Popen(
            command,
            env={**os.environ, **settings()},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            try:
                yield {**variables(), "JUPYTER_PATH": place}
            finally:
                process.terminate()


def nbgrader(course: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Run a command of nbgrader in the folder of a course."""
    return subprocess.run(
        [interpreter(), "-m", "nbgrader", *arguments],
        cwd=course,
        env=variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )


def variables() -> dict[str, str]:
    """The environment of nbgrader: it calls its scripts by their names."""
    scripts = str(Path(interpreter()).parent)
    path = os.pathsep.join([scripts, os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "JUPYTER_PREFER_ENV_PATH": "1"}
