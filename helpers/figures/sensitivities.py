"""Pictures of a series and of sensitivities by lag and input."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

ACROSS = 2  # panels in a row: as wide as a phone can show


def plot_series(
    inputs: np.ndarray, output: np.ndarray, steps: int = 200
) -> Figure:
    """Draw the first steps of a series: the output above its inputs.

    Args:
        inputs: (steps, inputs).
        output: (steps,).
        steps: how many steps are drawn.

    Example:
        >>> fig = plot_series(np.ones([50, 4]), np.ones(50), steps=30)
        >>> assert len(fig.axes) == 5
        >>> plt.close()
    """
    names = ["y", *input_names(inputs.shape[1])]
    columns = [output, *inputs.T]
    fig, axes = plt.subplots(
        len(names), sharex=True, figsize=(6.4, 0.8 * len(names) + 0.4)
    )
    for ax, name, column in zip(axes, names, columns, strict=True):
        colour = "#D55E00" if name == "y" else "#0072B2"
        ax.plot(column[:steps], color=colour, linestyle="-", linewidth=1.2)
        ax.set_ylabel(name, rotation=0, labelpad=12, va="center")
    axes[-1].set_xlabel("time step")
    fig.align_ylabels(axes)
    return fig


def plot_sensitivities(
    learned: np.ndarray, exact: np.ndarray | None = None
) -> Figure:
    """Draw sensitivities against lag, one panel per input, two in a row.

    Lines are means over all windows; the band (exact) and the thin dotted
    lines (learned) hold 80 % of the values, since in a nonlinear system the
    sensitivity differs between windows.

    Args:
        learned: (windows, steps, inputs), the Jacobians of a model.
        exact: the same shape, the true ones, or None.

    Example:
        >>> fig = plot_sensitivities(np.ones([7, 12, 3]))
        >>> assert len(fig.axes) == 3
        >>> plt.close()
    """
    steps, inputs = learned.shape[1:]
    lags = np.arange(steps, 0, -1)
    across = min(ACROSS, inputs)
    rows = -(-inputs // across)
    fig, axes = plt.subplots(
        rows, across, sharey=True, squeeze=False, layout="constrained",
        figsize=(4.4, 0.7 + 1.7 * rows),
    )  # fmt: skip
    for spare in axes.flat[inputs:]:
        spare.remove()
    for i, (ax, name) in enumerate(
        zip(axes.flat[:inputs], input_names(inputs), strict=True)
    ):
        if exact is not None:
            draw_exact(ax, lags, exact[:, :, i])
        draw_learned(ax, lags, learned[:, :, i])
        ax.axhline(0, color="#888888", lw=0.8, ls="-", zorder=0)
        ax.set(xlabel=f"lag of {name}", xlim=(0.5, min(steps, 10) + 0.5))
        ax.set_xticks([1, 5, 10] if steps >= 10 else [1, steps])
    fig.supylabel("∂ prediction / ∂ input", fontsize="medium")
    fig.legend(
        *axes.flat[0].get_legend_handles_labels(),
        loc="outside upper center", ncols=3, columnspacing=1,
    )  # fmt: skip
    return fig


def draw_exact(ax: Axes, lags: np.ndarray, exact: np.ndarray) -> None:
    low, high = np.quantile(exact, [0.1, 0.9], axis=0)
    ax.fill_between(lags, low, high, color="#0072B2", alpha=0.2, lw=0,
                    label="80 % of windows")  # fmt: skip
    ax.plot(lags, exact.mean(0), color="#0072B2", ls="-", label="exact")


def draw_learned(ax: Axes, lags: np.ndarray, learned: np.ndarray) -> None:
    colour = "#D55E00"
    for edge in np.quantile(learned, [0.1, 0.9], axis=0):
        ax.plot(lags, edge, color=colour, ls=":", lw=1)
    mean = learned.mean(0)
    ax.plot(lags, mean, "o--", color=colour, ms=4, label="learned")


def input_names(count: int) -> list[str]:
    return [f"u{number + 1}" for number in range(count)]
