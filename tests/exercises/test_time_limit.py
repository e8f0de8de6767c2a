"""No answer hangs a notebook without a word."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from textwrap import dedent

import nbformat
import pytest
from nbclient import NotebookClient

from helpers.exercises.marking import mark, verdict_on
from helpers.exercises.time_limit import TooLong, within
from tests.support import ROOT


def endless(*args):
    while True:
        pass


def asleep(*args):
    time.sleep(1000)


def stubborn(*args):
    """Swallows what is raised in it, for a while."""
    end = time.monotonic() + 2.0
    while time.monotonic() < end:
        try:
            while time.monotonic() < end:
                pass
        except BaseException:  # noqa: S110
            pass


def waiting(*args):
    threading.Event().wait()


CODE = [endless, asleep, stubborn, waiting]


@pytest.mark.parametrize("answer", CODE, ids=lambda f: f.__name__)
def test_what_does_not_end_is_stopped_and_explained(answer) -> None:
    start = time.monotonic()
    verdict, text = verdict_on("scalar 1", answer, seconds=0.5)
    assert time.monotonic() - start < 30
    assert verdict == "not yet"
    assert "ran longer than 0.5 seconds" in text and "never ends" in text
    time.sleep(0.2)  # no interrupt is left over


IN_TENSORFLOW = """
import tensorflow as tf
from helpers.exercises.marking import verdict_on

def endless(*args):
    while True:
        pass

answer = lambda x: tf.py_function(endless, [x], tf.float32)
print(*verdict_on("scalar 1", answer, seconds=0.5), flush=True)
"""


def test_a_loop_inside_tensorflow_is_stopped_too() -> None:
    """In a process of its own: TensorFlow may pass the interrupt on late."""
    command = [sys.executable, "-c", IN_TENSORFLOW]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.startswith("not yet"), done.stderr
    assert "ran longer than 0.5 seconds" in done.stdout


def test_what_ends_in_time_is_not_touched() -> None:
    before = threading.active_count()
    assert within(60, lambda: 3) == 3
    with pytest.raises(KeyError):
        within(60, lambda: {}["missing"])
    assert threading.active_count() == before


def test_the_readers_own_interrupt_stays_one() -> None:
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        within(60, stop)


def test_an_answer_that_leaves_python_is_reported(capsys) -> None:
    mark("scalar 1", lambda x: quit())
    assert "Your code raised SystemExit" in capsys.readouterr().out


def test_it_works_outside_the_main_thread() -> None:
    found = []

    def marked() -> None:
        found.append(verdict_on("scalar 1", endless, seconds=0.5))

    thread = threading.Thread(target=marked)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    assert "ran longer" in found[0][1]


@pytest.mark.parametrize("limit", [0.0, 0.0005, 0.002])
@pytest.mark.parametrize("pause", [0.0, 0.001, 0.003])
def test_an_interrupt_at_the_last_moment_does_no_harm(
    pause: float, limit: float
) -> None:
    """Either the result or the limit, and nothing afterwards.

    A limit may even be over before the code begins.
    """
    for _ in range(30):
        with contextlib.suppress(TooLong):
            assert within(limit, lambda: time.sleep(pause) or 3) == 3
    time.sleep(0.05)


NOTEBOOK = """
    import sys
    sys.path.insert(0, {root!r})
    from helpers import mark

    def endless(x):
        while True:
            pass

    mark("scalar 1", endless, seconds=1)
    print("and on")
"""


@pytest.mark.slow
def test_the_kernel_of_a_notebook_goes_on() -> None:
    code = dedent(NOTEBOOK).format(root=str(ROOT))
    cells = [nbformat.v4.new_code_cell(text) for text in (code, "1 + 1")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=120).execute()
    printed = "".join(o.get("text", "") for o in notebook.cells[0].outputs)
    assert "ran longer than 1 seconds" in printed and "and on" in printed
    assert notebook.cells[1].outputs[0]["data"]["text/plain"] == "2"
