"""A Keras model in double precision, for checks that mean something."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import keras
import numpy as np

from helpers.derivatives.core.refusals import public, refusal
from helpers.derivatives.core.tensorflow_private import all_layers

# What `get_config` returns: dicts, lists and plain values, as in JSON.
Config: TypeAlias = object

NARROW = {"bfloat16", "float16", "float32"}


@public
def float64_copy(model: keras.Model) -> keras.Model:
    """Copy a built Keras model, weights and all, to float64.

    The copy computes the same function with a rounding error near 1e-16
    instead of 1e-7, so that finite differences can tell a wrong formula from
    rounding.

    Args:
        model: Sequential, Functional, or a model that can be rebuilt from
            its `get_config`. A Lambda layer keeps its function. The random
            numbers drawn afterwards are those that would have come anyway.

    Raises:
        ValueError: the model is not built, so there are no weights yet; it
            cannot be rebuilt from its config; a layer stays in lower
            precision (a layer of your own that keeps no dtype in its
            config, a quantised one).
        TypeError: not a Keras model.

    Example:
        >>> model = keras.Sequential([keras.Input((3,)),
        ...                           keras.layers.Dense(2)])
        >>> x = np.ones((5, 3))
        >>> y = float64_copy(model)(x)
        >>> assert y.dtype == "float64" and y.shape == (5, 2)
        >>> np.testing.assert_allclose(y, model(x), rtol=1e-5)
    """
    if not isinstance(model, keras.Model):
        raise refusal(
            "a Keras model",
            type(model).__name__,
            "keras.Sequential([layer]) for a single layer",
            kind=TypeError,
        )
    if not model.built:
        raise refusal(
            "a built model",
            "one without weights",
            "model(x) once, or start it with keras.Input",
        )
    with random_state_kept():
        copy = rebuilt(model)
    narrow = sorted({w.dtype for w in copy.weights} & NARROW)
    if narrow or shapes(copy) != shapes(model):
        raise refusal(
            "layers that take their dtype from their config",
            f"weights of {narrow or 'another number or shape'}",
            "`**kwargs` with `super().__init__(**kwargs)` in a layer of your "
            "own, and a model that is not quantised",
        )
    for ours, theirs in zip(copy.weights, model.weights, strict=True):
        ours.assign(np.asarray(theirs, ours.dtype))
    for layer in all_layers(copy):
        # Normalization keeps values that it has computed from its weights.
        getattr(layer, "finalize_state", lambda: None)()
    return copy


def rebuilt(model: keras.Model) -> keras.Model:
    """The model from its config, in float64, with weights of its own."""
    functions = lambda_functions(model)
    classes = {
        type(layer).__name__: type(layer) for layer in all_layers(model)
    }
    own = {k: v for k, v in classes.items() if not is_keras(v)}
    try:
        config = in_float64(named_lambdas(model.get_config()))
        with keras.saving.custom_object_scope({**own, **functions}):
            copy = type(model).from_config(config)
            if not copy.built:
                copy.build_from_config(model.get_build_config())
    except Exception as error:
        first = (str(error).strip() or "no message").splitlines()[0]
        raise refusal(
            "a model that can be rebuilt from its config",
            f"{type(model).__name__}, which cannot "
            f"({type(error).__name__}: {first[:100]})",
            "a model of standard layers; or, for a class of your own, "
            "`**kwargs` passed on to `super().__init__`, a `get_config` that "
            "returns its arguments",
        ) from error
    return copy


def is_keras(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "keras"


def lambda_functions(model: keras.Model) -> dict[str, Callable]:
    """The function of each Lambda layer, by the name `named_lambdas` uses."""
    layers = [e for e in all_layers(model) if type(e) is keras.layers.Lambda]
    functions = {lambda_name(layer.name): layer.function for layer in layers}
    if len(functions) < len(layers):
        raise refusal(
            "Lambda layers with names of their own",
            f"{len(layers)} layers with {len(functions)} names",
            "`name=` in each Lambda",
        )
    return functions


def lambda_name(layer_name: str) -> str:
    return f"function of {layer_name}"


def named_lambdas(config: Config) -> Config:
    """The configuration, with names instead of the code of Lambda layers."""
    if isinstance(config, list | tuple):
        return type(config)(named_lambdas(each) for each in config)
    if not isinstance(config, dict):
        return config
    config = {key: named_lambdas(value) for key, value in config.items()}
    settings = config.get("config")
    if config.get("class_name") == "Lambda" and isinstance(settings, dict):
        name = lambda_name(settings["name"])
        settings["function"] = {
            "module": "builtins",
            "class_name": "function",
            "config": name,
            "registered_name": name,
        }
    return config


def shapes(model: keras.Model) -> list[tuple[int, ...]]:
    return [tuple(weight.shape) for weight in model.weights]


@contextmanager
def random_state_kept() -> Iterator[None]:
    """Put back what building a model draws.

    Keras takes the seed of each initializer from Python's `random`; a layer
    of the caller's own may take numbers from NumPy.
    """
    python, numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


def in_float64(config: Config) -> Config:
    """The same configuration with every floating dtype set to float64.

    A dtype policy is a dictionary, or None in older files; integers and
    Booleans stay what they are.
    """
    if isinstance(config, dict):
        return {
            key: "float64"
            if key == "dtype" and is_floating(value)
            else in_float64(value)
            for key, value in config.items()
        }
    if isinstance(config, list | tuple):
        return type(config)(in_float64(value) for value in config)
    return config


def is_floating(dtype: object) -> bool:
    """False for integers and Booleans; a policy is always floating."""
    return not str(dtype).startswith(("int", "uint", "bool", "string"))
