"""The compiled callable that every derivative in this package returns."""

import inspect
from collections.abc import Callable
from functools import partial

import keras
import tensorflow as tf

from helpers.derivatives.core.explanations import explained
from helpers.derivatives.core.log import without_warning
from helpers.derivatives.core.references import References, references
from helpers.derivatives.core.refusals import speaking_as
from helpers.derivatives.core.requirements import as_tensors, check_count
from helpers.derivatives.core.returned import Returned
from helpers.derivatives.core.tensorflow_private import converted_by_autograph
from helpers.derivatives.core.types import Function, Structure


class Compiled(Returned):
    """A derivative that is traced once and then only runs.

    An eager `tape.jacobian` builds its graph again at every call. A
    `Compiled` builds it at the first call with a given structure, shape and
    dtype of its arguments; every later call with the same ones only runs it.

    It is built again when a name that f uses leads to another object than
    before: a new model under an old name, a layer added, an activation set.
    What changes inside of other objects (an entry of a list, an attribute)
    is not seen, as in every tf.function; build a new one then.

    Attributes:
        name: the public name that error messages start with.
        traces: how many graphs have been built so far.
        leads_to: f, for a derivative of this derivative.
    """

    def __init__(
        self,
        name: str,
        compute: Callable[..., Structure],
        *,
        f: Function | None = None,
        jit: bool = False,
    ) -> None:
        super().__init__(name, *(() if f is None else (f,)))
        self._f = f
        self._jit = jit
        self._compute = compute
        self._count = len(inspect.signature(compute).parameters)
        self._before = 0
        self._seen: References | None = None
        self._start()

    def _start(self) -> None:
        # A partial of its own keeps TensorFlow from mistaking the first calls
        # of many callables for one function that is traced again and again.
        self._function = tf.function(
            partial(in_kept_scope, self._compute),
            autograph=False,
            jit_compile=self._jit or None,
        )

    def __call__(self, *arguments: Structure) -> Structure:
        with speaking_as(self.name):
            check_count(arguments, self._count)
            tensors = self.tensors(arguments)
            self._notice_changes()
            self._build_layers(tensors[0])
            traces = self.traces
            result = self._graph_or_reason(tensors)
            if self.traces != traces or self._seen is None:
                self._seen = References(self._f)
            return self.finished(result)

    def _graph_or_reason(self, tensors: list[Structure]) -> Structure:
        """Run the graph, or say more clearly what is wrong."""
        try:
            return self._function(*tensors)
        except Exception as error:
            if self._seen is None:
                # A graph that failed as it was made is not taken again.
                self._start()
            clearer = explained(error, jit=self._jit)
            if clearer is None:
                raise
            raise clearer from error

    def _notice_changes(self) -> None:
        """Forget the graphs if a name that f uses has another meaning."""
        if self._seen is not None and self._seen.changed():
            self._before = self.traces
            self._start()

    def _build_layers(self, x: Structure) -> None:
        """Let new Keras layers make their weights before the derivative.

        An error inside of the graph in which they are made would leave them
        without numbers, and the layer useless.
        """
        f = self._f
        if f is None or self._seen is not None:
            return
        if not tf.executing_eagerly():
            return
        layers = [e for e in references(f) if isinstance(e, keras.Layer)]
        if all(layer.built for layer in layers):
            return
        if isinstance(f, keras.Layer) and not any(map(is_stateful, layers)):
            f(x)
        else:
            specs = tf.nest.map_structure(tf.TensorSpec.from_tensor, x)
            run = partial(in_kept_scope, autographed(f))
            aside = tf.function(run, autograph=False)
            aside.get_concrete_function(specs)

    def tensors(self, arguments: tuple[Structure, ...]) -> list[Structure]:
        """The arguments as floating tensors, or an error that says why not."""
        return [as_tensors(each) for each in arguments]

    def finished(self, result: Structure) -> Structure:
        """What the caller gets of the result; a place for checks."""
        return result

    @property
    def traces(self) -> int:
        return self._before + self._function.experimental_get_tracing_count()

    def __repr__(self) -> str:
        return f"<compiled {self.name}, {self.traces} trace(s)>"


def in_kept_scope(
    compute: Callable[..., Structure], *tensors: Structure
) -> Structure:
    """compute(*tensors); puts back what a failing `tf.map_fn` leaves.

    In a graph, tf.map_fn sets a caching device for the new variables of the
    whole program, and unsets it only if nothing fails. From then on a new
    variable in the scope of a strategy is an error.
    """
    if tf.executing_eagerly():
        return compute(*tensors)
    scope = tf.compat.v1.get_variable_scope()
    device = scope.caching_device
    try:
        return compute(*tensors)
    finally:
        scope.set_caching_device(device)


def is_stateful(layer: keras.Layer) -> bool:
    return bool(getattr(layer, "stateful", False))


def autographed(f: Function) -> Function:
    """Return f as AutoGraph runs it: Python `if`, `for`, `while` on tensors.

    Only the caller's function is converted, so that the errors of this
    package reach the caller as they are written.
    """
    converted = converted_by_autograph(f)

    def run(x: Structure) -> Structure:
        # Two lambdas in one cell: long and harmless.
        with without_warning("multiple definitions with identical"):
            return converted(x)

    return run
