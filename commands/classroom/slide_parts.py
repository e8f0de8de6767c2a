"""What stands on a slide: text, code, outputs, and how high each is.

Heights are guesses in pixels of a slide of 1280 by 720; the tests measure
the slides in a browser.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from site_extensions import mathematics

HEADING, ROOM = 92.0, 690.0
LINE, POINT, PICTURE = 40.0, 8.0, 430.0
CHARACTERS = 84
# A question has the slide to itself, in larger type.
ASKED = 1.4
# Pixels of a line of code, and its letters, as usual and in large type.
CODE_LINE = {False: 28.0, True: 33.5}
CODE_CHARACTERS = {False: 92, True: 78}
LONGEST = 330
# Every formula that was written, for the font.
FORMULAS: list[str] = []
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\([^)]*\)")
CITATION = re.compile(
    r" *\((?:\[[^\]]*\]\([^)]*/bibliography\.md\)(?:, )?)+\)"
)
FORMULA = re.compile(
    r"(?P<code>`+[^`]+`+)|\$\$(?P<shown>.+?)\$\$|\$(?P<inline>[^$]+?)\$",
    re.DOTALL,
)
FOLDED = re.compile(
    r"<details[^>]*>\s*<summary>.*?</summary>(.*?)</details>", re.DOTALL
)
QUESTION = re.compile(
    r"\*\*Predict\.?\*\*(?P<question>.*?)<details class=\"prediction\">\s*"
    r"<summary>.*?</summary>(?P<answer>.*?)</details>",
    re.DOTALL,
)
HEAD = re.compile(r"^#{2,3} +(.+?) *$", re.MULTILINE)
SENTENCE = re.compile(r"(?<=[.!?:])\s+(?=[A-Z`$*\"(])")
FENCE = re.compile(r"^```", re.MULTILINE)


@dataclass
class Part:
    """One cell of a slide.

    Attributes:
        kind: "text", "code", "question", or "answer", which comes on a click.
        source: its Markdown or its code.
        outputs: what the code has put out.
    """

    kind: str
    source: str
    outputs: list[NotebookNode] = field(default_factory=list)

    def height(self, *, large: bool = False) -> float:
        """About how many pixels it needs, its code in usual or large type."""
        if self.kind == "code":
            return code_height(self.source, self.outputs, large=large)
        scale = ASKED if self.kind in ("question", "answer") else 1.0
        return text_height(self.source, scale)

    def cell(self, *, large: bool = False) -> NotebookNode:
        """As a cell with its place on the slide."""
        if self.kind == "code":
            made = new_code_cell(self.source, outputs=self.outputs)
            tags = {"only-output": not self.source, "large": large}
            made.metadata["tags"] = [name for name in tags if tags[name]]
            made.metadata["slideshow"] = {"slide_type": "-"}
            return made
        made = new_markdown_cell(formulas(self.source))
        made.metadata["tags"] = [self.kind]
        kind = "fragment" if self.kind == "answer" else "-"
        made.metadata["slideshow"] = {"slide_type": kind}
        return made


def text_height(text: str, scale: float) -> float:
    """Pixels of Markdown at the size of a slide, or so much larger."""
    total, characters = 0.0, int(CHARACTERS / scale)
    for paragraph in re.split(r"\n\s*\n", text.strip()) if text else ():
        if "$$" in paragraph:
            total += 60.0 * (1 + paragraph.count(r"\\"))
            continue
        lines = [plain_length(line) for line in paragraph.split("\n")]
        bullets = paragraph.lstrip().startswith(("*", "-", "1.", "|"))
        lengths = lines if bullets else [sum(lines)]
        total += LINE * sum(max(1, -(-n // characters)) for n in lengths) + 16
        total += POINT * len(lines) * bullets
    return total * scale


def plain_length(line: str) -> int:
    """Letters that are seen: no marks, and formulas at half their length."""
    line = LINK.sub(r"\1", line)
    found = re.sub(r"\\[a-zA-Z]+", "x", line)
    return len(re.sub(r"[{}$_^*`]", "", found))


def code_height(
    code: str, outputs: list[NotebookNode], *, large: bool
) -> float:
    """Pixels of code and of its outputs."""
    line, longest = CODE_LINE[large], CODE_CHARACTERS[large]
    total = (code.count("\n") + 1) * line + 26 if code else 0.0
    for output in outputs:
        if picture(output):
            total += PICTURE if not code else PICTURE - 90
        else:
            rows = text_of(output).rstrip().split("\n")
            count = sum(math.ceil(len(row) / longest) or 1 for row in rows)
            total += line * count + 16
    return total


def picture(output: NotebookNode) -> bool:
    """Whether an output is an image."""
    return "image/png" in output.get("data", {})


def text_of(output: NotebookNode) -> str:
    """The text of an output."""
    return output.get("text") or output.get("data", {}).get("text/plain", "")


def formulas(text: str) -> str:
    """Markdown with MathML in the place of its formulas."""

    def written(found: re.Match) -> str:
        if found["code"]:
            return found["code"]
        shown = found["shown"] is not None
        source = (found["shown"] or found["inline"]).strip()
        made = mathematics.mathml(source, shown).replace("\n", " ")
        FORMULAS.append(made)
        return f'<div class="math">{made}</div>' if shown else made

    return FORMULA.sub(written, text)


# Reading a chapter


def split_at_headings(cells: Iterable[NotebookNode]) -> Iterator[NotebookNode]:
    """The same cells, but a heading begins a cell of its own."""
    for cell in cells:
        if cell.cell_type != "markdown":
            yield cell
            continue
        starts = [found.start() for found in HEAD.finditer(cell.source)]
        ends = [*starts, len(cell.source)]
        for start, end in zip([0, *starts], ends, strict=True):
            text = cell.source[start:end].strip()
            if text:
                yield new_markdown_cell(text)


def heading(cell: NotebookNode) -> str:
    """The heading of level 2 or 3 that a cell begins with."""
    found = cell.cell_type == "markdown" and HEAD.match(cell.source)
    return without_links(found[1]) if found else ""


def without_links(text: str) -> str:
    """Text as it is said: no links, no citations."""
    return LINK.sub(r"\1", CITATION.sub("", text))


def paragraphs(text: str) -> list[str]:
    """The paragraphs of Markdown; what is folded is left out."""
    text = without_links(FOLDED.sub("", text))
    if FENCE.search(text):
        # A paragraph with code of its own stays in one piece.
        return [part.strip() for part in FENCE.split(text)[:1] if part.strip()]
    return [p.strip() for p in re.split(r"\n\s*\n", text) if p.strip()]


def brief(text: str, longest: int = LONGEST) -> str:
    """The first sentences of a paragraph, as many as there is room for."""
    points = text.lstrip().startswith(("* ", "- "))
    pieces = re.split(r"\n(?=[*-] )", text) if points else SENTENCE.split(text)
    found, join = "", "\n" if points else " "
    for piece in pieces:
        if found and len(found) + len(piece) > longest:
            break
        found = f"{found}{join}{piece}".strip()
    return found if len(found) <= 2 * longest else ""


def shorter(text: str) -> list[list[Part]]:
    """A list of points, and the same with fewer and fewer of them."""
    points = re.split(r"\n(?=[*-] )", text)
    counts = range(len(points), 0, -1)
    return [[Part("text", "\n".join(points[:n]))] for n in counts]


def introduction(cells: list[NotebookNode]) -> Part:
    """The first paragraphs of a section."""
    texts = [c.source for c in cells if c.cell_type == "markdown"]
    found = [p for p in paragraphs("\n\n".join(texts)) if p[0] not in "#<"]
    return Part("text", "\n\n".join(brief(p) for p in found[:3]))


@dataclass
class Step:
    """A code cell with the text before it and the observation after."""

    code: NotebookNode
    before: str
    after: str = ""

    @property
    def question(self) -> re.Match | None:
        """The prediction that is asked for before the code."""
        return QUESTION.search(self.before)

    @property
    def has_picture(self) -> bool:
        """Whether the code draws."""
        return any(picture(output) for output in self.code.outputs)

    @property
    def notes(self) -> str:
        """All of the text, for the speaker."""
        text = QUESTION.sub("", f"{self.before}\n\n{self.after}")
        return formulas(without_links(FOLDED.sub("", text))).strip()

    def asked(self) -> list[list[Part]]:
        """The question; the answer comes on a click."""
        found = self.question
        assert found is not None
        question = without_links(found["question"]).strip()
        answer = without_links(found["answer"]).strip()
        text = Part("question", f"**Predict.** {question}")
        return [
            [text, Part("answer", answer)],
            [text, Part("answer", brief(answer))],
        ]

    def shown(self) -> list[list[Part]]:
        """Ways to show it, the fullest first."""
        lead = [p for p in paragraphs(self.before) if p[0] not in "#<"]
        lead = [p for p in lead if not p.startswith("**Predict")]
        shapes = [p for p in lead if p.startswith("**Shapes")]
        rest = [p for p in lead if p not in shapes and not p[0].islower()]
        rest = [brief(p) for p in rest][-1:]
        texts = [Part("text", t) for t in [*rest, *shapes] if t]
        after = [Part("text", brief(p)) for p in observation(self.after)]
        core = [self.core()] if self.core() else []
        ways = [[*texts, *core, *after], [*core, *after], [*texts, *core]]
        return [[p for p in w if p.height()] for w in [*ways, core] if core]

    def core(self) -> Part | None:
        """The code with its outputs; of a picture, the picture."""
        outputs = [readable(o, self.code) for o in self.code.outputs]
        hidden = "hide-input" in self.code.metadata.get("tags", [])
        lines = self.code.source.count("\n") + 1
        if self.has_picture and (hidden or lines > 4):
            found = [o for o in outputs if picture(o)][:1]
            return Part("code", "", found)
        if hidden or self.code.source.startswith(("import ", "from ")):
            return None
        code = re.sub(r"\n{3,}", "\n\n", self.code.source)
        return Part("code", code, outputs)


def observation(text: str) -> list[str]:
    """The paragraph right after a cell, if it is one.

    If there is no other before the next cell, its last sentence leads to
    that cell; so does a sentence that does not end.
    """
    every = paragraphs(text)
    found = [p for p in every[:1] if p[0] not in "#<" and "Predict" not in p]
    if not found:
        return []
    sentences = SENTENCE.split(found[0])
    if len(every) == 1:
        sentences = sentences[:-1]
    while sentences and sentences[-1][-1] in ":,":
        sentences = sentences[:-1]
    return [" ".join(sentences)]


def readable(output: NotebookNode, cell: NotebookNode) -> NotebookNode:
    """An output with its alternative text."""
    made = NotebookNode({**output})
    about = cell.metadata.get("mystnb", {}).get("image", {})
    if picture(output) and "alt" in about:
        alt = " ".join(about["alt"].split())
        made.metadata = NotebookNode({"alt": alt})
    return made


def steps(cells: list[NotebookNode]) -> Iterator[Step]:
    """Each code cell of a section with the text around it."""
    before: list[str] = []
    last: Step | None = None
    for cell in cells:
        if cell.cell_type == "markdown":
            before.append(cell.source)
        else:
            if last:
                last.after = "\n\n".join(before)
                yield last
            last, before = Step(cell, "\n\n".join(before)), []
    if last:
        last.after = "\n\n".join(before)
        yield last
