"""What a narrow screen may break in a page, and what it may not."""

from __future__ import annotations

import pytest

from site_extensions import tidy_pages


def kept(body: str) -> str:
    context = {"body": body}
    tidy_pages.keep_together(None, "page", "", context, None)
    return context["body"]


@pytest.mark.parametrize(
    "text",
    [
        "<math><mi>x</mi></math>.",
        "(<math><mi>x</mi></math>).",
        "<code>f(x)</code>,",
        '<code class="docutils"><span>(b,</span> <span>T)</span></code>',
    ],
)
def test_a_formula_and_short_code_keep_their_signs(text: str) -> None:
    found = kept(f"<p>of {text} And on.</p>")
    assert f'of <span class="together">{text}</span> And' in found


def test_long_code_and_formulas_that_stand_alone_are_left() -> None:
    text = "<p><code>tape.batch_jacobian(y, x)</code>.</p>"
    assert kept(text) == text
    text = '<div class="math"><math display="block"></math></div>'
    assert kept(text) == text


def output(text: str) -> str:
    return (
        '<div class="output stream"><div class="highlight"><pre>'
        f"<span></span>{text}\n</pre></div></div>"
    )


@pytest.mark.parametrize(
    "text", ["ValueError: no &quot;x&quot;, at all", "sum: 3.0 and 4.0"]
)
def test_a_sentence_may_be_broken(text: str) -> None:
    assert '<pre class="sentences">' in kept(output(text))


@pytest.mark.parametrize(
    "text", ["[[1. 2.]\n [3. 4.]]", "u1  0.39\nu2  0.20", "a\n  b c"]
)
def test_columns_are_left_as_they_are(text: str) -> None:
    assert kept(output(text)) == output(text)


def test_a_cell_of_a_table_says_how_much_it_holds() -> None:
    long = "a sentence that needs more than one line of a phone"
    cells = ["0.39", "two words or so", long]
    found = kept("".join(f"<td>{cell}</td>" for cell in cells))
    assert found == (
        f'<td>0.39</td><td class="words">two words or so</td>'
        f'<td class="lines">{long}</td>'
    )


def test_a_shape_is_told_from_other_bold_words() -> None:
    shape, other = "<p><strong>Shapes:</strong>", "<p><strong>b</strong>"
    assert kept(shape) == '<p class="shapes"><strong>Shapes:</strong>'
    assert kept(other) == other


def test_a_picture_scrolls_without_its_caption() -> None:
    figure = '<figure class="align-default">\n{}<figcaption>A</figcaption>'
    found = tidy_pages.PICTURE.sub(
        r'\1<div class="picture">\2</div>', figure.format('<img src="a">')
    )
    assert found == figure.format('<div class="picture"><img src="a"></div>')
    moving = '<figure class="interactive"><img src="a">'
    assert not tidy_pages.PICTURE.search(moving)
