"""How long each part of the tests took, and what is slow.

A part is a folder of tests, or a chapter.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

# Together half of the time of all tests of helpers.
SLOW = (
    "chapters/test_quick_answer.py",
    "chapters/test_tensor.py::test_the_plain_jacobian_prints_nothing",
    "lstm/test_function.py",
    "lstm/test_jacobian.py::test_every_known_activation",
    "lstm/test_jacobian.py::test_every_length",
    "repository/test_wheel.py",
)
SECONDS: dict[str, float] = {}


def part_of(nodeid: str) -> str:
    """tests/site/test_site.py::test_x is in tests/site."""
    path = Path(nodeid.partition("::")[0])
    return path.as_posix() if path.suffix == ".ipynb" else str(path.parent)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make quick` leaves out."""
    for item in items:
        if any(name in item.nodeid for name in SLOW):
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Any:
    """Add the seconds of one test to its part."""
    part, start = part_of(item.nodeid), time.perf_counter()
    yield
    seconds = time.perf_counter() - start
    SECONDS[part] = SECONDS.get(part, 0.0) + seconds


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line for each part."""
    terminalreporter.section("how long each part took")
    for part, seconds in SECONDS.items():
        minutes, rest = divmod(round(seconds), 60)
        terminalreporter.write_line(f"{minutes:3d} min {rest:2d} s  {part}")
    total = sum(SECONDS.values())
    terminalreporter.write_line(f"{total / 60:.1f} min in all")
