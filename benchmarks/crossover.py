"""Forward against reverse mode: what a column costs, in rows.

    python -m benchmarks.crossover

For networks from n to m numbers, one hidden layer of 128 units, tanh, the
Jacobian is computed in both modes, compiled, in turn. A ratio below 1 means
that forward mode was faster. `CROSSOVER` of the core is the smallest m/n at
which mode="auto" takes forward mode. Stores results/crossover.json.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks.machine import description, today
from benchmarks.workers.serving import timed
from helpers import batch_jacobian, jacobian
from helpers.derivatives.core.mode import CROSSOVER

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "results" / "crossover.json"
INPUTS = (16, 64, 256)
RATIOS = (0.5, 1, 2, 4)
BATCH = 64
ROUNDS = 9


def main() -> None:
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(0)
    rows = list(measured())
    result = {
        "date": today(),
        "machine": description(),
        "tensorflow": tf.__version__,
        "crossover": CROSSOVER,
        "rows": rows,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")
    print(table(rows))


def measured() -> Iterator[dict[str, Any]]:
    for n in INPUTS:
        for ratio in RATIOS:
            m = int(n * ratio)
            model = network(n, m)
            x = tf.random.normal([BATCH, n])
            full = quartiles(jacobian, lambda x, f=model: f(x[None])[0], x[0])
            batch = quartiles(batch_jacobian, model, x)
            yield {"n": n, "m": m, "one": full, "batch": batch}


def network(n: int, m: int) -> keras.Model:
    hidden = keras.layers.Dense(128, activation="tanh")
    return keras.Sequential([keras.Input([n]), hidden, keras.layers.Dense(m)])


def quartiles(transform: Any, f: Any, x: tf.Tensor) -> list[float]:
    """Time of forward over reverse mode: quartiles over rounds."""
    forward, reverse = (transform(f, mode=m) for m in ("forward", "reverse"))
    np.testing.assert_allclose(forward(x), reverse(x), rtol=0, atol=1e-4)
    ratios = [
        timed(lambda: forward(x))["cpu"] / timed(lambda: reverse(x))["cpu"]
        for _ in range(ROUNDS)
    ]
    return [round(float(q), 3) for q in np.percentile(ratios, [25, 50, 75])]


def table(rows: list[dict[str, Any]]) -> str:
    """Forward over reverse, one line per n, one column per m/n."""
    lines = [
        "| n → m | m/n | one point | batch of 64 |",
        "|---|--:|--:|--:|",
    ]
    for row in rows:
        cells = [
            f"{middle:.2f} ({low:.2f}–{high:.2f})"
            for low, middle, high in (row["one"], row["batch"])
        ]
        sizes = f"{row['n']} → {row['m']} | {row['m'] / row['n']:g}"
        lines.append(f"| {sizes} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
