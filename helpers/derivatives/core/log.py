"""TensorFlow's warnings, hidden where they would only repeat the text."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf


@contextmanager
def without_warning(text: str) -> Iterator[None]:
    """Hide TensorFlow's log messages that contain text; keep all others."""

    def keep(record: logging.LogRecord) -> bool:
        return text not in record.getMessage()

    logger = tf.get_logger()
    logger.addFilter(keep)
    try:
        yield
    finally:
        logger.removeFilter(keep)
