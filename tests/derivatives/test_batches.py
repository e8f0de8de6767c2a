"""map_batches: blocks give what one call gives."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import batch_jacobian, map_batches
from tests.support import normal, per_sample


@pytest.mark.parametrize("n", [0, 1, 4, 5, 8, 11])
def test_blocks_give_what_one_call_gives(n):
    x = normal(n, 3, 2)
    J = batch_jacobian(per_sample)
    result = map_batches(J, x, batch_size=4, progress=False)
    assert isinstance(result, np.ndarray) and result.shape == (n, 4, 3, 2)
    np.testing.assert_allclose(result, J(x), rtol=1e-12)


def test_one_trace_whatever_the_length():
    J = batch_jacobian(per_sample)
    map_batches(J, normal(11, 3, 2), batch_size=4)
    assert J.traces == 1


def test_structures():
    x = {"u": np.arange(10.0).reshape(5, 2), "v": np.arange(5.0)}

    def f(x):
        return {"sum": x["u"].sum(1) + x["v"], "u": 2 * x["u"]}

    result = map_batches(f, x, batch_size=2)
    np.testing.assert_array_equal(result["sum"], [1, 6, 11, 16, 21])
    np.testing.assert_array_equal(result["u"], 2 * x["u"])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: map_batches(tf.sin, np.ones(3), batch_size=0),
         "batch_size to be a positive whole number, got 0"),
        (lambda: map_batches(tf.sin, np.ones(3), batch_size=2.0),
         r"got 2\.0"),
        (lambda: map_batches(tf.sin, 1.0), "one common first axis"),
        (lambda: map_batches(lambda x: x[0], (np.ones(2), np.ones(3))),
         r"common first axis, got shapes \[\(2,\), \(3,\)\]"),
        (lambda: map_batches(tf.reduce_sum, np.ones(3)),
         r"expected 3 rows for a block of 3 samples, got shape \(\)"),
        (lambda: map_batches(lambda x: x[1:], np.ones(3)),
         r"got shape \(2,\)"),
    ],
)  # fmt: skip
def test_bad_calls_are_explained(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_size_from_numpy():
    x = np.arange(5.0)
    y = map_batches(tf.sin, x, batch_size=np.int64(2), progress=False)
    np.testing.assert_allclose(y, np.sin(x))


def test_masked_arrays_are_refused():
    with pytest.raises(TypeError, match="`map_batches`.*without a mask"):
        map_batches(tf.sin, np.ma.array(np.ones(3), mask=[0, 1, 0]))


def test_blocks_that_are_not_alike():
    x = np.arange(6.0)

    def shorter(block):
        return block[block != 4]

    def other_dtype(block):
        return block if block[0] else block.astype(int)

    for J in (shorter, other_dtype, lambda b: b if b[0] == 0 else b[:1]):
        with pytest.raises(ValueError, match="blocks of the same shape"):
            map_batches(J, x, batch_size=3, progress=False)
