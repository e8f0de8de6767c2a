"""Every example of a docstring in `helpers` is executed."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re

import matplotlib.pyplot as plt
import pytest

import helpers

MODULES = [
    found.name for found in pkgutil.walk_packages(helpers.__path__, "helpers.")
]
SECTIONS = [
    "Attributes",
    "Args",
    "Returns",
    "Yields",
    "Raises",
    "Source",
    "Example",
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_right(name: str) -> None:
    module = importlib.import_module(name)
    report: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    for example in doctest.DocTestFinder().find(module):
        runner.run(example, out=report.append)
    plt.close("all")
    assert runner.summarize(verbose=False).failed == 0, "".join(report)


def test_a_wrong_example_is_found() -> None:
    wrong = doctest.DocTestParser().get_doctest(
        ">>> 1 + 1\n3\n", {}, "wrong", None, None
    )
    report: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(wrong, out=report.append)
    assert runner.summarize(verbose=False).failed == 1
    assert "Expected:\n    3" in "".join(report)


@pytest.mark.parametrize("name", helpers.__all__)
def test_a_public_helper_has_an_example_and_a_type(name: str) -> None:
    helper = getattr(helpers, name)
    assert ">>> " in helper.__doc__, f"{name}: no example"
    if not isinstance(helper, type):
        annotation = "return" in helper.__annotations__
        assert annotation, f"{name}: say what it returns"


@pytest.mark.parametrize("name", helpers.__all__)
def test_the_parts_of_a_docstring_have_one_order(name: str) -> None:
    text = inspect.getdoc(getattr(helpers, name)) or ""
    found = re.findall(rf"^({'|'.join(SECTIONS)}):$", text, re.M)
    assert found == sorted(found, key=SECTIONS.index), name
