"""The one mechanism of all interactive figures: a picture and a table.

The table has one row for each state, a product of the positions of all
controls. An attribute of the picture may be a template, such as
`opacity="{seen}"`: Python fills it for the first state, and
`interactive.js` for all others.
"""

import html
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

SLOT = re.compile(r"\{(\w+)\}")
MINUS = re.compile(r"-(?=\d|\.\d)")
ROOM = files("helpers.figures.interactive")


@dataclass(frozen=True)
class Interactive:
    """A picture with controls; a notebook and the site display it.

    Attributes:
        html: everything, controls, picture, table, style and script.
        alt: what the picture shows, in words.
    """

    html: str
    alt: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<interactive figure: {self.alt}>"


@dataclass(frozen=True)
class Slider:
    """A native range input with a name for each of its positions."""

    label: str
    names: Sequence[str]
    start: int = 0
    buttons: tuple[str, str] | None = None

    def html(self) -> str:
        last = len(self.names) - 1
        field = element(
            "input", type="range", min=0, max=last, value=self.start, step=1,
            autocomplete="off", data_names="|".join(self.names),
            aria_valuetext=self.names[self.start], **KEYS,
        )  # fmt: skip
        field = element("label", raw=element("span", self.label) + field)
        now = element("span", self.names[self.start], **NOW)
        return element(
            "div", raw=field + now + pair(self.buttons), class_="control"
        )


@dataclass(frozen=True)
class Switch:
    """A native checkbox: off is position 0, on is position 1."""

    label: str
    names: tuple[str, str] = ("off", "on")

    def html(self) -> str:
        field = element(
            "input", type="checkbox", autocomplete="off",
            data_names="|".join(self.names), **KEYS,
        )  # fmt: skip
        field = element("label", raw=field + element("span", self.label))
        now = element("span", self.names[0], **NOW)
        return element("div", raw=field + now, class_="control")


Control = Slider | Switch
# What a control says beside itself is for the eye; it tells it itself.
LEAST = 0.15  # how dark the smallest is
NOW = {"class_": "now", "aria_hidden": "true"}
# JupyterLab would move to another cell at an arrow key; it leaves the keys
# of an element alone that says so itself, not of what stands around it.
KEYS = {"data_lm_suppress_shortcuts": "true"}
NONE = "<noscript>Its controls need JavaScript.</noscript>\n"


class Stage:
    """A picture that is drawn part by part."""

    def __init__(
        self,
        width: float,
        height: float,
        table: Mapping[str, Sequence[str]],
        controls: Sequence[Control],
    ) -> None:
        """Begin an empty picture.

        Args:
            width, height: of its coordinates.
            table: the columns by name, each with one text per state.
            controls: the last one changes fastest from row to row.
        """
        self.size = (width, height)
        self.table = dict(table)
        self.controls = list(controls)
        counts = [positions(control) for control in self.controls]
        starts = [getattr(control, "start", 0) for control in self.controls]
        states = math.prod(counts)
        for name, column in self.table.items():
            if len(column) != states:
                raise ValueError(f"{len(column)} rows of {name}, not {states}")
        self.first = int(np.ravel_multi_index(starts, counts))
        self.parts: list[str] = []

    def draw(
        self, tag: str, text: str | None = None, **attributes: Any
    ) -> None:
        """Add one element; text and attributes may be templates."""
        self.parts.append(self.part(tag, text, **attributes))

    def part(
        self, tag: str, text: str | None = None, raw: str = "",
        **attributes: Any,
    ) -> str:  # fmt: skip
        """One element as text, filled for the first state."""
        given = dict(attributes)
        for name, value in attributes.items():
            if SLOT.search(str(value)):
                given[f"data_set_{name}"] = value
                given[name] = self.filled(str(value))
        if text is not None and SLOT.search(text):
            given["data_set_text"] = text
            text = self.filled(text)
        return element(tag, text, raw, **given)

    def filled(self, template: str) -> str:
        """A template with the values of the first state."""
        return SLOT.sub(lambda slot: self.table[slot[1]][self.first], template)

    def finish(self, *, alt: str, says: str, caption: str) -> Interactive:
        """The whole figure.

        Args:
            alt: what the picture shows, in words.
            says: a template, what the present state shows.
            caption: what to try.
        """
        width, height = self.size
        picture = element(
            "svg", raw="\n" + "\n".join(self.parts) + "\n",
            viewBox=f"0 0 {width:g} {height:g}", role="img", aria_label=alt,
            width=f"{width:g}", height=f"{height:g}",
        )  # fmt: skip
        tools = element(
            "div", raw="".join(c.html() for c in self.controls),
            class_="controls",
        )  # fmt: skip
        said = self.part("p", says, class_="says", role="status")
        body = [picture, tools, said, element("figcaption", caption), NONE]
        names = list(self.table)
        rows = zip(*self.table.values(), strict=True)
        figure = element(
            "figure", raw="\n".join(body), class_="interactive",
            data_columns="|".join(names),
            data_rows="\n".join(map("|".join, rows)),
        )  # fmt: skip
        return Interactive(style_sheet() + figure + script(), alt)


