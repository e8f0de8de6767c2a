"""Jacobians with respect to all trainable weights of a model."""

from collections.abc import Callable
from functools import partial
from itertools import accumulate

import numpy as np
import tensorflow as tf

from helpers.derivatives.core.basis import Basis, stacked
from helpers.derivatives.core.compiled import Compiled, autographed
from helpers.derivatives.core.graphs import (
    Traced,
    changes,
    everything,
    has_loop,
    left_out,
)
from helpers.derivatives.core.log import without_warning
from helpers.derivatives.core.pullback import pullback
from helpers.derivatives.core.refusals import (
    public,
    refusal,
    speaking_as,
)
from helpers.derivatives.core.requirements import (
    UNCONNECTED,
    as_tensor,
    check_batch,
    check_option,
    equal_when_running,
    keeps_batch,
    refuse_mask,
)
from helpers.derivatives.core.silent_losses import refuse_rounding
from helpers.derivatives.core.types import (
    Function,
    Parts,
    Structure,
    Unconnected,
)
from helpers.derivatives.magnitudes import epsilon_of
from helpers.derivatives.variables import (
    Model,
    resource,
    trainable_variables,
    unique_names,
)

# A sample's output in the batch and alone may differ by rounding: this many
# times ε^(2/3), relative to the largest output.
COUPLING = 10


@public
def weight_jacobian(
    model: Model,
    *,
    jit: bool = False,
    unconnected: Unconnected = "raise",
) -> "WeightJacobian":
    """Jacobian of each sample's output by all trainable weights, by rows.

    Shape law: `(b, *y.shape[1:], number_of_weights)` for x of shape (b, ...)
    and y = model(x) of shape (b, ...). The columns follow the order of
    `model.trainable_variables`, each variable flattened in row-major order;
    `columns` of the result says which are whose, and `split` undoes it.

    Each sample runs alone, as a batch of one, and `tf.vectorized_map` runs
    all samples and all rows at once. Models with a loop (Keras recurrent
    layers without `unroll=True`) run sample after sample. The result holds
    b · outputs · weights numbers: use `map_batches` for many samples.

    Args:
        model: a built Keras model or layer, or a tf.Module with `__call__`.
            Which variables are trainable is read once, here; their values
            at each call. x may hold integers (tokens of an Embedding).
        jit: compile with XLA as well.
        unconnected: "raise" a ValueError when y does not depend on one of
            the variables, or return "zero" columns.

    Returns:
        A compiled callable of x. For a model with several outputs, a
        structure like y of such matrices. The dtype is that of the weights.

    Raises:
        TypeError: not a model; x is wider than the weights or not numeric.
        ValueError: the model is not built or has no trainable weights; it
            changes its state as it runs (BatchNormalization or Dropout with
            training=True); it does not keep the batch axis.

    Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM
    2008, section 3.2.

    Example:
        >>> import keras
        >>> model = keras.Sequential([keras.Input([3]),
        ...                           keras.layers.Dense(2)])
        >>> x = tf.constant([[1.0, 2, 3], [4, 5, 6], [7, 8, 9], [0, 0, 0]])
        >>> J = weight_jacobian(model)
        >>> assert J(x).shape == (4, 2, 3 * 2 + 2)
        >>> kernel, bias = J.split(J(x))
        >>> assert kernel.shape == (4, 2, 3, 2) and bias.shape == (4, 2, 2)
        >>> tf.debugging.assert_near(kernel[1, 0], [[4.0, 0], [5, 0], [6, 0]])
    """
    check_option("unconnected", unconnected, UNCONNECTED)
    return WeightJacobian(model, trainable_variables(model), jit, unconnected)


class WeightJacobian(Compiled):
    """A compiled Jacobian that knows which columns belong to which weight.

    Attributes:
        columns: the slice of columns of each variable, by its path.
    """

    def __init__(
        self,
        model: Model,
        variables: list[tf.Variable],
        jit: bool,
        unconnected: Unconnected,
    ) -> None:
        stops = list(accumulate(v.shape.num_elements() for v in variables))
        slices = map(slice, [0, *stops[:-1]], stops)
        self.columns = dict(zip(unique_names(model), slices, strict=True))
        self._model, self._variables = model, variables
        named = dict(zip(self.columns, variables, strict=True))
        task = partial(every_sample, autographed(model), named, unconnected)
        super().__init__("weight_jacobian", task, f=model, jit=jit)

    def tensors(self, arguments: tuple[Structure, ...]) -> list[Structure]:
        now = [resource(each) for each in self._model.trainable_variables]
        if list(map(id, now)) != list(map(id, self._variables)):
            raise refusal(
                "the weights that were trainable when it was made",
                "a model with others",
                "`weight_jacobian(model)` again after a change",
            )
        return [tf.nest.map_structure(leaf_tensor, x) for x in arguments]

    def finished(self, result: Structure) -> Structure:
        """The matrices, once no sample was seen to influence another."""
        J, moved, allowed = result
        alone = tf.reduce_all(moved <= allowed)
        if tf.executing_eagerly():
            if not alone:
                worst = np.max(moved[moved > allowed])
                raise coupled(f"{worst:.2g}")
            return J
        message = str(coupled("too much"))
        return tf.nest.map_structure(
            lambda part: equal_when_running(alone, True, message, part), J
        )

    def split(self, J: tf.Tensor) -> list[tf.Tensor]:
        """Cut the columns into blocks (..., *w.shape), one a variable w.

        Args:
            J: one matrix, or several of the same columns, as this callable
                returns it; for a model with several outputs, one of them.

        Raises:
            ValueError: J has another number of columns.
            TypeError: J is a list or another structure.
        """
        shapes = [v.shape for v in self._variables]
        with speaking_as(self.name):
            J = splittable(J, sum(shape.num_elements() for shape in shapes))
        rows = tf.shape(J)[:-1]
        return [
            tf.reshape(J[..., cut], tf.concat([rows, shape], 0))
            for cut, shape in zip(self.columns.values(), shapes, strict=True)
        ]


