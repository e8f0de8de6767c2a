"""PyTorch: torch.func, and torch.compile where it helps."""

import os
from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.workers.serving import Arrays, in_chunks, serve


def as_weights(arrays: Arrays) -> dict[str, Tensor]:
    return {k: torch.from_numpy(v) for k, v in arrays.items() if k != "x"}


def cell(z: Tensor, c: Tensor | None, squash: Callable) -> tuple:
    i, f, g, o = z.chunk(4, dim=-1)
    new = torch.sigmoid(i) * squash(g)
    if c is not None:
        new = torch.sigmoid(f) * c + new
    return torch.sigmoid(o) * squash(new), new


# One scalar per window


def window_gradient(
    arrays: Arrays, *, compiled: bool, first_apart: bool = False
) -> Callable:
    """Gradient of the sum; `first_apart` treats step 0 as `helpers` does."""
    w = as_weights(arrays)
    weights = torch.cat([w["kernel"], w["recurrent"]])

    def total(x: Tensor) -> Tensor:
        steps = list(x.unbind(1))
        h = c = torch.zeros(len(x), len(w["recurrent"]))
        if first_apart:
            z = torch.addmm(w["bias"], steps.pop(0), w["kernel"])
            h, c = cell(z, None, torch.relu)
        for each in steps:
            z = torch.addmm(w["bias"], torch.cat([each, h], 1), weights)
            h, c = cell(z, c, torch.relu)
        return head(w, h).sum()

    call = torch.func.grad(total)
    return blocks(arrays, torch.compile(call) if compiled else call)


def head(w: dict, h: Tensor) -> Tensor:
    h = torch.relu(torch.addmm(w["bias_1"], h, w["dense_1"]))
    h = torch.relu(torch.addmm(w["bias_2"], h, w["dense_2"]))
    return torch.addmm(w["bias_3"], h, w["dense_3"])


def blocks(arrays: Arrays, call: Callable) -> Callable:
    x = arrays["x"]
    if len(x) <= 256:
        tensor = torch.from_numpy(x)
        return lambda: call(tensor)
    return lambda: in_chunks(lambda part: call(torch.from_numpy(part)), x)


# A sequence per sequence


def by(transform: Callable) -> Callable:
    def build(arrays: Arrays) -> Callable:
        w, x = as_weights(arrays), torch.from_numpy(arrays["x"])

        def outputs(x: Tensor) -> Tensor:
            h = c = torch.zeros(len(w["recurrent"]))
            result = []
            for z in x @ w["kernel"] + w["bias"]:
                h, c = cell(z + h @ w["recurrent"], c, torch.tanh)
                result.append(h)
            return torch.stack(result)

        call = torch.func.vmap(transform(outputs))
        return lambda: call(x)

    return build


# From layer to layer


def layers(arrays: Arrays, *, compiled: bool) -> Callable:
    """The hidden layer by the input and the output by it, in one pass."""
    w, x = as_weights(arrays), torch.from_numpy(arrays["x"])

    def first(x: Tensor) -> tuple:
        h = torch.tanh(x @ w["dense_1"] + w["bias_1"])
        h = torch.tanh(h @ w["dense_2"] + w["bias_2"])
        return h, h

    def last(h: Tensor) -> Tensor:
        return h @ w["dense_3"] + w["bias_3"]

    def both(x: Tensor) -> tuple:
        h_by_x, h = torch.func.jacfwd(first, has_aux=True)(x)
        return h_by_x, torch.func.jacrev(last)(h)

    call = torch.func.vmap(both)
    call = torch.compile(call) if compiled else call
    return lambda: call(x)


if __name__ == "__main__":
    torch.set_num_threads(int(os.environ["BENCHMARK_THREADS"]))
    serve(
        {
            "func": lambda a: window_gradient(a, compiled=False),
            "compile": lambda a: window_gradient(a, compiled=True),
            "compile-apart": lambda a: window_gradient(
                a, compiled=True, first_apart=True
            ),
            "layers": lambda a: layers(a, compiled=False),
            "compile-layers": lambda a: layers(a, compiled=True),
            "jacfwd": by(torch.func.jacfwd),
            "jacrev": by(torch.func.jacrev),
        },
        {"torch": torch.__version__},
    )
