"""Pictures of recurrent layers: the unrolled network, the cell, reach."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike

from helpers.derivatives.core.refusals import public, refusal
from helpers.figures.graphs import Label, Side, draw_graph


@public
def draw_unrolled(
    steps: int = 4,
    *,
    source: int | None = None,
    target: int | None = None,
    matrices: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw a recurrent layer unrolled: one column per step.

    Args:
        steps: how many steps.
        source, target: draw the way from input step `source` to output
            step `target` thick, if there is one.
        matrices: count states from the initial one, as formulas do, and
            write the step Jacobians A and B on the arrows.
        ax: the axes to draw on. None: new ones.

    Returns:
        The axes.

    Raises:
        ValueError: fewer than one step; source or target is none of them.

    Example:
        >>> ax = draw_unrolled(3, source=0, target=2)
        >>> assert "h[2]" in [text.get_text() for text in ax.texts]
        >>> plt.close()
    """
    check_steps(steps, source, target)
    states = [f"h{t}" for t in range(steps)]
    nodes = {"start": (-1.5, 1.0)}
    nodes |= {f"h{t}": (1.5 * t, 1.0) for t in range(steps)}
    nodes |= {f"x{t}": (1.5 * t, 0.0) for t in range(steps)}
    along = list(zip(["start", *states], states, strict=False))
    into = [(f"x{t}", f"h{t}") for t in range(steps)]
    return draw_graph(
        nodes, [*along, *into], ax=ax, key=False, operations=states,
        labels=unrolled_labels(steps, matrices),
        edge_labels=matrix_labels(along, into) if matrices else None,
        thick=way(source, target, along, into),
    )  # fmt: skip


def check_steps(steps: int, source: int | None, target: int | None) -> None:
    if steps < 1:
        raise refusal("at least one step", steps, "steps=4")
    for step in (source, target):
        if step is not None and not 0 <= step < steps:
            raise refusal(
                f"steps from 0 to {steps - 1}", step, "one of the steps drawn"
            )


def unrolled_labels(steps: int, formulas: bool) -> dict[str, str]:
    """Names as in code, h[0] the first output, or as in formulas."""
    if formulas:
        names = {f"x{t}": f"$x_{t + 1}$" for t in range(steps)}
        names |= {f"h{t}": f"$h_{t + 1}$" for t in range(steps)}
        return names | {"start": "$h_0$"}
    names = {f"{a}{t}": f"{a}[{t}]" for a in "xh" for t in range(steps)}
    return names | {"start": "0"}


def matrix_labels(along: list, into: list) -> dict:
    labels = {edge: f"$A_{t}$" for t, edge in enumerate(along, 1)}
    return labels | {edge: f"$B_{t}$" for t, edge in enumerate(into, 1)}


def way(
    source: int | None, target: int | None, along: list, into: list
) -> list:
    if source is None or target is None or source > target:
        return []
    return [into[source], *along[source + 1 : target + 1]]


