"""Tests and their kernels run under the fixed environment of tasks.py."""

import os

import tasks

for name in tasks.UNWANTED:
    os.environ.pop(name, None)
os.environ.update({**tasks.FIXED, **tasks.NO_BARS})
