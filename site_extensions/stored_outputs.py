"""Show the outputs that the notebooks hold, if BOOK_OUTPUTS=stored asks so.

The tests prove each of them by nbval; a site from them is ready in a minute.
"""

from __future__ import annotations

import os

from sphinx.application import Sphinx
from sphinx.config import Config

NAME = "BOOK_OUTPUTS"


def setup(app: Sphinx) -> dict[str, bool]:
    """Choose before the notebook reader looks."""
    app.connect("config-inited", choose)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def choose(app: Sphinx, config: Config) -> None:
    """Leave the notebooks as they are, or execute them as configured."""
    asked = os.environ.get(NAME, "executed")
    if asked not in ("executed", "stored"):
        raise ValueError(
            f"{NAME}: expected 'executed' or 'stored', got {asked!r}"
        )
    if asked == "stored":
        config.nb_execution_mode = "off"
