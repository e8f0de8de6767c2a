"""A progress bar for training."""

import keras

from helpers.derivatives.progress import progress_bar


class EpochBar(keras.callbacks.Callback):
    """A progress bar for `model.fit`, one step per training batch.

    Where the length of the data is unknown before, the bar has no end until
    the first epoch is over. (`tqdm.keras.TqdmCallback` works with Keras 3 as
    well, but without ipywidgets it leaves its lines in the stored output of
    a notebook, and it shows nothing in a second `fit`.)

    Example:
        >>> import numpy as np
        >>> model = keras.Sequential([keras.Input([3]), keras.layers.Dense(2)])
        >>> model.compile(loss="mse")
        >>> x, y = np.ones([5, 3]), np.ones([5, 2])
        >>> run = model.fit(x, y, verbose=0, callbacks=[EpochBar()])
        >>> assert len(run.history["loss"]) == 1
    """

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.epochs = None
        self.bar = progress_bar(label="training")

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        if self.epochs is None:
            self.epochs = self.params["epochs"] - epoch
            self.expect(self.params["steps"])

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.bar.update()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if self.bar.total is None:
            self.expect(self.bar.n)
        logs = logs or {}
        shown = {"loss": f"{logs['loss']:.3g}"} if "loss" in logs else {}
        self.bar.set_postfix(shown)

    def on_train_end(self, logs: dict | None = None) -> None:
        self.bar.close()

    def expect(self, steps: int | None) -> None:
        """Say how many batches an epoch has, if that is known."""
        if steps is not None and self.epochs is not None:
            self.bar.total = self.epochs * steps
            self.bar.refresh()
