"""Pinned packages come through uv, else through pip, and never unpinned."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import tasks

ABOUT = "Metadata-Version: 2.1\nName: smallest\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with nothing but pip."""
    folder = tmp_path_factory.mktemp("environment") / "made"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    place = Path(tasks.python()).relative_to(tasks.VENV)
    return folder / place


@pytest.fixture
def pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The pin of a package that lies in a folder; there is no index."""
    wheel = tmp_path / "smallest-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("smallest.py", "number = 7\n")
        archive.writestr("smallest-1.0.dist-info/METADATA", ABOUT)
        archive.writestr("smallest-1.0.dist-info/WHEEL", WHEEL)
        archive.writestr("smallest-1.0.dist-info/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    found = tmp_path / "requirements.txt"
    found.write_text(f"smallest==1.0 --hash=sha256:{digest}\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_OFFLINE", "1")
    for tool in ("PIP", "UV"):
        monkeypatch.setenv(f"{tool}_FIND_LINKS", str(tmp_path))
    return found


def number(interpreter: Path) -> str:
    """What the installed package holds; it is taken away again."""
    code = "import smallest; print(smallest.number)"
    run = [str(interpreter), "-B", "-c", code]
    printed = subprocess.run(run, check=True, stdout=subprocess.PIPE).stdout
    (found,) = interpreter.parents[1].rglob("smallest.py")
    assert found.stat().st_nlink == 1, "a change here would change the cache"
    compiled = found.parent / "__pycache__"
    assert list(compiled.glob("smallest.*")), "not compiled"
    pip = [str(interpreter), "-m", "pip", "uninstall", "-yqq", "smallest"]
    subprocess.run(pip, check=True)
    return printed.decode().strip()


def test_uv_installs(interpreter: Path, pins: Path, capfd) -> None:
    tasks.install(str(interpreter), pins)
    assert "with pip" not in capfd.readouterr().out
    assert number(interpreter) == "7"


def test_pip_takes_over(
    interpreter: Path, pins: Path, monkeypatch: pytest.MonkeyPatch, capfd
) -> None:
    """An index that is known to pip alone."""
    monkeypatch.delenv("UV_FIND_LINKS")
    tasks.install(str(interpreter), pins)
    assert "with pip" in capfd.readouterr().out
    assert number(interpreter) == "7"


def test_another_file_of_that_name_is_refused(
    interpreter: Path, pins: Path
) -> None:
    text = pins.read_text()
    pins.write_text(text[:-2] + ("0" if text[-2] == "1" else "1") + "\n")
    with pytest.raises(subprocess.CalledProcessError):
        tasks.install(str(interpreter), pins)


def test_uv_is_fetched_by_its_own_pin(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    taken: list[str] = []
    monkeypatch.setattr(tasks, "VENV", tmp_path)
    monkeypatch.setattr(tasks, "step", taken.extend)
    tasks.fetch_uv()
    lines = Path(taken[-1]).read_text().splitlines()
    assert lines[0].startswith("uv==") and "--require-hashes" in taken
    assert all(" --hash=sha256:" in line for line in lines[1:])
    assert len(lines) > 3 and not lines[-1].endswith("\\")
