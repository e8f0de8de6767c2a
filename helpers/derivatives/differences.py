"""Jacobians from function values alone, for checks and for black boxes."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from helpers.derivatives.core.refusals import public
from helpers.derivatives.core.requirements import (
    as_tensors,
    check_function,
    check_option,
)
from helpers.derivatives.difference_steps import (
    NAME,
    check_step,
    complex_dtype,
    step_sizes,
)

METHODS = ("central", "forward", "complex", "richardson")
OFFSETS = {
    "forward": (1.0,),
    "central": (1.0, -1.0),
    "richardson": (1.0, -1.0, 0.5, -0.5),
    "complex": (1.0j,),
}


@public
def finite_difference_jacobian(
    f: Callable[[Any], Any],
    *,
    method: str = "central",
    step: float | None = None,
    batched: bool = False,
) -> Callable[[Any], Any]:
    """Jacobian of f by columns: perturb one input, watch every output.

    Shape law: `y.shape + x.shape`, or `(b, *y.shape[1:], *x.shape[1:])` when
    batched; the same structures as for `jacobian`.

    Args:
        f: any function of one argument; it may leave TensorFlow. It receives
            NumPy arrays where x holds NumPy arrays, tensors otherwise.
        method: "central" (2 values per column, error of order step²),
            "forward" (1 value per column and one more, order step),
            "richardson" (4 values, order step⁴), "complex" (1 value and no
            rounding error; f must accept complex numbers and be analytic).
        step: the step for every entry, in the units of x. None: ε^(1/3)
            (central), ε^(1/2) (forward), ε^(1/5) (richardson) times
            max(1, |x|), with ε of the narrower dtype of x and y; 1e-20 for
            "complex".
        batched: axis 0 of x and y is a batch of independent samples. All
            perturbed samples go through f in one call.

    Returns:
        A callable of x that returns NumPy arrays of the dtype of y, or of
        x if that is wider.

    Raises:
        TypeError: x or y is not of a floating type; f refuses complex
            numbers.
        ValueError: an unknown method; a step that is not positive, or so
            small that x + step rounds to x.

    Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed.,
    SIAM 2002; complex step: Martins, Sturdza and Alonso, ACM TOMS 29
    (2003).

    Example:
        >>> import numpy as np
        >>> f = lambda x: np.array([x[0] * x[1], x[2] ** 2])
        >>> J = finite_difference_jacobian(f)(np.array([1.0, 2.0, 3.0]))
        >>> assert J.shape == (2, 3)
        >>> np.testing.assert_allclose(J, [[2, 1, 0], [0, 0, 6]], atol=1e-9)
    """
    check_function(f)
    check_option("method", method, METHODS)
    check_step(step)

    def compute(x: Any) -> Any:
        as_tensors(x)
        leaves = [np.asarray(leaf) for leaf in tf.nest.flatten(x)]
        values = Evaluator(f, x, leaves)
        columns = batched_columns if batched else single_columns
        blocks = [columns(values, k, method, step) for k in range(len(leaves))]
        rows = [
            tf.nest.pack_sequence_as(x, [block[j] for block in blocks])
            for j in range(len(blocks[0]))
        ]
        return tf.nest.pack_sequence_as(values.structure, rows)

    return compute


class Evaluator:
    """f as a function of a flat list of arrays to a flat list of arrays."""

    def __init__(self, f: Callable, x: Any, leaves: list) -> None:
        self.f, self.x, self.leaves = f, x, leaves
        self.numpy = [isinstance(e, np.ndarray) for e in tf.nest.flatten(x)]
        self.structure = f(self.packed(leaves))
        self.y = self.arrays(self.structure)
        for y in self.y:
            if not is_inexact(y.dtype):
                raise TypeError(
                    f"`{NAME}`: expected f to return floating numbers, got "
                    f"{y.dtype}; use .astype(float) on its result."
                )

    def __call__(self, leaves: list[np.ndarray]) -> list[np.ndarray]:
        return self.arrays(self.f(self.packed(leaves)))

    def packed(self, leaves: list[np.ndarray]) -> Any:
        """Leaves like those of x; arrays are copies, f may change them."""
        pairs = zip(leaves, self.numpy, strict=True)
        inputs = [e.copy() if n else tf.convert_to_tensor(e) for e, n in pairs]
        return tf.nest.pack_sequence_as(self.x, inputs)

    def arrays(self, y: Any) -> list[np.ndarray]:
        """Copies: f may use the memory of its result again."""
        return [np.array(leaf) for leaf in tf.nest.flatten(y)]


def single_columns(
    values: Evaluator, k: int, method: str, step: float | None
) -> list[np.ndarray]:
    """Columns of leaf k, one after another: f sees one point at a time."""
    x = values.leaves[k]
    steps = step_sizes(x, values.y, method, step)
    columns = []
    for index in np.ndindex(x.shape):
        points = list(perturbed(x, index, steps[index], method))
        found = [values(replaced(values.leaves, k, p)) for p in points]
        realised = [p[index] for p in points]
        columns.append(
            [
                slope(method, y, realised, steps[index], (base, x[index]))
                for *y, base in zip(*found, values.y, strict=True)
            ]
        )
    return [
        np.stack([c[j] for c in columns], -1).reshape(y.shape + x.shape)
        if columns
        else np.zeros(y.shape + x.shape, y.dtype)
        for j, y in enumerate(values.y)
    ]


def batched_columns(
    values: Evaluator, k: int, method: str, step: float | None
) -> list[np.ndarray]:
    """Columns of leaf k for every sample, in a single call of f."""
    x = values.leaves[k]
    steps = step_sizes(x, values.y, method, step)
    entries = [(slice(None), *i) for i in np.ndindex(x.shape[1:])]
    if not entries:
        return [np.zeros(y.shape + x.shape[1:], y.dtype) for y in values.y]
    points = [list(perturbed(x, i, steps[i], method)) for i in entries]
    stacked = np.concatenate([p for point in points for p in point])
    copies = len(entries) * len(OFFSETS[method])
    tiled = [np.concatenate([leaf] * copies) for leaf in values.leaves]
    per_entry = (len(entries), len(OFFSETS[method]), len(x))

    def block(y: np.ndarray, base: np.ndarray) -> np.ndarray:
        split = y.reshape(*per_entry, *y.shape[1:])
        columns = [
            slope(method, ys, [p[i] for p in ps], steps[i], (base, x[i]))
            for i, ys, ps in zip(entries, split, points, strict=True)
        ]
        return np.stack(columns, -1).reshape(split.shape[2:] + x.shape[1:])

    found = values(replaced(tiled, k, stacked))
    return [block(y, base) for y, base in zip(found, values.y, strict=True)]


def perturbed(
    x: np.ndarray, index: tuple, step: Any, method: str
) -> Iterator[np.ndarray]:
    """Copies of x, each with the entries at index moved by one offset."""
    for offset in OFFSETS[method]:
        wide = complex_dtype(x.dtype) if method == "complex" else x.dtype
        point = x.astype(wide)
        point[index] += np.asarray(offset * step, wide)
        yield point


def slope(
    method: str, y: Any, realised: list, step: Any, base: tuple
) -> np.ndarray:
    """Combine the values y at the realised points into a derivative.

    base is the value and the point that nothing was added to.
    """
    if method == "complex":
        wide = complex_dtype(np.asarray(step).dtype)
        if y[0].dtype != wide:
            raise TypeError(
                f"`{NAME}`: expected f to keep {np.dtype(wide)} numbers, got "
                f'{y[0].dtype}; use method="central".'
            )
        return np.imag(y[0]) / expanded(step, y[0])
    if method == "forward":
        y, realised = [*y, base[0]], [*realised, base[1]]
    found = [
        (y[i] - y[i + 1]) / expanded(realised[i] - realised[i + 1], y[i])
        for i in range(0, len(y), 2)
    ]
    if method == "richardson":
        return (4 * found[1] - found[0]) / 3
    return found[0]


def expanded(step: Any, y: np.ndarray) -> np.ndarray:
    """Append axes to a step per sample so that it divides y."""
    step = np.asarray(step)
    return step.reshape(step.shape + (1,) * (y.ndim - step.ndim))


def is_inexact(dtype: Any) -> bool:
    dtype = tf.as_dtype(dtype)
    return dtype.is_floating or dtype.is_complex


def replaced(leaves: list, k: int, leaf: np.ndarray) -> list:
    return [*leaves[:k], leaf, *leaves[k + 1 :]]
