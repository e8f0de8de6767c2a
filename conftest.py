"""Tests and their kernels run under the fixed environment of tasks.py.

`ELSEWHERE=one-thread` makes it that of another machine: see
`tools/elsewhere.py`. Notebooks are compared by `tools/nbval_numbers.py`.
"""

import os

import tasks
from tests.parts import pytest_runtest_protocol, pytest_terminal_summary
from tools import elsewhere

__all__ = ["pytest_runtest_protocol", "pytest_terminal_summary"]
pytest_plugins = ["tools.nbval_numbers"]

for name in tasks.UNWANTED:
    os.environ.pop(name, None)
os.environ.update({**tasks.FIXED, **tasks.NO_BARS})
elsewhere.become(os.environ)
