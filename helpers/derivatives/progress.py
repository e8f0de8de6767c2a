"""A progress bar that leaves nothing behind, in a terminal or a notebook."""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

T = TypeVar("T")

if TYPE_CHECKING:
    from tqdm import tqdm


def progress_bar(
    iterable: Iterable[T] | None = None,
    *,
    total: int | None = None,
    label: str = "",
    show: bool = True,
) -> "tqdm":
    """Wrap an iterable in a bar that vanishes when the work is done.

    The environment variable TQDM_DISABLE=1 hides every bar.
    """
    from tqdm import tqdm

    stream = NotebookLine() if in_notebook() else sys.stderr
    options = {"disable": True} if not show else {}
    return tqdm(
        iterable,
        total=total,
        desc=label,
        file=stream,
        leave=False,
        ncols=70,
        mininterval=0.2,
        **options,
    )


class NotebookLine:
    """A text stream that shows its last line in one updatable output."""

    def __init__(self) -> None:
        self.handle = None

    def write(self, text: str) -> None:
        from IPython.display import display

        line = text.strip("\r\n")
        if not line:
            return
        content = {"text/plain": line.rstrip()}
        if self.handle is not None:
            self.handle.update(content, raw=True)
        elif line.strip():
            self.handle = display(content, raw=True, display_id=True)

    def flush(self) -> None:
        pass


def in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return type(shell).__name__ == "ZMQInteractiveShell"
