"""The stored benchmark: complete, and what the LSTM chapter says of it."""

import json
from pathlib import Path

import pytest

from helpers.benchmarks import benchmark_text

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results" / "lstm.json"
STORED = json.loads(RESULTS.read_text())


def test_every_call_machine_and_versions_are_named():
    text = benchmark_text(RESULTS)
    for work in STORED["workloads"].values():
        assert work["title"] in text
        for row in work["rows"].values():
            assert row["label"].replace("`", "") in text
    for name in ("tensorflow 2", "jax ", "torch ", "threads: "):
        assert name in text
    assert STORED["machine"]["processor"] in text


def test_the_first_line_of_each_workload_is_one():
    for work in STORED["workloads"].values():
        first = next(iter(work["rows"].values()))
        assert first["cpu_ratio"][1] == 1.0


def test_what_the_chapter_says():
    for work in STORED["workloads"].values():
        for row in work["rows"].values():
            ratio = row.get("cpu_ratio", [0, float("inf")])[1]
            if "eager" in row["label"]:
                assert ratio > 3
            if "jacfwd" in row["label"] or "jacrev" in row["label"]:
                assert ratio > 1.5
            if row["label"] == "`batch_jacobian` of the Keras model":
                assert ratio > 1
            if row["label"].startswith(("JAX, jit", "PyTorch, `torch.comp")):
                assert 0.8 < ratio < 1.25


def test_results_agree():
    for work in STORED["workloads"].values():
        for row in work["rows"].values():
            assert row.get("agreeing", 1.0) > 0.999


def test_a_missing_result_is_explained():
    with pytest.raises(FileNotFoundError, match="use `make bench`"):
        benchmark_text("no.json")
