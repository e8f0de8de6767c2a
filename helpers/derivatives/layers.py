"""Jacobians between the layers of a model, from one run of it."""

from collections.abc import Sequence
from contextlib import nullcontext
from difflib import get_close_matches
from typing import TypeAlias, TypeGuard

import keras
import tensorflow as tf

from helpers.derivatives.core.blocks import Options, blocks, check, options
from helpers.derivatives.core.compiled import Compiled, autographed
from helpers.derivatives.core.pullback import Pullback, traced
from helpers.derivatives.core.refusals import public, refusal
from helpers.derivatives.core.requirements import (
    check_batch,
    check_function,
    check_output,
    keeps_batch,
)
from helpers.derivatives.core.tensorflow_private import all_layers
from helpers.derivatives.core.types import (
    Function,
    Mode,
    Structure,
    Unconnected,
)
from helpers.derivatives.dense import chain_between, is_dense, product
from helpers.derivatives.layer_calls import (
    Call,
    Place,
    Recorded,
    between,
    floats,
    recorded,
)
from helpers.derivatives.weights import leaf_tensor

# A layer or its name; with a number, one of the calls of a shared layer.
Layer: TypeAlias = keras.Layer | str | tuple[keras.Layer | str, int]
# From one place to another; None is the input or the output of the model.
Link: TypeAlias = tuple[Place | None, Place | None]


@public
def layer_jacobian(
    model: Function,
    layer: Layer,
    *,
    of: Layer = "output",
    wrt: Layer = "layer",
    mode: Mode = "auto",
    chunk_size: int | None = None,
    jit: bool = False,
    unconnected: Unconnected = "raise",
    max_gigabytes: float = 4.0,
) -> "LayerJacobian":
    """Per-sample Jacobian from or to the output h of a layer of a model.

    Shape law: `(b, *of.shape[1:], *wrt.shape[1:])`. Without options it is
    ∂y/∂h, with `of="layer", wrt="input"` it is ∂h/∂x.

    The model runs once, as it is: no second model is built, no weight is
    copied, and the layer is found again under its own name. What reaches
    the output past the layer (a skip connection) is held fixed. Where only
    dense layers with elementwise activations lie between the two places,
    `mode="auto"` multiplies their matrices, without any seed.

    Args:
        model: a built Keras model of any kind: Functional, Sequential,
            subclassed, nested. It runs in inference mode. Any function that
            calls the layer will do, `lambda x: model(x, training=True)`,
            if the layer is given as an object.
        layer: a layer of the model, however deep, or its name. For a layer
            that the model calls more than once, a pair of it and the number
            of the call, counted from 0 in the order in which they run:
            `("encoder", 1)`.
        of: what to differentiate: "output" of the model, "layer", or
            another layer, given as above.
        wrt: with respect to what: "layer", "input" of the model, or another
            layer.
        mode, chunk_size, jit, unconnected, max_gigabytes: as for
            `batch_jacobian`.

    Returns:
        A compiled callable of x. Where `of` or `wrt` are several tensors (a
        model of several inputs, an LSTM that returns its state), the
        structure is that of `of`, each leaf one like `wrt`. x may hold
        integers if `wrt` is a layer.

    Raises:
        TypeError: not a model, not a layer; x is symbolic or not floating.
        ValueError: no layer of that name, or several; a layer of another
            model; a layer that is called more than once, never, or inside
            of a loop; no path from `wrt` to `of`; no batch axis.

    Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM
    2008, section 3.2, for the derivative by an intermediate value.

    Example:
        >>> model = keras.Sequential([keras.Input([3]),
        ...     keras.layers.Dense(5, "tanh", name="hidden"),
        ...     keras.layers.Dense(2, name="last")])
        >>> x = tf.constant([[1.0, 2, 3], [4, 5, 6], [7, 8, 9], [0, 0, 0]])
        >>> y_by_h = layer_jacobian(model, "hidden")(x)
        >>> assert y_by_h.shape == (4, 2, 5)
        >>> kernel = model.get_layer("last").kernel
        >>> tf.debugging.assert_near(y_by_h[1], tf.transpose(kernel))
        >>> h_by_x = layer_jacobian(model, "hidden", of="layer", wrt="input")
        >>> assert h_by_x(x).shape == (4, 5, 3)
    """
    find = Finder(model)
    first = find(layer)
    end = None if is_word(of, "output") else find(of, first)
    start = None if is_word(wrt, "input") else find(wrt, first)
    if start is not None and start == end:
        raise same_place()
    how = options(mode, chunk_size, unconnected, max_gigabytes, batched=True)
    return LayerJacobian("layer_jacobian", how, [(start, end)], model, jit)


