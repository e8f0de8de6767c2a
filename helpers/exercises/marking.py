"""How an answer is marked: unanswered, not yet with a hint, or right."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from helpers.exercises.time_limit import TooLong, within

# Every other file in this room marks the exercises of one chapter.
CHAPTERS = tuple(
    file.stem
    for file in sorted(Path(__file__).parent.glob("[a-z]*.py"))
    if file.stem not in ("marking", "time_limit")
)
# What a reader gives: anything. The marker finds out what it is, or raises,
# and `mark` tells the reader.
Answer: TypeAlias = Any
Marker: TypeAlias = Callable[[Answer], str]

# The slowest solution takes a tenth of it on an old machine with two cores.
SECONDS = 60.0
RIGHT, NOT_YET, UNANSWERED = "right", "not yet", "unanswered"


class Hint(Exception):
    """Raised by a marker: the answer is wrong, and this is what may help."""


class NotRight(AssertionError):
    """The verdict on an answer that had to be right."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the verdict, and no line of ours."""
        return [f"{type(self).__name__}: {self}"]


def mark(
    exercise: str,
    answer: Answer,
    *,
    seconds: float = SECONDS,
    required: bool = False,
) -> None:
    """Mark an answer and print the verdict.

    An answer that is a function is called; one that runs longer than the
    limit is stopped, and the verdict says so.

    Args:
        exercise: chapter and number, such as "scalar 1".
        answer: what the exercise asks for, a value or a function. An
            Ellipsis (...), None, or a function whose body is dots counts as
            unanswered.
        seconds: how long the answer may run, if it is a function.
        required: raise unless the answer is right, as a grader needs it.

    Raises:
        ValueError: there is no such exercise.
        NotRight: a required answer is not right.

    Example:
        >>> mark("scalar 1", ...)
        Exercise scalar 1: unanswered. Replace the dots with your answer.
    """
    verdict, text = verdict_on(exercise, answer, seconds=seconds)
    line = f"Exercise {exercise}: {verdict}. {text}"
    if required and verdict != RIGHT:
        raise NotRight(line)
    print(line)


def verdict_on(
    exercise: str, answer: Answer, *, seconds: float = SECONDS
) -> tuple[str, str]:
    """The verdict and one sentence for the reader."""
    marker = find_marker(exercise)
    if is_blank(answer):
        return UNANSWERED, "Replace the dots with your answer."
    given = Watched(answer) if callable(answer) else answer
    try:
        return RIGHT, within(seconds, lambda: marker(given))
    except Unanswered:
        return UNANSWERED, "Replace the dots with your answer."
    except Hint as hint:
        return NOT_YET, str(hint)
    except TooLong:
        return NOT_YET, too_long(seconds)
    except (Exception, SystemExit) as error:
        kind = type(error).__name__
        first = (str(error).strip() or "no message").splitlines()[0]
        return NOT_YET, f"Your code raised {kind}: {first[:160]}"


def too_long(seconds: float) -> str:
    """What is said of an answer that was stopped."""
    return (
        f"Your code ran longer than {seconds:g} seconds and was stopped. Is "
        "there a loop that never ends? On a slow machine write "
        f"mark(…, seconds={10 * seconds:g})."
    )


def is_blank(answer: Answer) -> bool:
    """Dots, nothing, or a list in which some dots are left."""
    parts = answer if isinstance(answer, list | tuple) else ()
    # `in` would compare, which a tensor refuses.
    dots = any(part is ... for part in parts)
    return answer is ... or answer is None or dots


class Unanswered(Exception):
    """The reader's function still returns dots."""


class Watched:
    """The reader's function; knows whether it has been written yet."""

    def __init__(self, function: Callable[..., object]) -> None:
        self.function = function

    def __call__(self, *args: object, **kwargs: object) -> Answer:
        result = self.function(*args, **kwargs)
        if unwritten(self.function, result):
            raise Unanswered
        if result is None:
            raise Hint(
                "Your function returns None: is x watched, is everything "
                "computed inside the tape (slices too), and is there a "
                "`return`?"
            )
        return result


def unwritten(function: Callable[..., object], result: object) -> bool:
    """Dots come back, or nothing from a body that uses no name."""
    if result is not None:
        return is_blank(result)
    code = getattr(function, "__code__", None)
    return code is not None and not code.co_names


def find_marker(exercise: str) -> Marker:
    """The function `exercise_<number>` of the chapter's module."""
    chapter, _, number = exercise.partition(" ")
    if chapter not in CHAPTERS:
        raise ValueError(
            "`mark`: expected a chapter and a number, such as 'scalar 1', "
            f"got {exercise!r}; use a chapter of {CHAPTERS}."
        )
    module = importlib.import_module(f"helpers.exercises.{chapter}")
    marker: Marker | None
    marker = getattr(module, f"exercise_{number}", None)
    if marker is None:
        names = [n for n in vars(module) if n.startswith("exercise_")]
        raise ValueError(
            f"`mark`: expected an exercise of the chapter {chapter!r}, got "
            f"{exercise!r}; use a number up to {len(names)}."
        )
    return marker


def array(value: Answer, what: str = "Your answer") -> np.ndarray:
    """The value as numbers, or a hint that it is not numeric."""
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise Hint(f"{what} should be numbers, not {kind}.") from None


def read_shapes(answer: Answer, count: int) -> list[tuple[int, ...]]:
    """So many shapes: tuples, lists, TensorShapes, arrays or tensors."""
    try:
        found = [tuple(int(size) for size in shape) for shape in answer]
    except (TypeError, ValueError):
        found = []
    if len(found) != count:
        raise Hint(
            f"Expected {count} shapes, got {answer!r}; use tuples, such as "
            "(2, 3), or () for a scalar."
        )
    return found


def read_letters(answer: Answer) -> set[str]:
    """Some of the letters a to f: a set, a list, a text such as "a, c"."""
    found = {str(letter).strip(" ,").lower() for letter in answer} - {""}
    if not found <= set("abcdef"):
        raise Hint(
            f"Expected letters from a to f, got {answer!r}; use a set, such "
            "as {'a'}."
        )
    return found


def read_truth(answer: Answer) -> bool:
    """True or False: a truth value, 0 or 1, or the word."""
    found = np.asarray(answer)
    word = str(found.item() if found.size == 1 else answer).lower()
    if word not in ("true", "1", "1.0", "false", "0", "0.0"):
        raise Hint(
            f"Expected True or False, got {answer!r}; use one of the two, "
            "without quotes."
        )
    return word[0] in "t1"


def read_places(answer: Answer) -> list[int]:
    """Places in a list: a list, an array, or what np.where returns."""
    return array(list(answer)).ravel().astype(int).tolist()


def near(value: Answer, expected: ArrayLike, tolerance: float = 1e-4) -> bool:
    """Same shape and the same numbers, up to tolerance."""
    value, expected = array(value), np.asarray(expected)
    return value.shape == expected.shape and np.allclose(
        value, expected, rtol=tolerance, atol=tolerance
    )
