"""What a page says of itself to search engines and to who links to it.

Each page has a description, its first paragraph. When the address is known
(`repository.url` in _config.yml, or `html.baseurl`), each page also names
its canonical address and a picture, and the site has a map.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from html import escape
from pathlib import Path
from xml.sax.saxutils import escape as xml_escape

from docutils import nodes
from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFont
from sphinx.application import Sphinx

GITHUB = re.compile(r"https://github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?/?$")
LENGTH = 160
COVER = "images/sensitivities.png"
PICTURES = "_images/shared"
SIZE, EDGE, TITLE = (1200, 630), 50, 150
INK, PAPER, LINE = "#1b2733", "#ffffff", "#0072b2"
GREEK = {r"\partial": "∂", r"\Delta": "Δ", r"\lambda": "λ", r"\to": "→"}


def setup(app: Sphinx) -> dict[str, bool]:
    """Know the address early; draw when the figures are there."""
    app.connect("config-inited", set_address, priority=0)
    app.connect("html-page-context", describe, priority=940)
    app.connect("build-finished", draw_pictures, priority=800)
    app.connect("build-finished", write_map, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def set_address(app: Sphinx, config) -> None:
    """The site's address, from that of the repository if not given."""
    repository = config.html_theme_options.get("repository_url") or ""
    found = GITHUB.match(repository)
    if found and not config.html_baseurl:
        owner, name = found[1].lower(), found[2]
        own = name.lower() == f"{owner}.github.io"
        folder = "" if own else f"{name}/"
        config.html_baseurl = f"https://{owner}.github.io/{folder}"
    elif config.html_baseurl:
        config.html_baseurl = config.html_baseurl.rstrip("/") + "/"


# Each page


def describe(
    app: Sphinx, pagename: str, template: str, context: dict, doctree
) -> None:
    """Add the description, and what a link to the page shows."""
    title = plain(context.get("title", ""))
    text = first_words(doctree) or f"{title}: {app.config.html_title}"
    named = {
        "og:title": title,
        "og:description": text,
        "og:type": "website" if pagename == app.config.root_doc else "article",
        "og:site_name": app.config.html_title,
    }
    base = app.config.html_baseurl
    if base:
        named["og:url"] = base + app.builder.get_target_uri(pagename)
        named["og:image"] = f"{base}{PICTURES}/{flat(pagename)}.png"
    lines = [f'<meta name="description" content="{escape(text)}" />']
    lines += [
        f'<meta property="{key}" content="{escape(value or "")}" />'
        for key, value in named.items()
    ]
    context["metatags"] = "\n    ".join([context.get("metatags", ""), *lines])


def first_words(doctree: nodes.document | None) -> str:
    """The first paragraph that is long enough to say something."""
    for text in paragraphs(doctree):
        if len(text) >= 40:
            return textwrap.shorten(text, LENGTH, placeholder=" …")
    return ""


def paragraphs(doctree: nodes.document | None) -> Iterator[str]:
    """The text of each paragraph that stands in a section itself."""
    found = doctree.findall(nodes.paragraph) if doctree else ()
    for paragraph in found:
        if isinstance(paragraph.parent, nodes.section):
            yield plain(paragraph.astext())


def plain(text: str) -> str:
    """A text without tags, line breaks and commands of mathematics."""
    text = re.sub(r"<[^>]*>", "", text)
    for command, sign in GREEK.items():
        text = re.sub(re.escape(command) + r"(?![a-z]) ?", sign, text)
    text = re.sub(r"\\[,;! ]", " ", text)
    text = re.sub(r"\\(?:math\w+|text|operatorname)?", "", text)
    return " ".join(re.sub(r"[{}]", "", text).split())


def flat(pagename: str) -> str:
    """The name of a page as that of a file."""
    return pagename.replace("/", "-")


# When all pages are there


def write_map(app: Sphinx, failure: Exception | None) -> None:
    """All pages for search engines, when the address is known."""
    base = app.config.html_baseurl
    if failure or not base or app.builder.name != "html":
        return
    pages = sorted(app.env.found_docs)
    found = [base + app.builder.get_target_uri(page) for page in pages]
    lines = [f"<url><loc>{xml_escape(page)}</loc></url>" for page in found]
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    text = f'{head}<urlset xmlns="{space}">\n' + "\n".join(lines)
    site = Path(app.outdir)
    (site / "sitemap.xml").write_text(f"{text}\n</urlset>\n", "utf-8")
    robots = f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n"
    (site / "robots.txt").write_text(robots, encoding="utf-8")


def draw_pictures(app: Sphinx, failure: Exception | None) -> None:
    """A picture for links to each page: its title and first figure."""
    if failure or not app.config.html_baseurl or app.builder.name != "html":
        return
    folder = Path(app.outdir, PICTURES)
    folder.mkdir(parents=True, exist_ok=True)
    for page in sorted(app.env.found_docs):
        title = plain(app.env.titles[page].astext())
        drawn = picture(title, figure_of(app, page))
        drawn.save(folder / f"{flat(page)}.png", optimize=True)


def figure_of(app: Sphinx, page: str) -> Path | None:
    """The file of a page's first figure, else the cover's."""
    for image in app.env.get_doctree(page).findall(nodes.image):
        path = Path(app.srcdir, image["uri"])
        if path.suffix == ".png" and path.is_file():
            return path
    cover = Path(app.srcdir, COVER)
    return cover if cover.is_file() else None


def picture(title: str, figure: Path | None) -> Image.Image:
    """A title above a figure, in the size that links are shown with."""
    canvas = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(canvas)
    font = Path(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    letters = ImageFont.truetype(str(font), 52 if len(title) < 36 else 38)
    pen.text((EDGE, EDGE), title, fill=INK, font=letters)
    pen.line([(EDGE, TITLE - 20), (EDGE + 160, TITLE - 20)], LINE, 6)
    if figure is not None:
        with Image.open(figure) as found:
            room = (SIZE[0] - 2 * EDGE, SIZE[1] - TITLE - EDGE)
            scale = min(room[0] / found.width, room[1] / found.height)
            size = (round(found.width * scale), round(found.height * scale))
            small = found.convert("RGBA").resize(size, Image.LANCZOS)
        place = ((SIZE[0] - size[0]) // 2, TITLE + (room[1] - size[1]) // 2)
        canvas.paste(small, place, small)
    return canvas
