"""Full and per-sample Jacobians of functions, Keras models and layers."""

import tensorflow as tf

from helpers.derivatives.core.blocks import blocks, options
from helpers.derivatives.core.compiled import Compiled, autographed
from helpers.derivatives.core.pullback import pullback
from helpers.derivatives.core.refusals import public
from helpers.derivatives.core.requirements import (
    check_batch,
    check_function,
    keeps_batch,
)
from helpers.derivatives.core.types import (
    Function,
    Mode,
    Structure,
    Unconnected,
)


@public
def jacobian(
    f: Function,
    *,
    mode: Mode = "auto",
    chunk_size: int | None = None,
    jit: bool = False,
    unconnected: Unconnected = "raise",
    max_gigabytes: float = 4.0,
) -> Compiled:
    """Jacobian of f, by rows (reverse mode) or columns (forward mode).

    Shape law: `jacobian(f)(x).shape == y.shape + x.shape`, with y = f(x).

    Args:
        f: function of one argument, a tensor or a structure of tensors
            (list, tuple, dict), or a Keras model or layer. It is traced, so
            Python side effects happen at the first call only.
        mode: "reverse" costs one vector-Jacobian product per number in y,
            "forward" one Jacobian-vector product per number in x; "auto"
            takes the cheaper one, and "reverse" wherever TensorFlow's own
            forward mode would give something else: it differentiates past
            `tf.custom_gradient`, has no rule for some operations, and runs
            f once a column. Asked for there, "forward" takes two reverse
            passes for each column.
        chunk_size: how many rows or columns are computed at once. Less
            memory, the same numbers. None: all at once.
        jit: compile with XLA as well.
        unconnected: "raise" a ValueError when y does not depend on x, or
            return "zero".
        max_gigabytes: the largest result (10⁹ bytes) that may be allocated.

    Returns:
        A compiled callable of x. For structures, the Jacobian has the
        structure of y, each leaf being a structure like x. Its dtype is
        that of x (reverse) or y (forward), the same unless f casts.

    Raises:
        TypeError: f is not a function of one argument; x or y is not of a
            floating type; x is rounded by a Keras layer.
        ValueError: an unknown option; y does not depend on x, or a part of
            it leaves TensorFlow; forward mode was asked for and cannot be
            had; x carries a mask; the result would be too large.

    Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM
    2008, sections 3.1 (forward) and 3.2 (reverse).

    Example:
        >>> import tensorflow as tf
        >>> A = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
        >>> J = jacobian(lambda x: tf.linalg.matvec(A, x))
        >>> x = tf.constant([1.0, 0.0, -1.0])
        >>> assert J(x).shape == (2, 3)
        >>> tf.debugging.assert_near(J(x), A)
    """
    run = autographed(check_function(f))
    how = options(mode, chunk_size, unconnected, max_gigabytes)

    def compute(x: Structure) -> Structure:
        return blocks(run, pullback(run, x), how)

    return Compiled("jacobian", compute, f=f, jit=jit)


@public
def batch_jacobian(
    f: Function,
    *,
    mode: Mode = "auto",
    chunk_size: int | None = None,
    jit: bool = False,
    unconnected: Unconnected = "raise",
    max_gigabytes: float = 4.0,
) -> Compiled:
    """Per-sample Jacobians of f, all samples of a batch in each pass.

    Shape law: `(b, *y.shape[1:], *x.shape[1:])` for x of shape (b, ...) and
    y = f(x) of shape (b, ...).

    The samples must be independent: y[k] may depend on x[k] only. When they
    are not (BatchNormalization in training mode), the result is the sum over
    the target batch, which is rarely wanted; `check_independence` tells.

    Args, returns, errors: as for `jacobian`; mode counts the numbers of one
    sample. A scalar output per sample costs a single gradient of the sum.
    Source: as for `jacobian`.

    Example:
        >>> import tensorflow as tf
        >>> J = batch_jacobian(lambda x: tf.stack([x[:, 0] ** 2, x[:, 1],
        ...                                        x[:, 0] * x[:, 1]], 1))
        >>> x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
        >>> assert J(x).shape == (4, 3, 2)
        >>> tf.debugging.assert_near(J(x)[1], [[6.0, 0], [0, 1], [4, 3]])
    """
    run = autographed(check_function(f))
    how = options(mode, chunk_size, unconnected, max_gigabytes, batched=True)

    def compute(x: Structure) -> Structure:
        check_batch(x)

        def per_sample(z: Structure) -> Structure:
            return keeps_batch(run(z), tf.nest.flatten(x))

        return blocks(per_sample, pullback(per_sample, x), how)

    return Compiled("batch_jacobian", compute, f=f, jit=jit)
