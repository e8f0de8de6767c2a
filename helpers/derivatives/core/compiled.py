"""The compiled callable that every derivative in this package returns."""

import inspect
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import tensorflow as tf

from helpers.derivatives.core.log import without_warning
from helpers.derivatives.core.requirements import as_tensors, check_precision


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
        self._count = len(inspect.signature(compute).parameters)
        # A partial of its own keeps TensorFlow from mistaking the first calls
        # of many callables for one function that is traced again and again.
        self._function = tf.function(
            partial(compute), autograph=False, jit_compile=jit or None
        )

    def __call__(self, *arguments: Any) -> Any:
        tensors = self.tensors(arguments)
        try:
            return self._function(*tensors)
        except Exception as error:
            clearer = self.explained(error)
            if clearer is None:
                raise
            raise clearer from error

    def explained(self, error: Exception) -> Exception | None:
        """What a known error of TensorFlow means here, and what to use."""
        text = str(error)
        eager_only = isinstance(error, NotImplementedError | AttributeError)
        if eager_only and "numpy" in text:
            return TypeError(
                f"`{self.name}`: expected f to be made of TensorFlow "
                "operations, got one that leaves TensorFlow (NumPy, "
                "`.numpy()`); use `tf.` operations, or "
                "`finite_difference_jacobian` for a black box."
            )
        invalid = isinstance(error, tf.errors.InvalidArgumentError)
        if self._jit and invalid and "TensorList" in text:
            return ValueError(
                f"`{self.name}`: expected a function that XLA can compile, "
                "got one with a TensorArray loop (a Keras recurrent layer); "
                "use `jit=False`."
            )
        if "KeyError: b'pyfunc" in text:
            return ValueError(
                f"`{self.name}`: expected f to be made of TensorFlow "
                "operations, got one with tf.py_function, which TensorFlow "
                "differentiates only once for each call; use `vjp`, one "
                "product at a time, or `finite_difference_jacobian`."
            )
        if invalid and "of the shape of" in text:
            found = re.search(r"`\w+`: expected \w+ of the [^]\n]*", text)
            return ValueError(f"{found[0]}; use tf.reshape on it.")
        if "handle data not set" in text:
            return ValueError(
                f"`{self.name}`: expected f to build its loops when it is "
                "called, got one that was traced before, with a loop (a "
                "recurrent layer in a SavedModel); use the model from a "
                ".keras file, unroll=True before the export, or `vjp`, one "
                "product at a time."
            )
        return None

    def tensors(self, arguments: tuple) -> list[Any]:
        """The arguments as floating tensors, or an error that says why not."""
        if len(arguments) != self._count:
            raise TypeError(
                f"`{self.name}`: expected {self._count} argument(s), got "
                f"{len(arguments)}; use one list, tuple or dict for several "
                "inputs."
            )
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
