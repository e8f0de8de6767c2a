"""read_series: what is a header, and what a broken line."""

import pytest

import helpers


@pytest.mark.parametrize("first", ["NA,NA,NA,NA,NA", '"1,5",2,3,4,5', "1_0"])
def test_a_first_line_of_numbers_is_not_a_header(tmp_path, first):
    lines = [first if "," in first else f"{first},2,3,4,5"]
    lines += [f"{k},{k * k},{-k},{k + 1},{2 * k}" for k in range(1, 9)]
    path = tmp_path / "series.csv"
    path.write_text("\n".join(lines))
    with pytest.raises(ValueError, match="line 1, column 1"):
        helpers.read_series(path, min_rows=5)


def test_an_open_quote_and_a_cell_of_two_lines(tmp_path):
    path = tmp_path / "series.csv"
    path.write_text('1,2,3,4,5\n"1,2,3,4,5\n')
    with pytest.raises(ValueError, match="within a quoted cell"):
        helpers.read_series(path)
    path.write_text('"first\ninput",b,c,d,e\n1,2,3,4,x\n')
    with pytest.raises(ValueError, match="line 3, column 5"):
        helpers.read_series(path)
