"""What goes in and out of a derivative: structures, dtypes, options."""

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

MODES = ("auto", "forward", "reverse")
UNCONNECTED = ("raise", "zero")


def as_tensors(name: str, x: Any) -> Any:
    """Convert every leaf of x to a floating tensor, or say why not.

    Raises:
        TypeError: a leaf is an integer, a Boolean, a string, a complex
            number, or something that no tensor can hold.
    """
    return tf.nest.map_structure(lambda leaf: as_tensor(name, leaf), x)


def as_tensor(name: str, leaf: Any) -> tf.Tensor:
    if isinstance(leaf, tf.RaggedTensor | tf.SparseTensor):
        raise TypeError(
            f"`{name}`: expected dense tensors, got a "
            f"{type(leaf).__name__}; use its `.flat_values` (ragged) or "
            "`.values` (sparse) as the input and rebuild it inside f."
        )
    try:
        tensor = tf.convert_to_tensor(leaf)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"`{name}`: expected tensors, arrays or numbers (nested in "
            f"lists, tuples or dicts), got {type(leaf).__name__}; use "
            "`tf.convert_to_tensor` on what can be converted."
        ) from error
    require_real(name, "input", tensor.dtype)
    if is_masked(leaf):
        raise masked(name)
    return tensor


def is_masked(x: Any) -> bool:
    return getattr(x, "_keras_mask", None) is not None


def masked(name: str) -> ValueError:
    return ValueError(
        f"`{name}`: expected input without a mask, got one from a Masking or "
        "Embedding layer, which would be lost; use the model that makes the "
        "mask, which skips the masked steps, or tf.identity(x), without it."
    )


def require_real(name: str, role: str, dtype: tf.DType) -> None:
    """Raise a TypeError unless dtype is a real floating type."""
    if dtype.is_complex:
        raise TypeError(
            f"`{name}`: expected a real {role}, got {dtype.name}; use real "
            "and imaginary part as two real numbers: "
            "f(tf.complex(a, b)) as a function of (a, b), and tf.math.real, "
            "tf.math.imag of its result."
        )
    if not dtype.is_floating:
        raise TypeError(
            f"`{name}`: expected a floating {role}, got {dtype.name}; only "
            "floating numbers have derivatives: use tf.cast(..., tf.float32) "
            "before the call."
        )


def check_precision(name: str, f: Any, x: Any) -> None:
    """Refuse inputs that a Keras model would round without saying so."""
    dtypes = [w.dtype for w in getattr(f, "weights", [])]
    layer = isinstance(f, keras.Layer) and not isinstance(f, keras.Model)
    if layer and f.autocast:
        # It may have no weights, or none yet, and casts all the same. (A
        # model's own dtype is not that of its layers.)
        dtypes.append(f.variable_dtype)
    for leaf in tf.nest.flatten(x):
        for kept in filter(is_floating, dtypes):
            kept = tf.as_dtype(kept)
            narrower = leaf.dtype.size < kept.size
            if not (narrower or leaf.dtype == kept):
                raise TypeError(
                    f"`{name}`: expected input no wider than the model's "
                    f"{kept.name}, got {leaf.dtype.name}: the model would "
                    "round it, and the result would look more exact than it "
                    f"is; use tf.cast(x, tf.{kept.name}) or a model built "
                    f"with dtype='{leaf.dtype.name}'."
                )


def is_floating(dtype: Any) -> bool:
    return tf.as_dtype(dtype).is_floating


def check_output(name: str, y: Any) -> Any:
    """Return y with tensors as leaves; raise a TypeError for other leaves."""
    leaves = tf.nest.flatten(y)
    if not leaves or any(leaf is None for leaf in leaves):
        raise TypeError(
            f"`{name}`: expected f to return a tensor or a structure of "
            "tensors, got None; use `return` in f."
        )
    y = tf.nest.map_structure(tf.convert_to_tensor, y)
    for leaf in tf.nest.flatten(y):
        require_real(name, "output", leaf.dtype)
    return y


def check_option(name: str, option: str, value: Any, allowed: tuple) -> None:
    if value not in allowed:
        raise ValueError(
            f"`{name}`: expected {option} to be one of {allowed}, got "
            f"{value!r}; use {option}={allowed[0]!r}, the default."
        )


