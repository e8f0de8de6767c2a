"""The time series of the book: simulated, with exact sensitivities known."""

from typing import NamedTuple

import numpy as np

from helpers.derivatives.core.refusals import public, refusal

STEPS = 38_265
AUTOCORRELATION = np.array([0.0, 0.3, 0.5, 0.7])
# The state remembers: the spectral radius of STATE is below one.
STATE = np.array([[0.8, 0.3, 0.0], [-0.3, 0.7, 0.2], [0.1, -0.2, 0.5]])
DRIVE = np.array(
    [[0.5, -0.2, 0.0, 0.3], [0.1, 0.4, -0.4, 0.0], [0.0, 0.3, 0.3, -0.5]]
)
READOUT = np.array([1.0, -0.6, 0.8])
NOISE = 0.01


class Series(NamedTuple):
    """A simulated series and what produced it.

    Attributes:
        inputs: (steps, 4), standardised AR(1) noise.
        output: (steps,).
        states: (steps, 3), the hidden state behind each output.

    Example:
        >>> inputs, output, states = simulate_series(50)
        >>> assert inputs.shape == (50, 4) and states.shape == (50, 3)
    """

    inputs: np.ndarray
    output: np.ndarray
    states: np.ndarray


@public
def simulate_series(steps: int = STEPS, *, seed: int = 0) -> Series:
    """Simulate a nonlinear system with fading memory, in float64.

    With inputs u_t, hidden states s_t and outputs y_t:

        s_{t+1} = tanh(W s_t + B u_t)
        y_t     = c·s_t + s_t[0] s_t[1] / 2 + noise

    so that y_t depends on the inputs before t. The same seed gives the same
    series.

    Args:
        steps: length of the series.
        seed: seed of the random numbers.

    Returns:
        A `Series`: inputs, output and states.

    Raises:
        ValueError: fewer than one step.

    Example:
        >>> series = simulate_series(50, seed=1)
        >>> assert series.inputs.shape == (50, 4)
        >>> assert series.output.shape == (50,)
    """
    if steps < 1:
        raise refusal(
            "at least 1 step",
            f"{steps}",
            f"steps={STEPS} for the book's series",
        )
    random = np.random.default_rng(seed)
    inputs = autocorrelated(random.standard_normal((steps, 4)))
    states = np.zeros((steps, 3))
    for t in range(steps - 1):
        states[t + 1] = np.tanh(STATE @ states[t] + DRIVE @ inputs[t])
    product = states[:, 0] * states[:, 1] / 2
    noise = NOISE * random.standard_normal(steps)
    return Series(inputs, states @ READOUT + product + noise, states)


def autocorrelated(noise: np.ndarray) -> np.ndarray:
    """AR(1) series of unit variance, one per column, from white noise."""
    series = noise.copy()
    scale = np.sqrt(1 - AUTOCORRELATION**2)
    for t in range(1, len(noise)):
        series[t] = AUTOCORRELATION * series[t - 1] + scale * noise[t]
    return series


@public
def exact_sensitivities(series: Series, length: int = 20) -> np.ndarray:
    """The true ∂y_t/∂u for every window, by the chain rule.

    Shape law: `(steps - length, length, 4)`, like the windows of
    `make_windows`: entry [n, j, i] is the derivative of output n + length
    with respect to input i at step n + j, the noise held fixed.

    Args:
        series: what `simulate_series` returned.
        length: steps per window.

    Raises:
        ValueError: the series is too short, or length is below 1.

    Example:
        >>> J = exact_sensitivities(simulate_series(50), length=20)
        >>> assert J.shape == (30, 20, 4)
    """
    check_length(len(series.states), length)
    states = series.states[length:]
    gradient = np.tile(READOUT, (len(states), 1))
    gradient[:, 0] += states[:, 1] / 2
    gradient[:, 1] += states[:, 0] / 2
    result = np.empty((len(states), length, 4))
    for lag in range(length):
        end = len(series.states) - lag
        slope = 1 - series.states[length - lag : end] ** 2
        result[:, length - 1 - lag] = (gradient * slope) @ DRIVE
        gradient = (gradient * slope) @ STATE
    return result


@public
def make_windows(
    inputs: np.ndarray, output: np.ndarray, length: int = 20
) -> tuple[np.ndarray, np.ndarray]:
    """Cut a series into windows and the outputs that follow them.

    Shape law: `(steps, k)`, `(steps,)` to `(steps - length, length, k)` and
    `(steps - length, 1)`: window n holds the inputs of steps n to
    n + length - 1, its target is the output of step n + length. Both are
    copies: what is done to them leaves the series alone.

    Raises:
        TypeError: a NumPy masked array.
        ValueError: the two series differ in length, or are too short;
            length is below 1.

    Example:
        >>> series = simulate_series(50)
        >>> x, y = make_windows(series.inputs, series.output, length=20)
        >>> assert x.shape == (30, 20, 4) and y.shape == (30, 1)
    """
    inputs, output = unmasked(inputs), unmasked(output)
    if inputs.ndim != 2 or inputs.shape[:1] != output.shape:
        raise refusal(
            "inputs (steps, k) and output (steps,)",
            f"{inputs.shape} and {output.shape}",
            "output[:, 0] for a single column",
        )
    check_length(len(inputs), length)
    windows = np.lib.stride_tricks.sliding_window_view(inputs, length, axis=0)
    windows = windows[:-1].swapaxes(1, 2).copy()
    return windows, output[length:, None].copy()


def unmasked(series: np.ndarray) -> np.ndarray:
    """The series as an array; a mask would be lost on the way."""
    if isinstance(series, np.ma.MaskedArray):
        raise refusal(
            "a series without a mask",
            "a NumPy masked array, whose mask would be ignored",
            "a series without gaps: fill or cut them first",
            kind=TypeError,
        )
    return np.asarray(series)


def check_length(rows: int, length: int) -> None:
    """Raise a ValueError unless windows of this length fit."""
    if length < 1:
        raise refusal("windows of at least one step", f"{length}", "length=20")
    if rows <= length:
        raise refusal(
            f"more than {length} rows for windows of {length} steps",
            f"{rows}",
            "a longer series or a shorter window",
        )
