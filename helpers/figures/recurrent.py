"""Pictures of recurrent Jacobians: reach, fading, spectrum, learning."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers.derivatives.core.refusals import public, refusal

MARKERS = ("o", "s", "^", "D")


@public
def step_norms(J: Any) -> np.ndarray:
    """Size of each step's block: how strongly step s acts on step t.

    Shape law: `(b, T, units, S, features)` to `(T, S)`: the Frobenius norm
    of each block, root mean square over the batch.

    Raises:
        ValueError: J has another rank than 5.

    Example:
        >>> import numpy as np
        >>> J = np.ones([7, 2, 4, 3, 9])
        >>> assert step_norms(J).shape == (2, 3)
        >>> assert (step_norms(J) == 6).all()
    """
    J = np.asarray(J)
    if J.ndim != 5:
        raise refusal(
            "J of shape (b, T, units, S, features)",
            f"{J.shape}",
            "J[:, tf.newaxis] where the layer returns its last step only",
        )
    return np.sqrt((J**2).sum(axis=(2, 4)).mean(axis=0))


def plot_reach(jacobians: Mapping[str, Any], *, columns: int = 3) -> Figure:
    """Draw which step reaches which, one panel per recurrent Jacobian.

    The darker a cell, the stronger the block; a block that is exactly zero
    is white with a small cross.

    Args:
        jacobians: name to Jacobian (b, T, units, S, features).
        columns: panels in a row.

    Raises:
        ValueError: a Jacobian has another rank than 5.
    """
    rows = -(-len(jacobians) // columns)
    fig, axes = plt.subplots(
        rows, columns, squeeze=False, figsize=(2.2 * columns, 2.2 * rows)
    )
    for ax, (name, J) in zip(axes.flat, jacobians.items(), strict=False):
        draw_reach(ax, name, step_norms(J))
    for ax in axes.flat[len(jacobians) :]:
        ax.set_axis_off()
    for ax in axes[:, 0]:
        ax.set_ylabel("output step")
    for ax in axes[-1]:
        ax.set_xlabel("input step")
    return fig


def draw_reach(ax: Axes, name: str, norms: np.ndarray) -> None:
    shown = np.where(norms == 0, np.nan, norms)
    ax.imshow(shown, cmap="Blues", vmin=-0.3 * norms.max(), vmax=norms.max())
    for t, s in np.argwhere(norms == 0):
        ax.plot(s, t, "x", color="#888888", ms=3)
    ax.spines[:].set_visible(True)
    ax.set(title=name, xticks=[0, norms.shape[1] - 1])
    ax.set_yticks([0, norms.shape[0] - 1])


def plot_fading(curves: Mapping[str, Any], *, ax: Axes | None = None) -> Axes:
    """Draw the size of a derivative against lag, on a logarithmic axis.

    A line is the geometric mean over the seeds, its band reaches from the
    smallest to the largest.

    Args:
        curves: name to sizes (seeds, T), the newest step (lag 0) first.
        ax: the axes to draw on. None: new ones.
    """
    ax = plt.subplots()[1] if ax is None else ax
    for k, (name, sizes) in enumerate(curves.items()):
        sizes = np.asarray(sizes)
        lags = np.arange(sizes.shape[1])
        mean = np.exp(np.log(sizes).mean(axis=0))
        (line,) = ax.semilogy(
            lags, mean, marker=MARKERS[k % 4], markevery=5, label=name
        )
        low, high = sizes.min(axis=0), sizes.max(axis=0)
        ax.fill_between(
            lags, low, high, color=line.get_color(), alpha=0.2, lw=0
        )
    ax.set(xlabel="lag", ylabel="size of the derivative")
    ax.legend()
    return ax


def plot_spectrum(
    products: Mapping[str, Any], steps: tuple[int, ...] = (1, 5, 20)
) -> Figure:
    """Draw the eigenvalues of state Jacobians, and the unit circle.

    Args:
        products: name to matrices (T, n, n); matrix t - 1 is the Jacobian
            of the state after t steps with respect to the first one.
        steps: which t to draw, each with a marker of its own.
    """
    fig, axes = plt.subplots(
        1, len(products), squeeze=False, figsize=(2.5 * len(products), 2.9)
    )
    angle = np.linspace(0, 2 * np.pi, 200)
    for ax, (name, matrices) in zip(axes[0], products.items(), strict=True):
        ax.plot(np.cos(angle), np.sin(angle), color="#888888", ls="-", lw=1)
        for t, marker in zip(steps, MARKERS, strict=False):
            values = np.linalg.eigvals(matrices[t - 1])
            ax.plot(
                values.real, values.imag, marker, ls="", ms=4,
                fillstyle="none" if t == steps[0] else "full",
                label=f"{t} step" + "s" * (t > 1),
            )  # fmt: skip
        ax.set(title=name, xlabel="real part", aspect="equal")
    axes[0, 0].set_ylabel("imaginary part")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside lower center", ncols=len(steps))
    return fig


def plot_learning(
    epochs: Any, quality: Mapping[str, Any], *, ax: Axes | None = None
) -> Axes:
    """Draw how several kinds of errors fall with training, log axis.

    Args:
        epochs: (stages,), epochs seen so far.
        quality: name to errors (stages,).
        ax: the axes to draw on. None: new ones.
    """
    ax = plt.subplots()[1] if ax is None else ax
    for marker, (name, errors) in zip(MARKERS, quality.items(), strict=False):
        ax.semilogy(epochs, errors, marker=marker, label=name)
    ax.set(xlabel="epochs of training", ylabel="error")
    ax.legend()
    return ax
