"""The trainable variables of a model, and a name for each."""

from typing import Any

import tensorflow as tf

from helpers.derivatives.core.requirements import require_real


def trainable_variables(name: str, model: Any) -> list[tf.Variable]:
    """The variables to differentiate by, or an error that says what to do."""
    if not (callable(model) and hasattr(model, "trainable_variables")):
        raise TypeError(
            f"`{name}`: expected a Keras model, a layer or a tf.Module with "
            f"`__call__`, got {type(model).__name__}; use `jacobian(f)` with "
            "the weights as the input of f for anything else."
        )
    if not getattr(model, "built", True):
        raise ValueError(
            f"`{name}`: expected a built model, got one without weights; use "
            "model(x) once, or start it with keras.Input."
        )
    if not model.trainable_variables:
        raise ValueError(
            f"`{name}`: expected trainable weights, got a model that has "
            "none; use `trainable = True` on the layers you ask about."
        )
    variables = [resource(each) for each in model.trainable_variables]
    for each in variables:
        require_real(name, "weight", each.dtype)
    kinds = sorted({each.dtype.name for each in variables})
    if len(kinds) > 1:
        raise TypeError(
            f"`{name}`: expected weights of one dtype, got {kinds}, which no "
            "single matrix can hold; use one dtype for all layers."
        )
    return variables


def resource(variable: Any) -> tf.Variable:
    """The tf.Variable inside a Keras variable."""
    keras_variable = not isinstance(variable, tf.Variable)
    return variable.value if keras_variable else variable


def unique_names(model: Any) -> list[str]:
    """Path (Keras) or name of each variable, numbered where they repeat."""
    names = [getattr(v, "path", v.name) for v in model.trainable_variables]
    repeats = [names[:k].count(name) for k, name in enumerate(names)]
    return [
        f"{name} ({count + 1})" if count else name
        for name, count in zip(names, repeats, strict=True)
    ]
