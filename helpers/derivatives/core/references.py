"""What a function refers to, so that a change of it can be noticed.

A traced function keeps the values that its names had when it was traced.
In a notebook these change: `model` is bound to a new model, a layer is
added, an activation is set. Compared here by identity, before each call.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from operator import is_
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any, NamedTuple, TypeVar

import keras

from helpers.derivatives.core.tensorflow_private import all_layers

F = TypeVar("F", bound=Callable[..., Any])
# Settings of a layer that are compared; others, like what a layer keeps for
# itself under a private name, are not.
PLAIN = (bool, float, int, str, type(None), FunctionType)


class Place(NamedTuple):
    """Where objects stand that f leads to.

    Attributes:
        all: what stands there; quick.
        compared: those whose change is one of f; None: all of them.
    """

    all: Callable[[], Iterable[object]]
    compared: Callable[[], Iterable[object]] | None = None


class References:
    """All that f refers to by name, as it was when this was made.

    Seen: variables of the surrounding function, global names and default
    arguments, of f and of the functions that it calls and that stand in the
    same file; the layers of Keras models among them, and their settings;
    and what callables of this package say they lead to.
    Not seen: what is changed inside of an object, such as an entry of a
    list or an attribute.
    """

    def __init__(self, f: object) -> None:
        self._f = f
        self._objects = references(f)
        self._remember()

    def _remember(self) -> None:
        self._looks = [place.all for place in places(self._f, set())]
        self._found = [list(look()) for look in self._looks]

    def changed(self) -> bool:
        """Whether f leads to another object than before.

        Where nothing at all is new, nothing needs to be walked again.
        """
        now = (list(look()) for look in self._looks)
        if all(map(same, self._found, now)):
            return False
        if not same(self._objects, references(self._f)):
            return True
        self._remember()
        return False


def references(f: object) -> list[object]:
    """All objects that f refers to by name, in a fixed order."""
    found = [f]
    for place in places(f, set()):
        found += (place.compared or place.all)()
    return found


def places(thing: object, seen: set[int]) -> Iterator[Place]:
    """Where the objects stand that a thing leads to, and those behind."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, keras.Layer):
        yield Place(functools.partial(all_layers, thing))
        for layer in all_layers(thing):
            here = functools.partial(settings, layer)
            yield Place(vars(layer).values, here)
        return
    look = functools.partial(parts, thing)
    if look():
        yield Place(look)
    for part in look():
        behind = led(part) if is_elsewhere(part, thing) else [part]
        for each in behind:
            yield from places(each, seen)


def leading(function: F, *to: object) -> F:
    """The function, which from now on says what is behind it.

    A function of this package is code of another file, and is not walked.
    """
    vars(function).update(leads_to=to)
    return function


def led(thing: object) -> list[object]:
    """What a callable of this package says it leads to."""
    return list(getattr(thing, "leads_to", ()))


def parts(thing: object) -> list[object]:
    """The objects that a function, or what stands for one, is made of."""
    if led(thing):
        return led(thing)
    if isinstance(thing, FunctionType):
        return named_by(thing)
    if isinstance(thing, functools.partial):
        return [thing.func, *thing.args, *thing.keywords.values()]
    if isinstance(thing, MethodType):
        return [thing.__func__, thing.__self__]
    # What tf.function returns.
    inner = getattr(thing, "python_function", None)
    return [] if inner is None else [inner]


def named_by(f: FunctionType) -> list[object]:
    """The code of a function and the objects behind the names in it."""
    names = global_names(f.__code__)
    return [
        f.__code__,
        *(f.__defaults__ or ()),
        *(f.__kwdefaults__ or {}).values(),
        *map(content, f.__closure__ or ()),
        *map(f.__globals__.get, names),
    ]


def content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        # A name that is not bound yet.
        return None


def is_elsewhere(part: object, thing: object) -> bool:
    """Whether a function knows another only by its own file's names."""
    if not isinstance(part, FunctionType):
        return False
    if not isinstance(thing, FunctionType):
        return False
    if part.__globals__ is thing.__globals__:
        return False
    named = map(thing.__globals__.get, global_names(thing.__code__))
    return any(part is each for each in named)


@functools.cache
def global_names(code: CodeType) -> tuple[str, ...]:
    """The names that a function, and those inside it, look up, sorted."""
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    names = set(code.co_names).union(*map(global_names, inner))
    return tuple(sorted(names))


def settings(layer: keras.Layer) -> Iterator[object]:
    """The public, plain settings of one layer: activation, rate, units."""
    for name, value in vars(layer).items():
        if not name.startswith("_") and isinstance(value, PLAIN):
            yield value


def same(before: list[object], now: list[object]) -> bool:
    """Whether two lists hold the very same objects."""
    return len(before) == len(now) and all(map(is_, before, now))