def check_chunk_size(name: str, chunk_size: Any) -> None:
    whole = isinstance(chunk_size, int | np.integer) and not isinstance(
        chunk_size, bool
    )
    if chunk_size is not None and not (whole and chunk_size > 0):
        raise ValueError(
            f"`{name}`: expected chunk_size to be a positive whole number "
            f"or None, got {chunk_size!r}; use None for all at once."
        )


def check_function(name: str, f: Any) -> Callable[..., Any]:
    if not callable(f):
        raise TypeError(
            f"`{name}`: expected a function, Keras model or layer, got "
            f"{type(f).__name__}; use `{name}(f)(x)`, the function first and "
            "the point in a second pair of parentheses."
        )
    return f


def check_batch(name: str, x: Any) -> None:
    """Raise a ValueError unless all leaves share one first (batch) axis."""
    leaves = tf.nest.flatten(x)
    if any(leaf.shape.rank == 0 for leaf in leaves):
        raise ValueError(
            f"`{name}`: expected a batch axis in front, got a scalar; use "
            "`jacobian` for functions of one point."
        )
    sizes = {leaf.shape[0] for leaf in leaves} - {None}
    if len(sizes) > 1:
        raise ValueError(
            f"`{name}`: expected one batch size, got {sorted(sizes)}; use "
            "`jacobian` when axis 0 is not a batch axis."
        )


def check_target_batch(name: str, ys: list, xs: list) -> None:
    """Raise a ValueError unless each y has the batch axis of xs."""
    for y in ys:
        if y.shape.rank == 0 or not y.shape[:1].is_compatible_with(
            xs[0].shape[:1]
        ):
            raise ValueError(
                f"`{name}`: expected f to keep the batch axis of "
                f"{xs[0].shape}, got an output of shape {y.shape}; use "
                "`jacobian` when the output is not one per sample."
            )


def static_size(leaves: list[tf.Tensor], skip: int = 0) -> int | None:
    """Count the numbers in leaves, from axis `skip` on; None if unknown."""
    shapes = [leaf.shape[skip:] for leaf in leaves]
    if not all(shape.is_fully_defined() for shape in shapes):
        return None
    return sum(math.prod(shape) for shape in shapes)


def like(name: str, role: str, v: Any, of: str, x: Any) -> Any:
    """Return v; raise unless it has x's structure, shapes and dtypes.

    A shape that is not known before is compared when the graph runs.
    """
    try:
        tf.nest.assert_same_structure(v, x)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"`{name}`: expected {role} with the structure of {of}, got "
            f"another one; use one tensor in {role} per tensor in {of}."
        ) from error
    pairs = zip(tf.nest.flatten(v), tf.nest.flatten(x), strict=True)
    for left, right in pairs:
        same = left.dtype == right.dtype
        if not (same and left.shape.is_compatible_with(right.shape)):
            raise ValueError(
                f"`{name}`: expected {role} like {of}, shape {right.shape} "
                f"and {right.dtype.name}, got shape {left.shape} and "
                f"{left.dtype.name}; use tf.reshape or tf.cast on {role}."
            )
    checked = [
        same_shape(f"`{name}`: expected {role} of the shape of {of}", *pair)
        for pair in zip(tf.nest.flatten(v), tf.nest.flatten(x), strict=True)
    ]
    return tf.nest.pack_sequence_as(v, checked)


def same_shape(message: str, v: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    if v.shape.is_fully_defined() and x.shape.is_fully_defined():
        return v
    equal = tf.debugging.assert_equal(tf.shape(v), tf.shape(x), message)
    with tf.control_dependencies([equal]):
        return tf.identity(v)


def not_connected(name: str) -> ValueError:
    """The error for an output that does not depend on the input."""
    return ValueError(
        f"`{name}`: expected an output that depends on the input, got one "
        "that is not connected to it (TensorFlow's `None`). Likely causes: "
        "f uses a constant instead of its argument; a step through integers "
        "(argmax, round, tf.cast); tf.stop_gradient; model.predict instead "
        "of model(x); one leaf of x that f never reads. Use "
        'unconnected="zero" if zeros are what you want.'
    )
