"""A folder of files is enough: nothing comes from a network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from commands.classroom import editions, wheels
from tests.support import ROOT


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["windows"], "use `windows 3.12`"),
        (["amiga", "3.12"], "windows or macos"),
        (["macos", "3.9"], "got 3.9"),
    ],
)
def test_what_cannot_be_fetched_is_refused(
    arguments: list[str], message: str, capsys
) -> None:
    assert wheels.main(arguments) == 2
    assert message in capsys.readouterr().out


def test_another_system_gets_its_own_packages(tmp_path: Path) -> None:
    """Pins for Windows hold what Linux needs not, and carry hashes."""
    found = {}
    for system in wheels.SYSTEMS:
        pins = wheels.pins_for(system, "3.12", tmp_path / system)
        found[system] = pins.read_text(encoding="utf-8")
        entries = found[system].count("==")
        assert entries > 100
        assert found[system].count("--hash=sha256:") >= entries
    assert "\ntensorflow-cpu==" in found["windows"]
    assert "\npywinpty==" in found["windows"]
    assert "\ntensorflow==" in found["macos"]
    assert "\ntensorflow-cpu==" not in found["macos"]


def test_the_wheel_of_helpers_is_added(tmp_path: Path) -> None:
    wheels.build(tmp_path, tmp_path / "source")
    (built,) = tmp_path.glob("*.whl")
    assert built.name.startswith("jacobians_in_tensorflow-")
    assert not (ROOT / "build").exists()


@pytest.mark.weekly
def test_an_empty_environment_is_filled_from_the_folder(
    tmp_path: Path,
) -> None:
    """The lines of the folder's README, with an index that is not there."""
    folder = wheels.fetch(tmp_path / "wheels")
    assert all(p.suffix in (".whl", ".txt") for p in folder.iterdir())
    student, _ = editions.make("student", tmp_path)
    place = student / ".venv"
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    windows = sys.platform == "win32"
    python = place / ("Scripts/python.exe" if windows else "bin/python")
    install(python, "-r", "requirements.txt")
    install(python, "jacobians-in-tensorflow")
    command = [python, "-m", "helpers.doctor"]
    done = subprocess.run(command, cwd=student, stdout=subprocess.PIPE)
    assert done.returncode == 0, done.stdout
    assert b"This machine is ready." in done.stdout


def install(python: Path, *wanted: str) -> None:
    """What the README says, from the folder beside the edition."""
    pip = [python, "-m", "pip", "install", "-q", "--no-index"]
    pip += ["--find-links", "../wheels", *wanted]
    alone = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
    alone |= {"PIP_CONFIG_FILE": os.devnull}
    alone |= {"PIP_INDEX_URL": "http://127.0.0.1:9/nowhere"}
    student = python.parents[2]
    subprocess.run(pip, cwd=student, env=alone, check=True)