def splittable(J: tf.Tensor, total: int) -> tf.Tensor:
    """J as a tensor, or an error that says why it cannot be cut."""
    if isinstance(J, list | tuple | dict):
        raise refusal(
            "one tensor to split",
            f"a {type(J).__name__}",
            "`split` on each of its matrices",
            kind=TypeError,
        )
    refuse_mask(J, "a matrix without a mask")
    J = tf.convert_to_tensor(J)
    if J.shape.rank == 0 or J.shape[-1] != total:
        raise refusal(
            f"a matrix with {total} columns to split",
            f"shape {J.shape}",
            "the result of this very callable",
        )
    return J


def leaf_tensor(leaf: object) -> tf.Tensor:
    """A leaf as a tensor; integers may pass, x is not differentiated."""
    array = leaf if isinstance(leaf, np.ndarray | tf.Tensor) else None
    if array is not None and tf.as_dtype(array.dtype).is_integer:
        return tf.convert_to_tensor(leaf)
    return as_tensor(leaf)


def every_sample(
    model: Function,
    variables: dict[str, tf.Variable],
    unconnected: Unconnected,
    x: Structure,
) -> tuple[Structure, tf.Tensor, tf.Tensor]:
    """All matrices, and by how much y differs in the batch and alone.

    The last two are one number for each number of a sample's y.
    """
    check_batch(x)
    check_widths(x, variables)
    graph, outputs = one_sample_aside(model, x)
    refuse_state(graph, unconnected)
    unused: set[str] = set()
    rows = partial(one_sample, model, variables, unused)
    # A kernel is mapped by a loop.
    with without_warning("uses a while_loop"):
        J, alone = map_samples(rows, x, outputs, graph, variables)
    if unused and unconnected == "raise":
        raise not_used(sorted(unused))
    # Some layers refuse an empty batch.
    empty = 0 in [leaf.shape[0] for leaf in tf.nest.flatten(x)]
    return J, *difference(alone, alone if empty else model(x))


def one_sample_aside(
    model: Function, x: Structure
) -> tuple[Traced, Structure]:
    """The model on a batch of one, traced and never run."""
    one = tf.nest.map_structure(
        lambda leaf: tf.TensorSpec([1, *leaf.shape[1:]], leaf.dtype), x
    )

    def checked(x: Structure) -> Structure:
        return keeps_batch(model(x), tf.nest.flatten(x))

    aside = tf.function(partial(checked), autograph=False)
    traced = aside.get_concrete_function(one)
    inputs = traced.graph.inputs[: len(tf.nest.flatten(one))]
    return Traced(inputs, traced.graph.outputs), traced.structured_outputs


def check_widths(x: Structure, variables: dict[str, tf.Variable]) -> None:
    """Refuse inputs that are wider than the weights."""
    dtype = next(iter(variables.values())).dtype
    for leaf in tf.nest.flatten(x):
        if leaf.dtype.is_floating and leaf.dtype.size > dtype.size:
            raise refusal(
                f"input no wider than the model's {dtype.name}",
                f"{leaf.dtype.name}: the model would round it, and the "
                "result would look more exact than it is",
                f"tf.cast(x, tf.{dtype.name})",
                kind=TypeError,
            )


def map_samples(
    rows: Callable[[Structure], tuple[Structure, Structure]],
    x: Structure,
    outputs: Structure,
    traced: Traced,
    variables: dict[str, tf.Variable],
) -> tuple[Structure, Structure]:
    """All samples at once; one by one where a loop cannot be vectorised."""
    if not has_loop(traced.graph):
        return tf.vectorized_map(rows, x)
    dtype = next(iter(variables.values())).dtype
    matrices = tf.nest.map_structure(lambda _: dtype, outputs)
    alone = tf.nest.map_structure(lambda y: y.dtype, outputs)
    return tf.map_fn(rows, x, fn_output_signature=(matrices, alone))


