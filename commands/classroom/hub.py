"""A JupyterHub on this machine, for a class: `python tasks.py hub`.

The first call makes `.venv-hub` with the pinned packages of
`classroom/hub/`, the proxy from npm among them. Every call writes the
student edition anew; what students have already stays theirs.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import tasks
from commands.classroom import editions
from commands.classroom.reading import ROOT

RECIPE = ROOT / "classroom" / "hub"
PLACE = ROOT / ".venv-hub"
STATE = ROOT / "_build" / "hub"
PINS = ("requirements.txt", "package-lock.json")
LEAST = 8  # characters of the password


def main(arguments: list[str]) -> int:
    """Set up what is missing, then serve until Ctrl+C."""
    password = os.environ.get("HUB_PASSWORD") or secrets.token_urlsafe(9)
    if len(password) < LEAST:
        print(f"hub: HUB_PASSWORD must have {LEAST} characters or more.")
        return 2
    try:
        set_up()
    except RuntimeError as error:
        print(f"hub: {error}")
        return 1
    edition, _ = editions.make("student")
    variables = environment(STATE, edition, password)
    print(f"The hub: {variables['HUB_ADDRESS']}, any name, and the password")
    print(f"  {password}", flush=True)
    return subprocess.run([*command(), *arguments], env=variables).returncode


def set_up() -> None:
    """Make `.venv-hub` from the pins, unless it is up to date."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        raise RuntimeError("needs Node.js 20 or newer, with npm")
    digest = hashlib.sha256()
    for name in PINS:
        digest.update((RECIPE / name).read_bytes())
    stamp = PLACE / ".fingerprint"
    if stamp.is_file() and stamp.read_text() == digest.hexdigest():
        return
    print("Making the environment .venv-hub (once, some minutes) ...")
    subprocess.run([sys.executable, "-m", "venv", str(PLACE)], check=True)
    interpreter = str(PLACE / "bin" / "python")
    tasks.install(interpreter, RECIPE / "requirements.txt")
    install_proxy(npm)
    stamp.write_text(digest.hexdigest())


def install_proxy(npm: str) -> None:
    """The proxy, by the digests of package-lock.json."""
    folder = PLACE / "proxy"
    folder.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(RECIPE / name, folder / name)
    quiet = ["--omit=dev", "--no-audit", "--no-fund", "--silent"]
    subprocess.run([npm, "ci", *quiet], cwd=folder, check=True)


def command() -> list[str]:
    """What starts the hub."""
    recipe = str(RECIPE / "jupyterhub_config.py")
    return [str(PLACE / "bin" / "jupyterhub"), "-f", recipe]


def environment(state: Path, edition: Path, password: str) -> dict[str, str]:
    """What the recipe reads; an address of your own is kept."""
    state.mkdir(parents=True, exist_ok=True)
    state.chmod(0o700)
    proxy = PLACE / "proxy/node_modules/.bin/configurable-http-proxy"
    path = f"{PLACE / 'bin'}{os.pathsep}{os.environ['PATH']}"
    address = os.environ.get("HUB_ADDRESS", "http://127.0.0.1:8000")
    unwanted = ("PYTHONPATH", "JUPYTER_PATH", "IPYTHONDIR", "VIRTUAL_ENV")
    kept = {k: v for k, v in os.environ.items() if k not in unwanted}
    return {
        **kept,
        "PATH": path,
        "HUB_ADDRESS": address,
        "HUB_EDITION": str(edition),
        "HUB_PASSWORD": password,
        "HUB_PROXY": str(proxy),
        "HUB_STATE": str(state),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
