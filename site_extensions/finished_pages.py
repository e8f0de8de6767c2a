"""The last pass over the finished site: strict, light and numbered.

Pages say in a content security policy that they run the site's own files
and nothing else; so no page holds a script or a style of its own. The two
scripts of the theme that matter are files in `_static/`, the others, and
those in outputs of cells, are left out. Styles of single elements become
classes. Figures become WebP, without loss and half as large. Chapters are
numbered in the menu as their files are.
"""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

from PIL import Image
from sphinx.application import Sphinx

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'"
)
# What the theme runs before anything is drawn, and what it hides from a
# reader without scripts.
FIRST, NO_SCRIPT = "first.js", "no_script.css"
STYLES = "element_styles.css"

CHARSET = '<meta charset="utf-8" />'
INLINE_SCRIPT = re.compile(
    r"[ \t]*<script(?![^>]*\bsrc=)[^>]*>.*?</script>\n?", re.DOTALL
)
# Sphinx's own page of the search asks for its scripts at once.
WAITED_FOR = re.compile(r"<script (?=src=)")
THEME_SCRIPT = re.compile(r"<script data-cfasync.*?</script>", re.DOTALL)
HIDDEN = re.compile(r"<noscript>\s*<style.*?</noscript>", re.DOTALL)
STYLE_BLOCK = re.compile(r"<style\b[^>]*>.*?</style>\n?", re.DOTALL)
STYLED = re.compile(r"<(?!/)[^<>]*? style=\"([^\"]*)\"[^<>]*>")
CLASS = re.compile(r' class="([^"]*)"')
PRINT = ' onclick="window.print()"'
FIGURE = re.compile(r'( src="[^"]*_images/[^"/]+)\.png"')
CHAPTER = re.compile(
    r'(<a class="[^"]*reference internal" href="(?P<to>[^"]*)">)'
    r"(?P<title>[^<]*</a>)"
)
NUMBER = re.compile(r"(?:^|/)0*(\d+)_\w+\.html$")
MENU = re.compile(r'<nav class="bd-links bd-docs-nav".*?</nav>', re.DOTALL)
SAME_TITLE = re.compile(r"<title>(.*) &#8212; \1</title>")


def setup(app: Sphinx) -> dict[str, bool]:
    """Run when all pages are there, before their styles are collected."""
    app.connect("build-finished", finish, priority=850)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def finish(app: Sphinx, failure: Exception | None) -> None:
    """Rewrite every page of the site."""
    if failure or app.builder.name != "html":
        return
    site = Path(app.outdir)
    lighten(site / "_images")
    rules: dict[str, str] = {}
    for page in pages(site):
        text = page.read_text(encoding="utf-8")
        name = page.relative_to(site).as_posix()
        page.write_text(finished(text, name, rules), encoding="utf-8")
    lines = [f".{key} {{ {value} }}\n" for key, value in sorted(rules.items())]
    (site / "_static" / STYLES).write_text("".join(lines), encoding="utf-8")


def pages(site: Path) -> list[Path]:
    """Every page that a reader can open."""
    found = sorted(site.rglob("*.html"))
    return [p for p in found if "_static" not in p.relative_to(site).parts]


def lighten(folder: Path) -> None:
    """Turn each PNG file of a folder into WebP, pixel by pixel the same."""
    for path in sorted(folder.glob("*.png")):
        with Image.open(path) as picture:
            picture.save(path.with_suffix(".webp"), lossless=True, method=4)
        path.unlink()


# One page


def finished(text: str, name: str, rules: dict[str, str]) -> str:
    """A page as it is published; styles of elements go into rules."""
    static = "../" * name.count("/") + "_static"
    text = strict(text, static)
    text = STYLED.sub(lambda tag: classed(tag, rules), text)
    text = FIGURE.sub(r'\1.webp"', text)
    text = SAME_TITLE.sub(r"<title>\1</title>", text)
    return MENU.sub(lambda menu: numbered(menu.group(), name), text)


def strict(text: str, static: str) -> str:
    """The policy, and nothing in the page that it forbids."""
    first = f'<script src="{static}/{FIRST}"></script>'
    hidden = f'<link rel="stylesheet" href="{static}/{NO_SCRIPT}" />'
    name = 'http-equiv="Content-Security-Policy"'
    policy = f'{CHARSET}\n    <meta {name} content="{POLICY}" />'
    text = text.replace(CHARSET, policy, 1)
    text = WAITED_FOR.sub('<script defer="defer" ', text)
    text = THEME_SCRIPT.sub(first, text)
    text = HIDDEN.sub(f"<noscript>{hidden}</noscript>", text)
    text = INLINE_SCRIPT.sub("", STYLE_BLOCK.sub("", text))
    return text.replace(PRINT, "")


def classed(tag: re.Match[str], rules: dict[str, str]) -> str:
    """The tag with a class in the place of its style."""
    text = tag.group().replace(f' style="{tag[1]}"', "", 1)
    if ":" not in tag[1]:
        return text
    name = "style-" + sha256(tag[1].encode()).hexdigest()[:8]
    rules[name] = tag[1]
    if CLASS.search(text):
        return CLASS.sub(rf' class="\1 {name}"', text, count=1)
    return re.sub(r"^<[\w-]+", rf'\g<0> class="{name}"', text)


def numbered(menu: str, page: str) -> str:
    """The menu with the number of each chapter; its pages get 4.1, 4.2."""
    count = {"chapter": "", "part": 0}

    def with_number(link: re.Match[str]) -> str:
        to = page if link["to"] == "#" else link["to"]
        found = NUMBER.search(to)
        if not found:
            return link.group()
        same = found[1] == count["chapter"]
        count.update(chapter=found[1], part=count["part"] + 1 if same else 0)
        part = f".{count['part']}" if same else ""
        return f"{link[1]}{found[1]}{part}&ensp;{link['title']}"

    return CHAPTER.sub(with_number, menu)
