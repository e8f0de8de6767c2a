"""The stored benchmark: complete, on whichever machine it was measured.

No ratio of one machine is asserted: after `make bench` on another one the
tests must hold as well. What a page says of ratios is an order of magnitude.
"""

import json
import os
import subprocess
import sys

import pytest

from helpers.book import stored_benchmarks
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


def test_away_from_the_book_the_carried_results_are_read(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(stored_benchmarks, "CARRIED", RESULTS.parent)
    away = benchmark_text(tmp_path / "lstm.json")
    assert away == benchmark_text(RESULTS)


def test_the_first_line_of_each_workload_is_one():
    for work in STORED["workloads"].values():
        first = next(iter(work["rows"].values()))
        assert first["cpu_ratio"][1] == 1.0


def measured() -> list[dict]:
    """The rows of all workloads that were not stopped."""
    works = STORED["workloads"].values()
    rows = [row for work in works for row in work["rows"].values()]
    return [row for row in rows if "stopped_after" not in row]


def test_ratios_are_quartiles_of_times_that_were_taken():
    for row in measured():
        low, middle, high = row["cpu_ratio"]
        assert 0 < low <= middle <= high, row["label"]


def test_rows_of_the_plain_tape_cost_orders_of_magnitude_more():
    """True of any machine; how many is the machine's own affair."""
    eager = [
        row["cpu_ratio"][1]
        for row in measured()
        if row["label"] == "`tape.batch_jacobian`, eager"
    ]
    assert all(ratio > 10 for ratio in eager)


def test_results_agree():
    for work in STORED["workloads"].values():
        for row in work["rows"].values():
            assert row.get("agreeing", 1.0) >= 0.99


def test_a_missing_result_is_explained():
    with pytest.raises(FileNotFoundError, match="use `make bench`"):
        benchmark_text("no.json")


def test_benchmarks_leave_onednn_to_tensorflow():
    """The book's outputs are stored without it; a benchmark is not."""
    code = (
        "import os, pathlib\nfrom benchmarks.turns import environment\n"
        "print(sorted({*os.environ, *environment(1, pathlib.Path())}))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": "0"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert "KERAS_BACKEND" in run.stdout
    assert "TF_ENABLE_ONEDNN_OPTS" not in run.stdout


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (1.0, "     1.0 "), (0.664, "     0.66"), (0.9, "     0.90"),
        (9.96, "    10   "), (82.45, "    82   "), (2052.57, " 2,100   "),
    ],
)  # fmt: skip
def test_ratios_have_two_digits_and_one_column(ratio, text):
    assert stored_benchmarks.two_digits(ratio) == text


def test_below_the_first_line_the_fastest_stands_first():
    rows = {
        str(k): {"label": label, "cpu_ratio": [0, ratio, 0]}
        for k, (label, ratio) in enumerate(
            [("ours", 1.0), ("slow", 40.0), ("fast", 0.5)]
        )
    }
    rows["3"] = {"label": "endless", "stopped_after": 60.0}
    work = {"title": "a task", "rows": rows}
    lines = stored_benchmarks.workload_lines(work)[2:]
    names = [line.split()[-1] for line in lines]
    assert names == ["ours", "fast", "slow", "endless"]
