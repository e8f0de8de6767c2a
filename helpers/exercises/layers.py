"""Markers for the exercises of the chapter on intermediate layers."""

import keras
import numpy as np
import tensorflow as tf

from helpers.derivatives.jacobians import batch_jacobian
from helpers.exercises.marking import (
    Answer,
    Hint,
    array,
    near,
    read_letters,
    read_places,
    read_shapes,
)

dense = keras.layers.Dense


def exercise_1(shapes: Answer) -> str:
    """Shapes of both factors and of their product, with two axes of h."""
    tail, head, whole = read_shapes(shapes, 3)
    right = (32, 5, 20, 16), (32, 20, 16, 20, 4), (32, 5, 20, 4)
    if (head, tail) == right[:2]:
        raise Hint("∂y/∂h comes first, then ∂h/∂x.")
    if tail != right[0]:
        raise Hint(hint_1(tail))
    if head == (32, 16, 20, 4):
        raise Hint("With return_sequences=True, h is (32, 20, 16).")
    if head != right[1]:
        raise Hint("∂h/∂x: batch, then both axes of h, then both of x.")
    if whole != right[2]:
        raise Hint("The product sums over the axes of h; those of x stay.")
    return "Both axes of h are summed over, both of x remain."


def hint_1(tail: tuple[int, ...]) -> str:
    if tail == (32, 5, 16):
        return "With return_sequences=True, h is (32, 20, 16)."
    if tail == (32, 20, 16, 5):
        return "Target first: the axes of what is differentiated."
    if tail == (32, 5, 32, 20, 16):
        return "Per sample: the batch axis stands once."
    return "∂y/∂h: batch, then the axes of y, then those of h."


def exercise_2(tables: Answer) -> str:
    """Head, tail and whole of a small function, by hand."""
    if len(tables) != 3:
        raise Hint(f"Three tables are needed, not {len(tables)}.")
    head, tail, whole = map(array, tables)
    right = np.array([[2, 0], [2, 1]]), np.array([[1, 1], [2, 1]])
    names = "head", "tail"
    for name, found, expected in zip(names, (head, tail), right, strict=True):
        if not near(found, expected):
            raise Hint(hint_2(name, found, expected))
    if near(whole, right[0] @ right[1]):
        raise Hint("The other order: tail times head.")
    if near(whole, right[0] * right[1]):
        raise Hint("The product of matrices, row times column.")
    if not near(whole, right[1] @ right[0]):
        raise Hint("Tail times head: each row of the tail, each column.")
    return "Four ways per entry at most, each the product of its arrows."


def hint_2(name: str, found: np.ndarray, expected: np.ndarray) -> str:
    if near(found, expected.T):
        return f"The {name} is transposed: a row for each output."
    if name == "tail" and near(found, [[1, 1], [1, 2]]):
        return "The derivative of h0·h1 by h0 is h1."
    inner = "x = (1, 2)" if name == "head" else "h = (1, 2)"
    return f"The {name}: differentiate each line, then insert {inner}."


def exercise_3(letters: Answer) -> str:
    """Where the tape answers None for a hidden layer."""
    found, right = read_letters(letters), {"a", "c", "e", "f"}
    reasons = {
        "a": "In a, model(x) makes an h of its own; y is not made from yours.",
        "b": "In b, y is made from h, and all of it is recorded.",
        "c": "In c, the new h came after y: y cannot be made from it.",
        "d": "In d, y is made from the h that is watched.",
        "e": "In e, nobody is watched, so nothing is written down.",
        "f": "In f, the way leads through an integer.",
    }
    for letter, reason in reasons.items():
        if letter in found ^ right:
            raise Hint(reason)
    return "Made from this tensor, every step recorded, every step smooth."


def exercise_4(two_factors: Answer) -> str:
    """Both factors of a Sequential that was built layer by layer."""
    for grown in (False, True):
        model, x = a_row(grown), some(5, 4)
        answer = two_factors(model, "middle", x)
        if len(answer) != 2:
            raise Hint("Return two Jacobians, (h_by_x, y_by_h).")
        head, tail = map(array, answer)
        right = factors(model, x)
        check_factors(head, tail, right, grown)
    return "One branch, whoever built the model."


