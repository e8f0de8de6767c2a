"""Stored outputs are compared as numbers: what agrees, and what is red.

Faults are planted in the stored outputs of every chapter; none of them
may pass. One small notebook goes through nbval itself.
"""

from __future__ import annotations

import copy
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from commands.printed_numbers import (
    Number,
    allowance,
    disagreement,
    parts,
    settle,
    share_places,
    texts,
)
from tests.support import ROOT

CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))

AGREE = [
    ("0.22", "0.23"),
    ("9.99", "10.0"),
    ("9.99", "10"),
    ("0.999", "1.000"),
    ("1.2e-07", "1.3e-07"),
    ("1.0e-07", "9.9e-08"),
    ("5e-04", "6e-04"),
    ("-0.0", "0.0"),
    ("[-0.  1.]", "[0. 1.]"),
    ("0.00", "-0.01"),
    ("75%", "74%"),
    ("99.9 %", "100.0 %"),
    ("1,999.9", "2,000.0"),
    ("2.0-4.1j", "2.1-4.0j"),
    ("[ 9.99  1.5 ]", "[10.    1.49]"),
    ("[[0.5  0.25]\n [0.1  0.3 ]]", "[[0.5  0.25]\n [0.11 0.3 ]]"),
    ("[2.    0.99]", "[2.    1.  ]"),
    ("(0.22, array([1.23, 4.5 ]))", "(0.23, array([1.24, 4.49]))"),
    ("numpy=0.2570284>", "numpy=0.2570285>"),
    ("loss  9.9 after", "loss 10.0 after"),
    ("u1      0.39  0.20", "u1      0.40  0.19"),
]
DISAGREE = [
    ("0.22", "0.24"),
    ("0.22", "-0.22"),
    ("0.01", "-0.01"),
    ("+0.3", "0.3"),
    ("9.99", "10.1"),
    ("1.2e-07", "1.4e-07"),
    ("1.2e-07", "1.2e-06"),
    ("1.2e-07", "1.2e+07"),
    ("0.22", "nan"),
    ("inf", "0.0"),
    ("inf", "-inf"),
    ("0.22", "0.220"),
    ("12", "12.0"),
    ("41 of 200", "42 of 200"),
    ("38,245", "38,246"),
    ("(3, 4)", "(3, 5)"),
    ("(3, 4)", "(4, 3)"),
    ("(3,)", "(3, 1)"),
    ("[1 0 1]", "[1 1 1]"),
    ("[ 4.  1. -1.]", "[ 5.  1. -1.]"),
    ("[0.2  0.25]", "[0.3  0.25]"),
    ("[0.2 0.3]", "[0.2 0.3 0.4]"),
    ("75%", "73%"),
    ("2-4j", "2+4j"),
    ("1.5-0.5j", "1.5+0.5j"),
    ("float32", "float64"),
    ("u1 0.39", "u2 0.39"),
    ("numpy 2.2.6", "numpy 2.2.7"),
    ("a  0.5", "a 0.5"),
    ("loss 0.22", "Loss 0.23"),
    ("0.22\n0.3", "0.22"),
    ("0.22\n0.3", "0.22 0.30"),
    ("None", "0.0"),
    ("True", "False"),
]


@pytest.mark.parametrize(("stored", "new"), AGREE)
def test_these_agree(stored: str, new: str) -> None:
    assert disagreement(stored, new) == ""
    assert disagreement(new, stored) == ""


@pytest.mark.parametrize(("stored", "new"), DISAGREE)
def test_these_do_not_agree(stored: str, new: str) -> None:
    assert disagreement(stored, new)
    assert disagreement(new, stored)


def test_the_reason_names_both_numbers() -> None:
    reason = disagreement("a 0.22, b 0.30", "a 0.25, b 0.31")
    assert reason == "0.22 is stored, 0.25 came"


def test_an_allowance_is_in_units_of_the_last_digit() -> None:
    assert not disagreement("0.23, 5 steps", "0.26, 7 steps", 3)
    assert disagreement("0.23, 5 steps", "0.27, 5 steps", 3)
    assert disagreement("0.23, 5 steps", "0.23, 9 steps", 3)
    assert disagreement("0.01", "-0.01", 3)
    assert disagreement("(3, 4) 0.23", "(3, 5) 0.23", 3)
    assert not disagreement("0.20", "0.30", 10.0)


@pytest.mark.parametrize("units", [0, -1, "3", True, [1]])
def test_a_wrong_allowance_is_refused(units: object) -> None:
    cell = new_code_cell(metadata={"units_of_last_digit": units})
    with pytest.raises(ValueError, match="a number above 0, got"):
        allowance(cell)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_allowances_of_the_chapters_are_numbers(path: Path) -> None:
    for cell in compared_cells(path):
        allowance(cell)


# Faults in the stored outputs of all chapters


