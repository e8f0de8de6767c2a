"""What differences say of themselves: errors, steps, costs, noise."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import finite_difference_jacobian
from tests.support import mixing, normal, per_sample, tape_jacobian

METHODS = ["forward", "central", "richardson", "complex"]
REAL = METHODS[:3]
# A smooth function may be this much more accurate than was promised.
PROMISE = {"forward": 1e-6, "central": 1e-8, "richardson": 1e-10,
           "complex": 1e-13}  # fmt: skip


def waves(x):
    """(3,) to (2,): rectangular, no entry zero."""
    A = np.array([[1.0, 2.0, 0.5], [0.3, -1.0, 1.5]], x.dtype)
    return A @ np.sin(x) * np.exp(x[0] / 4)


def slopes_of_waves(x):
    def f(z):
        A = tf.constant([[1.0, 2.0, 0.5], [0.3, -1.0, 1.5]], tf.float64)
        return tf.linalg.matvec(A, tf.sin(z)) * tf.exp(z[0] / 4)

    return tape_jacobian(f, tf.constant(x, tf.float64)).numpy()


@pytest.mark.parametrize("step", [None, 1e-3])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(3))
def test_the_error_covers_the_error(method, step, seed):
    x = np.random.default_rng(seed).normal(size=3)
    J, info = finite_difference_jacobian(
        waves, method=method, step=step, full_output=True
    )(x)
    assert J.shape == info.error.shape == info.step.shape == (2, 3)
    assert np.all(np.abs(J - slopes_of_waves(x)) <= info.error)
    if step is None:
        assert np.all(info.error < PROMISE[method])


@pytest.mark.parametrize("method", METHODS)
def test_the_error_covers_the_error_in_single_precision(method):
    x = np.array([0.3, 1.2, -0.7], "float32")
    J, info = finite_difference_jacobian(
        waves, method=method, full_output=True
    )(x)
    error = np.abs(J - slopes_of_waves(x))
    assert np.all(error <= info.error) and np.all(info.error < 2e-2)


@pytest.mark.parametrize("step", [None, 1e-3])
@pytest.mark.parametrize("method", METHODS)
def test_the_numbers_are_those_without_full_output(method, step):
    x = normal(3).numpy()
    make = finite_difference_jacobian
    J = make(waves, method=method, step=step)(x)
    same, _ = make(waves, method=method, step=step, full_output=True)(x)
    np.testing.assert_array_equal(J, same)


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("method", REAL)
def test_points_and_calls_are_counted(method, batched):
    rows = []

    def f(x):
        rows.append(len(x))
        return per_sample(x)

    _, info = finite_difference_jacobian(
        f, method=method, batched=batched, full_output=True
    )(normal(5, 3, 2))
    assert info.calls == len(rows)
    assert info.nfev == sum(rows) / 5
    if batched:
        values = {"forward": 2, "central": 4, "richardson": 6}[method]
        _, info = finite_difference_jacobian(
            f, method=method, batched=True, step=1e-3, full_output=True
        )(normal(5, 3, 2))
        assert info.calls == 2 and info.nfev == 1 + 6 * values + 8


def test_the_structure_of_the_info_is_that_of_J():
    x = {"a": normal(2), "b": normal(3, seed=4)}
    J, info = finite_difference_jacobian(
        lambda x: [x["a"][0] * x["b"]], full_output=True
    )(x)
    for part in (J, info.error, info.step):
        assert part[0]["a"].shape == (3, 2)
        assert part[0]["b"].shape == (3, 3)


def test_the_step_is_the_one_that_was_used():
    x = np.array([1.0, 1e6])
    make = finite_difference_jacobian
    _, given = make(np.square, step=1e-3, full_output=True)(x)
    np.testing.assert_array_equal(given.step, np.full((2, 2), 1e-3))
    _, usual = make(np.square, full_output=True)(x)
    np.testing.assert_allclose(usual.step[1, 1], 1e6 * np.cbrt(2.0**-52))
    _, small = make(
        lambda x: np.exp(-x * 1e6), full_output=True
    )(np.array([1e-6]))  # fmt: skip
    assert small.step[0, 0] < 1e-6


def test_a_kink_has_a_large_error():
    x = np.array([0.0, 1.0])
    for method in ("central", "richardson"):
        J, info = finite_difference_jacobian(
            np.abs, method=method, full_output=True
        )(x)
        assert info.error[0, 0] >= 1
        assert info.error[1, 1] < 1e-8
        _, given = finite_difference_jacobian(
            np.abs, method=method, step=1e-3, full_output=True
        )(x)
        assert given.error[0, 0] >= 1


def test_complex_step_through_what_is_not_analytic():
    def f(z):
        return np.real(z) ** 2 + 0 * z

    J, info = finite_difference_jacobian(
        f, method="complex", full_output=True
    )(np.array([1.5]))
    assert J[0, 0] == 0
    assert info.error[0, 0] == pytest.approx(3.0, rel=1e-6)


def test_richardson_is_sharper_than_central():
    x = tf.cast(normal(3, 2), tf.float64)
    errors = {
        method: np.max(
            finite_difference_jacobian(
                mixing, method=method, full_output=True
            )(x)[1].error
        )
        for method in ("forward", "central", "richardson")
    }
    assert errors["richardson"] < errors["central"] / 10
    assert errors["central"] < errors["forward"] / 10


# Noise


def noisy(size, seed=0):
    random = np.random.default_rng(seed)
    return lambda x: waves(x) + random.normal(0, size, 2)


@pytest.mark.parametrize("noise", [None, 1e-3])
@pytest.mark.parametrize("method", REAL)
@pytest.mark.parametrize("seed", range(3))
def test_a_noisy_function(method, noise, seed):
    x = np.array([0.3, 1.2, -0.7])
    J, info = finite_difference_jacobian(
        noisy(1e-3, seed), method=method, noise=noise, full_output=True
    )(x)
    error = np.abs(J - slopes_of_waves(x))
    assert np.all(error <= info.error)
    assert np.all(error < 0.5)


def test_noise_that_is_told_costs_less_and_takes_larger_steps():
    x = np.array([0.3, 1.2, -0.7])
    make = finite_difference_jacobian
    _, told = make(noisy(1e-3), noise=1e-3, full_output=True)(x)
    _, measured = make(noisy(1e-3), full_output=True)(x)
    _, quiet = make(waves, full_output=True)(x)
    assert told.nfev == 1 + 4 * 3 < measured.nfev
    assert np.all(told.step > 1000 * quiet.step)


@pytest.mark.parametrize("noise", [1e-2, 1e-4, 1e-6])
def test_the_step_follows_the_noise(noise):
    def f(x):
        return np.array([np.sin(x).sum(), 2.0 + 0 * x[0]])

    _, info = finite_difference_jacobian(
        f, noise=noise, full_output=True, step=None
    )(np.array([0.0, 0.0]))
    np.testing.assert_allclose(info.step[0], np.cbrt(noise / 2), rtol=1e-12)


BAD = {
    "noise of nothing": (0.0, "central", "a positive, finite noise, got 0.0"),
    "noise below": (-1.0, "forward", "positive, finite noise, got -1"),
    "noise in words": ("loud", "central", "finite noise, got 'loud'"),
    "endless noise": (np.inf, "central", "finite noise, got inf"),
    "complex noise": (1e-3, "complex", 'noise with "central", "forward"'),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_noise_is_refused(case):
    noise, method, message = BAD[case]
    start = "`finite_difference_jacobian`: expected"
    with pytest.raises(ValueError, match=f"{start} .*{message}"):
        finite_difference_jacobian(waves, noise=noise, method=method)
