"""The doctor finds what is missing, and says how to get it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import doctor
from tests.support import ROOT


def asked(
    *options: str, path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """`python [options] -m helpers.doctor --json`, with packages in path."""
    more = {"PYTHONPATH": str(path)} if path else {}
    return subprocess.run(
        [sys.executable, *options, "-m", "helpers.doctor", "--json"],
        cwd=ROOT,
        env={**os.environ, **more},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        timeout=300,
    )


def findings(done: subprocess.CompletedProcess[str]) -> dict[str, dict]:
    return {entry["what"]: entry for entry in json.loads(done.stdout)}


def pretend(folder: Path, name: str, version: str, code: str | None) -> None:
    """Lay a package into a folder: what pip knows of it, and its code."""
    about = folder / f"{name}-{version}.dist-info"
    about.mkdir(parents=True)
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    (about / "METADATA").write_text(text, encoding="utf-8")
    if code is not None:
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(code, encoding="utf-8")


def test_this_environment_is_ready() -> None:
    done = asked()
    assert done.returncode == 0, done.stdout
    found = findings(done)
    assert found["a Jacobian"]["found"] == "right"
    assert all(
        entry["ready"] and not entry["cure"] for entry in found.values()
    )


def test_without_packages_each_is_named_with_its_cure(tmp_path: Path) -> None:
    done = asked("-S")
    assert done.returncode == 1
    found = findings(done)
    assert found["Python"]["ready"] and found["disk"]["ready"]
    keras = found["keras"]
    assert keras["found"] == "not installed"
    assert f"pip install keras=={doctor.pins()['keras']}" in keras["cure"]
    tensorflow = next(e for w, e in found.items() if "tensorflow" in w)
    assert not tensorflow["ready"] and not found["a Jacobian"]["ready"]


@pytest.mark.skipif(sys.platform == "win32", reason="the place of python")
def test_a_new_environment_without_packages_is_not_ready(
    tmp_path: Path,
) -> None:
    """Nothing is pretended here: the environment is real, and empty."""
    place = tmp_path / "empty"
    command = [sys.executable, "-m", "venv", "--without-pip", str(place)]
    subprocess.run(command, check=True)
    python = place / "bin" / "python"
    done = subprocess.run(
        [python, "-m", "helpers.doctor"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 1
    assert "MISSING  keras           not installed" in done.stdout
    assert f'"{python}" -m pip install keras==' in done.stdout
    assert "ok       Python" in done.stdout
    assert len(done.stdout.splitlines()) < 40, "more than one screen"


def test_an_old_keras_is_named(tmp_path: Path) -> None:
    pretend(tmp_path, "keras", "2.15.0", "")
    found = findings(asked("-S", path=tmp_path))["keras"]
    assert found["found"].startswith("2.15.0; the book needs 3.")


def test_a_package_that_cannot_be_imported_is_broken(tmp_path: Path) -> None:
    version = doctor.pins()["scipy"]
    pretend(tmp_path, "scipy", version, None)
    pretend(tmp_path, "tqdm", doctor.pins()["tqdm"], "import nowhere_at_all")
    found = findings(asked("-S", path=tmp_path))
    assert f"{version}, broken: ModuleNotFound" in found["scipy"]["found"]
    assert "--force-reinstall" in found["scipy"]["cure"]
    assert "nowhere_at_all" in found["tqdm"]["found"]


def test_another_last_number_of_a_version_is_no_fault(tmp_path: Path) -> None:
    first, second, *_ = doctor.pins()["tqdm"].split(".")
    pretend(tmp_path, "tqdm", f"{first}.{second}.999", "")
    assert findings(asked("-S", path=tmp_path))["tqdm"]["ready"]


@pytest.mark.parametrize(
    ("version", "bits", "ready"),
    [
        ((3, 10, 12), 64, False),
        ((3, 11, 0), 64, True),
        ((3, 13, 5), 64, True),
        ((3, 14, 0), 64, False),
        ((3, 12, 1), 32, False),
    ],
)
def test_python(version: tuple[int, ...], bits: int, ready: bool) -> None:
    found = doctor.examine_python(version, bits)
    assert found.ready == ready
    assert ("-m venv .venv" in found.cure) != ready


@pytest.mark.parametrize("system", ["Windows", "Darwin", "Linux"])
def test_the_cure_is_that_of_the_system(monkeypatch, system: str) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    words = {"Windows": "py -3.12", "Darwin": "python3.12", "Linux": "-venv"}
    assert words[system] in doctor.examine_python((3, 9, 0), 64).cure


def test_no_space_and_no_right_to_write(monkeypatch, tmp_path: Path) -> None:
    assert doctor.examine_space(tmp_path, free=50.0).ready
    full = doctor.examine_space(tmp_path, free=0.3)
    assert not full.ready and "0.3 GB" in full.found and "1 GB" in full.cure
    assert doctor.examine_writing(tmp_path).ready
    assert not doctor.examine_writing(tmp_path / "nowhere").ready

    def forbidden(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", forbidden)
    closed = doctor.examine_writing(tmp_path)
    assert not closed.ready and "Permission denied" in closed.found


@pytest.mark.skipif(sys.platform != "linux", reason="a file system of Linux")
def test_a_real_place_without_room_that_nobody_writes_to() -> None:
    place = Path("/proc")
    assert "0.0 GB free" in doctor.examine_space(place).found
    assert not doctor.examine_space(place).ready
    closed = doctor.examine_writing(place)
    assert not closed.ready and "folder of your own" in closed.cure


def test_a_file_that_hides_a_package_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.py").touch()
    assert doctor.examine_names(tmp_path).ready
    (tmp_path / "random.py").touch()
    (tmp_path / "keras.py").touch()
    found = doctor.examine_names(tmp_path)
    assert not found.ready and found.found.startswith("keras.py, random.py")
    assert "give keras.py another name" in found.cure


def test_another_backend_of_keras_is_named(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert doctor.examine_backend(tmp_path).ready
    for text in ("{}", "not json", "[]"):
        (tmp_path / "keras.json").write_text(text, encoding="utf-8")
        assert doctor.examine_backend(tmp_path).ready
    (tmp_path / "keras.json").write_text('{"backend": "jax"}', "utf-8")
    found = doctor.examine_backend(tmp_path)
    assert not found.ready and str(tmp_path / "keras.json") in found.cure
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    found = doctor.examine_backend(tmp_path)
    assert found.found == "torch" and "KERAS_BACKEND=tensorflow" in found.cure


def test_little_memory_is_said_and_stops_nobody() -> None:
    small, large = doctor.examine_memory(2.0), doctor.examine_memory(16.0)
    assert small.ready and "below 4" in small.found
    assert large.found == "16.0 GB"


def test_a_wrong_jacobian_is_not_ready(monkeypatch) -> None:
    monkeypatch.setattr(doctor, "JACOBIAN", "print([[2.0, 1.0]])")
    assert "got '[[2.0, 1.0]]'" in doctor.examine_jacobian().found


def test_code_that_never_ends_is_stopped() -> None:
    said = doctor.run("import time; time.sleep(60)", seconds=0.5)
    assert said == ("", "no answer after 0 s")


def test_the_screen_ends_with_the_verdict() -> None:
    good = doctor.Finding("disk", True, "9 GB free")
    bad = doctor.Finding("keras", False, "not installed", "pip install keras")
    assert doctor.screen([good]).endswith("This machine is ready.")
    text = doctor.screen([good, bad])
    assert "Not ready: 1 of 2." in text and "-> pip install keras" in text
    assert len(max(text.splitlines(), key=len)) > 20


@pytest.mark.parametrize("name", ["__init__.py", "doctor.py"])
def test_an_old_python_can_read_it(name: str) -> None:
    text = (ROOT / "helpers" / name).read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 8))


def test_the_command_prints_a_screen_or_a_list(monkeypatch, capsys) -> None:
    monkeypatch.setattr(doctor, "PACKAGES", {"tqdm": ("tqdm",)})
    right = f"print({doctor.EXPECTED!r})"
    monkeypatch.setattr(doctor, "JACOBIAN", right)
    assert doctor.main([]) == 0
    assert capsys.readouterr().out.endswith("\nThis machine is ready.\n")
    monkeypatch.setattr(doctor, "PACKAGES", {"nowhere": ("nowhere",)})
    assert doctor.main(["--json"]) == 1
    rows = json.loads(capsys.readouterr().out)
    missing = [row["what"] for row in rows if not row["ready"]]
    assert missing == ["nowhere"]


def test_without_the_list_of_pins_nothing_is_compared(tmp_path: Path) -> None:
    assert doctor.pins(tmp_path) == {}
    assert doctor.examine_package("tqdm", {}).ready
    other = doctor.examine_package("tqdm", {"tqdm": "3.0"})
    assert other.found.endswith("; the book needs 3.0") and other.cure
