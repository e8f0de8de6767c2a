"""A progress bar for training."""

import keras

from helpers.derivatives.progress import progress_bar


class EpochBar(keras.callbacks.Callback):
    """A progress bar for `model.fit`, one step per training batch."""

    def on_train_begin(self, logs: dict | None = None) -> None:
        steps = self.params["epochs"] * self.params["steps"]
        self.bar = progress_bar(total=steps, label="training")

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.bar.update()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.bar.set_postfix(loss=f"{logs['loss']:.3g}")

    def on_train_end(self, logs: dict | None = None) -> None:
        self.bar.close()
