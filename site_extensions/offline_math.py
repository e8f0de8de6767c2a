"""Mathematics without a network: MathJax from a pinned package.

Only what pages load is copied: one bundle, its fonts, and the TeX
extensions that it fetches when a formula asks for them.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.fileutil import copy_asset

PARTS = (
    "tex-chtml.js",
    "output/chtml/fonts",
    "input/tex/extensions",
    "a11y",
    "sre/mathmaps/en.json",
)


def setup(app: Sphinx) -> dict[str, bool]:
    """Point Sphinx at the copy and make it when the build is done."""
    app.connect("config-inited", use_copy)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def use_copy(app: Sphinx, config) -> None:
    """Pages load MathJax from the site itself."""
    config.mathjax_path = "mathjax/tex-chtml.js"


def copy_mathjax(app: Sphinx, error: Exception | None) -> None:
    """Copy the needed parts into the site's static files."""
    if error is not None or app.builder.format != "html":
        return
    target = Path(app.outdir) / "_static" / "mathjax"
    for part in PARTS:
        source = mathjax_folder() / part
        folder = target / part if source.is_dir() else (target / part).parent
        folder.mkdir(parents=True, exist_ok=True)
        copy_asset(str(source), str(folder))


def mathjax_folder() -> Path:
    """Where the installed package keeps MathJax."""
    spec = find_spec("sphinx-mathjax-offline")
    return Path(spec.origin).parent / "static" / "mathjax"
