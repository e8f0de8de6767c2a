"""A Keras model in double precision, for checks that mean something."""

from typing import Any

import keras
import numpy as np

NARROW = {"bfloat16", "float16", "float32"}


def float64_copy(model: keras.Model) -> keras.Model:
    """Copy a built Keras model, weights and all, to float64.

    The copy computes the same function with a rounding error near 1e-16
    instead of 1e-7, so that finite differences can tell a wrong formula from
    rounding.

    Args:
        model: Sequential, Functional, or a model that can be rebuilt from
            its `get_config`.

    Raises:
        ValueError: the model is not built, so there are no weights yet; a
            layer stays in lower precision (a layer of your own that keeps no
            dtype in its config, a quantised one).
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
        raise TypeError(
            "`float64_copy`: expected a Keras model, got "
            f"{type(model).__name__}; use keras.Sequential([layer]) for a "
            "single layer."
        )
    if not model.built:
        raise ValueError(
            "`float64_copy`: expected a built model, got one without "
            "weights; use model(x) once, or start it with keras.Input."
        )
    copy = type(model).from_config(in_float64(model.get_config()))
    if not copy.built:
        copy.build_from_config(model.get_build_config())
    narrow = sorted({w.dtype for w in copy.weights} & NARROW)
    if narrow or len(copy.weights) != len(model.weights):
        raise ValueError(
            "`float64_copy`: expected layers that take their dtype from "
            f"their config, got weights of {narrow or 'another number'}; use "
            "`**kwargs` with `super().__init__(**kwargs)` in a layer of your "
            "own, and a model that is not quantised."
        )
    for ours, theirs in zip(copy.weights, model.weights, strict=True):
        ours.assign(np.asarray(theirs, "float64"))
    for layer in copy._flatten_layers():
        # Normalization keeps values that it has computed from its weights.
        getattr(layer, "finalize_state", lambda: None)()
    return copy


def in_float64(config: Any) -> Any:
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


def is_floating(dtype: Any) -> bool:
    """False for integers and Booleans; a policy is always floating."""
    return not str(dtype).startswith(("int", "uint", "bool", "string"))