@public
def chain_jacobians(
    model: Function,
    layers: Layer | Sequence[Layer],
    *,
    mode: Mode = "auto",
    chunk_size: int | None = None,
    jit: bool = False,
    unconnected: Unconnected = "raise",
    max_gigabytes: float = 4.0,
) -> "LayerJacobian":
    """Per-sample Jacobians from layer to layer, all from one run.

    `chain_jacobians(model, [a, b])(x)` returns the list ∂a/∂x, ∂b/∂a,
    ∂y/∂b; for a single layer h it is ∂h/∂x, ∂y/∂h. Each is computed in the
    cheaper mode for its own sizes.

    Shape law: as for `layer_jacobian`, each. Their product is ∂y/∂x if
    all that reaches the output goes through every layer of the list; what
    goes past one (a skip connection) is missing in it.

    Args:
        model: as for `layer_jacobian`.
        layers: one layer, or a list of them in the order of the data; each
            given as for `layer_jacobian`.
        mode, chunk_size, jit, unconnected, max_gigabytes: as for
            `batch_jacobian`.

    Raises:
        TypeError, ValueError: as for `layer_jacobian`.

    Source: the chain rule; Griewank and Walther, Evaluating Derivatives,
    2nd ed., SIAM 2008, section 2.2.

    Example:
        >>> model = keras.Sequential([keras.Input([3]),
        ...     keras.layers.Dense(5, "tanh", name="hidden"),
        ...     keras.layers.Dense(2)])
        >>> x = tf.constant([[1.0, 2, 3], [4, 5, 6], [7, 8, 9], [0, 0, 0]])
        >>> h_by_x, y_by_h = chain_jacobians(model, "hidden")(x)
        >>> assert h_by_x.shape == (4, 5, 3) and y_by_h.shape == (4, 2, 5)
    """
    find = Finder(model)
    several = isinstance(layers, list)
    places = [find(layer) for layer in (layers if several else [layers])]
    stops: list[Place | None] = [None, *places, None]
    how = options(mode, chunk_size, unconnected, max_gigabytes, batched=True)
    links = list(zip(stops[:-1], stops[1:], strict=True))
    return LayerJacobian("chain_jacobians", how, links, model, jit)


