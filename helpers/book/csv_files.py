"""A reader's own CSV file: four input columns and one output column."""

import csv
import math
from pathlib import Path

import numpy as np

from helpers.derivatives.core.refusals import public, refusal

COLUMNS = 5
GAPS = {"na", "n/a", "nan", "null", "none", "missing"}


@public
def read_series(
    path: str | Path, *, min_rows: int = 100
) -> tuple[np.ndarray, np.ndarray]:
    """Read inputs and output of a series from a CSV file.

    Shape law: `(rows, 4)` and `(rows,)`, float64. The first four columns are
    the inputs, the fifth is the output; the first line may be a header.

    Args:
        path: the file, with commas between columns and points in numbers.
        min_rows: how many rows the work that follows needs.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a line has not five columns; a value is missing, not a
            number, or not finite; a column never changes; too few rows;
            another encoding than UTF-8. The message names the place.

    Example:
        >>> import tempfile
        >>> rows = [f"{t},{t * t},{-t},{t % 3},{t % 7}" for t in range(9)]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "series.csv")
        ...     _ = path.write_text("\\n".join(rows))
        ...     inputs, output = read_series(path, min_rows=9)
        >>> assert inputs.shape == (9, 4) and output.shape == (9,)
    """
    path = Path(path)
    if not path.is_file():
        raise refusal(
            "a CSV file",
            f"{str(path)!r}, which does not exist",
            "a path seen from the notebook's folder",
            kind=FileNotFoundError,
        )
    lines = numbered_rows(path)
    if lines and is_header(lines[0][1]):
        lines = lines[1:]
    rows = [parsed(number, row) for number, row in lines]
    if len(rows) < min_rows:
        raise refusal(
            f"at least {min_rows} rows", f"{len(rows)}", "a longer series"
        )
    table = np.array(rows)
    check_variation(table)
    return table[:, :4], table[:, 4]


def numbered_rows(path: Path) -> list[tuple[int, list[str]]]:
    """The rows of the file that are not empty, with their line numbers."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            return [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise refusal(
            "a CSV file",
            f"one that ends or goes on within a quoted cell ({error})",
            "numbers without quotes",
        ) from error
    except UnicodeDecodeError as error:
        raise refusal(
            "a file in UTF-8",
            "another encoding",
            '"CSV UTF-8" when you save it',
        ) from error


def check_variation(table: np.ndarray) -> None:
    """Refuse a column that never changes: it cannot be standardised."""
    for column in np.flatnonzero(np.ptp(table, axis=0) == 0):
        raise refusal(
            "columns that vary",
            f"the same number everywhere in column {column + 1}",
            "a column with information",
        )


def is_header(row: list[str]) -> bool:
    """A first line of names: no cell is empty, a number, or a gap (NA)."""
    return len(row) > 1 and all(map(is_name, row))


def is_name(cell: str) -> bool:
    letters = any(character.isalpha() for character in cell)
    return letters and not is_number(cell) and cell.strip().lower() not in GAPS


def is_number(cell: str) -> bool:
    if "_" in cell:
        return False
    try:
        float(cell)
    except ValueError:
        return False
    return True


def parsed(number: int, row: list[str]) -> list[float]:
    if any(";" in cell for cell in row):
        raise refusal(
            f"{COLUMNS} columns (4 inputs, 1 output) with commas between them",
            f"{len(row)} in line {number}, with semicolons, as a spreadsheet "
            "writes where numbers have commas",
            "commas between the columns and points in the numbers, as in "
            'text.replace(",", ".").replace(";", ",")',
        )
    if len(row) != COLUMNS:
        raise refusal(
            f"{COLUMNS} columns (4 inputs, 1 output)",
            f"{len(row)} in line {number}",
            "a file with these columns only (no index, no dates), commas "
            "between them and points in the numbers",
        )
    return [value(number, k, cell) for k, cell in enumerate(row, 1)]


def value(number: int, column: int, cell: str) -> float:
    where = f"line {number}, column {column}"
    if not cell.strip():
        raise refusal(
            f"a number in {where}",
            "nothing",
            "a series without missing values: fill or cut the gap first",
        )
    if not is_number(cell):
        raise refusal(
            f"a number in {where}",
            f"{cell!r}",
            "digits with a decimal point",
        )
    if not math.isfinite(float(cell)):
        raise refusal(
            f"a finite number in {where}",
            f"{cell!r}",
            "a series without missing values",
        )
    return float(cell)
