"""The trainable variables of a model, and a name for each."""

from collections.abc import Sequence
from typing import Protocol

import keras
import tensorflow as tf

from helpers.derivatives.core.refusals import refusal
from helpers.derivatives.core.requirements import require_real
from helpers.derivatives.core.types import Structure


class Model(Protocol):
    """A Keras model or layer, or a tf.Module with `__call__`."""

    trainable_variables: Sequence[tf.Variable]

    def __call__(self, x: Structure) -> Structure: ...


def trainable_variables(model: object) -> list[tf.Variable]:
    """The variables to differentiate by, or an error that says what to do."""
    if not (callable(model) and hasattr(model, "trainable_variables")):
        raise refusal(
            "a Keras model, a layer or a tf.Module with `__call__`",
            type(model).__name__,
            "`jacobian(f)` with the weights as the input of f for anything "
            "else",
            kind=TypeError,
        )
    if tf.distribute.has_strategy():
        raise refusal(
            "one copy of each weight",
            f"a call inside the scope of a {strategy_name()}",
            "`weight_jacobian` outside of the scope",
        )
    if not getattr(model, "built", True):
        raise refusal(
            "a built model",
            "one without weights",
            "model(x) once, or start it with keras.Input",
        )
    if not model.trainable_variables:
        raise refusal(
            "trainable weights",
            "a model that has none",
            "`trainable = True` on the layers you ask about",
        )
    variables = [resource(each) for each in model.trainable_variables]
    for each in variables:
        require_real("weight", each.dtype)
    kinds = sorted({each.dtype.name for each in variables})
    if len(kinds) > 1:
        raise refusal(
            "weights of one dtype",
            f"{kinds}, which no single matrix can hold",
            "one dtype for all layers",
            kind=TypeError,
        )
    return variables


def strategy_name() -> str:
    return type(tf.distribute.get_strategy()).__name__


def resource(variable: tf.Variable | keras.Variable) -> tf.Variable:
    """The tf.Variable inside a Keras variable."""
    keras_variable = not isinstance(variable, tf.Variable)
    return variable.value if keras_variable else variable


def unique_names(model: Model) -> list[str]:
    """Path (Keras) or name of each variable, numbered where they repeat."""
    names = [getattr(v, "path", v.name) for v in model.trainable_variables]
    repeats = [names[:k].count(name) for k, name in enumerate(names)]
    return [
        f"{name} ({count + 1})" if count else name
        for name, count in zip(names, repeats, strict=True)
    ]
