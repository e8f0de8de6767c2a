"""What a derivative asks of its function, its input and its options."""

import inspect
import math
from collections.abc import Sequence
from typing import TypeGuard, get_args

import keras
import numpy as np
import tensorflow as tf

from helpers.derivatives.core.refusals import refusal
from helpers.derivatives.core.tensorflow_private import has_keras_mask
from helpers.derivatives.core.types import (
    Function,
    Leaves,
    Mode,
    Structure,
    Unconnected,
)

MODES = get_args(Mode)
UNCONNECTED = get_args(Unconnected)

# Functions and options


def check_function(f: Function) -> Function:
    """Raise a TypeError unless f is a function of one argument."""
    if not callable(f):
        raise refusal(
            "a function, Keras model or layer",
            type(f).__name__,
            "f itself, not its value f(x)",
            kind=TypeError,
        )
    try:
        inspect.signature(f).bind(None)
    except TypeError:
        raise refusal(
            "a function of one argument",
            f"one with the arguments {inspect.signature(f)}",
            "one list, tuple or dict of tensors as its argument, "
            "`lambda x: f(*x)`",
            kind=TypeError,
        ) from None
    except ValueError:
        # Some callables do not tell their arguments.
        pass
    return f


def check_option(option: str, value: object, allowed: Sequence[str]) -> None:
    """Raise a ValueError unless value is one of the allowed ones."""
    if value not in allowed:
        raise refusal(
            f"{option} to be one of {tuple(allowed)}",
            repr(value),
            f"{option}={allowed[0]!r}, the default",
        )


def is_count(value: object) -> TypeGuard[int | np.integer]:
    """Whether a value is a whole number of at least one."""
    whole = isinstance(value, int | np.integer) and value >= 1
    return bool(whole) and not isinstance(value, bool)


def check_chunk_size(chunk_size: object) -> int | None:
    """The size as an int, or None for all at once."""
    if chunk_size is None:
        return None
    if not is_count(chunk_size):
        raise refusal(
            "chunk_size to be a positive whole number or None",
            repr(chunk_size),
            "None for all at once",
        )
    return int(chunk_size)


def check_gigabytes(max_gigabytes: float) -> float:
    """The limit as a float; it must be a positive number."""
    number = isinstance(max_gigabytes, int | float | np.number)
    if not number or isinstance(max_gigabytes, bool) or not max_gigabytes > 0:
        raise refusal(
            "max_gigabytes to be a positive number",
            repr(max_gigabytes),
            "4.0, or float('inf') for no limit",
        )
    return float(max_gigabytes)


# Input and output


def check_count(arguments: Sequence[object], count: int) -> None:
    """Raise a TypeError for another number of arguments."""
    if len(arguments) != count:
        raise refusal(
            f"{count} argument(s)",
            len(arguments),
            "one list, tuple or dict for several inputs",
            kind=TypeError,
        )


def as_tensors(x: Structure) -> Structure:
    """Convert every leaf of x to a floating tensor, or say why not.

    Raises:
        TypeError: a leaf is an integer, a Boolean, a string, a complex
            number, or something that no tensor can hold.
        ValueError: a leaf carries a mask.
    """
    return tf.nest.map_structure(as_tensor, x)


def as_tensor(leaf: object) -> tf.Tensor:
    refuse_other_kinds(leaf)
    try:
        tensor = tf.convert_to_tensor(leaf)
    except (TypeError, ValueError) as error:
        raise refusal(
            "tensors, arrays or numbers (nested in lists, tuples or dicts)",
            type(leaf).__name__,
            "`tf.convert_to_tensor` on what can be converted",
            kind=TypeError,
        ) from error
    require_real("input", tensor.dtype)
    check_rank("input", tensor)
    if has_keras_mask(leaf):
        raise masked()
    return tensor


def refuse_other_kinds(leaf: object) -> None:
    """Raise for what TensorFlow would convert and lose a part of."""
    refuse_sparse(
        leaf,
        "dense tensors",
        "its `.flat_values` (ragged) or `.values` (sparse) as the input and "
        "rebuild it inside f",
    )
    refuse_mask(leaf, "an array without a mask")
    if isinstance(leaf, keras.KerasTensor):
        raise refusal(
            "numbers",
            "a symbolic KerasTensor (keras.Input, layer.output), which has "
            "none",
            "the tensor or array that you would give to the model",
            kind=TypeError,
        )


