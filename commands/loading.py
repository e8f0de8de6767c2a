"""What a page costs to load: bytes, requests, shifts, first paint.

`python -m commands.loading` prints a table of all pages of the built
site, as a phone on a slow network with a slow processor sees them; and when
each answers its reader, with that processor alone.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Page, Response

import tasks
from commands import viewing

# A slow mobile network and a processor four times slower than this one.
NETWORK = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 // 8,
    "uploadThroughput": 750_000 // 8,
}
SLOWER = 4
WATCH = """
window.shifts = [];
new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
        if (!entry.hadRecentInput) window.shifts.push({
            value: entry.value,
            moved: entry.sources.map((source) => {
                const at = source.node?.parentElement ?? document.body;
                const [from, to] = [source.previousRect, source.currentRect];
                return `${at.tagName}.${at.className} "` +
                    `${at.textContent.trim().slice(0, 40)}" ` +
                    `from ${from.x},${from.y} ${from.width}x${from.height} ` +
                    `to ${to.x},${to.y} ${to.width}x${to.height}`;
            }),
        });
}).observe({type: "layout-shift", buffered: true});
"""
# All the way down, so that what is loaded late may move the text too.
SCROLL = """async () => {
    const pause = () => new Promise((done) => setTimeout(done, 30));
    for (let y = 0; y < document.body.scrollHeight; y += 800) {
        window.scrollTo({top: y, behavior: "instant"});
        await pause();
    }
}"""
RESULT = """() => ({
    shift: window.shifts.reduce((sum, shift) => sum + shift.value, 0),
    moved: window.shifts.flatMap((shift) => shift.moved),
    paint: performance.getEntriesByName("first-contentful-paint")[0]
        ?.startTime / 1000 || 0,
})"""


# The pieces of work that keep a page from answering for 50 ms or more.
LONG_TASKS = """
window.tasks = [];
new PerformanceObserver((list) => {
    for (const {startTime, duration} of list.getEntries())
        window.tasks.push([startTime, startTime + duration]);
}).observe({type: "longtask", buffered: true});
"""
# All has come, and no long work that began before that goes on.
READY = """() => {
    const [visit] = performance.getEntriesByType("navigation");
    const ends = window.tasks
        .filter(([start]) => start <= visit.loadEventEnd)
        .map(([, end]) => end);
    return Math.max(visit.loadEventEnd, ...ends) / 1000;
}"""


class Cost(NamedTuple):
    """What one page costs; sizes in KB of 1000 bytes."""

    page: str
    width: int
    kilobytes: float  # everything but figures, as it lies on the disk
    compressed: float  # the same, as a host that compresses sends it
    figures: float
    requests: int
    shift: float
    paint: float  # seconds until the first text is there
    moved: list[str]  # what moved while it came, and from where to where

    def line(self) -> str:
        """One row of the table."""
        return (
            f"{self.page:46}{self.width:6}{self.kilobytes:8.0f}"
            f"{self.compressed:8.0f}{self.figures:9.0f}{self.requests:6}"
            f"{self.shift:8.3f}{self.paint:7.1f}"
        )


HEAD = (
    f"{'page':46}{'width':>6}{'KB':>8}{'gzip':>8}{'figures':>9}"
    f"{'files':>6}{'shift':>8}{'paint':>7}"
)


def cost(
    visitor: viewing.Visitor, address: str, name: str, width: int
) -> Cost:
    """Load one page, slowly, and add up what came."""
    (load,) = loads(visitor, address, [name], width)
    return load.cost


class Load:
    """A page on its way to the browser, through a slow network."""

    def __init__(self, page: Page, url: str, found: list[str]) -> None:
        """Ask for the page, and do not wait for it."""
        self.page = page
        self.found = found
        self.answers: list[Response] = []
        self.session = page.context.new_cdp_session(page)
        self.session.send("Network.emulateNetworkConditions", NETWORK)
        self.slow_down(SLOWER)
        page.add_init_script(WATCH)
        page.on("response", lambda answer: self.answers.append(answer))
        page.goto(url, wait_until="commit", timeout=90_000)

    def slow_down(self, times: int) -> None:
        """Make the processor that many times slower, for this page."""
        self.session.send("Emulation.setCPUThrottlingRate", {"rate": times})

    def finish(self, name: str, width: int) -> None:
        """Scroll down, wait until nothing more comes, add up what came."""
        self.page.wait_for_load_state("load", timeout=90_000)
        self.page.evaluate(SCROLL)
        self.page.wait_for_load_state("networkidle")
        texts, images = bodies(self.answers)
        self.cost = Cost(
            page=name,
            width=width,
            kilobytes=sum(map(len, texts)) / 1000,
            compressed=sum(len(gzip.compress(body)) for body in texts) / 1000,
            figures=sum(map(len, images)) / 1000,
            requests=len(texts) + len(images),
            **self.page.evaluate(RESULT),
        )
        self.slow_down(1)


def loads(
    visitor: viewing.Visitor,
    address: str,
    names: Sequence[str],
    width: int,
    together: int = 1,
) -> Iterator[Load]:
    """Each page, when all of it has come and its cost is known.

    Some may come together, so that one is looked at while others wait for
    the network. Bytes and shifts are those of one page alone; the first
    paint is only worth reading with one page at a time.
    """
    for first in range(0, len(names), together):
        with ExitStack() as stack:
            begun = []
            for name in names[first : first + together]:
                found: list[str] = []
                page = visitor.page(address, width, found)
                opened = stack.enter_context(page)
                url = f"{address}/{name}"
                begun.append((name, Load(opened, url, found)))
            for name, load in begun:
                load.finish(name, width)
                yield load


def seconds_to_answer(
    visitor: viewing.Visitor, urls: Sequence[str], width: int
) -> Iterator[float]:
    """When each page answers, on a processor four times slower.

    From a host nearby, in a browser that is open: what the page asks of
    the processor, not of the network.
    """
    # Nothing listens to its requests here: that would be work of ours.
    size = {"width": width, "height": viewing.HEIGHT}
    with visitor.browser.new_context(viewport=size) as context:
        page = context.new_page()
        page.goto(urls[0])
        # What the browser does when it begins is not the page's.
        page.wait_for_timeout(3000)
        page.add_init_script(LONG_TASKS)
        session = context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        for url in urls:
            page.goto(url, wait_until="load")
            page.wait_for_timeout(1000)
            yield page.evaluate(READY)


def bodies(answers: list[Response]) -> tuple[list[bytes], list[bytes]]:
    """What was sent: the page with its texts, and its images."""
    sent = [
        (answer.request.resource_type, answer.body())
        for answer in answers
        if urlsplit(answer.url).scheme == "http" and answer.ok
    ]
    texts = [body for kind, body in sent if kind != "image"]
    return texts, [body for kind, body in sent if kind == "image"]


def main(arguments: list[str]) -> int:
    """Print the table; another folder may be named."""
    site = Path(arguments[0]) if arguments else tasks.SITE
    program = viewing.find_browser()
    if program is None or not site.is_dir():
        print("It needs Chromium or Chrome, and a site: `make book`.")
        return 1
    print(HEAD)
    with (
        viewing.visitor(program) as visitor,
        viewing.served(site) as address,
    ):
        names = viewing.pages(site)
        for name in names:
            for width in (1280, 390):
                print(cost(visitor, address, name, width).line(), flush=True)
        print("seconds until a page answers, at 390 pixels")
        urls = [f"{address}/{name}" for name in names]
        waits = seconds_to_answer(visitor, urls, 390)
        for name, seconds in zip(names, waits, strict=True):
            print(f"{name:46}{seconds:6.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
