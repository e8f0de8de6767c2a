"""What a function refers to, so that a change of it can be noticed.

A traced function keeps the values that its names had when it was traced.
In a notebook these change: `model` is bound to a new model, a layer is
added, an activation is set. Compared here by identity, before each call.
"""

import functools
from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType
from typing import Any

import keras

from helpers.derivatives.core.tensorflow_private import all_layers

# Settings of a layer that are compared; others, like what a layer keeps for
# itself under a private name, are not.
PLAIN = (bool, float, int, str, type(None), FunctionType)


def references(f: Any) -> list[Any]:
    """All objects that f refers to by name, in a fixed order.

    Seen: variables of the surrounding function, global names and default
    arguments, of f and of the functions that it calls and that stand in the
    same file; the layers of Keras models among them, and their settings.
    Not seen: what is changed inside of an object, such as an entry of a
    list or an attribute.
    """
    return list(visit(f, set()))


def visit(thing: Any, seen: set[int]) -> Iterator[Any]:
    yield thing
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, functools.partial):
        for part in (thing.func, *thing.args, *thing.keywords.values()):
            yield from visit(part, seen)
    elif isinstance(thing, MethodType):
        yield from visit(thing.__func__, seen)
        yield from visit(thing.__self__, seen)
    elif isinstance(thing, FunctionType):
        for part in named_by(thing):
            yield from visit(part, seen)
    elif isinstance(thing, keras.Layer):
        for layer in all_layers(thing):
            yield layer
            yield from settings(layer)
    elif hasattr(thing, "python_function"):
        # What tf.function returns.
        yield from visit(thing.python_function, seen)


def named_by(f: FunctionType) -> Iterator[Any]:
    """The objects behind the names in a function's code."""
    yield from f.__defaults__ or ()
    yield from (f.__kwdefaults__ or {}).values()
    for cell in f.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:
            # A name that is not bound yet.
            yield None
    for name in global_names(f.__code__):
        found = f.__globals__.get(name)
        elsewhere = (
            isinstance(found, FunctionType)
            and found.__globals__ is not f.__globals__
        )
        if not elsewhere:
            yield found


@functools.cache
def global_names(code: CodeType) -> tuple[str, ...]:
    """The names that a function, and those inside it, look up, sorted."""
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    names = set(code.co_names).union(*map(global_names, inner))
    return tuple(sorted(names))


def settings(layer: keras.Layer) -> Iterator[Any]:
    """The public, plain settings of one layer: activation, rate, units."""
    for name, value in vars(layer).items():
        if not name.startswith("_") and isinstance(value, PLAIN):
            yield value


def same(before: list[Any], now: list[Any]) -> bool:
    """Whether two lists hold the very same objects."""
    if len(before) != len(now):
        return False
    return all(a is b for a, b in zip(before, now, strict=True))
