"""When two printed texts say the same: the rule behind `make test`.

Another processor gives other last digits. Two printed numbers agree when
they differ by at most one unit of the last digit shown; everything
else must be the same: words, signs, whole numbers, how many numbers.

- Whole numbers are counts and shapes, and must be equal; percentages are
  rounded, and may differ by one.
- NumPy leaves out zeros at the end, so the numbers of one array share the
  digits of the one that shows most.
- Zero has no sign: 0.0 and -0.0 agree.
- When a number takes more or less room, the spaces beside it may differ.

A cell that prints what came out of training may allow more units, in its
metadata: `"units_of_last_digit": 3`. There whole numbers may move too,
but not a shape, such as (3, 4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from nbformat import NotebookNode

ALLOWANCE = "units_of_last_digit"
TOKEN = re.compile(
    r"""
    \((?:\d+,\ ?)+\d*\)                 # a shape: a word
    | (?<![\w.])\d+(?:\.\d+){2,}        # a version: a word
    | (?P<number>
        [+-]?
        (?<![\w.])                      # not the 32 of float32
        (?:\d+(?:,\d{3})*(?!\d)(?:\.(?P<places>\d*))?|\.(?P<only>\d+))
        (?:e(?P<exponent>[+-]?\d+))?
        (?P<percent>(?=\s?%))?
      )
    """,
    re.VERBOSE | re.IGNORECASE,
)


@dataclass
class Number:
    """One printed number, and how exactly it is shown."""

    text: str
    places: int
    exponent: int | None
    percent: bool
    array: int | None

    @property
    def value(self) -> Decimal:
        return Decimal(self.text.replace(",", ""))

    @property
    def whole(self) -> bool:
        """Whether it is a count, not something rounded."""
        rounded = self.places or self.exponent is not None or self.percent
        return not rounded

    @property
    def unit(self) -> Decimal:
        """One in the last digit shown."""
        return Decimal(1).scaleb((self.exponent or 0) - self.places)


# Texts


def disagreement(stored: str, new: str, units: float | None = None) -> str:
    """Why two texts do not say the same, or nothing.

    Args:
        units: how many units of the last digit are allowed; by default
            one, and none for whole numbers.
    """
    if stored == new:
        return ""
    words, numbers = parts(stored)
    new_words, new_numbers = parts(new)
    if len(numbers) != len(new_numbers):
        return f"{len(numbers)} numbers are stored, {len(new_numbers)} came"
    pairs = list(zip(numbers, new_numbers, strict=True))
    moved = any(len(a.text) != len(b.text) for a, b in pairs)
    for old, fresh in zip(words, new_words, strict=True):
        if loosely(old, moved) != loosely(fresh, moved):
            return f"{old!r} is stored, {fresh!r} came"
    share_places(numbers + new_numbers)
    apart = [(a, b) for a, b in pairs if not agree(a, b, units)]
    return ", ".join(f"{a.text} is stored, {b.text} came" for a, b in apart)


def parts(text: str) -> tuple[list[str], list[Number]]:
    """The words between the numbers, and the numbers."""
    words, numbers, end, depth, array = [], [], 0, 0, 0
    for match in TOKEN.finditer(text):
        if match["number"] is None:
            continue
        words.append(text[end : match.start()])
        depth, array = inside(words[-1], depth, array)
        numbers.append(number(match, array if depth else None))
        end = match.end()
    return [*words, text[end:]], numbers


def inside(words: str, depth: int, array: int) -> tuple[int, int]:
    """How deep in brackets the words end, and in which outermost pair."""
    for sign in re.findall(r"[\[\]]", words):
        array += sign == "[" and depth == 0
        depth = max(depth + (1 if sign == "[" else -1), 0)
    return depth, array


def number(match: re.Match[str], array: int | None) -> Number:
    exponent = match["exponent"]
    return Number(
        text=match["number"],
        places=len(match["places"] or match["only"] or ""),
        exponent=None if exponent is None else int(exponent),
        percent=match["percent"] is not None,
        array=array,
    )


def share_places(numbers: list[Number]) -> None:
    """Give back the zeros that NumPy left out at the end."""
    most: dict[int | None, int] = {}
    for one in numbers:
        most[one.array] = max(most.get(one.array, 0), one.places)
    for one in numbers:
        if one.array is not None and "." in one.text:
            one.places = most[one.array]


def loosely(words: str, moved: bool) -> str:
    """The words; without their spaces beside numbers if numbers moved."""
    return re.sub(" +", " ", words).strip(" ") if moved else words


def agree(a: Number, b: Number, units: float | None) -> bool:
    """Whether two printed numbers say the same."""
    if a.value == b.value:
        same = a.text.lstrip("+-") == b.text.lstrip("+-")
        return a.text == b.text or (same and not a.value)
    if a.value * b.value < 0:
        return False
    if units is None:
        units = 0 if a.whole and b.whole else 1
    return abs(a.value - b.value) <= Decimal(str(units)) * min(a.unit, b.unit)


# Outputs


def allowance(cell: NotebookNode) -> float | None:
    """The units of the last digit that a cell's metadata allows."""
    units = cell.metadata.get(ALLOWANCE)
    number = isinstance(units, int | float) and not isinstance(units, bool)
    if units is not None and not (number and units > 0):
        raise ValueError(
            f"`{ALLOWANCE}` in a cell's metadata: expected a number above "
            f"0, got {units!r}; use how many units of the last digit the "
            "cell's numbers may move."
        )
    return units


def texts(outputs: list[NotebookNode]) -> dict[str, list[tuple]]:
    """Where the texts of a cell are, by kind: (holder, key) of each."""
    found: dict[str, list[tuple]] = {}
    for output in outputs:
        if output.output_type == "stream":
            found.setdefault(output.name, []).append((output, "text"))
        if output.output_type == "error":
            found.setdefault("error", []).append((output, "evalue"))
        for kind in output.get("data", {}):
            if kind.startswith("text/"):
                found.setdefault(kind, []).append((output.data, kind))
    return found


def settle(
    stored: list[NotebookNode],
    new: list[NotebookNode],
    units: float | None = None,
) -> list[str]:
    """Replace new texts by the stored ones that say the same, in place.

    Returns:
        What disagrees, a line each; what is missing is not told.
    """
    reasons, there = [], texts(new)
    for kind, places in texts(stored).items():
        pairs = zip(places, there.get(kind, []), strict=False)
        for (old, key), (fresh, _) in pairs:
            reason = disagreement(old[key], fresh[key], units)
            if reason:
                reasons.append(f"{kind}: {reason}")
            else:
                fresh[key] = old[key]
    return reasons
