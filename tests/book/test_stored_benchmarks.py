"""The stored benchmark: complete, and what the LSTM chapter says of it."""

import json

import pytest

from helpers.book.stored_benchmarks import benchmark_text
from tests.support import ROOT

RESULTS = ROOT / "benchmarks" / "results" / "lstm.json"
STORED = json.loads(RESULTS.read_text())


def test_every_call_machine_and_versions_are_named():
    text = benchmark_text(RESULTS)
    for work in STORED["workloads"].values():
        assert work["title"].replace(": ", ":\n") in text
        for row in work["rows"].values():
            assert row["label"].replace("`", "") in text
            for name, version in row.get("versions", {}).items():
                assert f"{name} {version}" in text
    for name in ("tensorflow 2", "jax ", "torch ", "threads: "):
        assert name in text
    assert STORED["machine"]["processor"] in text


def test_the_first_line_of_each_workload_is_one():
    for work in STORED["workloads"].values():
        first = next(iter(work["rows"].values()))
        assert first["cpu_ratio"][1] == 1.0


def found(work: str, label: str) -> dict:
    """The one row of a workload whose label is, or starts with, `label`."""
    rows = STORED["workloads"][work]["rows"].values()
    exact = [row for row in rows if row["label"] == label]
    rows = exact or [row for row in rows if row["label"].startswith(label)]
    assert len(rows) == 1, (label, rows)
    return rows[0]


def ratio(work: str, label: str) -> float:
    return found(work, label)["cpu_ratio"][1]


@pytest.mark.parametrize("work", ["windows-256", "windows-all"])
def test_what_the_chapter_says_of_windows(work):
    assert 0.97 < ratio(work, "PyTorch, `torch.compile`") < 1.05
    apart = ratio(work, "JAX, jit, first step apart")
    assert 1 < apart < ratio(work, "JAX, jit") < 1.15
    assert ratio(work, "`tape.gradient`, eager") > 3
    assert 1.2 < ratio(work, "`batch_jacobian` of the Keras model") < 1.3


def test_what_the_chapter_says_of_first_calls():
    ours = found("windows-256", "`batch_jacobian` of `fast_lstm`")
    theirs = found("windows-256", "PyTorch, `torch.compile`")
    assert theirs["first_seconds"] > 10 * ours["first_seconds"]


def test_what_the_chapter_says_of_sequences():
    for name, work in STORED["workloads"].items():
        for row in work["rows"].values():
            if "jacfwd" in row["label"] or "jacrev" in row["label"]:
                assert row["cpu_ratio"][1] > 1.5, (name, row["label"])
    one_loop = "JAX, the same recurrence, one loop"
    segments = "JAX, the same recurrence, same segments"
    for work in ("sequence-1-50", "sequence-16-50", "sequence-1-200"):
        assert ratio(work, one_loop) > 1
        assert ratio(work, segments) < 1
    assert ratio("sequence-1-1000", one_loop) > 1
    assert ratio("sequence-1-1000", segments) > 1
    assert ratio("sequence-1-50", "`tape.batch_jacobian`, eager") > 100


def test_results_agree():
    for work in STORED["workloads"].values():
        for row in work["rows"].values():
            assert row.get("agreeing", 1.0) > 0.999


def test_a_missing_result_is_explained():
    with pytest.raises(FileNotFoundError, match="use `make bench`"):
        benchmark_text("no.json")
