"""A pytest plugin: nbval compares numbers as numbers.

nbval runs the cells and compares their outputs, as before. Here a text
that says the same as the stored one is replaced by it before nbval looks.
"""

from __future__ import annotations

import copy
from functools import partial
from typing import Any

import pytest
from nbformat import NotebookNode
from nbval.plugin import IPyNbCell

from commands.printed_numbers import allowance, settle


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let each cell of a notebook be compared by `same_outputs`."""
    if isinstance(item, IPyNbCell):
        item.compare_outputs = partial(same_outputs, item)


def same_outputs(
    item: Any,
    new: list[NotebookNode],
    stored: list[NotebookNode],
    skip_compare: tuple[str, ...] | None = None,
) -> bool:
    """What nbval says once numbers that agree are made equal."""
    new = copy.deepcopy(new)
    reasons = settle(stored, new, allowance(item.cell))
    same = IPyNbCell.compare_outputs(item, new, stored, skip_compare)
    if not same:
        item.comparison_traceback += reasons
    return same
