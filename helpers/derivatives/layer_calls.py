"""What the layers of a model compute while it runs, seen and replaced.

A layer of a Keras model hands its result to the next one inside one call of
the model. Here its method `call` is wrapped for as long as the model runs
once: to see the result, to put another one in its place, or to stop there.
So one mechanism serves Functional, Sequential, nested and subclassed models,
without a second model and without a second copy of a weight.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import RLock
from typing import NamedTuple

import keras
import tensorflow as tf

from helpers.derivatives.core.tensorflow_private import (
    has_keras_mask,
    with_keras_mask_of,
)
from helpers.derivatives.core.types import Function, Structure

# One model at a time may have its layers wrapped.
ONE_AT_A_TIME = RLock()


class Place(NamedTuple):
    """Where a derivative begins or ends: the result of one call of a layer.

    Attributes:
        layer: the layer.
        number: which of its calls in one run of the model, from 0 on; None
            for a layer that the model calls once.
    """

    layer: keras.Layer
    number: int | None = None

    def is_call(self, layer: keras.Layer, number: int) -> bool:
        return self.layer is layer and number == (self.number or 0)


# What a wrapped layer does: from the layer, the number of this call, and the
# computation with its arguments, to the result.
Handler = Callable[[keras.Layer, int, partial[Structure]], Structure]


class Call(NamedTuple):
    """One call of a layer: what it was given first, what it returned."""

    layer: keras.Layer
    given: Structure
    result: Structure


class Stop(BaseException):  # noqa: N818
    """Ends a run of a model early; Keras dresses up every `Exception`."""

    def __init__(self, value: Structure) -> None:
        self.value = value


@dataclass
class Recorded:
    """One run of a model.

    Attributes:
        y: its output.
        results: what each call of each watched layer returned, by the
            layer's id.
        calls: the calls of the noted layers, in the order in which they
            ended.
        hidden: the ids of layers that were also called inside of a loop or
            of a function of its own, where no derivative can reach them.
    """

    y: Structure = None
    results: dict[int, list[Structure]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)


def recorded(
    model: Function,
    x: Structure,
    layers: Collection[keras.Layer],
    tape: tf.GradientTape | None,
    noted: Collection[keras.Layer] = (),
) -> Recorded:
    """Run the model at x, and keep the results of some layers.

    Each result is a tensor of its own: a layer that hands on its input, as
    Dropout does, would otherwise share its result with its neighbours.

    Args:
        model: the model.
        x: its input.
        layers: those to watch.
        tape: what records the run, or None in a graph.
        noted: layers whose calls are written down, watched or not.
    """
    found = Recorded()
    watched = {id(layer) for layer in layers}
    written_down = {id(layer) for layer in noted}

    def keep(
        layer: keras.Layer, number: int, compute: partial[Structure]
    ) -> Structure:
        result = compute()
        if id(layer) in watched:
            result = tf.nest.map_structure(own_tensor, result)
            if tape is not None:
                tape.watch(floats(result))
            found.results.setdefault(id(layer), []).append(result)
        if id(layer) in written_down and compute.args:
            found.calls.append(Call(layer, compute.args[0], result))
        return result

    with wrapped([*layers, *noted], keep, found.hidden):
        found.y = model(x)
    return found


def between(
    model: Function, x: Structure, start: Place | None, end: Place | None
) -> Function:
    """The part of the model from one place to another, as a function.

    Args:
        model: the model.
        x: its input; what reaches the end past the start comes from it.
        start: whose result is the argument; None: the input of the model.
        end: whose result is the value; None: the output of the model.
    """

    def part(value: Structure) -> Structure:
        def handle(
            layer: keras.Layer, number: int, compute: partial[Structure]
        ) -> Structure:
            if start is not None and start.is_call(layer, number):
                return value
            result = compute()
            if end is not None and end.is_call(layer, number):
                raise Stop(result)
            return result

        layers = [place.layer for place in (start, end) if place is not None]
        try:
            with wrapped(layers, handle):
                return model(value if start is None else x)
        except Stop as stop:
            return stop.value

    return part


@contextmanager
def wrapped(
    layers: Iterable[keras.Layer],
    handle: Handler,
    hidden: set[int] | None = None,
) -> Iterator[None]:
    """Let `handle` see every call of the layers, and give its result.

    Args:
        layers: those to wrap.
        handle: what they do instead.
        hidden: takes the ids of layers that were called in another graph,
            inside of a loop; such calls are left alone and not counted.
    """
    once = {id(layer): layer for layer in layers}
    inside: set[int] = set() if hidden is None else hidden
    with ONE_AT_A_TIME, ExitStack() as stack:
        for layer in once.values():
            stack.enter_context(wrapped_layer(layer, handle, inside))
        yield


@contextmanager
def wrapped_layer(
    layer: keras.Layer, handle: Handler, hidden: set[int]
) -> Iterator[None]:
    """The same for one layer; its own `call` is back afterwards.

    The attribute goes past Keras, which would take note of it.
    """
    attributes = vars(layer)
    before = attributes.get("call")
    attributes["call"] = Wrapper(layer, handle, hidden)
    try:
        yield
    finally:
        del attributes["call"]
        if before is not None:
            attributes["call"] = before


class Wrapper:
    """Stands in for the method `call` of a layer, and counts its calls."""

    def __init__(
        self, layer: keras.Layer, handle: Handler, hidden: set[int]
    ) -> None:
        self.layer, self.own = layer, layer.call
        self.handle, self.hidden = handle, hidden
        self.graph = tf.compat.v1.get_default_graph()
        self.count = 0

    def __call__(self, *args: Structure, **kwargs: Structure) -> Structure:
        if tf.compat.v1.get_default_graph() is not self.graph:
            self.hidden.add(id(self.layer))
            return self.own(*args, **kwargs)
        number, self.count = self.count, self.count + 1
        compute = partial(self.own, *args, **kwargs)
        return self.handle(self.layer, number, compute)


def own_tensor(result: Structure) -> Structure:
    """A copy that only this result is, with the mask that it carries."""
    if not tf.is_tensor(result):
        return result
    copy = tf.identity(result)
    return with_keras_mask_of(result, copy) if has_keras_mask(result) else copy


def floats(result: Structure) -> list[tf.Tensor]:
    leaves = filter(tf.is_tensor, tf.nest.flatten(result))
    return [leaf for leaf in leaves if leaf.dtype.is_floating]
