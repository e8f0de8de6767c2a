"""The progress bar: seen in a terminal, gone from stored outputs."""

import os
import subprocess
import sys

import nbclient
import nbformat
import pytest

SCRIPT = (
    "import numpy as np, helpers\n"
    "helpers.map_batches(np.sin, np.ones(9), batch_size=2{})"
)


def shown(option="", **settings):
    """What a terminal sees of the bar, hidden only by settings."""
    code = [sys.executable, "-c", SCRIPT.format(option)]
    inherited = {k: v for k, v in os.environ.items() if k != "TQDM_DISABLE"}
    # With oneDNN on, TensorFlow says so in the terminal.
    settings = {**inherited, "TF_ENABLE_ONEDNN_OPTS": "0", **settings}
    run = subprocess.run(
        code, env=settings, capture_output=True, text=True, check=True
    )
    return run.stderr


def test_the_bar_shows_in_a_terminal_and_vanishes():
    text = shown()
    assert "blocks" in text
    assert text.splitlines()[-1].strip() == ""


def test_the_bar_is_quiet_when_asked():
    assert shown(", progress=False") == ""
    assert shown(TQDM_DISABLE="1") == ""


@pytest.mark.parametrize("hidden", [False, True])
def test_nothing_is_left_in_a_stored_output(monkeypatch, hidden):
    """A run with the bar hidden stores nothing; one with it, no text."""
    monkeypatch.setenv("TQDM_DISABLE", "1")
    if not hidden:
        monkeypatch.delenv("TQDM_DISABLE")
    code = (
        "import time\nimport numpy as np\nimport helpers\n"
        "def slow(x):\n    time.sleep(0.3)\n    return x\n"
        "y = helpers.map_batches(slow, np.ones(4), batch_size=2)"
    )
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code)]
    )
    nbclient.NotebookClient(notebook, kernel_name="python3").execute()
    outputs = notebook.cells[0].outputs
    assert len(outputs) == (0 if hidden else 1)
    assert not any(o.get("data", {}).get("text/plain") for o in outputs)
    assert not any(o.output_type == "stream" for o in outputs)
