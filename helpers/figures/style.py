"""The one style of all figures."""

from importlib.resources import files

import matplotlib.pyplot as plt


def use_style() -> None:
    """Give every figure the book's style (`helpers/figures/book.mplstyle`).

    Example:
        >>> with plt.rc_context():
        ...     use_style()
        ...     assert not plt.rcParams["axes.spines.top"]
    """
    plt.style.use(str(files("helpers.figures") / "book.mplstyle"))
