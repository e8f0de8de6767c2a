"""Steps of finite differences: large enough to change x."""

import numpy as np
import pytest

import helpers


def test_half_a_step_that_rounds_away():
    J = helpers.finite_difference_jacobian(
        np.sin, method="richardson", step=1e-7
    )
    with pytest.raises(ValueError, match="lost in rounding"):
        J(np.array([1.5], "float32"))
