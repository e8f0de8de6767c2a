"""A limit on how long a reader's code may run, on every system.

A timer in a second thread stops the code in the same way as the notebook's
own interrupt button does, and says so; where that fails, because TensorFlow
itself is busy, it says what to do.
"""

import _thread
import ctypes
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

# After the first try to stop the code it is tried again and again.
PAUSE = 0.5
# After so many tries in vain the reader is told what to do by hand.
TRIES = 10


class TooLong(Exception):
    """The code was stopped because it ran longer than the limit."""


def within(seconds: float, function: Callable[[], Any]) -> Any:
    """The function's result, if it comes within so many seconds.

    Raises:
        TooLong: it did not come in time, and the function was stopped. An
            interrupt by the reader stays a KeyboardInterrupt.
    """
    timer = Timer(seconds)
    try:
        try:
            # A short limit may be over before this line is.
            timer.start()
            return function()
        finally:
            timer.stop()
    except BaseException as error:
        # TensorFlow turns an interrupt into errors of its own.
        if timer.fired:
            raise TooLong from error
        raise


class Timer(threading.Thread):
    """Interrupts the thread that made it, unless it is stopped in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(daemon=True)
        self.seconds, self.fired = seconds, False
        self.target = threading.current_thread()
        self.done, self.turn = threading.Event(), threading.Lock()

    def run(self) -> None:
        """Wait; then interrupt until the code gives in."""
        wait = self.seconds
        tries = 0
        while not self.done.wait(wait):
            wait = PAUSE
            with self.turn:
                if self.done.is_set():
                    return
                self.fired = True
                interrupt(self.target)
            tries += 1
            if tries == TRIES:
                print(
                    "Your code runs too long and cannot be stopped from "
                    "here. Choose Kernel > Restart.",
                    flush=True,
                )

    def stop(self) -> None:
        """No interrupt comes after this; one on its way is taken here."""
        while not self.done.is_set():
            try:
                with self.turn:
                    self.done.set()
                self.join()
            except KeyboardInterrupt:
                if not self.fired:
                    raise


def interrupt(thread: threading.Thread) -> None:
    """Raise KeyboardInterrupt in a thread, waking it where that is possible.

    In the main thread it is the signal that a notebook's interrupt button
    sends; Windows has no signal for a thread, Python's own stands for it.
    """
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if thread is not threading.main_thread() or not usual:
        raise_in(thread)
    elif sys.platform == "win32":
        _thread.interrupt_main()
    else:
        signal.pthread_kill(thread.ident or 0, signal.SIGINT)


def raise_in(thread: threading.Thread) -> None:
    """Raise KeyboardInterrupt at the thread's next step in Python."""
    number = ctypes.c_ulong(thread.ident or 0)
    kind = ctypes.py_object(KeyboardInterrupt)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(number, kind)
