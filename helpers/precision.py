"""A Keras model in double precision, for checks that mean something."""

from typing import Any

import keras
import numpy as np


def float64_copy(model: keras.Model) -> keras.Model:
    """Copy a built Keras model, weights and all, to float64.

    The copy computes the same function with a rounding error near 1e-16
    instead of 1e-7, so that finite differences can tell a wrong formula from
    rounding.

    Args:
        model: Sequential, Functional, or a model that can be rebuilt from
            its `get_config`.

    Raises:
        ValueError: the model is not built, so there are no weights yet.
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
        copy.build(model.input_shape)
    copy.set_weights([np.asarray(w, "float64") for w in model.get_weights()])
    return copy


def in_float64(config: Any) -> Any:
    """The same configuration with every dtype replaced by float64."""
    if isinstance(config, dict):
        return {
            key: "float64" if key == "dtype" else in_float64(value)
            for key, value in config.items()
        }
    if isinstance(config, list | tuple):
        return type(config)(in_float64(value) for value in config)
    return config
