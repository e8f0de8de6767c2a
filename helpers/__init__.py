"""Jacobians of TensorFlow functions, compiled, checked and drawn."""

from helpers.batches import map_batches
from helpers.checks import JacobianError, check_independence, check_jacobian
from helpers.exercises import mark
from helpers.fast_lstm import fast_lstm
from helpers.finite_differences import finite_difference_jacobian
from helpers.grid_plots import plot_bent_grid
from helpers.jacobians import batch_jacobian, jacobian
from helpers.measuring import median_seconds, peak_megabytes
from helpers.plots import plot_jacobian, use_style
from helpers.precision import float64_copy
from helpers.products import jvp, vjp
from helpers.progress import EpochBar
from helpers.recurrent import lstm_jacobian, lstm_jacobian_gigabytes
from helpers.sensitivity_plots import plot_sensitivities, plot_series
from helpers.series import (
    Series,
    exact_sensitivities,
    make_windows,
    simulate_series,
)
from helpers.tables import read_series
from helpers.weights import weight_jacobian

__all__ = [
    "EpochBar",
    "JacobianError",
    "Series",
    "batch_jacobian",
    "check_independence",
    "check_jacobian",
    "exact_sensitivities",
    "fast_lstm",
    "finite_difference_jacobian",
    "float64_copy",
    "jacobian",
    "jvp",
    "lstm_jacobian",
    "lstm_jacobian_gigabytes",
    "make_windows",
    "map_batches",
    "mark",
    "median_seconds",
    "peak_megabytes",
    "plot_bent_grid",
    "plot_jacobian",
    "plot_sensitivities",
    "plot_series",
    "read_series",
    "simulate_series",
    "use_style",
    "vjp",
    "weight_jacobian",
]
