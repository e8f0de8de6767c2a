"""How long each part of the tests took, and what is slow.

A part is a folder of tests, or a chapter. The whole of the tests runs in two
processes, the files that take longest first.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

# Together two thirds of the time of all tests but the site's; what is left
# still visits each function of helpers, and each exercise. Tests of one
# chapter, which may be left out, carry the mark themselves.
SLOW = (
    "chapters/test_printed_numbers.py::test_a_fault_in_a_chapter_is_red",
    "classroom/test_editions.py::test_the_command_that_the_readme_names",
    "core/test_references.py::test_a_fast_lstm_whose_layers_change",
    "derivatives/test_implicit.py::test_second_derivatives",
    "derivatives/test_jacobians.py::test_batch_matches_one_sample",
    "derivatives/test_layer_architectures.py::test_models_of_keras_app",
    "derivatives/test_progress.py::test_nothing_is_left_in_a_stored_output",
    "derivatives/test_progress.py::test_the_bar_is_quiet_when_asked",
    "derivatives/test_random_operations.py::test_drawn_operations",
    "derivatives/test_second_order.py::test_what_cannot_be_vectorised",
    "derivatives/test_weights.py::test_jit_gives_the_same",
    "derivatives/test_weights.py::test_matches_a_tape_per_sample",
    "derivatives/test_weights.py::test_samples_that_influence_each_other",
    "exercises/test_marking.py::test_another_right_answer_is_right",
    "exercises/test_marking.py::test_wrong_answer_gets_a_hint",
    "lstm/test_function.py",
    "lstm/test_jacobian.py::test_equals_the_tape",
    "lstm/test_jacobian.py::test_every_known_activation",
    "lstm/test_jacobian.py::test_every_length",
    "repository/test_elsewhere.py::test_the_kernel_of_a_form_sees_it",
    "repository/test_wheel.py",
    "tests/test_doctor.py::test_this_environment_is_ready",
)
# It opens every page in a browser: begun last, it would end alone.
LONGEST = "tests/site/test_site.py"


def part_of(nodeid: str) -> str:
    """tests/site/test_site.py::test_x is in tests/site."""
    path = Path(nodeid.partition("::")[0])
    return path.as_posix() if path.suffix == ".ipynb" else str(path.parent)


def rank(nodeid: str) -> int:
    """The site, then the notebooks, then all that is short."""
    if nodeid.startswith(LONGEST):
        return 0
    return 1 if ".ipynb" in nodeid else 2


def is_one_of_two(config: pytest.Config) -> bool:
    """Whether this process only runs what another one hands out."""
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    """The process that writes the report also keeps the time."""
    if not is_one_of_two(config):
        config.pluginmanager.register(Parts(config))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Mark what `make quick` leaves out; sort for two processes."""
    for item in items:
        if any(name in item.nodeid for name in SLOW):
            item.add_marker(pytest.mark.slow)
    if is_one_of_two(config):
        items.sort(key=lambda item: rank(item.nodeid))


class Parts:
    """Names each part as it begins, and at the end how long it took."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.seconds: dict[str, float] = {}

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Alone, pytest names the files; in two processes it does not."""
        part = part_of(nodeid)
        if part in self.seconds:
            return
        self.seconds[part] = 0.0
        if self.config.getoption("numprocesses", None):
            reporter: Any = self.config.pluginmanager.get_plugin(
                "terminalreporter"
            )
            # Dots of both processes follow.
            reporter.write(f"\n{part} ... ")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add what one test took: its fixtures, itself, its end."""
        part = part_of(report.nodeid)
        self.seconds[part] = self.seconds.get(part, 0.0) + report.duration

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """One line for each part."""
        terminalreporter.section("how long each part took")
        for part, seconds in self.seconds.items():
            minutes, rest = divmod(round(seconds), 60)
            line = f"{minutes:3d} min {rest:2d} s  {part}"
            terminalreporter.write_line(line)
        total = sum(self.seconds.values())
        terminalreporter.write_line(f"{total / 60:.1f} min in all")