def compared_cells(path: Path) -> Iterator[NotebookNode]:
    """The code cells whose outputs `make test` compares."""
    for cell in nbformat.read(path, as_version=4).cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "code" and "nbval-ignore-output" not in tags:
            yield cell


def units_off(count: int) -> Callable[[str], Iterator[str]]:
    """A fault: each rounded number is so many units away from zero."""

    def plant(text: str) -> Iterator[str]:
        for start, number in numbers_at(text):
            sign = -1 if number.text.startswith("-") else 1
            moved = number.value + sign * count * number.unit
            shown = like(number, moved)
            if not number.whole and Decimal(shown) == moved:
                yield replaced(text, start, number.text, shown)

    return plant


def like(number: Number, value: Decimal) -> str:
    """Another value, shown as this number is."""
    kind = "f" if number.exponent is None else "e"
    return f"{value:.{number.places}{kind}}"


def numbers_at(text: str) -> list[tuple[int, Number]]:
    """Every number of a text with the place where it starts."""
    words, numbers = parts(text)
    share_places(numbers)
    found, at = [], 0
    for word, number in zip(words, numbers, strict=False):
        at += len(word)
        found.append((at, number))
        at += len(number.text)
    return found


def replaced(text: str, start: int, old: str, new: str) -> str:
    return text[:start] + new + text[start + len(old) :]


def other_sign(text: str) -> Iterator[str]:
    for start, number in numbers_at(text):
        minus = number.text.startswith("-")
        if number.value:
            new = number.text[1:] if minus else "-" + number.text
            yield replaced(text, start, number.text, new)


def ten_times(text: str) -> Iterator[str]:
    """The point one place to the right, or the exponent one higher."""
    for start, number in numbers_at(text):
        if number.exponent is not None and number.value:
            new = number.text[:-1] + str((int(number.text[-1]) + 1) % 10)
            yield replaced(text, start, number.text, new)
        elif number.value and not number.whole:
            new = like(number, 10 * number.value)
            yield replaced(text, start, number.text, new)


def other_count(text: str) -> Iterator[str]:
    for start, number in numbers_at(text):
        if re.fullmatch(r"[+-]?\d+", number.text) and number.whole:
            new = str(int(number.text) + 1)
            yield replaced(text, start, number.text, new)


def not_a_number(text: str) -> Iterator[str]:
    for start, number in numbers_at(text):
        yield replaced(text, start, number.text, "nan")


def one_digit_more(text: str) -> Iterator[str]:
    """A number shown with one place more than is stored."""
    for start, number in numbers_at(text):
        if number.places and number.exponent is None:
            new = number.text + "0"
            yield replaced(text, start, number.text, new)


def each(pattern: str, new: str) -> Callable[[str], Iterator[str]]:
    """A fault: each place that matches, one at a time, says `new`."""

    def plant(text: str) -> Iterator[str]:
        for match in re.finditer(pattern, text):
            start, end = match.span()
            yield text[:start] + match.expand(new) + text[end:]

    return plant


def missing_line(text: str) -> Iterator[str]:
    lines = text.splitlines(keepends=True)
    for k in range(len(lines)):
        yield "".join(lines[:k] + lines[k + 1 :])


def line_twice(text: str) -> Iterator[str]:
    lines = text.splitlines(keepends=True)
    for k in range(len(lines)):
        yield "".join([*lines[: k + 1], lines[k] + "\n", *lines[k + 1 :]])


def lines_swapped(text: str) -> Iterator[str]:
    lines = text.splitlines(keepends=True)
    if len(lines) > 1 and not looks_alike(lines[0], lines[1]):
        yield "".join([lines[1], lines[0], *lines[2:]])


def looks_alike(one: str, other: str) -> bool:
    return not disagreement(one, other)