class LayerJacobian(Compiled):
    """A compiled callable that runs a model once and looks inside."""

    def __init__(
        self,
        name: str,
        how: Options,
        links: list[Link],
        model: Function,
        jit: bool,
    ) -> None:
        self._how, self._links = how, links
        self._run = autographed(model)
        compute = self._single if name == "layer_jacobian" else self._all
        super().__init__(name, compute, f=model, jit=jit)

    def tensors(self, arguments: tuple) -> list[Structure]:
        """Integers may pass if nothing is differentiated by them."""
        if all(start is not None for start, _ in self._links):
            return [tf.nest.map_structure(leaf_tensor, x) for x in arguments]
        return super().tensors(arguments)

    def _single(self, x: Structure) -> Structure:
        return self._all(x)[0]

    def _all(self, x: Structure) -> list[Structure]:
        check_batch(x)
        # A tensor that was given twice is two inputs.
        x = tf.nest.map_structure(tf.identity, x)
        tape = None
        if tf.executing_eagerly():
            tape = tf.GradientTape(
                persistent=True, watch_accessed_variables=False
            )
        with tape or nullcontext():
            if tape is not None:
                tape.watch(floats(x))
            run = recorded(
                self._run, x, self._layers(), tape, self._dense_layers()
            )
        return [self._link(x, run, tape, *link) for link in self._links]

    def _layers(self) -> list[keras.Layer]:
        places = [place for link in self._links for place in link]
        return [place.layer for place in places if place is not None]

    def _dense_layers(self) -> list[keras.Layer]:
        if not isinstance(self._f, keras.Layer):
            return []
        return [layer for layer in all_layers(self._f) if is_dense(layer)]

    def _link(
        self,
        x: Structure,
        run: Recorded,
        tape: tf.GradientTape | None,
        start: Place | None,
        end: Place | None,
    ) -> Structure:
        leaves = tf.nest.flatten(x)
        value = x if start is None else check_output(result(run, start))
        keeps_batch(value, leaves)
        y = run.y if end is None else result(run, end)
        y = keeps_batch(y, leaves)
        ends = tf.nest.flatten(value), tf.nest.flatten(y)
        pull = Pullback(value, y, *ends, tape)
        if self._how.unconnected == "raise":
            check_path(pull, start, end)
        part = between(self._run, x, start, end)
        chain = self._chain(x, run, start, end)
        if chain is None:
            return blocks(part, pull, self._how)
        check(traced(part, pull), self._how)
        return product(chain)

    def _chain(
        self,
        x: Structure,
        run: Recorded,
        start: Place | None,
        end: Place | None,
    ) -> list[Call] | None:
        """The dense layers from place to place, if there is nothing else.

        A mode or a size of chunks that was asked for is kept to.
        """
        if self._how.mode != "auto" or self._how.chunk_size is not None:
            return None
        first = x if start is None else result(run, start)
        last = run.y if end is None else result(run, end)
        return chain_between(run.calls, first, last)


class Finder:
    """Finds the layers of one model by name, object or number of the call."""

    def __init__(self, model: Function) -> None:
        self.model = check_function(model)
        is_layer = isinstance(model, keras.Layer)
        if not getattr(model, "built", True):
            raise not_built()
        found = all_layers(model) if is_layer else []
        self.layers = list({id(each): each for each in found}.values())

    def __call__(self, layer: Layer, first: Place | None = None) -> Place:
        """The place that is meant; the word "layer" means `first`."""
        if first is not None and is_word(layer, "layer"):
            return first
        which: object = layer
        number: object = None
        if isinstance(layer, tuple) and len(layer) == 2:
            which, number = layer
        if number is not None and not is_number_of_a_call(number):
            raise no_layer(f"the number {number!r} of a call")
        if isinstance(which, str):
            return Place(self.named(which), number)
        if not isinstance(which, keras.Layer):
            raise no_layer(described(which))
        return Place(self.own(which), number)

    def named(self, name: str) -> keras.Layer:
        found = [layer for layer in self.layers if layer.name == name]
        if not found:
            raise unknown(name, self.names())
        if len(found) > 1:
            raise refusal(
                "a name that one layer has",
                f"{name!r}, which {len(found)} layers have",
                f"the layer itself, outer.get_layer({name!r})",
            )
        return self.own(found[0])

    def names(self) -> list[str]:
        """The names of all layers that compute something."""
        inputs = keras.layers.InputLayer
        inner = [e for e in self.layers[1:] if not isinstance(e, inputs)]
        return [layer.name for layer in inner]

    def own(self, layer: keras.Layer) -> keras.Layer:
        """The layer, if it is one that this model computes with."""
        if isinstance(layer, keras.layers.InputLayer):
            raise refusal(
                "a layer that computes something",
                f"the input layer {layer.name!r}",
                '"input" for all inputs of the model',
            )
        if layer is self.model:
            raise refusal("a layer", "the model itself", '"output"')
        if self.layers and not any(layer is each for each in self.layers):
            raise self.foreign(layer)
        return layer

    def foreign(self, layer: keras.Layer) -> ValueError:
        same = any(layer.name == each.name for each in self.layers)
        namesake = ", whose namesake here has other weights" if same else ""
        return refusal(
            "a layer of this model",
            f"{layer.name!r} of another one{namesake}",
            f"model.get_layer({layer.name!r})" if same else "its name",
        )


