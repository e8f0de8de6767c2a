"""Every helper has a group, and the sections that use it are found."""

from __future__ import annotations

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import helpers
from site_extensions import helper_list


def test_every_helper_has_one_group() -> None:
    assert helper_list.missing(helper_list.GROUPS) == []
    assert helper_list.missing({"Few": "jvp"}) != []
    names = " ".join(helper_list.GROUPS.values()).split()
    assert sorted(names) == helpers.__all__


def test_the_first_section_that_calls_a_helper_is_found(tmp_path) -> None:
    cells = [
        new_markdown_cell("# Rows\n\n## The start"),
        new_code_cell("import helpers\nfrom helpers import mark"),
        new_markdown_cell("## One row: `vjp`"),
        new_code_cell("%time y = helpers.vjp(f)(x, u)\nhelpers.vjp\nmark(1)"),
        new_markdown_cell("## Again"),
        new_code_cell("helpers.vjp"),
    ]
    (tmp_path / "chapters").mkdir()
    path = tmp_path / "chapters" / "rows.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    used = helper_list.uses(tmp_path)
    place = ("chapters/rows", "one-row-vjp", "Rows: One row: `vjp`")
    assert used == {"vjp": [place], "mark": [place]}
    assert "rows.ipynb#one-row-vjp" in helper_list.where(used["vjp"])


def test_each_kind_has_its_directive() -> None:
    assert helper_list.directive(helpers.jvp) == "autofunction"
    assert helper_list.directive(helpers.JacobianError) == "autoexception"
    assert helper_list.directive(helpers.Series) == "autoclass"
