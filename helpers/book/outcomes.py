"""Try a call, and say in one line how it went."""

import re
from collections.abc import Callable

from helpers.derivatives.core.log import without_warning

NOISE = re.compile(
    r"\x1b\[\d+m|\b__inference_\S*|\b0x[0-9a-f]+\b|\{\{.*?\}\} ?"
)
# How TensorFlow begins when it repeats the error at the end of a traceback.
TRACEBACK = "in user code"


def attempt(call: Callable[[], object], *, width: int = 60) -> str:
    """Return "ok", or the name of the exception and its first words.

    TensorFlow's log is kept quiet meanwhile. From the message, colours,
    addresses and names that change from run to run are taken out; of a
    traceback within a message, its last error is told.

    Args:
        call: function of no argument; its result is dropped.
        width: how many characters of the message are kept, at the most:
            it is cut between words.

    Example:
        >>> assert attempt(lambda: 1 + 1) == "ok"
        >>> attempt(lambda: [][3])
        'IndexError: list index out of range'
    """
    try:
        with without_warning(""):
            call()
    except Exception as error:
        return f"{type(error).__name__}: {first_words(str(error), width)}"
    return "ok"


def first_words(message: str, width: int) -> str:
    lines = NOISE.sub("", message).strip().splitlines() or ["no message"]
    line = lines[0].strip()
    if line.startswith(TRACEBACK):
        ends = [each for each in lines if "Error: " in each] or lines
        line = ends[-1].rpartition("Error: ")[2].strip()
    if len(line) <= width:
        return line
    whole, _, _ = line[: width + 1].rpartition(" ")
    return (whole or line[:width]) + " ..."
