"""The logo is the Jacobian that it claims to be."""

from __future__ import annotations

import re

import numpy as np

from commands import logo
from commands.printed_numbers import disagreement
from tests.support import ROOT


def test_file_is_what_the_command_computes() -> None:
    stored = logo.FILE.read_text(encoding="utf-8")
    reason = disagreement(stored, logo.svg())
    assert not reason, f"use `python -m commands.logo`: {reason}"


def test_it_is_a_jacobian_that_differences_confirm() -> None:
    """Central differences, written out here."""
    x, step = np.array(logo.INPUT), 1e-5

    def outputs(x: np.ndarray) -> np.ndarray:
        states = [0.0]
        for value in x:
            states.append(np.tanh(logo.KEEP * states[-1] + value))
        return np.array(states[1:])

    columns = [
        (outputs(x + step * unit) - outputs(x - step * unit)) / (2 * step)
        for unit in np.eye(len(x))
    ]
    J = np.stack(columns, axis=-1)
    np.testing.assert_allclose(logo.shades(), J / J.max(), atol=1e-8)


def test_it_shows_the_past_and_no_future() -> None:
    places = re.findall(r'<rect x="(\d+)" y="(\d+)"', logo.svg())
    assert len(places) == 10
    assert all(int(x) <= int(y) for x, y in places)


def test_site_shows_it() -> None:
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    assert config.count("_static/logo.svg") == 2
