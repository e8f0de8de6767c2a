"""`attempt` says in one line how a call went."""

import tensorflow as tf

from helpers import attempt


def test_attempt_tells_how_it_went(caplog):
    def fails():
        tf.get_logger().error("long log")
        raise KeyError("\x1b[1mfirst words at 0x7f12\nsecond line")

    assert attempt(lambda: None) == "ok"
    found = attempt(fails, width=13)
    assert found.startswith("KeyError: ") and found.endswith("...")
    assert "0x7f" not in attempt(fails) and "\x1b" not in attempt(fails)
    assert "long log" not in caplog.text


def test_a_message_is_cut_between_words():
    def fails():
        raise ValueError("expected one call, got two")

    assert attempt(fails, width=14) == "ValueError: expected one ..."
    assert attempt(fails, width=26) == "ValueError: expected one call, got two"
    assert attempt(fails, width=3) == "ValueError: exp ..."


def test_an_error_without_words_is_named():
    def silent():
        raise OSError

    assert attempt(silent) == "OSError: no message"


def test_the_error_at_the_end_of_a_traceback_is_told():
    def fails():
        raise TypeError(
            "in user code:\n\n    File x, line 3, in f\n\n"
            "    TypeError: {{node f}} wrong: type\n"
        )

    assert attempt(fails) == "TypeError: wrong: type"