def one_sample(
    model: Function,
    variables: dict[str, tf.Variable],
    unused: set[str],
    x: Structure,
) -> tuple[Structure, Structure]:
    """The matrix (*y.shape, number_of_weights) of one sample, and its y."""
    sources = list(variables.values())
    single = tf.nest.map_structure(lambda leaf: leaf[tf.newaxis], x)

    def only(x: Structure) -> Structure:
        return tf.nest.map_structure(lambda leaf: leaf[0], model(x))

    pull = pullback(only, single, sources)

    def matrix(y: tf.Tensor) -> tf.Tensor:
        basis = Basis([y])
        rows = stacked(lambda us: pull(us, [y]), basis, basis.size, sources)
        named = zip(variables, rows, strict=True)
        unused.update(name for name, block in named if block is None)
        return side_by_side(y, rows, sources)

    matrices = [matrix(y) for y in pull.ys]
    return tf.nest.pack_sequence_as(pull.y, matrices), pull.y


def side_by_side(
    y: tf.Tensor, rows: Parts, sources: list[tf.Variable]
) -> tf.Tensor:
    """Join blocks (rows, *w.shape) to one matrix (*y.shape, weights)."""
    count = tf.size(y)
    flat = [
        tf.zeros([count, w.shape.num_elements()], w.dtype)
        if block is None
        else tf.reshape(block, [count, w.shape.num_elements()])
        for block, w in zip(rows, sources, strict=True)
    ]
    joined = tf.concat(flat, 1)
    shape = tf.concat([tf.shape(y), [joined.shape[1]]], 0)
    return tf.reshape(joined, shape)


# Refusals


def refuse_state(traced: Traced, unconnected: Unconnected) -> None:
    """Refuse a model whose samples cannot be differentiated one by one."""
    refuse_rounding(traced)
    found = changes(traced)
    if found:
        raise refusal(
            "a model whose output depends on one sample and the weights",
            "one that changes its own state or draws random numbers as it "
            "runs (BatchNormalization or Dropout with training=True, a "
            f"stateful layer): {', '.join(found)}",
            "training=False",
        )
    reads = [
        op.outputs[0]
        for op in everything(traced.graph)
        if op.type == "ReadVariableOp" and op.graph is traced.graph
    ]
    lost = left_out(Traced(reads, traced.outputs)) if reads else []
    if lost and unconnected == "raise":
        raise refusal(
            "a model made of operations with a derivative",
            f"one with {', '.join(lost)}, whose part would be left out",
            "`tf.` operations that have one, or tf.custom_gradient",
        )


def difference(
    alone: Structure, together: Structure
) -> tuple[tf.Tensor, tf.Tensor]:
    """How far each number of y moves, and how far rounding may move it.

    The largest over the batch counts; a number is compared with itself, not
    with a larger one that stands beside it.
    """
    worst, allowed = [], []
    pairs = zip(tf.nest.flatten(alone), tf.nest.flatten(together), strict=True)
    for a, b in pairs:
        eps = epsilon_of(a.dtype)
        a, b = tf.cast(a, tf.float64), tf.cast(b, tf.float64)
        size = over_batch(tf.where(tf.math.is_finite(b), b, tf.zeros_like(b)))
        largest = tf.reduce_max(tf.pad(size, [[0, 1]]))
        worst.append(over_batch(gap(a, b)))
        allowed.append(COUPLING * (eps ** (2 / 3) * size + eps * largest))
    return tf.concat(worst, 0), tf.concat(allowed, 0)


def gap(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """|a - b|: none where both are nan, infinite where only one is finite."""
    both = tf.math.is_finite(a) & tf.math.is_finite(b)
    same = (a == b) | (tf.math.is_nan(a) & tf.math.is_nan(b))
    apart = tf.where(both, tf.abs(a - b), tf.constant(np.inf, a.dtype))
    return tf.where(same, tf.zeros_like(a), apart)


def over_batch(y: tf.Tensor) -> tf.Tensor:
    """The largest |y| over the batch, all numbers of a sample in one row."""
    count = tf.reduce_prod(tf.shape(y)[1:])
    rows = tf.reshape(tf.abs(y), [tf.shape(y)[0], count])
    # A row of zeros, for an empty batch.
    return tf.reduce_max(tf.pad(rows, [[0, 1], [0, 0]]), 0)


def coupled(size: str) -> ValueError:
    return refusal(
        "samples that do not influence each other",
        "a model whose output for a sample changes by "
        f"{size} when the sample is alone",
        "`jacobian` with the weights as the input of f",
        causes="a mean, a maximum or a softmax over the batch axis",
    )


def not_used(names: list[str]) -> ValueError:
    return refusal(
        "an output that depends on every trainable weight",
        f"one that is not connected to {', '.join(names)}",
        'unconnected="zero" for zero columns, or trainable = False on these '
        "layers",
        causes="a layer that the model never calls; a step through "
        "integers; tf.stop_gradient",
    )