def refuse_sparse(leaf: object, expected: str, use: str) -> None:
    """Raise a TypeError for a ragged or sparse tensor."""
    if isinstance(leaf, tf.RaggedTensor | tf.SparseTensor):
        got = f"a {type(leaf).__name__}"
        raise refusal(expected, got, use, kind=TypeError)


def refuse_mask(leaf: object, expected: str) -> None:
    """Raise a TypeError for a NumPy array whose mask would be lost."""
    if isinstance(leaf, np.ma.MaskedArray):
        raise refusal(
            expected,
            "a NumPy masked array, whose mask would be lost",
            "`.filled(value)`, or only what is there",
            kind=TypeError,
        )


def unmasked(leaf: object) -> tf.Tensor:
    """A leaf as a tensor of any type, unless a mask would be lost."""
    refuse_mask(leaf, "an array without a mask")
    return tf.convert_to_tensor(leaf)


def masked() -> ValueError:
    return refusal(
        "input without a mask",
        "one from a Masking or Embedding layer, which would be lost",
        "the model that makes the mask, which skips the masked steps, or "
        "tf.identity(x), without it",
    )


def require_real(role: str, dtype: tf.DType) -> None:
    """Raise a TypeError unless dtype is a real floating type."""
    dtype = tf.as_dtype(dtype)
    if dtype.is_complex:
        raise refusal(
            f"a real {role}",
            dtype.name,
            "real and imaginary part as two real numbers: "
            "f(tf.complex(a, b)) as a function of (a, b), and tf.math.real, "
            "tf.math.imag of its result",
            kind=TypeError,
        )
    if not dtype.is_floating:
        raise refusal(
            f"a floating {role}",
            f"{dtype.name}; only floating numbers have derivatives",
            "tf.cast(..., tf.float32) before the call",
            kind=TypeError,
        )


def check_rank(role: str, tensor: tf.Tensor) -> None:
    if tensor.shape.rank is None:
        raise refusal(
            f"an {role} whose number of axes is known",
            "one of unknown rank",
            "tf.ensure_shape(x, [None, 3]) on it, with your own sizes",
        )


def check_output(y: Structure) -> Structure:
    """Return y with tensors as leaves; raise a TypeError for other leaves."""
    leaves = tf.nest.flatten(y)
    if not leaves or any(leaf is None for leaf in leaves):
        raise refusal(
            "f to return a tensor or a structure of tensors",
            "None",
            "`return` in f",
            kind=TypeError,
        )
    for leaf in leaves:
        refuse_sparse_output(leaf)
    y = tf.nest.map_structure(tf.convert_to_tensor, y)
    for leaf in tf.nest.flatten(y):
        require_real("output", leaf.dtype)
    return y


def refuse_sparse_output(leaf: object) -> None:
    refuse_sparse(
        leaf,
        "f to return dense tensors",
        "its `.flat_values` (ragged), `.values` or tf.sparse.to_dense "
        "(sparse)",
    )


def check_size(
    xs: Leaves, ys: Leaves, skip: int, max_gigabytes: float
) -> None:
    """Refuse a result above the limit, where its size is known before."""
    pairs = [(y.shape, x.shape[skip:], y.dtype) for y in ys for x in xs]
    if not all(
        a.is_fully_defined() and b.is_fully_defined() for a, b, _ in pairs
    ):
        return
    size = sum(math.prod(a) * math.prod(b) * d.size for a, b, d in pairs) / 1e9
    if size > max_gigabytes:
        shapes = ", ".join(str(tuple(a + b)) for a, b, _ in pairs[:3])
        raise refusal(
            f"a result of at most {max_gigabytes:.3g} GB (max_gigabytes)",
            f"{shapes}, which is {size:.3g} GB",
            "`batch_jacobian` with `map_batches` for samples, `jvp` or `vjp` "
            "for products, or a larger max_gigabytes if the memory is there",
        )


# Batches


def check_batch(x: Structure) -> None:
    """Raise a ValueError unless all leaves share one first (batch) axis."""
    leaves = tf.nest.flatten(x)
    if any(leaf.shape.rank == 0 for leaf in leaves):
        raise refusal(
            "a batch axis in front",
            "a scalar",
            "`jacobian` for functions of one point",
        )
    sizes = {leaf.shape[0] for leaf in leaves} - {None}
    if len(sizes) > 1:
        raise refusal(
            "one batch size",
            sorted(sizes),
            "`jacobian` when axis 0 is not a batch axis",
        )


