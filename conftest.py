"""Tests and their kernels run under the fixed environment of tasks.py."""

import os

import tasks
from tests.parts import pytest_runtest_protocol, pytest_terminal_summary

__all__ = ["pytest_runtest_protocol", "pytest_terminal_summary"]

for name in tasks.UNWANTED:
    os.environ.pop(name, None)
os.environ.update({**tasks.FIXED, **tasks.NO_BARS})
