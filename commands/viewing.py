"""Opens the built site: a server on this machine, and a browser."""

from __future__ import annotations

import gzip
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Route, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
HEIGHT = 900
TEXTS = (".html", ".css", ".js", ".svg")


class Visitor:
    """A browser that opens pages and writes down what is wrong."""

    def __init__(self, browser: Browser) -> None:
        """Use an open browser."""
        self.browser = browser

    @contextmanager
    def page(self, url: str, width: int, found: list[str]) -> Iterator[Page]:
        """A new page that reports foreign requests, 404s and errors."""
        context = self.browser.new_context(
            viewport={"width": width, "height": HEIGHT}
        )
        page = context.new_page()
        page.route("**/*", partial(stay_home, urlsplit(url).netloc, found))
        page.on("console", lambda m: found.extend(console_problem(m)))
        page.on("pageerror", lambda e: found.append(f"error: {e}"))
        page.on("response", lambda r: found.extend(response_problem(r)))
        yield page
        context.close()


def stay_home(host: str, found: list[str], route: Route) -> None:
    """Let a request to the site pass; block and report any other."""
    url = urlsplit(route.request.url)
    if url.netloc == host or url.scheme in ("data", "blob"):
        route.continue_()
    else:
        found.append(f"request to another host: {route.request.url}")
        route.abort()


def console_problem(message) -> list[str]:
    """An error message in the console."""
    return [f"console: {message.text}"] if message.type == "error" else []


def response_problem(response) -> list[str]:
    """An answer that says that something is missing."""
    if response.status < 400:
        return []
    return [f"status {response.status}: {response.url}"]


@contextmanager
def visitor(program: str) -> Iterator[Visitor]:
    """One browser for all pages."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=FLAGS
        )
        yield Visitor(browser)
        browser.close()


def wait_until(page: Page, holds: str, seconds: float = 30) -> None:
    """Ask a page again and again until something holds.

    Playwright's own `wait_for_function` evaluates text from inside the
    page, which the site's content security policy forbids.
    """
    end = time.monotonic() + seconds
    while not page.evaluate(holds):
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} seconds: {holds}")
        page.wait_for_timeout(50)


def find_browser() -> str | None:
    """Chromium or Chrome on this machine, or what CHROMIUM names."""
    found = [shutil.which(name) for name in NAMES]
    return os.environ.get("CHROMIUM") or next(filter(None, found), None)


class QuietHandler(SimpleHTTPRequestHandler):
    """Serve files as hosts do, compressed, and without a line for each."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Send texts compressed, everything else as it is."""
        path = Path(self.translate_path(self.path))
        if path.suffix not in TEXTS or not path.is_file():
            super().do_GET()
            return
        body = gzip.compress(path.read_bytes())
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        # A browser may leave before all has come.
        with suppress(ConnectionError):
            self.wfile.write(body)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine; gives its address."""
    handler = partial(QuietHandler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def pages(site: Path) -> list[str]:
    """Every page of a site, by its path from the root."""
    found = [path.relative_to(site) for path in site.rglob("*.html")]
    kept = [p for p in found if p.parts[0] not in ("_static", "_sources")]
    return sorted(path.as_posix() for path in kept)