def keeps_batch(y: Structure, xs: Leaves) -> Structure:
    """Return y; raise a ValueError unless each leaf has the batch axis of xs.

    A size that is not known before is compared when the graph runs.
    """
    y = check_output(y)
    return tf.nest.map_structure(lambda leaf: with_batch(leaf, xs[0]), y)


def with_batch(y: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    ours, theirs = y.shape[:1], x.shape[:1]
    if y.shape.rank == 0 or not ours.is_compatible_with(theirs):
        raise lost_batch(x.shape, y.shape)
    if ours.is_fully_defined() and theirs.is_fully_defined():
        return y
    message = str(lost_batch(x.shape, f"another size than {y.shape} promises"))
    return equal_when_running(tf.shape(y)[0], tf.shape(x)[0], message, y)


def lost_batch(x_shape: tf.TensorShape, got: object) -> ValueError:
    return refusal(
        f"f to keep the batch axis of {x_shape}",
        f"an output of shape {got}",
        "`jacobian` when the output is not one per sample",
    )


# Likeness

RUNNING: set[str] = set()


def equal_when_running(
    a: tf.Tensor, b: tf.Tensor, message: str, result: tf.Tensor
) -> tf.Tensor:
    """Return result; raise a ValueError with message if a and b differ.

    TensorFlow's error holds the message; the compiled callable finds it
    there (`running_refusal`).
    """
    RUNNING.add(message)
    equal = tf.debugging.assert_equal(a, b, message)
    with tf.control_dependencies([equal]):
        return tf.identity(result)


def running_refusal(error: Exception) -> ValueError | None:
    """The refusal that a graph has raised as it ran, if it is one."""
    text = str(error)
    found = [message for message in RUNNING if message in text]
    return ValueError(found[0]) if found else None


def like(role: str, v: Structure, of: str, x: Structure) -> Structure:
    """Return v; raise unless it has x's structure, shapes and dtypes.

    A shape that is not known before is compared when the graph runs.
    """
    try:
        tf.nest.assert_same_structure(v, x)
    except (ValueError, TypeError) as error:
        raise refusal(
            f"{role} with the structure of {of}",
            "another one",
            f"one tensor in {role} per tensor in {of}",
        ) from error
    pairs = zip(tf.nest.flatten(v), tf.nest.flatten(x), strict=True)
    checked = [leaf_like(role, left, of, right) for left, right in pairs]
    return tf.nest.pack_sequence_as(v, checked)


def leaf_like(role: str, v: tf.Tensor, of: str, x: tf.Tensor) -> tf.Tensor:
    same = v.dtype == x.dtype and v.shape.is_compatible_with(x.shape)
    if not same:
        raise unlike(role, v, of, x)
    if v.shape.is_fully_defined() and x.shape.is_fully_defined():
        return v
    message = refusal(
        f"{role} of the shape of {of}", "another one", "tf.reshape on it"
    )
    return equal_when_running(tf.shape(v), tf.shape(x), str(message), v)


def unlike(role: str, v: tf.Tensor, of: str, x: tf.Tensor) -> ValueError:
    return refusal(
        f"{role} like {of}, shape {x.shape} and {x.dtype.name}",
        f"shape {v.shape} and {v.dtype.name}",
        f"tf.reshape or tf.cast on {role}",
    )


# Connection


def not_connected(*, can_fill: bool = True) -> ValueError:
    """The error for an output that does not depend on the input."""
    zeros = 'unconnected="zero" if zeros are what you want'
    return refusal(
        "an output that depends on the input",
        "one that is not connected to it (TensorFlow's `None`)",
        zeros if can_fill else "an f that uses its argument",
        causes="f uses a constant instead of its argument; a step through "
        "integers (argmax, round, tf.cast); tf.stop_gradient; model.predict "
        "instead of model(x); one leaf of x that f never reads",
    )


def filled(parts: list, like: Leaves, unconnected: Unconnected) -> Leaves:
    """Replace every None by zeros, or raise, as asked for."""
    if unconnected == "raise" and any(part is None for part in parts):
        raise not_connected()
    return [
        tf.zeros_like(each) if part is None else part
        for part, each in zip(parts, like, strict=True)
    ]
