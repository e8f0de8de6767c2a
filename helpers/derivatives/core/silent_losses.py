"""What TensorFlow and Keras would lose without a word, refused here."""

import tensorflow as tf

from helpers.derivatives.core.graphs import Traced, everything, left_out
from helpers.derivatives.core.refusals import refusal
from helpers.derivatives.core.tensorflow_private import is_autocast
from helpers.derivatives.core.types import Unconnected


def refuse_losses(
    traced: Traced, unconnected: Unconnected | None = None
) -> None:
    """Raise where a derivative would be rounded or incomplete.

    Args:
        traced: the path of the derivative.
        unconnected: "zero" allows a part of f without a derivative; None
            where the caller has no such option.
    """
    refuse_rounding(traced)
    lost = [] if unconnected == "zero" else left_out(traced)
    if lost:
        zero = ', or unconnected="zero" if that part is a constant'
        raise refusal(
            "f to be made of operations with a derivative",
            f"one with {', '.join(lost)}, whose part would be left out",
            "`tf.` operations that have one, tf.custom_gradient with a rule "
            "of your own, `finite_difference_jacobian` for a black box"
            f"{zero if unconnected else ''}",
        )


def refuse_rounding(traced: Traced) -> None:
    """Refuse inputs that a Keras layer casts to a narrower type.

    Under mixed precision the weights are cast in the same way, and the
    cast is meant.
    """
    given = {x.dtype for x in traced.inputs}
    casts = [op for op in everything(traced.graph) if op.type == "Cast"]
    mixed = {sides(op) for op in casts if of_weights(op)}
    for operation in filter(is_autocast, casts):
        wide, narrow = sides(operation)
        rounds = narrow.is_floating and narrow.size <= wide.size
        if rounds and wide in given and (wide, narrow) not in mixed:
            raise rounded(wide, narrow)


def sides(cast: tf.Operation) -> tuple[tf.DType, tf.DType]:
    return cast.inputs[0].dtype, cast.outputs[0].dtype


def of_weights(cast: tf.Operation) -> bool:
    return cast.inputs[0].op.type == "ReadVariableOp"


def rounded(wide: tf.DType, narrow: tf.DType) -> TypeError:
    return refusal(
        f"input no wider than the model's {narrow.name}",
        f"{wide.name}: the model would round it, and the result would look "
        "more exact than it is",
        f"tf.cast(x, tf.{narrow.name}) or a model built with "
        f"dtype='{wide.name}'",
        kind=TypeError,
    )
