"""Jacobians of TensorFlow functions, compiled, checked and drawn.

Each name is loaded when it is first used, so that a derivative loads no
Matplotlib.
"""

from importlib import import_module

# Every public name, by the file that holds it.
ROOMS = {
    "derivatives.batches": "map_batches",
    "derivatives.checks": "CannotTellError JacobianError check_jacobian",
    "derivatives.custom_gradients": "check_custom_gradient",
    "derivatives.differences": "finite_difference_jacobian",
    "derivatives.float64": "float64_copy",
    "derivatives.implicit": "fixed_point",
    "derivatives.independence": "check_independence",
    "derivatives.jacobians": "batch_jacobian jacobian",
    "derivatives.layers": "chain_jacobians layer_jacobian",
    "derivatives.lstm.function": "fast_lstm",
    "derivatives.lstm.jacobian": "lstm_jacobian lstm_jacobian_gigabytes",
    "derivatives.products": "jvp vjp",
    "derivatives.second_order": "hessian hvp",
    "derivatives.weights": "weight_jacobian",
    "figures.bent_grid": "plot_bent_grid",
    "figures.graphs": "draw_graph",
    "figures.heat_map": "plot_jacobian",
    "figures.interactive.modes": "explore_modes",
    "figures.interactive.plane": "explore_map",
    "figures.interactive.steps": "explore_steps",
    "figures.interactive.tape": "explore_tape",
    "figures.interactive.tiles": "explore_lags explore_tiles",
    "figures.recurrent": (
        "draw_lstm_cell draw_unrolled draw_windows plot_reach"
    ),
    "figures.sensitivities": "plot_sensitivities plot_series",
    "figures.style": "use_style",
    "exercises": "mark",
    "book.csv_files": "read_series",
    "book.epoch_bar": "EpochBar",
    "book.measuring": "median_seconds peak_megabytes",
    "book.outcomes": "attempt",
    "book.series": "Series exact_sensitivities make_windows simulate_series",
    "book.stored_benchmarks": "benchmark_text",
}
PLACES = {name: room for room, all in ROOMS.items() for name in all.split()}

__all__ = sorted(PLACES)


def __getattr__(name: str) -> object:
    if name not in PLACES:
        raise AttributeError(f"module `helpers` has no attribute {name!r}")
    value = getattr(import_module(f"helpers.{PLACES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
