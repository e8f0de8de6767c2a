"""Errors of TensorFlow that say little, and what they mean here."""

import re
from typing import NamedTuple

import tensorflow as tf

from helpers.derivatives.core.refusals import refusal
from helpers.derivatives.core.requirements import running_refusal


class Explanation(NamedTuple):
    """One error of TensorFlow: how it is known, and what to say instead.

    Attributes:
        kinds: the classes of the error.
        pattern: what its text holds; a group is put in the place of {}.
        expected, got, use: the refusal.
        kind: the class of the refusal.
        jit: whether it comes from XLA only.
    """

    kinds: tuple[type[Exception], ...]
    pattern: str
    expected: str
    got: str
    use: str
    kind: type[Exception] = ValueError
    jit: bool = False


ANY = (Exception,)
EXPLANATIONS = (
    Explanation(
        (NotImplementedError, AttributeError),
        r"symbolic `?tf\.Tensor`?.*numpy|'SymbolicTensor' object has no "
        r"attribute 'numpy'|numpy\(\) is only available when eager",
        "f to be made of TensorFlow operations",
        "one that leaves TensorFlow (NumPy, `.numpy()`)",
        "`tf.` operations, or `finite_difference_jacobian` for a black box",
        kind=TypeError,
    ),
    Explanation(
        (tf.errors.InvalidArgumentError,),
        "TensorList",
        "a function that XLA can compile",
        "one with a TensorArray loop (a Keras recurrent layer)",
        "`jit=False`",
        jit=True,
    ),
    Explanation(
        ANY,
        "KeyError: b'pyfunc",
        "f to be made of TensorFlow operations",
        "one with tf.py_function, which TensorFlow differentiates only once "
        "for each call",
        "`vjp`, one product at a time, or `finite_difference_jacobian`",
    ),
    Explanation(
        ANY,
        "handle data not set",
        "f to build its loops when it is called",
        "one that was traced before, with a loop (a recurrent layer in a "
        "SavedModel)",
        "the model from a .keras file, unroll=True before the export, or "
        "`vjp`, one product at a time, on a model that is loaded again",
    ),
    Explanation(
        ANY,
        "input and calculated input gradient",
        "gradients of the shape of their inputs",
        "a rule of tf.custom_gradient that returns another shape",
        "`check_custom_gradient(f, x)`, which tells what is wrong",
    ),
    Explanation(
        (LookupError,),
        r"No gradient defined for .*op type: (\w+)",
        "operations that TensorFlow can differentiate this often",
        "{}, which has no derivative",
        "other operations, or `finite_difference_jacobian` of the derivative "
        "that you can have",
    ),
    Explanation(
        ANY,
        "variant-dtype",
        "a function that TensorFlow can differentiate twice",
        "one with a TensorArray loop (a Keras recurrent layer), whose "
        "derivative it cannot map over rows",
        "`hvp`, one product at a time, or unroll=True in the layer",
    ),
    Explanation(
        (NotImplementedError,),
        "recompute_grad tried to transpose",
        "a function that TensorFlow can differentiate twice",
        "one with tf.recompute_grad, whose rule has no derivative",
        "the function without tf.recompute_grad for second derivatives",
    ),
)


def explained(error: Exception, *, jit: bool) -> Exception | None:
    """What a known error of TensorFlow means, or None; a caller's own stays.

    Args:
        error: what was raised.
        jit: whether XLA was asked for.
    """
    if isinstance(error, tf.errors.InvalidArgumentError | LookupError):
        refused = running_refusal(error)
        if refused is not None:
            return refused
    for each in EXPLANATIONS:
        found = re.search(each.pattern, str(error))
        if found and isinstance(error, each.kinds) and jit >= each.jit:
            got = each.got.format(*found.groups())
            return refusal(each.expected, got, each.use, kind=each.kind)
    return None
