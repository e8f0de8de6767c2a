"""Markers for the exercises of the four pages on LSTM Jacobians."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from helpers.exercises.marking import (
    Answer,
    Hint,
    array,
    near,
    read_shapes,
    read_truth,
)

# Page 1: reading the Jacobian


def exercise_1(answers: Answer) -> str:
    """Shapes and exact zeros of the Jacobian of an LSTM."""
    *shapes, zeros = answers
    full, per_sample = read_shapes(shapes, 2)
    if full == (16, 30, 8, 30, 5):
        raise Hint("Full: y.shape + x.shape, so the batch axis comes twice.")
    if full != (16, 30, 8, 16, 30, 5):
        raise Hint("Full: the shape of y, then the shape of x.")
    if per_sample != (16, 30, 8, 30, 5):
        raise Hint("Per sample: one batch axis, output, then input.")
    check_zeros(float(array(zeros, "The number of zeros")))
    return "29 of 60 numbers are zero before anything is computed."


def check_zeros(zeros: float) -> None:
    """Raise a hint unless it is the number of zeros above the diagonal."""
    if zeros == 30 * 31 // 2 * 8 * 5:
        raise Hint("The diagonal is not zero: a step sees its own input.")
    if zeros in (30 * 29 // 2, 16 * 30 * 29 // 2 * 8 * 5):
        raise Hint("Count numbers, not blocks, and one sample only.")
    if zeros != 30 * 29 // 2 * 8 * 5:
        raise Hint("How many blocks lie above the diagonal, how large?")


def exercise_2(answers: Answer) -> str:
    """Reach of two causal convolutions and of a backward LSTM."""
    t, s = np.indices([6, 6])
    a, b = (array(each, "Each answer") for each in answers)
    if a.shape != (6, 6) or b.shape != (6, 6):
        raise Hint(f"Two arrays of shape (6, 6), not {a.shape}, {b.shape}.")
    if near(a, (s <= t) & (s >= t - 2)):
        raise Hint("a: one layer reaches back 2 steps; there are two.")
    if near(a, s <= t):
        raise Hint("a: a convolution has an end. How far back do two reach?")
    if near(a, (t <= s) & (t >= s - 4)):
        raise Hint("a: rows are output steps t, columns input steps s.")
    if not near(a, (s <= t) & (s >= t - 4)):
        raise Hint("a: nothing of the future, and 2 + 2 steps of the past.")
    check_backward_reach(b, t, s)
    return "You read the reach from the graph."


def check_backward_reach(b: np.ndarray, t: np.ndarray, s: np.ndarray) -> None:
    """Raise a hint unless b is the reach of a layer that reads backwards."""
    if near(b, s >= t):
        raise Hint("b: Keras does not turn the outputs round again.")
    if near(b, s <= t):
        raise Hint("b: it reads backwards; output 0 has seen step 5 only.")
    if not near(b, s >= 5 - t):
        raise Hint("b: output t has read the last t + 1 steps.")


def weighted(x: tf.Tensor) -> tf.Tensor:
    """One number per sequence, each step with another weight."""
    weights = tf.reshape(tf.range(1.0, x.shape[1] + 1), [1, -1, 1])
    return tf.reduce_sum(weights * tf.sin(x), axis=[1, 2])[:, tf.newaxis]


def exercise_3(memory: Answer) -> str:
    """The mean length of the gradient at each step, newest first."""
    numbers = np.random.default_rng(4).normal(size=(7, 5, 3))
    gradient = np.cos(numbers) * np.arange(1, 6)[:, None]
    lengths = np.linalg.norm(gradient, axis=2)
    right = lengths.mean(axis=0)[::-1]
    found = array(memory(weighted, tf.constant(numbers, tf.float32)))
    alone = np.linalg.norm(gradient.mean(0), axis=1)[::-1]
    check_memory(found, right, alone)
    return "A fading curve from one gradient."


def check_memory(
    found: np.ndarray, right: np.ndarray, averaged_first: np.ndarray
) -> None:
    """Raise a hint unless found is right; name the usual slips."""
    if found.shape != right.shape:
        raise Hint(f"One number per step, shape (5,), not {found.shape}.")
    if near(found, right[::-1]):
        raise Hint("The newest step comes first: turn the order around.")
    if near(found, averaged_first):
        raise Hint("Lengths first, then the mean; gradients can cancel.")
    if near(found, 7 * right):
        raise Hint("Average over the sequences; do not add them up.")
    if near(found * 7, right):
        raise Hint("Add the outputs up before the gradient; average after.")
    if not near(found, right):
        raise Hint("The Euclidean norm over the features of each step.")


def exercise_4(in_units: Answer) -> str:
    """From standardised numbers to degrees Fahrenheit and millibar."""
    J = np.random.default_rng(4).normal(size=(5, 3, 2))
    scale_x, scale_y = np.array([4.0, 0.5]), 3.0
    found = array(in_units(J, scale_x, scale_y))
    small = np.array([5 / 9, 1 / 1000])
    if found.shape != J.shape:
        raise Hint(f"The shape stays (n, T, 2); yours is {found.shape}.")
    slips = [
        (J * scale_y / scale_x, "That is per °C and per bar: go on."),
        (J * scale_x / scale_y * small, "Output over input, not the inverse."),
        (J * scale_y * scale_x * small, "Divide by the scale of the input."),
        (J / scale_x * small, "The output has a scale as well."),
        (
            J * scale_y / scale_x / small,
            "A smaller unit is a smaller change: the sensitivity shrinks.",
        ),
    ]
    for slip, hint in slips:
        if near(found, slip, 1e-6):
            raise Hint(hint)
    if not near(found, J * scale_y / scale_x * small, 1e-6):
        raise Hint("Undo the scaling, then 5/9 for °F and 1/1000 for mbar.")
    return "No offset, two factors."


def exercise_5(kept_epoch: Answer) -> str:
    """The epoch to keep, with patience."""
    errors = [1.0, 0.5, 0.4, 0.45, 0.4, 0.3, 0.35, 0.36, 0.37, 0.1]
    found = [int(array(kept_epoch(errors, p))) for p in (1, 2, 3, 9)]
    if found == [9, 9, 9, 9]:
        raise Hint("You looked at the whole list: stop when patience ends.")
    if found == [3, 4, 8, 9]:
        raise Hint("That is where it stops; keep the best epoch before.")
    if found == [2, 5, 5, 9]:
        raise Hint(
            "Too patient: stop when none is left. An equal error is no new "
            "minimum."
        )
    if found != [2, 2, 5, 9]:
        raise Hint(f"Expected [2, 2, 5, 9] on a test list, got {found}.")
    short = int(array(kept_epoch([3.0, 2.0, 1.0], 5)))
    if short != 2:
        raise Hint("If it never stops, the best of the whole list counts.")
    return "Training ends when the derivative stops to improve."


# Page 2: fading


def exercise_6(a: Answer) -> str:
    """The scalar slope whose 30th power is 1000."""
    found = float(array(a))
    if near(found, 1000 / 30):
        raise Hint("Slopes multiply, they do not add.")
    if near(found, 30 ** (1 / 1000)) or near(found, 1000 ** (1 / 29)):
        raise Hint("Thirty equal factors make 1000.")
    if near(found, 1000 ** (-1 / 30)):
        raise Hint("Below 1 it vanishes; you want it to explode.")
    if not near(found, 1000 ** (1 / 30), 1e-3):
        raise Hint("Solve a³⁰ = 1000.")
    return "Little above 1 is enough."


def exercise_7(state_jacobian: Answer) -> str:
    """The Jacobian of the last state of a SimpleRNN by the first."""
    random = np.random.default_rng(4)
    K, R = random.normal(size=(2, 3)), random.normal(size=(3, 3))
    x = random.normal(size=(4, 2))
    h, A = np.zeros(3), []
    for x_t in x:
        h = np.tanh(x_t @ K + h @ R)
        A.append(np.diag(1 - h**2) @ R.T)
    found = array(state_jacobian(K, R, x))
    check_product(found, A)
    return "A product of step Jacobians, the newest on the left."


def check_product(found: np.ndarray, A: list[np.ndarray]) -> None:
    """Raise a hint unless found is the product, the newest on the left."""
    right = A[3] @ A[2] @ A[1] @ A[0]
    if found.shape != right.shape:
        raise Hint(f"A matrix of shape (3, 3), not {found.shape}.")
    if near(found, A[0] @ A[1] @ A[2] @ A[3]):
        raise Hint("Each new step Jacobian belongs on the left.")
    if near(found, right.T):
        raise Hint("Rows are outputs: this is the transpose.")
    if near(found, A[3]):
        raise Hint("That is the last step alone; multiply all of them.")
    if not near(found, right):
        raise Hint("One step has the Jacobian diag(1 - h²) Rᵀ, h the new.")


def exercise_8(bias: Answer) -> str:
    """The forget bias with which half is left after 100 steps."""
    found = float(array(bias))
    gate = 0.5 ** (1 / 100)
    right = np.log(gate / (1 - gate))
    if near(found, gate):
        raise Hint("That is the gate; the bias is its inverse sigmoid.")
    if near(found, -right):
        raise Hint("The sign: a gate near 1 needs a bias above 0.")
    if near(found, np.log(0.5**100 / (1 - 0.5**100))):
        raise Hint("One gate of 100: take the 100th root of one half.")
    if not near(found, right, 1e-3):
        raise Hint("First f with f¹⁰⁰ = 1/2, then ln(f / (1 - f)).")
    return "A gate of 0.993."


def exercise_9(pair: Answer) -> str:
    """Two maps that shrink by their eigenvalues and explode in turn."""
    P, Q = (array(each, "Each matrix") for each in pair)
    if P.shape != (2, 2) or Q.shape != (2, 2):
        raise Hint(f"Two matrices (2, 2), not {P.shape} and {Q.shape}.")
    for matrix in (P, Q):
        values = np.abs(np.linalg.eigvals(matrix))
        if values.max() > 0.5 + 1e-6:
            raise Hint(f"One has an eigenvalue of size {values.max():.3g}.")
        if values.min() < 1e-6:
            raise Hint("Both must be invertible: no eigenvalue of 0.")
    norm = np.linalg.norm(np.linalg.matrix_power(P @ Q, 10), 2)
    if norm <= 1000:
        raise Hint(f"(PQ)¹⁰ has the norm {norm:.3g}; larger corners help.")
    return f"Norm {norm:.2g}, although no eigenvalue exceeds one half."


# Page 3: fast


def exercise_10(answers: Answer) -> str:
    """Size of a full Jacobian, and how many fit into 4 GB."""
    gigabytes, sequences = (float(array(each)) for each in answers)
    if near(gigabytes, 1.28):
        raise Hint("Four bytes in float32; eight would be float64.")
    if near(gigabytes, 0.16):
        raise Hint("Those are the numbers; each has four bytes.")
    if near(gigabytes, 0.00128):
        raise Hint("The time axis appears twice: T·u rows, T·f columns.")
    if not near(gigabytes, 0.64):
        raise Hint("500·64 rows times 500·10 columns times 4 bytes.")
    if sequences != 6:
        raise Hint("How often does one go into 4, without a rest?")
    return "It grows with the square of the steps."


def exercise_11(choice: Answer) -> str:
    """The call for five tasks."""
    right = ("sum", "carry", "jvp", "copies", "vjp")
    why = (
        "one number per sample: one gradient.",
        "all rows and all columns: one walk.",
        "one direction of the input: one combination of columns.",
        "three rows of many: as many copies.",
        "one weighted sum of outputs: one combination of rows.",
    )
    if isinstance(choice, str) or len(choice) != 5:
        raise Hint("Five words, one for each task.")
    for letter, found, wanted, reason in zip(
        "abcde", choice, right, why, strict=True
    ):
        word = str(found).lower()
        if word != wanted and not (letter == "e" and word == "sum"):
            raise Hint(f"Look at {letter}: {reason}")
    return "Count what you need before you compute."


def exercise_12(chosen_rows: Answer) -> str:
    """Some rows from one gradient, with as many copies."""
    numbers = np.random.default_rng(4).normal(size=(3, 4, 2))
    kernel = np.random.default_rng(5).normal(size=(8, 5))
    sizes, gradients = [0], [0]
    counted = counting(gradients)

    def f(x: tf.Tensor) -> tf.Tensor:
        # Within a tf.function the number of samples may be unknown.
        sizes.append(x.shape[0] or 0)
        return counted(tf.sin(tf.reshape(x, [-1, 8]) @ tf.constant(kernel)))

    found = array(chosen_rows(f, tf.constant(numbers), [4, 1]))
    flat = numbers.reshape(3, 8)
    full = np.cos(flat @ kernel)[:, :, None] * kernel.T
    check_chosen(found, full.reshape(3, 5, 4, 2))
    check_price(max(sizes), sum(gradients))
    return "Only the rows you need, from one gradient."


def counting(gradients: list[int]) -> Callable[..., tf.Tensor]:
    """The identity; notes each gradient that an eager tape takes."""

    @tf.custom_gradient
    def identity(y: tf.Tensor) -> tf.Tensor:
        def rule(dy: tf.Tensor) -> tf.Tensor:
            gradients.append(int(tf.executing_eagerly()))
            return dy

        return tf.identity(y), rule

    return identity


def check_price(samples: int, gradients: int) -> None:
    """Raise a hint if more was computed than is needed."""
    if samples > 6:
        raise Hint(f"You ran {samples} samples; 3 · 2 copies are enough.")
    if gradients > 1:
        raise Hint(f"You took {gradients} gradients; one is enough.")


def check_chosen(found: np.ndarray, full: np.ndarray) -> None:
    """Raise a hint unless found holds rows 4 and 1 of full."""
    right = full[:, [4, 1]]
    if found.shape != right.shape:
        raise Hint(f"Shape (b, chosen, T, f) = (3, 2, 4, 2), not "
                   f"{found.shape}.")  # fmt: skip
    if near(found, full[:, [1, 4]]):
        raise Hint("Keep the order of `chosen`.")
    if not near(found, right):
        raise Hint("Copy j must contribute output chosen[j] and no other.")


def exercise_13(gru_jacobian: Answer) -> str:
    """The whole Jacobian of a GRU, carried forward."""
    keras.utils.set_random_seed(4)
    layer = keras.layers.GRU(3, return_sequences=True, dtype="float64")
    x = tf.random.stateless_normal([2, 5, 4], (1, 2), dtype=tf.float64)
    layer.build(x.shape)
    found = array(gru_jacobian(layer, x))
    right = by_columns(layer, x)
    if found.shape != right.shape:
        raise Hint(f"Shape (b, T, units, T, features) = {right.shape}, not "
                   f"{found.shape}.")  # fmt: skip
    if near(found[:, 0], right[:, 0]) and not near(found, right):
        raise Hint("The first step is right, later ones are not: let D pass "
                   "through A, and let the state move on.")  # fmt: skip
    if not near(found, right):
        raise Hint("At step t: D passes through A, then D[:, :, t] = B.")
    return "One walk, every row and column."


def by_columns(layer: Callable[..., tf.Tensor], x: tf.Tensor) -> np.ndarray:
    """The Jacobian of a layer by central differences, float64."""
    columns = []
    for place in np.ndindex(*x.shape[1:]):
        shift = np.zeros([1, *x.shape[1:]])
        shift[(0, *place)] = 1e-5
        columns.append((layer(x + shift) - layer(x - shift)) / 2e-5)
    J = np.stack(columns, axis=-1)
    return J.reshape(*J.shape[:-1], *x.shape[1:])


# Page 4: settings


def exercise_14(works: Answer) -> str:
    """Which of six settings work."""
    right = (True, False, True, True, False, True)
    if len(works) != 6:
        raise Hint("Six answers, True or False.")
    for letter, found, wanted in zip("abcdef", works, right, strict=True):
        if read_truth(found) != wanted:
            raise Hint(f"Look at {letter}: does something meet the loop that "
                       "cannot pass it?")  # fmt: skip
    return "The loop decides."


def exercise_15(sequence_jacobian: Answer) -> str:
    """A repaired tape around a compiled recurrent model."""
    keras.utils.set_random_seed(4)
    model = keras.Sequential(
        [keras.Input((3, 2)), keras.layers.LSTM(4, return_sequences=True)]
    )
    x = tf.random.stateless_normal([2, 3, 2], (1, 2))
    found = array(sequence_jacobian(model, x))
    right = by_rows(model, x)
    if found.shape == (2, 3, 4, 2, 3, 2):
        raise Hint("That is the full Jacobian: use batch_jacobian.")
    if found.shape != right.shape:
        raise Hint(f"Shape (b, T, units, T, features), not {found.shape}.")
    if not found.any():
        raise Hint("All zero: x is a tensor, so the tape must watch it.")
    if not near(found, right, 1e-5):
        raise Hint("Differentiate the outputs of the model by x itself.")
    return "One tape, not persistent, that watches x."


def by_rows(f: Callable[..., tf.Tensor], x: tf.Tensor) -> np.ndarray:
    """One gradient for each output."""
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = f(x)
        outputs = [tf.reduce_sum(y[:, t, i]) for t, i in np.ndindex(3, 4)]
    rows = [tape.gradient(each, x) for each in outputs]
    return np.stack(rows, axis=1).reshape(2, 3, 4, 3, 2)


def exercise_16(share_apart: Answer) -> str:
    """How many samples have another Jacobian in float32."""
    keras.utils.set_random_seed(4)
    model = keras.Sequential(
        [keras.Input((3, 2)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    dense = model.layers[-1]
    kernel = np.full([6, 1], 1 / 3, "float32")
    dense.kernel.assign(kernel)
    x = tf.random.stateless_normal([10, 3, 2], (1, 2))
    limits = (1e-3, -1.0)
    found = [float(array(share_apart(model, x, each))) for each in limits]
    if found in ([0.0, 10.0], [0.0, 60.0]):
        raise Hint("A share: the mean of the comparison, not the sum.")
    if found != [0.0, 1.0]:
        raise Hint(f"Expected 0 above a large limit and 1 above a limit "
                   f"below zero, got {found}.")  # fmt: skip
    check_units(share_apart)
    return "A number to report with every float32 Jacobian."


def check_units(share_apart: Answer) -> None:
    """One sample of four sits on the other side of a relu in float32."""
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((2, 1)), layers.Flatten(),
        layers.Dense(1, use_bias=False), layers.Dense(1, "relu"),
    ])  # fmt: skip
    # 2²⁵ + 1 is no float32: rounded, the relu gets 0 in place of 1.
    big = np.float32(2**25)
    kernels = [[[big], [1.0]], [[1.0]], [-big]]
    model.set_weights([np.array(each, "float32") for each in kernels])
    x = tf.constant([[1.0, 1.0], [1.0, 4.0], [1.0, 8.0], [1.0, 12.0]])
    found = float(array(share_apart(model, x[:, :, tf.newaxis], 1e-3)))
    if near(found, 1 / 8):
        raise Hint("The largest difference of each sample, then the mean.")
    if not near(found, 1 / 4):
        raise Hint("Differences in units of the largest entry of all.")
