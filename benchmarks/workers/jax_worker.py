"""JAX: every call under jit, tuned where tuning helped."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import jaxlib
import numpy as np

from benchmarks.workers.serving import Arrays, in_chunks, serve

SEGMENTS = 4


def split_gates(z: jax.Array) -> tuple:
    i, f, g, o = jnp.split(z, 4, axis=-1)
    return tuple(map(jax.nn.sigmoid, (i, f, o))), g


# One scalar per window


def window_gradient(arrays: Arrays, *, first_apart: bool) -> Callable:
    """Gradient of the sum; `first_apart` treats step 0 as `helpers` does."""
    w = {k: jnp.asarray(v) for k, v in arrays.items() if k != "x"}
    weights = jnp.concatenate([w["kernel"], w["recurrent"]])

    def step(state: tuple, x: jax.Array) -> tuple:
        h, c = state
        z = jnp.concatenate([x, h], axis=1) @ weights + w["bias"]
        return relu_cell(z, c), None

    def total(x: jax.Array) -> jax.Array:
        steps = x.transpose(1, 0, 2)
        zeros = jnp.zeros((len(x), len(w["recurrent"])))
        state = zeros, zeros
        if first_apart:
            state = relu_cell(steps[0] @ w["kernel"] + w["bias"], zeros)
            steps = steps[1:]
        (h, _), _ = jax.lax.scan(step, state, steps)
        return head(w, h).sum()

    return blocks(arrays, jax.jit(jax.grad(total)))


def relu_cell(z: jax.Array, c: jax.Array) -> tuple:
    (i, f, o), g = split_gates(z)
    c = f * c + i * jax.nn.relu(g)
    return o * jax.nn.relu(c), c


def head(w: dict, h: jax.Array) -> jax.Array:
    h = jax.nn.relu(h @ w["dense_1"] + w["bias_1"])
    h = jax.nn.relu(h @ w["dense_2"] + w["bias_2"])
    return h @ w["dense_3"] + w["bias_3"]


def blocks(arrays: Arrays, call: Callable) -> Callable:
    x = arrays["x"]
    if len(x) <= 256:
        tensor = jnp.asarray(x)
        return lambda: call(tensor).block_until_ready()
    return lambda: in_chunks(call, x)


# A sequence per sequence


def outputs(w: dict, x: jax.Array) -> jax.Array:
    """All h of one sequence x (T, features)."""

    def step(state: tuple, x: jax.Array) -> tuple:
        h, c = state
        (i, f, o), g = split_gates(
            x @ w["kernel"] + h @ w["recurrent"] + w["bias"]
        )
        c = f * c + i * jnp.tanh(g)
        h = o * jnp.tanh(c)
        return (h, c), h

    zeros = jnp.zeros(len(w["recurrent"]))
    return jax.lax.scan(step, (zeros, zeros), x)[1]


def by(transform: Callable) -> Callable:
    def build(arrays: Arrays) -> Callable:
        w = {k: jnp.asarray(v) for k, v in arrays.items()}
        x = w.pop("x")
        call = jax.jit(jax.vmap(transform(lambda x: outputs(w, x))))
        return lambda: call(x).block_until_ready()

    return build


def recurrence(arrays: Arrays, segments: int) -> Callable:
    """The recurrence of `lstm_jacobian`, in one loop or several."""
    w = {k: jnp.asarray(v) for k, v in arrays.items()}
    x = w.pop("x")
    call = jax.jit(lambda x: carried(w, x, segments))
    return lambda: call(x).block_until_ready()


def carried(w: dict, x: jax.Array, segments: int) -> jax.Array:
    samples, steps, features = x.shape
    units = len(w["recurrent"])
    rows = jnp.split(jnp.concatenate([w["recurrent"], w["kernel"]]).T, 4)
    z = (x @ w["kernel"] + w["bias"]).transpose(1, 0, 2)
    h = c = jnp.zeros((samples, units))
    H = C = jnp.zeros((samples, units, 0, features))
    J = jnp.zeros((samples, steps, units, steps, features))
    edges = [steps * k // segments for k in range(segments + 1)]
    for start, stop in zip(edges, edges[1:], strict=False):
        more = [(0, 0), (0, 0), (0, stop - H.shape[2]), (0, 0)]
        state = h, c, jnp.pad(H, more), jnp.pad(C, more), J
        index = jnp.arange(start, stop)
        state, _ = jax.lax.scan(
            lambda state, tz: (carry(w, rows, state, *tz), None),
            state,
            (index, z[start:stop]),
        )
        h, c, H, C, J = state
    return J


def carry(
    w: dict, rows: list, state: tuple, t: jax.Array, z: jax.Array
) -> tuple:
    h, c, H, C, J = state
    h, c, matrix, f, q = slopes(w, rows, z + h @ w["recurrent"], c)
    samples, units, width, features = H.shape
    both = matrix[:, :, :units] @ H.reshape(samples, units, -1)
    both = both.reshape(samples, -1, width, features)
    here = (jnp.arange(width) == t)[:, None]
    both += jnp.where(here, matrix[:, :, None, units:], 0)
    C = f[:, :, None, None] * C + both[:, :units]
    H = q[:, :, None, None] * C + both[:, units:]
    J = jax.lax.dynamic_update_slice(J, H[:, None], (0, t, 0, 0, 0))
    return h, c, H, C, J


def slopes(w: dict, rows: list, z: jax.Array, c: jax.Array) -> tuple:
    (i, f, o), g = split_gates(z)
    g = jnp.tanh(g)
    new = f * c + i * g
    a = jnp.tanh(new)
    factors = (
        g * i * (1 - i),
        c * f * (1 - f),
        i * (1 - g * g),
        a * o * (1 - o),
    )
    of_i, of_f, of_g, of_o = (
        factor[:, :, None] * row
        for factor, row in zip(factors, rows, strict=True)
    )
    matrix = jnp.concatenate([of_i + of_f + of_g, of_o], axis=1)
    return o * a, new, matrix, f, o * (1 - a * a)


# From layer to layer


def layers(arrays: Arrays, *, head_by: Callable) -> Callable:
    """The hidden layer by the input and the output by it, in one pass."""
    w = {k: jnp.asarray(v) for k, v in arrays.items() if k != "x"}
    x = jnp.asarray(arrays["x"])

    def first(x: jax.Array) -> tuple:
        h = jnp.tanh(x @ w["dense_1"] + w["bias_1"])
        h = jnp.tanh(h @ w["dense_2"] + w["bias_2"])
        return h, h

    def last(h: jax.Array) -> jax.Array:
        return h @ w["dense_3"] + w["bias_3"]

    @jax.jit
    @jax.vmap
    def both(x: jax.Array) -> tuple:
        h_by_x, h = head_by(first, has_aux=True)(x)
        return h_by_x, jax.jacrev(last)(h)

    return lambda: jax.block_until_ready(both(x))


if __name__ == "__main__":
    serve(
        {
            "gradient": lambda a: window_gradient(a, first_apart=False),
            "gradient-apart": lambda a: window_gradient(a, first_apart=True),
            "recurrence": lambda a: recurrence(a, 1),
            "recurrence-segments": lambda a: recurrence(a, SEGMENTS),
            "layers": lambda a: layers(a, head_by=jax.jacfwd),
            "layers-reverse": lambda a: layers(a, head_by=jax.jacrev),
            "jacfwd": by(jax.jacfwd),
            "jacrev": by(jax.jacrev),
        },
        {
            "jax": jax.__version__,
            "jaxlib": jaxlib.__version__,
            "numpy": np.__version__,
        },
    )
