"""Products of a Jacobian with one vector, without forming the Jacobian."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from helpers.derivatives.core.compiled import Compiled, autographed
from helpers.derivatives.core.operations import (
    draws_or_assigns,
    no_forward,
    obstacle,
    reverse_nodes,
    without_forward_rule,
)
from helpers.derivatives.core.requirements import (
    UNCONNECTED,
    check_function,
    check_option,
    check_output,
    like,
    not_connected,
)


def jvp(
    f: Callable[[Any], Any], *, jit: bool = False, unconnected: str = "raise"
) -> Compiled:
    """Jacobian times vector, J·v, in one forward-mode pass.

    `jvp(f)(x, v)` returns `(y, J·v)` with y = f(x); v has the shape of x and
    J·v the shape of y. The cost is a small multiple of one evaluation of f,
    whatever the sizes.

    Where TensorFlow has no forward rule (Keras recurrent layers, `tf.sign`),
    the same product comes from two reverse passes: uᵀJ is linear in u, and
    its derivative with respect to u, applied to v, is J·v. Forward mode may
    differentiate past a rule given by `tf.custom_gradient`.

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
    run = prepared("jvp", f, unconnected)

    def compute(x: Any, v: Any) -> tuple[Any, Any]:
        v = like("jvp", "v", v, "x", x)
        nodes = reverse_nodes(lambda x: check_output("jvp", run(x)), x)
        if without_forward_rule(nodes):
            raise no_forward("jvp", obstacle(nodes))
        y, product = None, None
        if not draws_or_assigns(nodes):
            y, product = attempted(run, x, v)
        if product is None:
            y, product = double_reverse_product(run, x, v)
        return y, connected("jvp", product, y, unconnected)

    return Compiled("jvp", compute, f=f, jit=jit)


def vjp(
    f: Callable[[Any], Any], *, jit: bool = False, unconnected: str = "raise"
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
    run = prepared("vjp", f, unconnected)

    def compute(x: Any, u: Any) -> tuple[Any, Any]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(tf.nest.flatten(x))
            y = check_output("vjp", run(x))
        u = like("vjp", "u", u, "y = f(x)", y)
        product = tape.gradient(
            tf.nest.flatten(y),
            tf.nest.flatten(x),
            output_gradients=tf.nest.flatten(u),
        )
        product = tf.nest.pack_sequence_as(x, product)
        return y, connected("vjp", product, x, unconnected)

    return Compiled("vjp", compute, f=f, jit=jit)


def prepared(name: str, f: Any, unconnected: str) -> Callable[[Any], Any]:
    check_function(name, f)
    check_option(name, "unconnected", unconnected, UNCONNECTED)
    return autographed(f)


def connected(name: str, product: Any, of: Any, unconnected: str) -> Any:
    """Replace every None in product by zeros, or raise, as asked for."""
    leaves = tf.nest.flatten(product)
    missing = sum(leaf is None for leaf in leaves)
    if missing and unconnected == "raise":
        raise not_connected(name)
    filled = [
        tf.zeros_like(each) if leaf is None else tf.convert_to_tensor(leaf)
        for leaf, each in zip(leaves, tf.nest.flatten(of), strict=True)
    ]
    return tf.nest.pack_sequence_as(of, filled)


def attempted(f: Callable, x: Any, v: Any) -> tuple[Any, Any]:
    """The forward product; None where TensorFlow has no rule for it."""
    try:
        y, product = forward_product(f, x, v)
    except Exception:
        # f has been traced before: what fails is forward mode.
        return None, None
    known = all(each is not None for each in tf.nest.flatten(product))
    return (y, product) if known else (None, None)


def forward_product(f: Callable, x: Any, v: Any) -> tuple[Any, Any]:
    xs, vs = tf.nest.flatten(x), tf.nest.flatten(v)
    with tf.autodiff.ForwardAccumulator(xs, vs) as accumulator:
        y = check_output("jvp", f(x))
    return y, tf.nest.map_structure(accumulator.jvp, y)


def double_reverse_product(f: Callable, x: Any, v: Any) -> tuple[Any, Any]:
    xs, vs = tf.nest.flatten(x), tf.nest.flatten(v)
    with tf.GradientTape(watch_accessed_variables=False) as outer:
        with tf.GradientTape(
            persistent=True, watch_accessed_variables=False
        ) as inner:
            inner.watch(xs)
            y = check_output("jvp", f(x))
        ys = tf.nest.flatten(y)
        us = [tf.zeros_like(each) for each in ys]
        outer.watch(us)
        rows = inner.gradient(ys, xs, output_gradients=us)
    used = [pair for pair in zip(rows, vs, strict=True) if pair[0] is not None]
    products = outer.gradient(
        [row for row, _ in used], us, output_gradients=[v for _, v in used]
    )
    filled = [
        tf.zeros_like(each) if p is None and reaches(inner, each, xs) else p
        for p, each in zip(products, ys, strict=True)
    ]
    return y, tf.nest.pack_sequence_as(y, filled)


def reaches(tape: tf.GradientTape, y: tf.Tensor, xs: list) -> bool:
    """Tell a flat path from x to y (zeros) from no path (`None`)."""
    return any(row is not None for row in tape.gradient(y, xs))
