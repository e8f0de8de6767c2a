"""A page says how to get `helpers`, and its notebook gets it by itself."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from commands import viewing, wheel
from site_extensions import take_along
from tests.support import ROOT

# The second line reads what lies beside the chapters in the repository.
CODE = """import helpers
stored = helpers.benchmark_text("../benchmarks/results/lstm.json")
print(helpers.jacobian(lambda x: x**2)(3.0).numpy(), len(stored) > 500)
"""
ADDRESS = "https://example.github.io/book/"


def site(folder: Path, address: str) -> SimpleNamespace:
    """What the extension asks of Sphinx, with one page that uses helpers."""
    sources = folder / "_sources" / "chapters"
    sources.mkdir(parents=True)
    cells = [
        new_markdown_cell("# A page"),
        new_code_cell(CODE),
    ]
    nbformat.write(new_notebook(cells=cells), sources / "page.ipynb")
    return SimpleNamespace(
        srcdir=ROOT,
        outdir=folder,
        builder=SimpleNamespace(name="html"),
        config=SimpleNamespace(html_baseurl=address),
    )


def in_order(app: SimpleNamespace) -> tuple[str, list[str]]:
    """What pip is told, and the code cells of the page's notebook."""
    take_along.write_notebooks(app, None)
    path = app.outdir / "_sources" / "chapters" / "page.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    return take_along.requirement(app), code


@pytest.mark.parametrize("address", [ADDRESS, ""])
def test_a_notebook_begins_with_the_line(tmp_path: Path, address) -> None:
    app = site(tmp_path, address)
    asked, code = in_order(app)
    name = wheel.name()
    assert asked == (
        f"jacobians-in-tensorflow[tensorflow] @ {address}{name}"
        if address
        else f"./{name}[tensorflow]"
    )
    assert f'%pip install -q "{asked}"' in code[0]
    assert code[1].startswith("import helpers")


def test_the_zip_holds_the_site_and_not_itself(tmp_path: Path) -> None:
    app = site(tmp_path, "")
    (tmp_path / "index.html").write_text("A page")
    take_along.write_zip(app, None)
    first = (tmp_path / take_along.SITE_ZIP).read_bytes()
    take_along.write_zip(app, None)
    assert (tmp_path / take_along.SITE_ZIP).read_bytes() == first
    with zipfile.ZipFile(tmp_path / take_along.SITE_ZIP) as held:
        names = held.namelist()
    folder = take_along.PACKAGE
    assert f"{folder}/index.html" in names
    assert f"{folder}/_sources/chapters/page.ipynb" in names
    assert not [name for name in names if name.endswith(".zip")]


@pytest.mark.weekly
def test_a_notebook_runs_in_a_new_environment(tmp_path: Path) -> None:
    """One first cell does it, from the site's address, as on Colab."""
    folder = tmp_path / "site"
    with viewing.served(tmp_path) as address:
        app = site(folder, f"{address}/site/")
        take_along.write_wheel(app, None)
        in_order(app)
        python = environment(tmp_path / "environment")
        path = folder / "_sources" / "chapters" / "page.ipynb"
        command = [python, "-m", "jupyter", "execute", "--inplace"]
        subprocess.run([*command, str(path)], cwd=tmp_path, check=True)
    last = nbformat.read(path, as_version=4).cells[-1]
    assert last.outputs[-1].text == "6.0 True\n"


def environment(place: Path) -> str:
    """A new environment with what runs notebooks, and TensorFlow."""
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    windows = sys.platform == "win32"
    python = str(place / ("Scripts/python.exe" if windows else "bin/python"))
    packages = ["ipykernel", "nbclient"]
    pip = [python, "-m", "pip", "install", "-q", *packages]
    subprocess.run(pip, check=True)
    kernel = [python, "-m", "ipykernel", "install", "--sys-prefix"]
    subprocess.run(kernel, check=True)
    return python
