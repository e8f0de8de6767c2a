"""Buttons that need the repository's address, as soon as there is one.

Jupyter Book refuses such buttons while `repository.url` is empty, so
they are not named in _config.yml but added here.
"""

from __future__ import annotations

from sphinx.application import Sphinx

BUTTONS = (
    "use_repository_button",
    "use_edit_page_button",
    "use_issues_button",
)
LAUNCHERS = {
    "notebook_interface": "jupyterlab",
    "binderhub_url": "https://mybinder.org",
    "colab_url": "https://colab.research.google.com",
}


def setup(app: Sphinx) -> dict[str, bool]:
    """Decide once the configuration has been read."""
    app.connect("config-inited", add_buttons, priority=1)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def add_buttons(app: Sphinx, config) -> None:
    """Turn the buttons on if the address of the repository is known."""
    options = config.html_theme_options
    if options.get("repository_url"):
        options.update(dict.fromkeys(BUTTONS, True))
        options["launch_buttons"] = dict(LAUNCHERS)
    else:
        for name in (*BUTTONS, "repository_url", "launch_buttons"):
            options.pop(name, None)
