"""Jacobians as heat maps."""

import math
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from helpers.derivatives.core.refusals import public, refusal
from helpers.derivatives.core.requirements import refuse_mask
from helpers.derivatives.magnitudes import largest


@public
def plot_jacobian(
    J: ArrayLike,
    *,
    ax: Axes | None = None,
    y_axes: int | None = None,
    y_label: str = "output",
    x_label: str = "input",
    limit: float | None = None,
    values: bool | None = None,
    colorbar: bool = True,
) -> Axes:
    """Draw a Jacobian as a heat map, white at zero, red above, blue below.

    A Jacobian of higher rank is flattened to a matrix in row-major order:
    the first `y_axes` axes become the rows, the others the columns. Lines
    and labels mark the blocks of the first axis on either side.

    Args:
        J: array or tensor of shape y.shape + x.shape, rank at least 1.
        ax: the axes to draw on. None: new ones.
        y_axes: how many axes belong to y. None: half of them.
        y_label: name of the rows; blocks are written as name[0], name[1].
        x_label: name of the columns.
        limit: the value of the darkest colour. None: the largest |J|.
        values: write the numbers into the cells. None: up to 60 cells.
        colorbar: add a colour bar.

    Returns:
        The axes.

    Raises:
        TypeError: J is complex, masked, or does not hold numbers.
        ValueError: J is a scalar or empty; y_axes is out of range.

    Example:
        >>> import numpy as np
        >>> ax = plot_jacobian(np.arange(24.0).reshape(2, 3, 4), y_axes=1)
        >>> assert ax.images[0].get_array().shape == (2, 12)
        >>> plt.close()
    """
    J = real_numbers(J)
    y_axes = J.ndim // 2 if y_axes is None else y_axes
    check_drawable(J, y_axes)
    rows, columns = J.shape[:y_axes], J.shape[y_axes:]
    table = J.reshape(math.prod(rows), math.prod(columns))
    ax = plt.subplots()[1] if ax is None else ax
    limit = largest(table) if limit is None else limit
    image = heat_map(ax, table, limit or 1)
    mark_blocks(ax.yaxis, rows, y_label, ax.axhline)
    mark_blocks(ax.xaxis, columns, x_label, ax.axvline)
    if values or (values is None and table.size <= 60):
        write_values(ax, table, limit)
    if colorbar:
        ax.figure.colorbar(image, ax=ax)
    return ax


def heat_map(ax: Axes, table: np.ndarray, limit: float) -> AxesImage:
    ax.spines[:].set_visible(True)
    return ax.imshow(
        table, cmap="RdBu_r", vmin=-limit, vmax=limit,
        aspect="auto" if max(table.shape) > 4 * min(table.shape) else "equal",
    )  # fmt: skip


def check_drawable(J: np.ndarray, y_axes: int) -> None:
    if J.ndim == 0 or J.size == 0:
        raise refusal(
            "a Jacobian with entries",
            f"shape {J.shape}",
            "J.reshape(1, 1) for a single number",
        )
    if not 0 <= y_axes <= J.ndim:
        raise refusal(
            f"y_axes from 0 to {J.ndim}", f"{y_axes}", "the rank of y"
        )


def real_numbers(J: ArrayLike) -> np.ndarray:
    """J as an array of real numbers, which a colour can stand for."""
    refuse_mask(J, "numbers without a mask")
    J = np.asarray(J)
    if np.iscomplexobj(J):
        raise refusal(
            "real numbers",
            f"{J.dtype}",
            "J.real and J.imag, or abs(J), in a picture each",
            kind=TypeError,
        )
    try:
        return J if J.dtype.kind in "fiub" else J.astype("float32")
    except (TypeError, ValueError):
        raise refusal(
            "numbers", f"{J.dtype}", "an array or tensor", kind=TypeError
        ) from None


def mark_blocks(
    axis: Axis, shape: tuple[int, ...], name: str, line: Callable[..., Line2D]
) -> None:
    """Label one side of the table; separate the blocks of its first axis."""
    blocks = shape[0] if shape else 1
    size = math.prod(shape[1:])
    if len(shape) < 2:
        step = max(1, blocks // 8)
        axis.set_ticks(range(0, blocks, step))
        axis.set_label_text(name)
        return
    step = max(1, -(-blocks // 10))
    shown = range(0, blocks, step)
    axis.set_ticks([k * size + (size - 1) / 2 for k in shown])
    axis.set_ticklabels([f"{name}[{k}]" for k in shown])
    axis.set_tick_params(length=0)
    for k in range(1, blocks):
        line(k * size - 0.5, color="#444444", linewidth=0.6)


def write_values(ax: Axes, table: np.ndarray, limit: float) -> None:
    for (row, column), value in np.ndenumerate(table):
        dark = abs(value) > 0.6 * limit
        ax.text(
            column, row, f"{value:.3g}", ha="center", va="center",
            fontsize=9, color="white" if dark else "#222222",
        )  # fmt: skip
