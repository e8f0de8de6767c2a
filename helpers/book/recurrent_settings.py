"""Every way to run the Jacobian of a recurrent model, to see which work."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from helpers.derivatives.core.log import without_warning

Call = Callable[[], Any]


def settings(
    net: keras.Model, unrolled: keras.Model, x: tf.Tensor, folder: str
) -> dict[str, Call]:
    """The combinations of eager, compiled, saved and forward, by name.

    Args:
        net: model with a recurrent layer that runs a loop.
        unrolled: the same with `unroll=True`.
        x: a batch for both.
        folder: where the models may be saved.

    Returns:
        Name to a function of no argument that computes the Jacobian of a
        batch (forward mode: one Jacobian-vector product), or raises.
    """
    return (
        tape_inside_or_out(net, unrolled, x)
        | after_saving(net, unrolled, x, Path(folder))
        | {
            "forward mode, eager": lambda: forward(net, x),
            "forward mode, all compiled": lambda: compiled(
                lambda: forward(net, x)
            ),
            "forward mode, unroll": lambda: compiled(
                lambda: forward(unrolled, x)
            ),
        }
    )


def tape_inside_or_out(
    net: keras.Model, unrolled: keras.Model, x: tf.Tensor
) -> dict[str, Call]:
    return {
        "eager": lambda: plain_jacobian(net, x),
        "eager, one by one": lambda: plain_jacobian(net, x, pfor=False),
        "all compiled": lambda: compiled(lambda: plain_jacobian(net, x)),
        "all compiled, one by one": lambda: compiled(
            lambda: plain_jacobian(net, x, pfor=False)
        ),
        "XLA": lambda: compiled(lambda: plain_jacobian(net, x), jit=True),
        "XLA, unroll": lambda: compiled(
            lambda: plain_jacobian(unrolled, x), jit=True
        ),
        "model compiled": lambda: plain_jacobian(tf.function(net), x),
        "model compiled, kept tape": lambda: plain_jacobian(
            tf.function(net), x, keep=True
        ),
        "model compiled, one by one": lambda: plain_jacobian(
            tf.function(net), x, pfor=False
        ),
        "model compiled, kept, unroll": lambda: plain_jacobian(
            tf.function(unrolled), x, keep=True
        ),
    }


def after_saving(
    net: keras.Model, unrolled: keras.Model, x: tf.Tensor, folder: Path
) -> dict[str, Call]:
    def reloaded() -> keras.Model:
        net.save(folder / "net.keras")
        return keras.models.load_model(folder / "net.keras")

    return {
        ".keras reload": lambda: plain_jacobian(reloaded(), x),
        "SavedModel": lambda: plain_jacobian(exported(net, folder), x),
        "SavedModel, one by one": lambda: plain_jacobian(
            exported(net, folder), x, pfor=False
        ),
        "SavedModel, unroll": lambda: plain_jacobian(
            exported(unrolled, folder), x
        ),
    }


@without_warning("triggered tf.function retracing")
def plain_jacobian(
    f: Callable, x: tf.Tensor, *, pfor: bool = True, keep: bool = False
) -> tf.Tensor:
    """`tape.batch_jacobian`, all rows at once (pfor) or one by one."""
    with tf.GradientTape(persistent=keep or not pfor) as tape:
        tape.watch(x)
        y = f(x)
    return tape.batch_jacobian(y, x, experimental_use_pfor=pfor)


def forward(f: Callable, x: tf.Tensor) -> tf.Tensor:
    """One Jacobian-vector product by TensorFlow's own forward mode."""
    with tf.autodiff.ForwardAccumulator(x, tf.ones_like(x)) as accumulator:
        y = f(x)
    return accumulator.jvp(y)


def compiled(call: Call, *, jit: bool = False) -> Any:
    return tf.function(call, autograph=False, jit_compile=jit or None)()


def exported(model: keras.Model, folder: str | Path) -> Callable:
    """The model as a SavedModel, written and loaded again."""
    place = str(Path(folder) / f"saved_{model.name}")
    with without_warning(""):
        model.export(place, verbose=False)
        loaded = tf.saved_model.load(place)
    # Only `loaded` keeps the variables alive, so it must be kept as well.
    return lambda x: loaded.serve(x)