def result(run: Recorded, place: Place) -> Structure:
    """What the layer returned in the call that is meant."""
    layer, number = place
    results = run.results.get(id(layer), [])
    # Keras calls a recurrent cell once before its loop, for the shapes.
    if not results or id(layer) in run.hidden:
        raise never_called(layer, hidden=id(layer) in run.hidden)
    if number is None and len(results) > 1:
        raise shared(layer, len(results))
    if number is not None and number >= len(results):
        raise refusal(
            f"one of the {len(results)} call(s) of layer {layer.name!r}",
            f"number {number}",
            f"a number from 0 to {len(results) - 1}",
        )
    return results[number or 0]


def check_path(pull: Pullback, start: Place | None, end: Place | None) -> None:
    """Refuse a pair of places without any path between them."""
    if all(part is None for part in pull([tf.ones_like(y) for y in pull.ys])):
        here, there = told(start, "input"), told(end, "output")
        raise refusal(
            f"a path from {here} to {there}",
            "none (TensorFlow's `None`)",
            "`of` and `wrt` exchanged, or layers in the order of the data",
            causes=f"{here} comes after {there}, or is on another branch; a "
            "step through integers (argmax, round) or tf.stop_gradient",
        )


def is_word(layer: Layer, word: str) -> bool:
    return isinstance(layer, str) and layer == word


def is_number_of_a_call(number: object) -> TypeGuard[int]:
    """Calls are counted from 0."""
    whole = isinstance(number, int) and number >= 0
    return whole and not isinstance(number, bool)


def described(thing: object) -> str:
    if isinstance(thing, keras.KerasTensor):
        return "a symbolic KerasTensor (layer.output), which has no values"
    return f"{type(thing).__name__}"


def told(place: Place | None, otherwise: str) -> str:
    if place is None:
        return f"the {otherwise}"
    call = "" if place.number is None else f", call {place.number}"
    return f"layer {place.layer.name!r}{call}"


# Refusals


def no_layer(got: str) -> TypeError:
    return refusal(
        "a layer, its name, or a pair such as (layer, 1)",
        got,
        "model.get_layer(name), or one of model.layers",
        kind=TypeError,
    )


def unknown(name: str, names: list[str]) -> ValueError:
    nearest = get_close_matches(name, names, n=3)
    if not names:
        return refusal(
            "a layer, since a function has no names of layers",
            repr(name),
            "the layer itself",
        )
    shown = nearest or names[:8]
    more = ", ..." if not nearest and len(names) > len(shown) else ""
    listed = ", ".join(map(repr, shown))
    return refusal(
        "the name of a layer of this model",
        repr(name),
        f"{'the nearest' if nearest else 'one of'}: {listed}{more}",
    )


def same_place() -> ValueError:
    return refusal(
        "two places, `of` behind `wrt`",
        "one place twice",
        'of="output" or wrt="input", or another layer',
    )


def shared(layer: keras.Layer, count: int) -> ValueError:
    name = layer.name
    pairs = " or ".join(f"({name!r}, {k})" for k in range(min(count, 2)))
    return refusal(
        "one call of the layer",
        f"{count} calls of {name!r}, which the model shares",
        f"{pairs}, the calls in the order in which they run",
    )


def never_called(layer: keras.Layer, *, hidden: bool) -> ValueError:
    if hidden:
        return refusal(
            "a layer whose result can be seen from outside",
            f"{layer.name!r}, which runs inside of a loop or of a "
            "tf.function of its own",
            "the layer around it, such as the LSTM around its cell",
        )
    return refusal(
        "a layer that the model calls",
        f"{layer.name!r}, which never ran",
        "a layer on the way from input to output",
    )


def not_built() -> ValueError:
    return refusal(
        "a built model",
        "one without weights",
        "model(x) once, or start it with keras.Input",
    )
