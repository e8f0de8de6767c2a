"""The simulated series, its exact sensitivities, and a reader's file."""

import numpy as np
import pytest
import tensorflow as tf

import helpers
from helpers.book import series as model


def test_size_and_repeatability():
    one, two = (helpers.simulate_series(500, seed=4) for _ in range(2))
    assert one.inputs.shape == (500, 4) and one.output.shape == (500,)
    np.testing.assert_array_equal(one.output, two.output)
    other = helpers.simulate_series(500, seed=5)
    assert not np.array_equal(one.output, other.output)
    assert model.STEPS == 38_265


def test_inputs_are_autocorrelated_noise_of_unit_variance():
    inputs = helpers.simulate_series().inputs
    np.testing.assert_allclose(inputs.std(0), 1, atol=0.05)
    lagged = [np.corrcoef(u[1:], u[:-1])[0, 1] for u in inputs.T]
    np.testing.assert_allclose(lagged, model.AUTOCORRELATION, atol=0.03)


def window_output(window, state):
    """The noise-free output after a window, from the state before it."""
    for u in tf.unstack(window):
        drive = tf.linalg.matvec(model.DRIVE, u)
        state = tf.tanh(tf.linalg.matvec(model.STATE, state) + drive)
    linear = tf.tensordot(tf.constant(model.READOUT), state, 1)
    return linear + state[0] * state[1] / 2


@pytest.mark.parametrize("n", [0, 7, 29])
def test_exact_sensitivities_are_the_jacobian_of_the_simulation(n):
    series = helpers.simulate_series(50, seed=1)
    exact = helpers.exact_sensitivities(series, length=20)
    assert exact.shape == (30, 20, 4)
    window = tf.constant(series.inputs[n : n + 20])
    state = tf.constant(series.states[n])

    def f(window):
        return window_output(window, state)

    J = helpers.jacobian(f)(window)
    np.testing.assert_allclose(exact[n], J, rtol=1e-9, atol=1e-15)
    assert abs(f(window) - series.output[n + 20]) < 6 * model.NOISE


def test_windows_hold_the_steps_before_their_target():
    inputs = np.arange(24.0).reshape(8, 3)
    output = np.arange(8.0)
    windows, targets = helpers.make_windows(inputs, output, length=5)
    assert windows.shape == (3, 5, 3) and targets.shape == (3, 1)
    np.testing.assert_array_equal(windows[1], inputs[1:6])
    assert targets[1, 0] == 6
    windows[0, 0, 0] = -1  # a copy: the series itself stays
    targets[0, 0] = -1
    assert inputs[0, 0] == 0 and output[5] == 5
    windows, _ = helpers.make_windows(inputs, output, length=1)
    windows[...] = -1
    assert inputs[0, 0] == 0


def test_bad_series_are_explained():
    with pytest.raises(ValueError, match="at least 1 step, got 0"):
        helpers.simulate_series(0)
    with pytest.raises(ValueError, match=r"more than 5 rows.*got 5"):
        helpers.make_windows(np.ones((5, 2)), np.ones(5), length=5)
    with pytest.raises(ValueError, match=r"got \(5, 2\) and \(5, 1\)"):
        helpers.make_windows(np.ones((5, 2)), np.ones((5, 1)), length=2)


def test_masked_series_are_refused():
    masked = np.ma.array(np.ones((8, 2)), mask=False)
    with pytest.raises(TypeError, match="`make_windows`.*without a mask"):
        helpers.make_windows(masked, np.ones(8), length=5)


GOOD = "1,2,3,4,5\n2,3,4,5,6\n" * 50


@pytest.mark.parametrize("header", ["", "a,b,c,d,e\n", "\ufeffa,b,c,d,e\n"])
def test_a_good_file(tmp_path, header):
    path = tmp_path / "series.csv"
    path.write_text(header + GOOD + "\n", encoding="utf-8")
    inputs, output = helpers.read_series(path)
    assert inputs.shape == (100, 4) and output.shape == (100,)
    np.testing.assert_array_equal(inputs[0], [1, 2, 3, 4])
    assert output[0] == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "1,2,,4,5\n", r"line 101, column 3, got nothing"),
        (GOOD + "1,2,nan,4,5\n", r"finite number in line 101, column 3"),
        (GOOD + "1,2,inf,4,5\n", r"finite number .*got 'inf'"),
        (GOOD + "1,2,x,4,5\n", r"number in line 101, column 3, got 'x'"),
        (GOOD + "1,2,3,4\n", r"5 columns .*got 4 in line 101"),
        ("a,b,c,d,e,f\n" + "1,2,3,4,5,6\n" * 100, r"got 6 in line 2"),
        ("1;2;3;4;5\n" * 100, r"got 1 in line 1, with semi.*; use commas"),
        ("1,5;2,3;1,0;4,1;5,9\n" * 100, r"got 6 in line 1, with semi"),
        ("a;b;c;d;e\n1,5;2,3;1,0;4,1;5,9\n" * 50, r"line 1, with semicol"),
        ("1,5;2;3;4;5\n" * 100, r"got 2 in line 1.*; use commas between"),
        ("1,5;2,3;4,5;6\n" * 100, r"got 4 in line 1, with semicolons"),
        ("1,5;2,3;4,5;6,7;\n" * 100, r"got 5 in line 1, with semicolons"),
        ("1\t2\t3\t4\t5\n" * 100, r"got 1 in line 1; .*commas"),
        ("1,2,3,4,5\n" * 99, r"at least 100 rows, got 99"),
        ("1,2,3,4,\n" + GOOD, r"line 1, column 5, got nothing"),
        ("", r"at least 100 rows, got 0"),
        ("1,2,3,4,5\n" * 100, r"columns that vary, .* in column 1"),
        ("1,2,3,4,5\n2,3,9,4,7\n" * 50, r"everywhere in column 4"),
    ],
)
def test_bad_files_are_explained(tmp_path, text, message):
    path = tmp_path / "series.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        helpers.read_series(path)


def test_missing_file():
    with pytest.raises(FileNotFoundError, match="'no.csv', which does not"):
        helpers.read_series("no.csv")


def test_another_encoding_is_explained(tmp_path):
    path = tmp_path / "series.csv"
    path.write_bytes("grün,b,c,d,e\n".encode("latin-1") + GOOD.encode())
    with pytest.raises(ValueError, match="a file in UTF-8"):
        helpers.read_series(path)


def test_no_steps():
    series = helpers.simulate_series(30)
    with pytest.raises(ValueError, match="at least one step, got 0"):
        helpers.make_windows(series.inputs, series.output, length=0)
    for length in (0, 30, 40):
        with pytest.raises(ValueError, match="`exact_sensitivities`"):
            helpers.exact_sensitivities(series, length)
    assert helpers.exact_sensitivities(series, 29).shape == (1, 29, 4)
