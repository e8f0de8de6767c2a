"""Time, memory and precision tools."""

import time

import numpy as np
import pytest

import helpers


def test_median_takes_turns_and_warms_up():
    order = []
    times = helpers.median_seconds(
        lambda: order.append("a"), lambda: order.append("b"), rounds=3
    )
    assert order == ["a", "b"] * 4
    assert all(t >= 0 for t in times)
    order.clear()
    helpers.median_seconds(lambda: order.append("a"), rounds=1, warm_up=False)
    assert order == ["a"]


def test_median_tells_slow_from_fast():
    slow, fast = helpers.median_seconds(
        lambda: time.sleep(0.05), lambda: None, rounds=3
    )
    assert slow > 10 * fast


def test_peak_memory_of_an_array():
    def allocate():
        array = np.ones(25_000_000)  # 200 MB
        time.sleep(0.05)
        del array

    assert 100 < helpers.peak_megabytes(allocate) < 400
    assert helpers.peak_megabytes(lambda: None) < 50


def test_no_rounds():
    with pytest.raises(ValueError, match="at least one round, got 0"):
        helpers.median_seconds(lambda: None, rounds=0)
