"""The style of all figures: readable in colour and in grey."""

import matplotlib.pyplot as plt

import helpers


def test_style_is_readable_for_all():
    with plt.style.context("default"):
        helpers.use_style()
        cycle = plt.rcParams["axes.prop_cycle"].by_key()
    colours = ["0072B2", "D55E00", "009E73", "CC79A7", "000000"]
    assert [c.lstrip("#") for c in cycle["color"]] == colours
    assert len(set(cycle["linestyle"])) == 4