def positions(control: Control) -> int:
    return len(control.names)


def pair(labels: tuple[str, str] | None) -> str:
    """Two buttons that move the slider beside them, if they have labels."""
    buttons = [
        element("button", label, type="button", data_move=move, **KEYS)
        for label, move in zip(labels or (), (-1, 1), strict=False)
    ]
    return element("span", raw="".join(buttons)) if buttons else ""


# Elements


def element(
    tag: str, text: str | None = None, raw: str = "", **attributes: Any
) -> str:
    """An element of HTML; `class_` is class, `data_x` is data-x."""
    head = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{quoted(value)}"'
        for name, value in attributes.items()
    )
    inside = raw if text is None else html.escape(with_minus(text), False)
    end = "" if tag == "input" else f"{inside}</{tag}>"
    return f"<{tag}{head}>{end}"


def quoted(value: object) -> str:
    return html.escape(str(value), quote=False).replace('"', "&quot;")


def with_minus(text: str) -> str:
    """A hyphen before a digit becomes a minus, as the script does it."""
    return MINUS.sub("−", text)


def style_sheet() -> str:
    """The style, as a notebook and a saved file need it."""
    text = (ROOM / "interactive.css").read_text(encoding="utf-8")
    return f"<style>\n{text}</style>\n"


def script() -> str:
    """The script, as a notebook and a saved file need it."""
    text = (ROOM / "interactive.js").read_text(encoding="utf-8")
    return f"\n<script>\n{text}</script>"


# Numbers


def fixed(value: ArrayLike, places: int = 2) -> str:
    """A number with fixed places, and without a sign if it shows as zero.

    Fixed places, since stored outputs may differ by one in the last one.

    Example:
        >>> fixed(-0.001), fixed(1.5)
        ('0.00', '1.50')
    """
    text = f"{float(np.asarray(value)):.{places}f}"
    return text.lstrip("-") if not float(text) else text


def points(places: ArrayLike) -> str:
    """Coordinates of a line, shape (n, 2), with one place.

    Example:
        >>> points([[1, 2], [3.14, -4]])
        '1.0,2.0 3.1,-4.0'
    """
    return " ".join(
        f"{fixed(x, 1)},{fixed(y, 1)}" for x, y in np.asarray(places)
    )


def shades(values: ArrayLike, limit: float) -> np.ndarray:
    """How dark each value is drawn, a text from 0.00 to 1.00.

    Only zero is left blank: what is small can be told from it.
    """
    size = np.abs(np.asarray(values, np.float64))
    share = np.where(size > 0, LEAST + (1 - LEAST) * size / (limit or 1.0), 0)
    return np.vectorize(fixed, otypes=[object])(share)


def signs(values: ArrayLike) -> np.ndarray:
    """The class of each value, in the colours of a heat map."""
    return np.where(np.asarray(values) < 0, "negative", "positive")
