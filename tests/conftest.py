"""What tests of several rooms are given: a browser, or the word for none."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from commands import viewing


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path; without one a test is skipped, but not in CI."""
    program = viewing.find_browser()
    if program is not None:
        return program
    reason = "no Chromium: install it or set CHROMIUM to its path"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def visitor(chromium: str) -> Iterator[viewing.Visitor]:
    """A browser that says what is wrong with a page."""
    with viewing.visitor(chromium) as found:
        yield found
