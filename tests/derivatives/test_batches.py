"""map_batches and the progress bar."""

import os
import subprocess
import sys

import nbclient
import nbformat
import numpy as np
import pytest
import tensorflow as tf

from helpers import batch_jacobian, map_batches
from tests.support import normal, per_sample


@pytest.mark.parametrize("n", [0, 1, 4, 5, 8, 11])
def test_blocks_give_what_one_call_gives(n):
    x = normal(n, 3, 2)
    J = batch_jacobian(per_sample)
    result = map_batches(J, x, batch_size=4, progress=False)
    assert isinstance(result, np.ndarray) and result.shape == (n, 4, 3, 2)
    np.testing.assert_allclose(result, J(x), rtol=1e-12)


def test_one_trace_whatever_the_length():
    J = batch_jacobian(per_sample)
    map_batches(J, normal(11, 3, 2), batch_size=4)
    assert J.traces == 1


def test_structures():
    x = {"u": np.arange(10.0).reshape(5, 2), "v": np.arange(5.0)}

    def f(x):
        return {"sum": x["u"].sum(1) + x["v"], "u": 2 * x["u"]}

    result = map_batches(f, x, batch_size=2)
    np.testing.assert_array_equal(result["sum"], [1, 6, 11, 16, 21])
    np.testing.assert_array_equal(result["u"], 2 * x["u"])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: map_batches(tf.sin, np.ones(3), batch_size=0),
         "batch_size to be a positive whole number, got 0"),
        (lambda: map_batches(tf.sin, np.ones(3), batch_size=2.0),
         r"got 2\.0"),
        (lambda: map_batches(tf.sin, 1.0), "one common first axis"),
        (lambda: map_batches(lambda x: x[0], (np.ones(2), np.ones(3))),
         r"common first axis, got shapes \[\(2,\), \(3,\)\]"),
        (lambda: map_batches(tf.reduce_sum, np.ones(3)),
         r"expected 3 rows for a block of 3 samples, got shape \(\)"),
        (lambda: map_batches(lambda x: x[1:], np.ones(3)),
         r"got shape \(2,\)"),
    ],
)  # fmt: skip
def test_bad_calls_are_explained(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_size_from_numpy():
    x = np.arange(5.0)
    y = map_batches(tf.sin, x, batch_size=np.int64(2), progress=False)
    np.testing.assert_allclose(y, np.sin(x))


def test_masked_arrays_are_refused():
    with pytest.raises(TypeError, match="`map_batches`.*without a mask"):
        map_batches(tf.sin, np.ma.array(np.ones(3), mask=[0, 1, 0]))


SCRIPT = (
    "import numpy as np, helpers\n"
    "helpers.map_batches(np.sin, np.ones(9), batch_size=2{})"
)


def shown(option="", **settings):
    """What a terminal sees of the bar, hidden only by settings."""
    code = [sys.executable, "-c", SCRIPT.format(option)]
    inherited = {k: v for k, v in os.environ.items() if k != "TQDM_DISABLE"}
    settings = {**inherited, **settings}
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