FAULTS: dict[str, Callable[[str], Iterator[str]]] = {
    "two units off": units_off(2),
    "nine units off": units_off(9),
    "another sign": other_sign,
    "another power of ten": ten_times,
    "another count": other_count,
    "nan for a number": not_a_number,
    "another digit shown": one_digit_more,
    "a missing line": missing_line,
    "a line twice": line_twice,
    "two lines swapped": lines_swapped,
    "a letter more": each(r"([A-Za-z])\b(?!%)", r"\1s"),
    "a word left out": each(r"\b[A-Za-z]{3,}\b", ""),
    "a capital letter": each(r"\b[a-z](?=[a-z]{2})", "X"),
    "a shape transposed": each(r"\((\d+), (?!\1\b)(\d+)\)", r"(\2, \1)"),
    "an axis more": each(r"(\(\d+,) ", r"\1 1, "),
    "an axis longer": each(r"(\(\d+, \d+)(?=[,)])", r"\g<1>0"),
    "a bracket left out": each(r"\]", ""),
    "another dtype": each("float32", "float64"),
    "None for a number": each(r"(?<![\w.])\d+\.\d+", "None"),
    "a number for None": each(r"\bNone\b", "0.0"),
    "inf for a number": each(r"(?<![\w.])\d+\.\d+(?![\de.])", "inf"),
    "the other truth": each(r"\bTrue\b", "False"),
    "a comma for the point": each(r"(\d)\.(?=\d)", r"\1,"),
    "no output": lambda text: iter([""]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_chapter_is_red(fault: str) -> None:
    """Each fault, where a chapter's output has a place for it."""
    passed, count = [], 0
    for path in CHAPTERS:
        for text in stored_texts(path):
            for planted in some(FAULTS[fault](text)):
                count += 1
                if not disagreement(text, planted):
                    passed.append(f"{path.stem}: {text!r}: {planted!r}")
    assert count > 0, "no output has a place for this fault"
    assert not passed, "\n".join(passed)


def some(planted: Iterator[str]) -> list[str]:
    """Up to forty, or four of a long text, by a fixed choice.

    An interactive figure has thousands of places, and each costs a
    comparison of the whole text.
    """
    draw, chosen = random.Random(0), []
    for count, text in enumerate(planted):
        most = 40 if len(text) < 5000 else 4
        place = count if count < most else draw.randrange(count + 1)
        if place < most:
            chosen[place : place + 1] = [text]
    return chosen


def stored_texts(path: Path) -> Iterator[str]:
    """Every stored text that is compared."""
    for cell in compared_cells(path):
        for places in texts(cell.outputs).values():
            for holder, key in places:
                yield holder[key]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_chapter_has_twenty_places_for_faults(path: Path) -> None:
    planted = [
        fault
        for text in stored_texts(path)
        for name in FAULTS
        for fault in some(FAULTS[name](text))
    ]
    assert len(planted) >= 20


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_one_unit_in_a_chapter_is_accepted(path: Path) -> None:
    for text in stored_texts(path):
        for planted in some(units_off(1)(text)):
            assert not disagreement(text, planted), (text, planted)


# Outputs


def output(kind: str, text: str) -> NotebookNode:
    if kind == "stream":
        return new_output("stream", name="stdout", text=text)
    if kind == "error":
        return new_output("error", ename="E", evalue=text)
    return new_output("execute_result", {kind: text})


@pytest.mark.parametrize(
    "kind", ["stream", "error", "text/plain", "text/html"]
)
def test_every_kind_of_text_is_compared(kind: str) -> None:
    stored, new = [output(kind, "a 0.22")], [output(kind, "a 0.23")]
    assert settle(stored, new) == []
    assert new == stored
    wrong = [output(kind, "a 0.24")]
    before = copy.deepcopy(wrong)
    assert len(settle(stored, wrong)) == 1
    assert wrong == before


# The whole way, through nbval: what is printed, what is stored

MORE = {"units_of_last_digit": 3}
CELLS: list[tuple[str, str, dict[str, int], str]] = [
    ("share 0.22\n", "share 0.22\n", {}, "green"),
    ("share 0.22\n", "share 0.23\n", {}, "green"),
    ("share 0.22\n", "share 0.24\n", {}, "red"),
    ("share 0.22\n", "share 0.25\n", MORE, "green"),
    ("share 0.22\n", "share 0.26\n", MORE, "red"),
    ("share 0.22\n", "part 0.22\n", {}, "red"),
    ("share 0.22\n", "share 0.22\nmore\n", {}, "red"),
    ("share 0.22\n", "", {}, "red"),
]


def test_through_nbval(tmp_path: Path) -> None:
    cells = [
        new_code_cell(
            f"print({printed!r}, end='')",
            execution_count=count,
            metadata=metadata,
            outputs=[output("stream", stored)] if stored else [],
        )
        for count, (printed, stored, metadata, _) in enumerate(CELLS, 1)
    ]
    told = nbval(tmp_path, cells)
    found = re.findall(r"^(FAILED|PASSED).*Cell (\d+)", told, re.MULTILINE)
    words = {"PASSED": "green", "FAILED": "red"}
    assert {int(cell): words[word] for word, cell in found} == {
        k: colour for k, (*_, colour) in enumerate(CELLS)
    }, told
    assert "stdout: 0.24 is stored, 0.22 came" in told


def nbval(folder: Path, cells: list[NotebookNode]) -> str:
    """What nbval says of these cells, run as `make test` runs them."""
    kernel = {"name": "python3", "display_name": "Python 3"}
    book = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    path, settings = folder / "chapter.ipynb", folder / "pytest.ini"
    nbformat.write(book, path)
    settings.write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-rA"]
    command += ["-c", str(settings), "-p", "commands.nbval_numbers"]
    command += ["--color=no", "-p", "no:cacheprovider", str(path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return result.stdout
