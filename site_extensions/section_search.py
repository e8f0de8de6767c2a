"""The site's search: it finds sections, and ranks them by what is rare.

Sphinx's own search demands every word of a question and answers with whole
pages. Here the finished pages are read once more, section by section, into
`_static/section_index.js`; `_static/section_search.js` asks it and hands
the best sections to the page that Sphinx shows them on. What readers type,
in `reference/questions.csv`, counts as a heading of the section that
answers it.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from pathlib import Path

from sphinx.application import Sphinx

INDEX, SCRIPT = "section_index.js", "section_search.js"
# Pages that repeat the questions or hold no text of their own.
LEFT_OUT = {
    "index",
    "search",
    "genindex",
    "reference/questions",
    "reference/bibliography",
}
# Sections that mention everything and explain little.
MINOR = re.compile(
    r"^(Exercise|Recap|Where next|An open|Your own|The helpers|What comes)"
)
# Pages of which the same is true; on the API page a function is a section.
LISTS = {"reference/api", "reference/exercises", "reference/teaching"}
# How much a word counts in a heading, in a question, in the page's title.
HEADING, ASKED, PAGE = 6, 6, 2
VOID = {"img", "br", "hr", "input", "meta", "link", "wbr", "source", "col"}
SILENT = {"script", "style", "nav", "math", "button", "aside", "footer"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
# Words that tell no section from another; the script is told them too.
STOP = """
a an and are as at be been but by can did do does for from get gets gives
had has have how i if in into is it its me my not of on one or so than that
the their them then there these this to up was we what when which why will
with would you your
"""


@dataclass
class Section:
    """A section of a page: where it is, what it is called, what it says."""

    page: str
    anchor: str
    title: str = ""
    text: list[str] = field(default_factory=list)


class Reader(HTMLParser):
    """Reads the sections of one page, each with its own text alone."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.found: list[Section] = []
        # For each open tag: its name, the section it began, whether it
        # is silent.
        self.open: list[tuple[str, Section | None, bool]] = []
        # Sections that have their title: a further heading in one is text.
        self.titled: set[str] = set()

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        if tag in VOID:
            return
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        section = None
        begins = tag == "section" or (tag == "dt" and "sig" in classes)
        if begins and given.get("id"):
            title = given["id"] if tag == "dt" else ""
            section = Section(self.page, given["id"], title)
            self.found.append(section)
        hidden = {"headerlink", "cell_output", "math"} & set(classes)
        # How to get `helpers` stands on every page: one page is enough.
        if "take-along" in classes and self.page != "reference/api":
            hidden.add("take-along")
        self.open.append((tag, section, tag in SILENT or bool(hidden)))

    def handle_endtag(self, tag: str) -> None:
        while self.open and any(entry[0] == tag for entry in self.open):
            if self.open.pop()[0] == tag:
                break
        inside = [entry[1] for entry in self.open if entry[1] is not None]
        if tag in HEADINGS and inside:
            self.titled.add(inside[-1].anchor)

    def handle_data(self, data: str) -> None:
        if any(silent for _, _, silent in self.open):
            return
        inside = [entry[1] for entry in self.open if entry[1] is not None]
        if not inside:
            return
        heading = any(entry[0] in HEADINGS for entry in self.open)
        if heading and inside[-1].anchor not in self.titled:
            inside[-1].title += data
        else:
            inside[-1].text.append(data)


def read(site: Path) -> list[Section]:
    """The sections of all pages of a finished site."""
    found = []
    for path in sorted(site.rglob("*.html")):
        page = path.relative_to(site).with_suffix("").as_posix()
        if page in LEFT_OUT or page.startswith("_"):
            continue
        reader = Reader(page)
        reader.feed(path.read_text(encoding="utf-8"))
        found += reader.found
    return found


def words(text: str) -> list[str]:
    """The words of a text as the search compares them."""
    found = []
    for word in re.findall(r"\w+", text.lower()):
        parts = [part for part in word.split("_") if part]
        whole = ["_".join(parts)] if len(parts) > 1 else []
        found += [w for w in whole + parts if w not in STOP.split()]
    return [stem(word) for word in found]


