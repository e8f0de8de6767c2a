"""Differences at the end of the domain: f is never asked outside."""

import numpy as np
import pytest

from helpers import finite_difference_jacobian

METHODS = ["forward", "central", "richardson"]
LOW, HIGH = np.array([0.0, -1.0, 2.0]), np.array([1.0, np.inf, 2.5])


def inside(low, high, function):
    """The function, which fails outside of its domain."""

    def f(x):
        assert np.all(x >= low) and np.all(x <= high), x
        return function(x)

    return f


def product(x):
    """(3,) to (2,)."""
    return np.array([np.exp(x[..., 0]) * x[..., 1], x.sum(-1) ** 3])


def slopes_of_product(x):
    e = np.exp(x[0])
    return np.array([[e * x[1], e, 0], 3 * x.sum() ** 2 * np.ones(3)])


POINTS = {
    "at low": LOW,
    "at high": np.array([1.0, 3.0, 2.5]),
    "near low": LOW + 1e-7,
    "near high": np.array([1 - 1e-9, 0.0, 2.5 - 1e-12]),
    "between": np.array([0.5, 0.5, 2.2]),
}


@pytest.mark.parametrize("step", [None, 1e-4])
@pytest.mark.parametrize("full_output", [False, True])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("place", POINTS)
@pytest.mark.filterwarnings("error")
def test_f_is_never_asked_outside(place, method, full_output, step):
    x = POINTS[place]
    J = finite_difference_jacobian(
        inside(LOW, HIGH, product),
        bounds=(LOW, HIGH),
        method=method,
        step=step,
        full_output=full_output,
    )(x)
    if full_output:
        J, info = J
        assert np.all(np.abs(J - slopes_of_product(x)) <= info.error)
    np.testing.assert_allclose(J, slopes_of_product(x), rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("x", [0.0, 1e-12, 1e-6, 1e-3])
def test_a_domain_that_ends_close_by(method, x):
    f = inside(0, np.inf, lambda x: x**2.5 + np.sin(x))
    J, info = finite_difference_jacobian(
        f, bounds=(0, np.inf), method=method, full_output=True
    )(np.array([x]))
    expected = 2.5 * x**1.5 + np.cos(x)
    assert abs(J[0, 0] - expected) <= info.error[0, 0]
    np.testing.assert_allclose(J[0, 0], expected, rtol=1e-4)


def test_a_steep_end():
    x = np.array([1e-9, 1e-4])
    J = finite_difference_jacobian(
        inside(0, np.inf, np.sqrt), bounds=(0.0, np.inf)
    )(x)
    np.testing.assert_allclose(np.diag(J), 0.5 / np.sqrt(x), rtol=1e-3)


def test_one_sided_differences_are_of_second_order():
    errors = []
    for step in (1e-2, 1e-3):
        J = finite_difference_jacobian(
            np.exp, step=step, bounds=(0.0, np.inf)
        )(np.zeros(1))
        errors.append(abs(J[0, 0] - 1))
    assert 80 < errors[0] / errors[1] < 120


def test_a_narrow_box():
    low, high = np.array([1.0]), np.array([1.0 + 1e-6])
    J = finite_difference_jacobian(
        inside(low, high, np.exp), bounds=(low, high)
    )(low + 4e-7)
    np.testing.assert_allclose(J, np.e, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_batches_and_structures(dtype):
    x = {"a": np.array([[0.0, 2.0], [1.0, 0.0], [3.0, 1.0]], dtype),
         "b": np.ones((3, 1), dtype)}  # fmt: skip
    bounds = ({"a": 0.0, "b": -np.inf}, {"a": 3.0, "b": 1.0})

    def f(z):
        assert np.all(z["a"] >= 0) and np.all(z["a"] <= 3)
        assert np.all(z["b"] <= 1)
        return z["b"] * np.sin(z["a"])

    J, info = finite_difference_jacobian(
        f, batched=True, bounds=bounds, full_output=True
    )(x)
    expected = np.cos(x["a"])[:, :, None] * np.eye(2)
    np.testing.assert_allclose(J["a"], expected, atol=2e-3)
    np.testing.assert_allclose(J["b"][..., 0], np.sin(x["a"]), atol=2e-3)
    assert info.error["a"].shape == (3, 2, 2)


def test_complex_step_stays_where_it_is():
    J = finite_difference_jacobian(
        np.sin, method="complex", bounds=(0.0, 1.0)
    )(np.zeros(1))
    np.testing.assert_allclose(J, 1.0)


BAD = {
    "one number": (0.0, "bounds to be a pair, low and high, got float"),
    "three": ((0, 1, 2), "bounds to be a pair"),
    "other shape": ((np.zeros(2), 5.0), "structure and shapes of x"),
    "other structure": (({"a": 0}, 5.0), "structure and shapes of x"),
    "outside": ((1.5, 5.0), "x within the bounds, got 1 outside of 1.5 to 5"),
    "nan": ((np.nan, 5.0), "x within the bounds"),
    "no room": ((1.0, np.array([1.0, 5, 5])), "low below high in the bounds"),
}


def test_masked_bounds_are_refused():
    low = np.ma.masked_array(np.zeros(3), mask=[0, 1, 0])
    J = finite_difference_jacobian(np.sin, bounds=(low, 5.0))
    with pytest.raises(TypeError, match="bounds without a mask, got a NumPy"):
        J(np.array([1.0, 2.0, 3.0]))


@pytest.mark.parametrize("case", BAD)
def test_bad_bounds_are_refused(case):
    bounds, message = BAD[case]
    J = finite_difference_jacobian(np.sin, bounds=bounds)
    start = "`finite_difference_jacobian`: expected"
    with pytest.raises(ValueError, match=f"{start} .*{message}"):
        J(np.array([1.0, 2.0, 3.0]))
