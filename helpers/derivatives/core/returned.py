"""What the functions of this package return: called, never pickled."""

from collections.abc import Callable
from typing import NoReturn

from helpers.derivatives.core.refusals import refusal, speaking_as
from helpers.derivatives.core.types import Structure


class Returned:
    """A callable that belongs to the process that made it.

    Attributes:
        name: the public name that error messages start with.
        leads_to: what is behind it, for a derivative of it: a function of
            this package is code of another file, and is not walked.
    """

    def __init__(self, name: str, *leads_to: object) -> None:
        self.name = name
        self.leads_to = leads_to

    def __reduce__(self) -> NoReturn:
        with speaking_as(self.name):
            raise refusal(
                "to stay in the process that made it",
                f"an attempt to pickle or copy what `{self.name}` returned",
                f"`{self.name}(...)` again where it is needed",
                kind=TypeError,
            )


class Plain(Returned):
    """A function that is run as it is, not compiled."""

    def __init__(
        self,
        name: str,
        function: Callable[..., Structure],
        *leads_to: object,
    ) -> None:
        super().__init__(name, *leads_to)
        self._run = function

    def __call__(self, *arguments: Structure, **named: Structure) -> Structure:
        with speaking_as(self.name):
            return self._run(*arguments, **named)

    def __repr__(self) -> str:
        return f"<what {self.name} returned>"
