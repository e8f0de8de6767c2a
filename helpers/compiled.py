"""The compiled callable that every derivative in this package returns."""

from collections.abc import Callable
from functools import partial
from typing import Any

import tensorflow as tf

from helpers.inputs import as_tensors, check_precision
from helpers.quiet import without_warning


class Compiled:
    """A derivative that is traced once and then only runs.

    An eager `tape.jacobian` builds its graph again at every call. A
    `Compiled` builds it at the first call with a given structure, shape and
    dtype of its arguments; every later call with the same ones only runs it.

    Attributes:
        name: the public name that error messages start with.
        traces: how many graphs have been built so far.
    """

    def __init__(
        self,
        name: str,
        compute: Callable[..., Any],
        *,
        f: Callable[..., Any] | None = None,
        jit: bool = False,
    ) -> None:
        self.name = name
        self._f = f
        self._jit = jit
        # A partial of its own keeps TensorFlow from mistaking the first calls
        # of many callables for one function that is traced again and again.
        self._function = tf.function(
            partial(compute), autograph=False, jit_compile=jit or None
        )

    def __call__(self, *arguments: Any) -> Any:
        tensors = self.tensors(arguments)
        try:
            return self._function(*tensors)
        except (NotImplementedError, AttributeError) as error:
            if "numpy" not in str(error):
                raise
            raise TypeError(
                f"`{self.name}`: expected f to be made of TensorFlow "
                "operations, got one that leaves TensorFlow (NumPy, "
                "`.numpy()`); use `tf.` operations, or "
                "`finite_difference_jacobian` for a black box."
            ) from error
        except tf.errors.InvalidArgumentError as error:
            if not self._jit or "TensorList" not in str(error):
                raise
            raise ValueError(
                f"`{self.name}`: expected a function that XLA can compile, "
                "got one with a TensorArray loop (a Keras recurrent layer); "
                "use `jit=False`."
            ) from error

    def tensors(self, arguments: tuple) -> list[Any]:
        """The arguments as floating tensors, or an error that says why not."""
        tensors = [as_tensors(self.name, each) for each in arguments]
        check_precision(self.name, self._f, tensors[0])
        return tensors

    @property
    def traces(self) -> int:
        return self._function.experimental_get_tracing_count()

    def __repr__(self) -> str:
        return f"<compiled {self.name}, {self.traces} trace(s)>"


def autographed(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return f as AutoGraph runs it: Python `if`, `for`, `while` on tensors.

    Only the caller's function is converted, so that the errors of this
    package reach the caller as they are written.
    """
    autograph = tf.__internal__.autograph
    context = autograph.control_status_ctx()
    enabled = type(context)(status=type(context.status).ENABLED)
    converted = autograph.tf_convert(f, enabled)

    def run(*arguments: Any) -> Any:
        # Two lambdas in one cell: long and harmless.
        with without_warning("multiple definitions with identical"):
            return converted(*arguments)

    return run
