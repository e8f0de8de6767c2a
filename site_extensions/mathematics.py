"""Formulas written as MathML while the book is built.

No script is left to run: a formula is there with the text, without
JavaScript and from a file. One style sheet, used by pages with formulas,
brings a mathematical font cut down to the signs that the book writes;
it is part of the style sheet, so nothing moves when it arrives. A formula
that cannot be converted is a warning, which fails the build.
"""

from __future__ import annotations

import base64
import html
import io
import re
import unicodedata
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from docutils import nodes
from fontTools import subset
from fontTools.ttLib import TTFont
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

STYLE = "mathematics.css"
FONT = "fonts/STIXTwoMath-Regular.ttf"  # SIL Open Font License 1.1
RULES = """
math {
  font-family: "Book Mathematics", "STIX Two Math", "Cambria Math", math;
  font-size: 1.15em;
}

mover[accent="true"] > :last-child {
  padding-bottom: 0.06em;
}

mtd {
  padding: 0.15em 0.4em;
}
"""
ALWAYS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
# Letters whose italic form has no place in the block of italic letters.
ITALIC = {"h": "\u210e", "\u0131": "\U0001d6a4", "\u2202": "\U0001d715"}
# A prime that stands alone: the font draws it raised already.
PRIME = re.compile(
    r"<msup>((?:(?!</?msup>).)*)<mo>([\u2032-\u2034])</mo></msup>"
)
MARKUP = re.compile(r"<[^>]*>")
# A distance between lines, which the converter takes for text.
SPACED = re.compile(r"\\\\\s*\[[^\]]*\]")

logger = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, bool]:
    """Put MathML in the place of MathJax."""
    app.add_html_math_renderer(
        "mathml", (write_inline, None), (write_display, None)
    )
    app.connect("config-inited", choose)
    app.connect("env-check-consistency", write_style)
    app.connect("html-page-context", add_style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def choose(app: Sphinx, config) -> None:
    """Make it the renderer of every page."""
    config.html_math_renderer = "mathml"


# Writing


def write_inline(writer, node: nodes.math) -> None:
    """A formula within a line."""
    writer.body.append(converted(node, node.astext()))
    raise nodes.SkipNode


def write_display(writer, node: nodes.math_block) -> None:
    """A formula of its own, with its number if it has one."""
    writer.body.append(writer.starttag(node, "div", CLASS="math"))
    if node["number"]:
        number = get_node_equation_number(writer, node)
        writer.body.append(f'<span class="eqno">({number})</span>')
    writer.body.append(converted(node, node.astext(), display=True))
    writer.body.append("</div>\n")
    raise nodes.SkipNode


def converted(node: nodes.Node, source: str, *, display: bool = False) -> str:
    """The MathML of a formula; one that fails stays as it was typed."""
    try:
        return mathml(source.strip(), display)
    except (LatexError, ValueError) as error:
        message = MARKUP.sub("", str(error)).strip().splitlines()[0]
        logger.warning(
            "formula not converted, %s: %s", message, source, location=node
        )
        return f'<code class="math">{html.escape(source)}</code>'


@cache
def mathml(source: str, display: bool) -> str:
    """MathML of LaTeX."""
    if spaced := SPACED.search(source):
        raise ValueError(
            rf"expected \\, got {spaced.group()}, which would be printed"
        )
    if display and r"\\" in source and r"\begin{" not in source:
        source = r"\begin{aligned}" + source + r"\end{aligned}"
    found = converter().convert_with_local_state(source, displaystyle=display)
    return PRIME.sub(r'<mrow>\1<mo lspace="0">\2</mo></mrow>', found)


@cache
def converter() -> LatexToMathML:
    """One converter for all formulas."""
    return LatexToMathML(fancy_error=False)


# The font


def write_style(app: Sphinx, env: BuildEnvironment) -> None:
    """Write the style sheet with the font, before the pages."""
    if app.builder.format != "html":
        return
    found = "".join(
        converted(node, node.astext(), display=display)
        for page in env.found_docs
        for kind, display in ((nodes.math, False), (nodes.math_block, True))
        for node in env.get_doctree(page).findall(kind)
    )
    folder = Path(app.outdir) / "_static"
    folder.mkdir(parents=True, exist_ok=True)
    font = base64.b64encode(small_font(signs(found))).decode()
    (folder / STYLE).write_text(
        '@font-face {\n  font-family: "Book Mathematics";\n'
        f"  src: url(data:font/woff;base64,{font});\n}}\n{RULES}",
        encoding="utf-8",
    )


def signs(formulas: str) -> frozenset[str]:
    """Every character that formulas show, italic letters among them."""
    text = html.unescape(MARKUP.sub("", formulas)) + ALWAYS
    plain = {sign for sign in text if not sign.isspace()}
    # The sign of a root is no text: the browser draws it around its content.
    if "<msqrt" in formulas or "<mroot" in formulas:
        plain.add("\N{SQUARE ROOT}")
    return frozenset(plain | {italic(sign) for sign in plain})


def italic(sign: str) -> str:
    """What a browser shows for a letter that stands alone."""
    words = unicodedata.name(sign, "").split()
    known = [w for w in words if w not in ("LATIN", "GREEK", "LETTER")]
    try:
        return unicodedata.lookup(" ".join(["MATHEMATICAL ITALIC", *known]))
    except KeyError:
        return ITALIC.get(sign, sign)


@cache
def small_font(characters: frozenset[str]) -> bytes:
    """The mathematical font with only these characters, as WOFF."""
    package = Path(find_spec("ziamath").origin).parent
    font = TTFont(package / FONT, recalcTimestamp=False)
    options = subset.Options(
        layout_features=["ssty", "dtls"], hinting=False, name_IDs=[0, 13]
    )
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[ord(sign) for sign in characters])
    cutter.subset(font)
    narrow_roots(font)
    font.flavor = "woff"
    result = io.BytesIO()
    font.save(result)
    return result.getvalue()


def narrow_roots(font: TTFont) -> None:
    """Make the larger signs of a root as wide as the smallest.

    Chromium keeps the room of the widest free behind every root.
    """
    sign = font.getBestCmap().get(ord("\N{SQUARE ROOT}"))
    if sign is None:
        return
    sizes = font["MATH"].table.MathVariants
    where = sizes.VertGlyphCoverage.glyphs.index(sign)
    larger = sizes.VertGlyphConstruction[where]
    names = [size.VariantGlyph for size in larger.MathGlyphVariantRecord]
    names += [part.glyph for part in larger.GlyphAssembly.PartRecords]
    width = font["hmtx"][sign][0]
    for name in set(names) - {sign}:
        drawing = font["glyf"][name]
        drawing.coordinates.scale((width / font["hmtx"][name][0], 1))
        drawing.coordinates.toInt()
        drawing.recalcBounds(font["glyf"])
        font["hmtx"][name] = (width, drawing.xMin)


def add_style(
    app: Sphinx, pagename: str, template: str, context: dict, doctree
) -> None:
    """Load the style sheet where there is a formula."""
    if "<math" in context.get("body", ""):
        app.add_css_file(STYLE)
