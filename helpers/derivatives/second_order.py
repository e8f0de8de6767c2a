"""Second derivatives of functions that return one number."""

import tensorflow as tf

from helpers.derivatives.core.blocks import blocks, options
from helpers.derivatives.core.compiled import Compiled, autographed
from helpers.derivatives.core.pullback import pullback, traced
from helpers.derivatives.core.refusals import public, refusal
from helpers.derivatives.core.requirements import (
    check_function,
    filled,
    like,
    not_connected,
)
from helpers.derivatives.core.silent_losses import refuse_losses
from helpers.derivatives.core.types import Function, Structure


@public
def hessian(
    f: Function,
    *,
    chunk_size: int | None = None,
    jit: bool = False,
    max_gigabytes: float = 4.0,
) -> Compiled:
    """Hessian of a function that returns one number: Jacobian of its gradient.

    Shape law: `hessian(f)(x).shape == x.shape + x.shape`. One reverse pass
    gives the gradient, and one more through it gives each row: as many as x
    has numbers.

    Args:
        f: function of one argument, a tensor or a structure of tensors;
            it returns one number, of shape ().
        chunk_size: how many rows are computed at once. None: all.
        jit: compile with XLA as well.
        max_gigabytes: the largest result (10⁹ bytes) that may be allocated.

    Returns:
        A compiled callable of x. For a structure, a structure like x of
        structures like x. Where the gradient does not depend on x (a linear
        f), the Hessian is zero.

    Raises:
        TypeError: f is not a function of one argument; x or y is not of a
            floating type.
        ValueError: f returns more than one number, or does not depend on
            x; an operation of f has no second derivative.

    Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM
    2008, chapter 5.

    Example:
        >>> import tensorflow as tf
        >>> f = lambda x: x[0] ** 2 * x[1] + x[2]
        >>> H = hessian(f)(tf.constant([2.0, 3.0, 5.0]))
        >>> assert H.shape == (3, 3)
        >>> tf.debugging.assert_near(H, [[6.0, 4, 0], [4, 0, 0], [0, 0, 0]])
    """
    slope = gradient(f)
    how = options("reverse", chunk_size, "zero", max_gigabytes)
    # A gradient that does not depend on x has no slope; a part of it that
    # has no derivative would be lost.
    how = how._replace(lossy=None)

    def compute(x: Structure) -> Structure:
        return blocks(slope, pullback(slope, x), how)

    return Compiled("hessian", compute, f=f, jit=jit)


@public
def hvp(f: Function, *, jit: bool = False) -> Compiled:
    """Hessian times vector, H·v, without the Hessian: two reverse passes.

    `hvp(f)(x, v)` returns H·v; v and H·v have the shape of x. The cost is a
    small multiple of one evaluation of f, whatever the size of x.

    Args:
        f: function that returns one number, as for `hessian`.
        jit: compile with XLA as well.

    Raises:
        TypeError, ValueError: as for `hessian`; v is not like x.

    Source: Pearlmutter, Fast exact multiplication by the Hessian, Neural
    Computation 6 (1994); here the derivative of the gradient is taken in
    reverse, which is the same since H is symmetric.

    Example:
        >>> import tensorflow as tf
        >>> f = lambda x: x[0] ** 2 * x[1] + x[2]
        >>> x, v = tf.constant([2.0, 3.0, 5.0]), tf.constant([1.0, 0, 7])
        >>> tf.debugging.assert_near(hvp(f)(x, v), [6.0, 4.0, 0.0])
    """
    slope = gradient(f)

    def compute(x: Structure, v: Structure) -> Structure:
        vs = tf.nest.flatten(like("v", v, "x", x))
        pull = pullback(slope, x)
        refuse_losses(traced(slope, pull))
        product = filled(pull(vs), pull.xs, "zero")
        return tf.nest.pack_sequence_as(x, product)

    return Compiled("hvp", compute, f=f, jit=jit)


def gradient(f: Function) -> Function:
    """The gradient of f, a function of x with values like x."""
    run = autographed(check_function(f))

    @tf.autograph.experimental.do_not_convert
    def slope(x: Structure) -> Structure:
        pull = pullback(run, x)
        if len(pull.ys) != 1 or pull.ys[0].shape.rank != 0:
            raise not_one_number(pull.y)
        refuse_losses(traced(run, pull))
        found = pull([tf.ones_like(pull.ys[0])])
        if all(part is None for part in found):
            raise not_connected(can_fill=False)
        return tf.nest.pack_sequence_as(x, filled(found, pull.xs, "zero"))

    return slope


def not_one_number(y: Structure) -> ValueError:
    shapes = [leaf.shape for leaf in tf.nest.flatten(y)]
    got = f"shape {shapes[0]}" if len(shapes) == 1 else f"shapes {shapes}"
    return refusal(
        "f to return one number, of shape ()",
        got,
        "tf.reduce_sum or one entry in f for what you want to differentiate, "
        "or `jacobian(jacobian(f))` for all outputs",
    )