def stem(word: str) -> str:
    """A word without its English ending."""
    for end, left in (("ing", 4), ("ed", 4), ("es", 4), ("s", 3)):
        short = word.removesuffix(end)
        if short != word and len(short) >= left and word[-2:] != "ss":
            word = short
            break
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def index(sections: Iterable[Section], asked: dict[str, str]) -> dict:
    """What the script needs: the sections, and where each word stands."""
    every = list(sections)
    titles = {s.page: s.title for s in reversed(every) if "." not in s.anchor}
    terms: dict[str, list[int]] = {}
    listed = []
    for number, section in enumerate(every):
        counts = weights(section, titles.get(section.page, ""))
        # Mathematics is in the anchor of docutils, not in that of MyST; it
        # is not in the title either.
        names = {place(section.page, section.anchor)}
        names.add(place(section.page, section.title))
        question = " ".join(asked.get(name, "") for name in sorted(names))
        for word in words(question):
            counts[word] = max(counts[word], ASKED)
        for word, count in counts.items():
            terms.setdefault(word, []).extend([number, min(count, 15)])
        title = " ".join(section.title.split())
        listed.append(
            [
                section.page,
                section.anchor,
                escape(title),
                sum(counts.values()),
                int(is_minor(section.page, section.anchor, title)),
            ]
        )
    return {
        "sections": listed,
        "titles": titles,
        "terms": terms,
        "stop": STOP.split(),
    }


def is_minor(page: str, anchor: str, title: str) -> bool:
    """Whether a section comes after others that say the same."""
    function = page == "reference/api" and "." in anchor
    return bool(MINOR.match(title)) or (page in LISTS and not function)


def weights(section: Section, page: str) -> Counter[str]:
    """How much each word counts in a section."""
    counts = Counter(words(" ".join(section.text)))
    for word in words(section.title):
        counts[word] += HEADING
    for word in words(page):
        counts[word] += PAGE
    return counts


def typed(root: Path) -> dict[str, str]:
    """All that readers ask of a section, by page and anchor."""
    found: dict[str, str] = {}
    if not (root / "reference" / "questions.csv").is_file():
        return found
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    from commands import questions

    for row in questions.all_questions(root):
        where = place(row.page, row.section)
        found[where] = f"{found.get(where, '')} {row.question}"
    return found


def place(page: str, anchor: str) -> str:
    """A section's name, however its heading was made an anchor.

    Links name the anchor of MyST; the page has that of docutils, which
    puts a hyphen where the other leaves a sign out.
    """
    plain = unicodedata.normalize("NFKD", anchor.lower())
    return f"{page}#{re.sub('[^a-z0-9]', '', plain)}"


def write(site: Path, root: Path) -> None:
    """Write the index of a finished site."""
    data = index(read(site), typed(root))
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    path = site / "_static" / INDEX
    path.write_text(f"const SECTION_INDEX={text};\n", encoding="utf-8")


def add_scripts(
    app: Sphinx, pagename: str, template: str, context: dict, doctree
) -> None:
    """Only the page of the search loads the index and what asks it."""
    if pagename == "search":
        scripts = context["script_files"]
        for name in (INDEX, SCRIPT):
            scripts.append(type(scripts[0])(f"_static/{name}"))


def forget_index(app: Sphinx) -> None:
    """The index of the build before."""
    (Path(app.outdir) / "_static" / INDEX).unlink(missing_ok=True)


def write_index(app: Sphinx, failure: Exception | None) -> None:
    """When all pages are there, read them."""
    if not failure and app.builder.name == "html":
        write(Path(app.outdir), Path(app.srcdir))


def setup(app: Sphinx) -> dict[str, bool]:
    """Index the sections when the site is finished."""
    # After tidy_pages has left out what pages do not use.
    app.connect("html-page-context", add_scripts, priority=960)
    # The style sheet is cut to what pages and scripts name; an index of all
    # words must not stand among them.
    app.connect("builder-inited", forget_index)
    app.connect("build-finished", write_index, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
