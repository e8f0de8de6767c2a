"""Lighthouse's four scores of every page of the built site.

`python -m commands.scores` installs the pinned Lighthouse (it needs Node
and its npm, 18.16 or later) in `_build/lighthouse`, serves the site on this
machine and prints a line for each page; pages can be named. The scores of
`performance` depend on what else the machine does: `make test` holds their
causes instead, bytes, shifts, sizes of figures, names and descriptions.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import tasks
from commands import viewing

PACKAGE = Path(__file__).with_name("lighthouse")
PLACE = tasks.BUILD / "lighthouse"
GROUPS = ("performance", "accessibility", "best-practices", "seo")
LEAST = 95
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-sync"
INSTALL = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]


def install() -> Path:
    """Lighthouse as its lock names it; gives its program."""
    program = PLACE / "node_modules" / "lighthouse" / "cli" / "index.js"
    lock = PLACE / "package-lock.json"
    wanted = (PACKAGE / "package-lock.json").read_bytes()
    if program.is_file() and lock.read_bytes() == wanted:
        return program
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("`lighthouse` needs Node 18.16 or later, with its npm.")
    shutil.rmtree(PLACE, ignore_errors=True)
    shutil.copytree(PACKAGE, PLACE)
    subprocess.run([npm, *INSTALL], cwd=PLACE, check=True)
    return program


def scores(program: Path, address: str, browser: str) -> dict[str, int]:
    """The scores of a page, from 0 to 100, by group; none if it failed."""
    node = shutil.which("node") or "node"
    groups = f"--only-categories={','.join(GROUPS)}"
    command = [node, str(program), address, groups, "--output=json"]
    command += ["--quiet", f"--chrome-flags={FLAGS}"]
    command += ["--no-enable-error-reporting"]
    result = subprocess.run(
        command,
        env={**os.environ, "CHROME_PATH": browser},
        stdout=subprocess.PIPE,
    )
    return read(json.loads(result.stdout)) if not result.returncode else {}


def read(report: dict) -> dict[str, int]:
    """The scores in a report, and below 95 what took them away."""
    found = {}
    for group in GROUPS:
        category = report["categories"][group]
        found[group] = round(100 * (category["score"] or 0))
        if found[group] < LEAST:
            for part in category["auditRefs"]:
                audit = report["audits"][part["id"]]
                score = audit["score"]
                if part["weight"] and score is not None and score < 0.9:
                    shown = audit.get("displayValue", "")
                    print(f"    {group}: {audit['title']} {shown}")
    return found


def main(arguments: list[str]) -> int:
    """Print the table; 1 if a score is below 95."""
    browser = viewing.find_browser()
    if browser is None or not tasks.SITE.is_dir():
        print("It needs Chromium or Chrome, and a site: `make book`.")
        return 1
    program, low = install(), 0
    names = arguments or viewing.pages(tasks.SITE)
    print(f"{'page':46}" + "".join(f"{group:>15}" for group in GROUPS))
    with viewing.served(tasks.SITE) as address:
        for name in names:
            found = scores(program, f"{address}/{name}", browser)
            low += min(found.values(), default=0) < LEAST
            numbers = "".join(f"{score:15}" for score in found.values())
            print(f"{name:46}{numbers or ' not measured'}", flush=True)
    return int(low > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
