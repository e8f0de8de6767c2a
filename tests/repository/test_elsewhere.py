"""`make elsewhere`: other machines, other seeds, and a clear table."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_notebook, new_output

import tasks
from commands import elsewhere
from tests.support import ROOT


def stored(folder: Path, *sources: str, outputs: dict[int, str]) -> Path:
    """A notebook with stored outputs, as a chapter has them."""
    cells = [
        new_code_cell(source, execution_count=count + 1)
        for count, source in enumerate(sources)
    ]
    for place, text in outputs.items():
        cells[place].outputs = [new_output("stream", name="stdout", text=text)]
    kernel = {"name": "python3", "display_name": "Python 3"}
    book = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    path = folder / "chapter.ipynb"
    nbformat.write(book, path)
    return path


@pytest.mark.parametrize("form", elsewhere.MACHINES)
def test_a_form_wins_over_the_fixed_environment(form: str) -> None:
    variables = {**tasks.FIXED, "ELSEWHERE": form}
    elsewhere.become(variables)
    for name, value in elsewhere.MACHINES[form].items():
        assert variables.get(name) == value
    assert variables != {**tasks.FIXED, "ELSEWHERE": form}


def test_without_a_form_nothing_changes() -> None:
    variables = dict(tasks.FIXED)
    elsewhere.become(variables)
    assert variables == tasks.FIXED


def test_an_unknown_form_is_named() -> None:
    with pytest.raises(SystemExit, match="expected one of one-thread"):
        elsewhere.become({"ELSEWHERE": "two-threads"})


@pytest.mark.skipif("ELSEWHERE" in os.environ, reason="a form is chosen")
def test_the_kernel_of_a_form_sees_it() -> None:
    """Through conftest, which is inside the project, down to the cell."""
    names = sorted({n for f in elsewhere.MACHINES.values() for n in f})
    source = "import os\n" + "\n".join(
        f"print({name!r}, os.environ.get({name!r}))" for name in names
    )
    tasks.BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=tasks.BUILD) as folder:
        path = stored(Path(folder), source, outputs={0: "something else\n"})
        told = [elsewhere.tested(form, path) for form in elsewhere.MACHINES]
    assert "OMP_NUM_THREADS 1" in told[0]
    assert "XLA_FLAGS --xla_cpu_max_isa=AVX" in told[1]
    assert "TF_ENABLE_ONEDNN_OPTS 0" in told[1]
    assert "TF_ENABLE_ONEDNN_OPTS None" in told[2]


def test_every_seed_is_shifted() -> None:
    sources = [
        "keras.utils.set_random_seed(0)\nmodel = 1",
        "helpers.simulate_series(seed=5)",
        "keras.utils.set_random_seed(7)",
    ]
    book = new_notebook(cells=[new_code_cell(s) for s in sources])
    elsewhere.reseed(book, 1000)
    assert [cell.source for cell in book.cells] == [
        "keras.utils.set_random_seed(1000)\nmodel = 1",
        "helpers.simulate_series(seed=5)",
        "keras.utils.set_random_seed(1007)",
    ]


SEEDED = """\
def set_random_seed(seed):
    return seed
seed = set_random_seed(0)
print(seed)"""


def test_other_seeds_keep_asserts_and_not_outputs(tmp_path: Path) -> None:
    path = stored(tmp_path, SEEDED, "assert seed >= 0", outputs={0: "0\n"})
    before = path.read_bytes()
    assert elsewhere.asserted("seed-1", path) == ""
    assert path.read_bytes() == before


def test_a_failing_assert_is_told_with_its_cell(tmp_path: Path) -> None:
    path = stored(tmp_path, SEEDED, "assert seed == 0", outputs={})
    told = elsewhere.asserted("seed-1", path)
    assert told.splitlines()[-1] == "code cell 2: AssertionError:"


def test_every_trained_chapter_has_a_seed_to_shift() -> None:
    trained = 0
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        if elsewhere.trains(path):
            trained += 1
            book = nbformat.read(path, as_version=4)
            code = [cell.source for cell in elsewhere.code_cells(book)]
            assert elsewhere.SEED.search("\n".join(code)), path.name
    assert trained >= 2


def test_the_table_names_form_chapter_and_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = SEEDED + "\nmodel.fit(1)"
    path = stored(tmp_path, source, outputs={})
    assert elsewhere.main(["--form", "seed-1", str(path)]) == 1
    told = capsys.readouterr().out
    assert "code cell 1: NameError: name 'model' is not defined" in told
    assert told.splitlines()[-1] == "1 of 1 failed"
    lines = [s for s in told.splitlines() if s.startswith("seed-1   ")]
    assert lines[0].split()[:3] == ["seed-1", "chapter", "failed"]


def test_a_wrong_notebook_is_told_with_those_there_are() -> None:
    with pytest.raises(SystemExit, match="chapters/03_batch.ipynb"):
        elsewhere.main(["--form", "one-thread", "wrong"])


def test_it_runs_every_week() -> None:
    text = (ROOT / ".github" / "workflows" / "elsewhere.yml").read_text()
    workflow = yaml.safe_load(text)
    assert workflow[True]["schedule"]  # YAML 1.1 reads `on` as true
    assert "python tasks.py elsewhere" in text
    forms = workflow["jobs"]["elsewhere"]["strategy"]["matrix"]["form"]
    assert forms == [*elsewhere.MACHINES, *elsewhere.SEEDS]
