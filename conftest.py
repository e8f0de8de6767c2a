"""Tests and their kernels run under the fixed environment of tasks.py.

`ELSEWHERE=one-thread` makes it that of another machine: see
`commands/elsewhere.py`. Notebooks are compared by `commands/nbval_numbers.py`.
"""

import os

import tasks
from commands import elsewhere

pytest_plugins = ["commands.nbval_numbers", "tests.parts"]

for name in tasks.UNWANTED:
    os.environ.pop(name, None)
os.environ.update({**tasks.FIXED, **tasks.NO_BARS})
elsewhere.become(os.environ)