def check_factors(
    head: np.ndarray,
    tail: np.ndarray,
    right: tuple[np.ndarray, np.ndarray],
    grown: bool,
) -> None:
    """Raise the hint that fits two wrong factors."""
    shapes = right[0].shape, right[1].shape
    if (tail.shape, head.shape) == shapes:
        raise Hint("The other way round: first ∂h/∂x, then ∂y/∂h.")
    if (head.shape, tail.shape) != shapes:
        raise Hint(
            f"Shapes {shapes[0]} and {shapes[1]} are needed, per sample, "
            f"not {head.shape} and {tail.shape}."
        )
    if grown and not tail.any():
        raise Hint(
            "Zeros for ∂y/∂h of a model built with `add`: its layer.output "
            "is on another branch. Call the layers yourself."
        )
    if not near(head, right[0]):
        raise Hint("∂h/∂x is not that of this model's own layers.")
    if not near(tail, right[1]):
        raise Hint("∂y/∂h is wrong: is it taken at h, for these weights?")


def exercise_5(two_terms: Answer) -> str:
    """Through the layer and past it."""
    inner, outer, skip = some(4, 3), some(3, 2), some(4, 2)
    x = some(5, 4)

    def head(x: tf.Tensor) -> tf.Tensor:
        return tf.tanh(x @ inner)

    def rest(h: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
        return tf.tanh(h @ outer) + tf.sin(x @ skip)

    through, past = map(array, two_terms(head, rest, x))
    right = array(batch_jacobian(lambda x: tf.tanh(head(x) @ outer))(x))
    beside = array(batch_jacobian(lambda x: tf.sin(x @ skip))(x))
    check_terms(through, past, right, beside)
    return "The sum over all ways, in two parts."


def check_terms(
    through: np.ndarray,
    past: np.ndarray,
    right: np.ndarray,
    beside: np.ndarray,
) -> None:
    """Raise the hint that fits two wrong terms."""
    if through.shape != right.shape or past.shape != beside.shape:
        raise Hint(
            f"Both of shape {right.shape}, not {through.shape} and "
            f"{past.shape}."
        )
    if near(through, beside) and near(past, right):
        raise Hint("The other way round: (through, past).")
    if near(past, right + beside):
        raise Hint("`past` is the whole: within the tape, x must not reach h.")
    if near(through, right + beside):
        raise Hint("`through` is the whole; multiply tail and head.")
    if not near(past, beside):
        raise Hint("`past`: the derivative of rest by x with h held fixed.")
    if not near(through, right):
        raise Hint("`through`: the derivative of rest by h, times the head's.")


def exercise_6(by_unit: Answer) -> str:
    """The part of the whole that passes through each hidden unit."""
    tail, head = some(5, 2, 3), some(5, 3, 4)
    found = array(by_unit(tail, head))
    right = np.einsum("bok,bki->bkoi", tail, head)
    if near(found, right.sum(1)):
        raise Hint("That is the whole. Keep the axis of the units.")
    if found.shape == (5, 2, 3, 4) or found.shape == (5, 2, 4, 3):
        raise Hint("The right numbers perhaps; the unit is axis 1: (b,k,o,i).")
    if found.shape != right.shape:
        raise Hint(f"Shape {right.shape} is needed, not {found.shape}.")
    if not near(found, right):
        raise Hint("Part k: column k of the tail times row k of the head.")
    return "Their sum over the units is the whole."


def exercise_7(product: Answer) -> str:
    """The product over any number of axes of h."""
    cases = [((2,), (3,), (4,)), ((2,), (3, 4), (4, 3)), ((), (2, 3), (5,))]
    for y, h, x in cases:
        tail, head = some(6, *y, *h), some(6, *h, *x, seed=5)
        found = array(product(tail, head, len(h)))
        flat = np.reshape(tail, [6, int(np.prod(y)), -1]) @ np.reshape(
            head, [6, -1, int(np.prod(x))]
        )
        right = flat.reshape(6, *y, *x)
        if found.shape == (6, *y, 6, *x):
            raise Hint("The batch axis stands twice: one sample at a time.")
        if found.shape != right.shape:
            raise Hint(
                f"For h of shape (6, {', '.join(map(str, h))}): shape "
                f"{right.shape} is needed, not {found.shape}."
            )
        if not near(found, right):
            raise Hint("The right shape: are all axes of h summed, in order?")
    return "All axes of h are summed over, however many."


def exercise_8(dead_units: Answer) -> str:
    """The units that are off for all samples."""
    model, x = a_relu(), some(6, 4)
    values = array(keras.Model(model.inputs, model.layers[0].output)(x))
    right = np.flatnonzero(~values.any(0)).tolist()
    found = read_places(dead_units(model, "middle", x))
    sometimes = np.flatnonzero(~values.all(0)).tolist()
    if found == [k for k in range(values.shape[1]) if k not in right]:
        raise Hint("Those are the units that are alive.")
    if found == sometimes:
        raise Hint("Off for all samples, not for some of them.")
    if found == np.flatnonzero(~values.any(1)).tolist():
        raise Hint("Those are samples; the unit is axis 1.")
    if found != right:
        raise Hint(f"Found {found} where the dead units are {right}.")
    return "Zero rows for every sample."


def exercise_9(by_use: Answer) -> str:
    """The gradient by a kernel, one part for each of its two uses."""
    x, K = some(5, 3), some(3, 3, seed=6)
    first, second = map(array, by_use(x, K))
    h = np.tanh(x @ K)
    slope = 1 - np.tanh(h @ K) ** 2
    outer = h.T @ slope
    inner = np.transpose(x) @ ((slope @ np.transpose(K)) * (1 - h**2))
    check_uses(first, second, inner, outer)
    return "Their sum is the gradient by K."


def check_uses(
    first: np.ndarray,
    second: np.ndarray,
    inner: np.ndarray,
    outer: np.ndarray,
) -> None:
    """Raise the hint that fits two wrong parts of a gradient."""
    if first.shape != inner.shape or second.shape != outer.shape:
        raise Hint(f"Two arrays of shape {inner.shape}, like K.")
    if near(first, inner + outer) or near(second, inner + outer):
        raise Hint("That is both uses together: one tensor is one source.")
    if near(first, outer) and near(second, inner):
        raise Hint("The other way round: the inner use comes first.")
    if not near(second, outer):
        raise Hint("`second`: move the outer K alone.")
    if not near(first, inner):
        raise Hint("`first`: move the inner K alone; the outer one stays.")


def exercise_10(is_cut: Answer) -> str:
    """Whether every way passes the layer."""
    for strength in (0.0, 1.0, 0.01):
        for seed in range(3):
            answer = is_cut(past_it(strength, seed), "middle", some(5, 4))
            found = np.asarray(answer)
            if found.dtype != bool or found.shape:
                kind = type(answer).__name__
                raise Hint(f"Return True or False, not {kind}.")
            if found != (strength == 0):
                raise Hint(hint_10(strength))
    return "Entry by entry, and small ways are found as well."


def hint_10(strength: float) -> str:
    if strength == 0:
        return "A model without a way past the layer was called False."
    if strength == 1:
        return "A model with a strong way past the layer was called True."
    return (
        "A way past the layer with a hundredth of the strength was missed: "
        "compare entries, with a small tolerance."
    )


# Models and numbers to try an answer on


def some(*shape: int, seed: int = 4) -> tf.Tensor:
    numbers = np.random.default_rng(seed).normal(size=shape)
    return tf.constant(numbers, tf.float32)


def a_row(grown: bool) -> keras.Model:
    """4 → 3 → 2, made in one go or layer by layer."""
    parts = [dense(3, "tanh", name="middle"), dense(2, "tanh", name="end")]
    if not grown:
        model = keras.Sequential([keras.Input([4]), *parts])
    else:
        model = keras.Sequential()
        for part in [keras.Input([4]), *parts]:
            model.add(part)
    model.set_weights([some(4, 3), some(3), some(3, 2), some(2)])
    return model


def factors(model: keras.Model, x: tf.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """∂h/∂x and ∂y/∂h of `a_row`, by their formulas."""
    A, a, B, b = model.get_weights()
    h = np.tanh(x @ A + a)
    y = np.tanh(h @ B + b)
    head = (1 - h**2)[:, :, np.newaxis] * A.T
    return head, (1 - y**2)[:, :, np.newaxis] * B.T


def a_relu() -> keras.Model:
    """4 → 6 → 2, of which units 1 and 4 are off for every sample."""
    first = dense(6, "relu", name="middle")
    model = keras.Sequential([keras.Input([4]), first, dense(2)])
    shift = np.array([0.5, -20, 0.3, 0.1, -20, 20])
    first.set_weights([some(4, 6), shift])
    return model


def past_it(strength: float, seed: int) -> keras.Model:
    """4 → 3 → 2, and a way past the layer of 3 that is as strong as told."""
    inputs = keras.Input([4])
    h = dense(3, "tanh", name="middle")(inputs)
    skip = dense(2, use_bias=False)
    end = dense(2)
    model = keras.Model(inputs, end(h) + skip(inputs))
    model.get_layer("middle").set_weights([some(4, 3, seed=seed), some(3)])
    end.set_weights([some(3, 2, seed=seed + 10), some(2)])
    skip.set_weights([strength * some(4, 2, seed=seed + 20).numpy()])
    return model
