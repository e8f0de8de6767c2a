"""The page of error messages: whole entries, anchors that stay."""

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "chapters" / "error_messages.ipynb"
CELLS = nbformat.read(PAGE, as_version=4).cells
ENTRY = re.compile(r'<a id="([\w-]+)"></a>\n\n### (.+)')

# Search engines and other pages lead here: an anchor may be added, and none
# may go.
ANCHORS = """
none-not-watched nonetype none-assigned none-integer none-rounded none-numpy
none-numpy-function none-slice none-second none-stop none-predict none-hidden
none-grown sum coupled keyword forward-custom same-tensor equal-eigenvalues
upstream-shape float64-in twice-batch fd-float32 fd-zero dropout complex
other-weights first-call zeros-unwatched zeros-relu zeros-saturated
zeros-future inf-sqrt nan-where nan-exp non-persistent still-recording
needs-persistent passed-in no-id tf-gradients no-registry no-second
indexed-slices tuple-shape list-shape rank-two first-dimension zero-division
twice-batch-axis ndims ragged tf-tensor item-assignment non-tensor scalar-len
symbolic-numpy symbolic-tensor symbolic-bool truth expected-double retracing
vectorizing xla handle-data variant is-floating py-function too-large keras-id
keras-watch keras-input keras-input-tensor keras-never-called keras-no-layer
keras-not-connected keras-incompatible custom-variables custom-count
custom-outputs custom-callable custom-keywords custom-shape custom-dy
h-connected h-floating h-function h-symbolic h-leaves h-batch h-one-number
h-check h-cannot-tell h-step h-complex h-fixed-point h-layer-name
h-layer-calls h-layer-path h-layer-loop h-layer singleton pfor xla-shape
type-enum keras-no-output custom-branch keras-locate
"""


def entries():
    """Anchor, heading, cell and following cell of each entry."""
    found = []
    for cell, following in zip(CELLS, CELLS[1:], strict=False):
        match = ENTRY.search(cell.source)
        if cell.cell_type == "markdown" and match:
            found.append((*match.groups(), cell, following))
    return found


def test_anchors_stay_and_are_unique():
    names = [anchor for anchor, *_ in entries()]
    assert len(names) == len(set(names))
    assert not set(ANCHORS.split()) - set(names)


@pytest.mark.parametrize("page", ["chapters/error_messages.ipynb", "index.md"])
def test_their_number_is_the_one_that_is_told(page):
    text = (ROOT / page).read_text()
    told = re.search(r"(\d+) (?:entries|messages and symptoms)", text)
    assert int(told[1]) == len(entries()) >= 60


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry[0])
def test_an_entry_is_whole(entry):
    _, _, cell, following = entry
    assert "*Cause:*" in cell.source and "*Fix:*" in cell.source
    link = re.search(r"\]\([\w.]+\.ipynb#[^)]+\)", cell.source)
    # An edition of one's own may have left out where it led.
    assert link or cell.metadata.get("left_out"), "no link"
    assert following.cell_type == "code", "nothing reproduces it"
    assert following.outputs, "its cell shows nothing"


def shows():
    """The page's own function, with what it needs."""
    import textwrap

    from helpers import attempt

    (cell,) = [cell for cell in CELLS if "def shows(" in cell.source]
    names = {"re": re, "textwrap": textwrap, "attempt": attempt}
    exec(cell.source, names)
    return names["shows"]


def test_a_message_that_changed_names_its_entry(capsys):
    def says_so():
        raise ValueError("expected a cat, got a dog")

    for words, shown in (
        ("expected a cat", "expected a cat ..."),
        ("got a dog", "... got a dog"),
        ("a cat", "... a cat ..."),
    ):
        shows()(words, says_so)
        assert capsys.readouterr().out == f"ValueError: {shown}\n"
    with pytest.raises(
        AssertionError, match="Rewrite the entry 'a bird'.*dog"
    ):
        shows()("a bird", says_so)
    with pytest.raises(AssertionError, match="no error"):
        shows()("a bird", lambda: None)
