"""The one grammar of every refusal: expected, got, use instead.

    `jacobian`: expected x of a floating type, got int32; use tf.cast.

The name in front is that of the public function that the caller used. It is
set once, where the call enters the package, and found by whatever refuses
the call further down.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar, overload

P = ParamSpec("P")
R = TypeVar("R")
E = TypeVar("E", bound=Exception)

_speaker: ContextVar[str] = ContextVar("speaker", default="helpers")


@overload
def refusal(
    expected: str, got: object, use: str, *, causes: str = ""
) -> ValueError: ...


@overload
def refusal(
    expected: str,
    got: object,
    use: str,
    *,
    causes: str = "",
    kind: type[E],
) -> E: ...


def refusal(
    expected: str,
    got: object,
    use: str,
    *,
    causes: str = "",
    kind: type[Exception] = ValueError,
) -> Exception:
    """The error that says what was expected, what came, what to use.

    Args:
        expected, got, use: the three parts, without a full stop.
        causes: what usually leads there, if it is not plain.
        kind: the class of the error.

    Example:
        >>> with speaking_as("jacobian"):
        ...     error = refusal("a function", "int", "jacobian(f)(x)")
        >>> print(error)
        `jacobian`: expected a function, got int; use jacobian(f)(x).
    """
    start = f"`{speaker()}`: expected {expected}, got {got}"
    if causes:
        return kind(f"{start}. Likely causes: {causes}. Use {use}.")
    return kind(f"{start}; use {use}.")


def speaker() -> str:
    """The public function that the caller of this package used."""
    return _speaker.get()


@contextmanager
def speaking_as(name: str) -> Iterator[None]:
    """Let refusals inside begin with `name`."""
    token = _speaker.set(name)
    try:
        yield
    finally:
        _speaker.reset(token)


def public(function: Callable[P, R]) -> Callable[P, R]:
    """Let refusals inside a public function begin with its name."""

    @wraps(function)
    def speaking(*args: P.args, **kwargs: P.kwargs) -> R:
        with speaking_as(function.__name__):
            return function(*args, **kwargs)

    return speaking
