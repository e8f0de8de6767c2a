"""Products of a Jacobian with one vector, without forming the Jacobian."""

import tensorflow as tf

from helpers.derivatives.core.compiled import Compiled, autographed
from helpers.derivatives.core.mode import columns
from helpers.derivatives.core.pullback import pullback, traced
from helpers.derivatives.core.refusals import public
from helpers.derivatives.core.requirements import (
    UNCONNECTED,
    check_function,
    check_option,
    filled,
    like,
)
from helpers.derivatives.core.silent_losses import refuse_losses
from helpers.derivatives.core.types import Function, Structure, Unconnected


@public
def jvp(
    f: Function, *, jit: bool = False, unconnected: Unconnected = "raise"
) -> Compiled:
    """Jacobian times vector, J·v, in one forward-mode pass.

    `jvp(f)(x, v)` returns `(y, J·v)` with y = f(x); v has the shape of x and
    J·v the shape of y. The cost is a small multiple of one evaluation of f,
    whatever the sizes.

    Where TensorFlow's forward mode fails or would give something else (Keras
    recurrent layers, `tf.sign`, a rule given by `tf.custom_gradient`, random
    numbers), the same product comes from two reverse passes: uᵀJ is linear
    in u, and its derivative with respect to u, applied to v, is J·v.

    Args:
        f: function of one argument, a tensor or a structure of tensors.
        jit: compile with XLA as well.
        unconnected: "raise" a ValueError when y does not depend on x, or
            return "zero".

    Raises:
        TypeError: f is not callable; x, v or y is not of a floating type.
        ValueError: v is not like x; y does not depend on x; an operation
            that TensorFlow cannot differentiate forward (tf.image.resize).

    Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM
    2008, section 3.1.

    Example:
        >>> import tensorflow as tf
        >>> f = lambda x: tf.stack([x[0] * x[1], x[2] ** 2])
        >>> x, v = tf.constant([1.0, 2.0, 3.0]), tf.constant([1.0, 0, 10])
        >>> y, Jv = jvp(f)(x, v)
        >>> assert v.shape == x.shape and Jv.shape == y.shape == (2,)
        >>> tf.debugging.assert_near(Jv, [2.0, 60.0])
    """
    check_function(f)
    check_option("unconnected", unconnected, UNCONNECTED)
    run = autographed(f)

    def compute(x: Structure, v: Structure) -> tuple[Structure, Structure]:
        vs = tf.nest.flatten(like("v", v, "x", x))
        pull = pullback(run, x)
        refuse_losses(traced(run, pull), unconnected)
        parts = columns(run, pull, lambda push: push(vs), asked=True)
        product = filled(parts or [], pull.ys, unconnected)
        return pull.y, tf.nest.pack_sequence_as(pull.y, product)

    return Compiled("jvp", compute, f=f, jit=jit)


@public
def vjp(
    f: Function, *, jit: bool = False, unconnected: Unconnected = "raise"
) -> Compiled:
    """Vector times Jacobian, uᵀ·J, in one reverse-mode pass.

    `vjp(f)(x, u)` returns `(y, uᵀ·J)` with y = f(x); u has the shape of y
    and uᵀ·J the shape of x. The cost is a small multiple of one evaluation
    of f, whatever the sizes.

    Args:
        f, jit, unconnected: as for `jvp`.

    Raises:
        TypeError: f is not callable; x, u or y is not of a floating type.
        ValueError: u is not like y; y does not depend on x.

    Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM
    2008, section 3.2.

    Example:
        >>> import tensorflow as tf
        >>> f = lambda x: tf.stack([x[0] * x[1], x[2] ** 2])
        >>> x, u = tf.constant([1.0, 2.0, 3.0]), tf.constant([1.0, 10.0])
        >>> y, uJ = vjp(f)(x, u)
        >>> assert u.shape == y.shape and uJ.shape == x.shape == (3,)
        >>> tf.debugging.assert_near(uJ, [2.0, 1.0, 60.0])
    """
    check_function(f)
    check_option("unconnected", unconnected, UNCONNECTED)
    run = autographed(f)

    def compute(x: Structure, u: Structure) -> tuple[Structure, Structure]:
        pull = pullback(run, x)
        refuse_losses(traced(run, pull), unconnected)
        us = tf.nest.flatten(like("u", u, "y = f(x)", pull.y))
        product = filled(pull(us), pull.xs, unconnected)
        return pull.y, tf.nest.pack_sequence_as(x, product)

    return Compiled("vjp", compute, f=f, jit=jit)