@public
def draw_lstm_cell(
    *,
    values: Mapping[str, Label] | None = None,
    derivatives: Mapping[str, Label] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw one step of an LSTM: gates, memory, output.

    The thick line is the memory c, which only a product and a sum touch.
    Both passes can be written on it, as `draw_graph` does. The nodes are
    called "c" and "new c", "new h", "input", the gates "f", "i", "g", "o",
    and by what they do "keep", "write", "sum", "tanh" and "show".

    Args:
        values: what to write above a node.
        derivatives: what to write below a node.
        ax: the axes to draw on. None: new ones.

    Returns:
        The axes.

    Raises:
        ValueError: a name is none of the nodes.

    Example:
        >>> ax = draw_lstm_cell(values={"c": 0.5}, derivatives={"c": 0.7})
        >>> assert "← 0.7" in [text.get_text() for text in ax.texts]
        >>> plt.close()
    """
    nodes = {
        "c": (-0.5, 3), "keep": (1, 3), "sum": (3.3, 3), "new c": (6.6, 3),
        "f": (1, 1), "i": (2.8, 1), "g": (3.8, 1), "o": (5.65, 1),
        "write": (3.3, 2), "tanh": (6.6, 2), "show": (6.6, 1),
        "input": (3.3, -0.5), "new h": (6.6, 0),
    }  # fmt: skip
    aside: dict[str, Side] = {
        "f": "left", "i": "left", "g": "right",
        "new c": "right", "new h": "right",
    }  # fmt: skip
    memory = [("c", "keep"), ("keep", "sum"), ("sum", "new c")]
    gates = [("input", gate) for gate in "figo"]
    edges = [
        *memory, *gates, ("f", "keep"), ("i", "write"), ("g", "write"),
        ("write", "sum"), ("new c", "tanh"), ("tanh", "show"),
        ("o", "show"), ("show", "new h"),
    ]  # fmt: skip
    labels = {
        "c": "$c_{t-1}$", "new c": "$c_t$", "new h": "$h_t$",
        "input": "$x_t,\\ h_{t-1}$", "keep": "×", "write": "×", "sum": "+",
        "show": "×", "tanh": "tanh",
    }  # fmt: skip
    operations = ["keep", "sum", "write", "tanh", "show", *"figo"]
    return draw_graph(
        nodes, edges, ax=ax, operations=operations, labels=labels,
        values=values, derivatives=derivatives, thick=memory, aside=aside,
    )  # fmt: skip


@public
def draw_windows(
    output: np.ndarray,
    length: int = 20,
    *,
    starts: tuple[int, ...] = (0, 1, 2, 25),
) -> Figure:
    """Draw how windows slide over a series, each with its target.

    Args:
        output: (steps,), the series that is predicted.
        length: steps per window.
        starts: the windows to draw, by their first step.

    Returns:
        The figure: the series, and below it one bar per window, which ends
        at the target, a star.

    Raises:
        ValueError: the series is too short for the last window.

    Example:
        >>> fig = draw_windows(np.sin(np.arange(60.0)))
        >>> assert len(fig.axes) == 2
        >>> plt.close()
    """
    stop = max(starts) + length + 1
    if len(output) < stop:
        raise refusal(f"at least {stop} steps", len(output), "a longer series")
    fig, (top, low) = plt.subplots(
        2, sharex=True, figsize=(6.4, 3.2), height_ratios=[1, 1]
    )
    top.plot(output[: stop + 5], color="black", ls="-", lw=1.3)
    top.set_ylabel("output y")
    for row, start in enumerate(starts):
        edge = start + length
        low.barh(
            row, length, 0.55, left=start - 0.5, color="#0072B2", alpha=0.45
        )
        low.plot(edge, row, "*", color="#D55E00", ms=10)
        top.plot(edge, output[edge], "*", color="#D55E00", ms=10)
        low.text(start + length / 2, row, f"window {start}", ha="center",
                 va="center", fontsize=9)  # fmt: skip
    low.set(xlabel="time step", yticks=[], ylim=(len(starts) - 0.4, -0.6))
    low.spines.left.set_visible(False)
    return fig


@public
def step_norms(J: ArrayLike) -> np.ndarray:
    """Size of each step's block: how strongly step s acts on step t.

    Shape law: `(b, T, units, S, features)` to `(T, S)`: the Frobenius norm
    of each block, root mean square over the batch.
    """
    J = np.asarray(J)
    if J.ndim != 5:
        raise refusal(
            "J of shape (b, T, units, S, features)",
            J.shape,
            "J[:, tf.newaxis] where the layer returns its last step only",
        )
    return np.sqrt((J**2).sum(axis=(2, 4)).mean(axis=0))


@public
def plot_reach(
    jacobians: Mapping[str, ArrayLike], *, columns: int = 3
) -> Figure:
    """Draw which step reaches which, one panel per recurrent Jacobian.

    The darker a cell, the stronger the block. All panels share one scale,
    parts of the strongest block of the panel, and one colour bar. A block
    that is exactly zero is white with a small cross.

    Args:
        jacobians: name to Jacobian (b, T, units, S, features).
        columns: panels in a row.

    Returns:
        The figure.

    Raises:
        ValueError: a Jacobian has another rank than 5.

    Example:
        >>> fig = plot_reach({"one": np.ones([2, 3, 4, 3, 5])}, columns=1)
        >>> assert len(fig.axes) == 2  # the panel and the colour bar
        >>> plt.close()
    """
    rows = -(-len(jacobians) // columns)
    fig, axes = plt.subplots(
        rows, columns, squeeze=False, figsize=(2.2 * columns + 0.8, 2.2 * rows)
    )
    for ax, (name, J) in zip(axes.flat, jacobians.items(), strict=False):
        image = draw_reach(ax, name, step_norms(J))
    for ax in axes.flat[len(jacobians) :]:
        ax.set_axis_off()
    for ax in axes[:, 0]:
        ax.set_ylabel("output step")
    for ax in axes[-1]:
        ax.set_xlabel("input step")
    fig.colorbar(image, ax=axes, label="part of the strongest", shrink=0.6)
    return fig


def draw_reach(ax: Axes, name: str, norms: np.ndarray) -> AxesImage:
    shown = np.where(norms == 0, np.nan, norms) / (norms.max() or 1)
    # The palest colour is still no white: white is for exact zeros.
    blues = ListedColormap(plt.get_cmap("Blues")(np.linspace(0.2, 1, 256)))
    image = ax.imshow(shown, cmap=blues, vmin=0, vmax=1)
    for t, s in np.argwhere(norms == 0):
        ax.plot(s, t, "x", color="#888888", ms=3)
    ax.spines[:].set_visible(True)
    ax.set(title=name, xticks=[0, norms.shape[1] - 1])
    ax.set_yticks([0, norms.shape[0] - 1])
    return image
