"""What is measured: inputs, weights, and who takes part."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from helpers import make_windows, simulate_series

Arrays = dict[str, np.ndarray]
TF, JAX, TORCH = "tensorflow", "jax", "torch"


@dataclass(frozen=True)
class Workload:
    """One task and its variants, (framework, variant, label).

    Attributes:
        ours: the variant that all others are compared with.
        agreement: the share of samples that must agree to within 1e-4 of
            the largest entry. With relu, rounding may put a unit on the
            other side of its kink in single windows.
    """

    name: str
    title: str
    inputs: Callable[[], Arrays]
    variants: tuple[tuple[str, str, str], ...]
    ours: str
    rounds: int = 15
    agreement: float = 1.0


def window_inputs(count: int | None) -> Callable[[], Arrays]:
    """Windows of the book's series and the weights of the book's model."""

    def build() -> Arrays:
        series = simulate_series()
        windows, _ = make_windows(series.inputs, series.output)
        random = np.random.default_rng(0)
        return {
            "x": windows[:count].astype("float32"),
            **lstm_arrays(random, 4, 120),
            **dense_arrays(random, 120, 100, 1),
            **dense_arrays(random, 100, 50, 2),
            **dense_arrays(random, 50, 1, 3),
        }

    return build


def sequence_inputs(b: int, T: int) -> Callable[[], Arrays]:
    def build() -> Arrays:
        random = np.random.default_rng(0)
        x = random.standard_normal((b, T, 8)).astype("float32")
        return {"x": x, **lstm_arrays(random, 8, 32)}

    return build


def layer_inputs() -> Arrays:
    """A dense network of 64, 256, 256 and 32 units."""
    random = np.random.default_rng(0)
    return {
        "x": random.standard_normal((128, 64)).astype("float32"),
        **dense_arrays(random, 64, 256, 1),
        **dense_arrays(random, 256, 256, 2),
        **dense_arrays(random, 256, 32, 3),
    }


def lstm_arrays(
    random: np.random.Generator, features: int, units: int
) -> Arrays:
    """Weights as Keras draws them, with a little noise on the biases."""
    bias = 0.1 * random.standard_normal(4 * units)
    bias[units : 2 * units] += 1
    square = random.standard_normal((4 * units, units))
    return {
        "kernel": uniform(random, features, 4 * units),
        "recurrent": np.linalg.qr(square)[0].T.astype("float32"),
        "bias": bias.astype("float32"),
    }


def dense_arrays(
    random: np.random.Generator, inputs: int, outputs: int, number: int
) -> Arrays:
    bias = 0.1 * random.standard_normal(outputs)
    return {
        f"dense_{number}": uniform(random, inputs, outputs),
        f"bias_{number}": bias.astype("float32"),
    }


def uniform(random: np.random.Generator, rows: int, columns: int) -> Arrays:
    limit = np.sqrt(6 / (rows + columns))
    return random.uniform(-limit, limit, (rows, columns)).astype("float32")


WINDOWS = (
    (TF, "helper-fast", "`batch_jacobian` of `fast_lstm`, jit"),
    (TF, "helper-model", "`batch_jacobian` of the Keras model"),
    (TF, "function-gradient", "`tape.gradient` in `tf.function`"),
    (TF, "eager-gradient", "`tape.gradient`, eager"),
    (JAX, "gradient", "JAX, jit"),
    (JAX, "gradient-apart", "JAX, jit, first step apart as in `fast_lstm`"),
    (TORCH, "func", "PyTorch, `torch.func.grad`"),
    (TORCH, "compile", "PyTorch, `torch.compile`"),
    (
        TORCH,
        "compile-apart",
        "PyTorch, `torch.compile`, first step apart as in `fast_lstm`",
    ),
)
EAGER_WINDOWS = ((TF, "eager-batch-jacobian", "`tape.batch_jacobian`, eager"),)
RECURRENCES = (
    (TF, "helper-sequence", "`lstm_jacobian`"),
    (JAX, "recurrence", "JAX, the same recurrence, one loop"),
    (JAX, "recurrence-segments", "JAX, the same recurrence, same segments"),
)
SEQUENCES = (
    *RECURRENCES,
    (TF, "function-sequence", "`tape.batch_jacobian` in `tf.function`"),
    (JAX, "jacfwd", "JAX, `jacfwd`"),
    (JAX, "jacrev", "JAX, `jacrev`"),
    (TORCH, "jacfwd", "PyTorch, `jacfwd`"),
    (TORCH, "jacrev", "PyTorch, `jacrev`"),
)
LAYERS = (
    (TF, "helper-layers", "`chain_jacobians`"),
    (TF, "helper-layers-jit", "`chain_jacobians`, jit"),
    (TF, "function-layers", "two `tape.batch_jacobian` in `tf.function`"),
    (TF, "eager-layers", "two `tape.batch_jacobian`, eager"),
    (JAX, "layers", "JAX, `jacfwd` and `jacrev`, jit"),
    (JAX, "layers-reverse", "JAX, `jacrev` twice, jit"),
    (TORCH, "layers", "PyTorch, `jacfwd` and `jacrev`"),
    (TORCH, "compile-layers", "PyTorch, the same, `torch.compile`"),
)
EAGER_SEQUENCES = ((TF, "eager-sequence", "`tape.batch_jacobian`, eager"),)


def sequence(
    b: int, T: int, variants: tuple = SEQUENCES, rounds: int = 15
) -> Workload:
    samples = "one sequence" if b == 1 else f"{b} sequences"
    return Workload(
        f"sequence-{b}-{T}",
        f"LSTM(32) on {samples} of {T} steps, 8 features: full Jacobian "
        f"({b}, {T}, 32, {T}, 8)",
        sequence_inputs(b, T),
        variants,
        ours="tensorflow-helper-sequence",
        rounds=rounds,
    )


WORKLOADS = (
    Workload(
        "windows-256",
        "One batch of 256 windows, 20 × 4: Jacobian (256, 20, 4)",
        window_inputs(256),
        WINDOWS + EAGER_WINDOWS,
        ours="tensorflow-helper-fast",
        rounds=31,
        agreement=0.99,
    ),
    Workload(
        "windows-all",
        "All 38,245 windows, 256 at a time: Jacobian (38245, 20, 4)",
        window_inputs(None),
        WINDOWS,
        ours="tensorflow-helper-fast",
        rounds=7,
        agreement=0.999,
    ),
    sequence(1, 50, SEQUENCES + EAGER_SEQUENCES, rounds=31),
    sequence(16, 50, SEQUENCES + EAGER_SEQUENCES),
    sequence(1, 200),
    sequence(1, 1000, RECURRENCES, rounds=5),
    Workload(
        "layers-128",
        "Dense network 64, 256, 256, 32 on 128 samples: the last hidden "
        "layer by the input, and the output by it",
        layer_inputs,
        LAYERS,
        ours="tensorflow-helper-layers",
        rounds=31,
    ),
)
