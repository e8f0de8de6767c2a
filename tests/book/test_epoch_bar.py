"""EpochBar: it counts batches, and never stops a training."""

import io

import keras
import numpy as np
import pytest
import tensorflow as tf
from tqdm import tqdm

import helpers
from helpers.book import epoch_bar

X, Y = np.ones((20, 3), "float32"), np.ones((20, 1), "float32")


@pytest.fixture(autouse=True)
def bar_that_counts(monkeypatch):
    """A bar that TQDM_DISABLE does not switch off, and nobody sees."""

    def visible(label):
        return tqdm(desc=label, file=io.StringIO(), disable=False)

    monkeypatch.setattr(epoch_bar, "progress_bar", visible)


def small_model():
    model = keras.Sequential([keras.Input([3]), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


class Watching(helpers.EpochBar):
    """Notes what the bar says at the end of each epoch."""

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        self.seen = [*getattr(self, "seen", []), (self.bar.n, self.bar.total)]


def test_known_length():
    bar = Watching()
    small_model().fit(X, Y, 5, epochs=2, verbose=0, callbacks=[bar])
    assert bar.seen == [(4, 8), (8, 8)]


def test_a_training_that_goes_on():
    bar = Watching()
    small_model().fit(
        X, Y, 5, epochs=3, initial_epoch=1, verbose=0, callbacks=[bar]
    )
    assert bar.seen == [(4, 8), (8, 8)]


@pytest.mark.filterwarnings("ignore:.*ran out of data")
@pytest.mark.filterwarnings("ignore:.*shuffle=True")
def test_data_of_unknown_length():
    """Once a TypeError: an int times None."""
    spec = (tf.TensorSpec([5, 3]), tf.TensorSpec([5, 1]))
    data = tf.data.Dataset.from_generator(
        lambda: ((X[:5], Y[:5]) for _ in range(4)), output_signature=spec
    )
    bar = Watching()
    small_model().fit(data, epochs=3, verbose=0, callbacks=[bar])
    assert bar.seen == [(4, 12), (8, 12), (12, 12)]


def test_the_same_bar_for_two_trainings():
    bar, model = Watching(), small_model()
    for _ in range(2):
        model.fit(X, Y, 5, verbose=0, callbacks=[bar])
    assert bar.seen == [(4, 4), (4, 4)]


def test_a_model_without_a_loss_by_name():
    class Own(keras.Model):
        def call(self, x):
            return x

        def train_step(self, data):
            return {"error": tf.constant(1.0)}

    model = Own()
    model.compile("sgd")
    model.fit(X, Y, 5, verbose=0, callbacks=[helpers.EpochBar()])
