"""Every command of the project, with nothing but Python installed.

    python tasks.py setup   make the environment and nothing else
    python tasks.py book    execute every chapter and build the website
    python tasks.py pages   build the website from the stored outputs
    python tasks.py test    prove every notebook, helper and page
    python tasks.py quick   prove the helpers and the rules, in minutes
    python tasks.py weekly  prove what takes too long for every change
    python tasks.py coverage  name the lines of helpers that no test runs
    python tasks.py chapter  begin a chapter, with its exercise files
    python tasks.py elsewhere  run the chapters as other machines would
    python tasks.py weigh   measure what each page of the site costs to load
    python tasks.py lighthouse  print Lighthouse's four scores of each page
    python tasks.py pdf     print the built site as one book
    python tasks.py run     execute notebooks and store their outputs
    python tasks.py student  write the student and the instructor edition
    python tasks.py wheels  fetch all packages as files, for no network
    python tasks.py hub     serve a class: JupyterHub on this machine
    python tasks.py leave-out  leave chapters out of an edition of your own
    python tasks.py assignment  write a chapter's exercises for nbgrader
    python tasks.py grade   grade what students handed in
    python tasks.py slides  write the chapters as slides
    python tasks.py lab     open the chapters in JupyterLab
    python tasks.py lock    pin what requirements.in asks for
    python tasks.py bench   measure beside JAX and PyTorch
    python tasks.py clean   remove what can be made again

`book` and `pages` take options of Sphinx, `chapter` a name, `student` an
edition (`student` or `instructor`), `wheels` a system and a Python (`windows
3.12`), `hub` options of JupyterHub, `leave-out` chapters, `assignment` and
`grade` a chapter, `slides` pages, `run` and `elsewhere` notebooks, `test`,
`quick`, `weekly` and `coverage` options of pytest, `lab` of JupyterLab,
`lock` of uv. The first call makes `.venv`; later calls find it ready.
`make book` and so on are the same commands.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BUILD = ROOT / "_build"
SITE = BUILD / "html"
FIRST_CHAPTER = "chapters/00_quick_answer.ipynb"

# What makes a number, a picture or a line of output the same everywhere.
FIXED = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "IPYTHONDIR": str(VENV / "ipython"),
    "JUPYTER_PREFER_ENV_PATH": "1",
    "KERAS_BACKEND": "tensorflow",
    "KERAS_HOME": str(VENV / "keras"),
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
}
# Progress bars are for people, not for stored outputs.
NO_BARS = {"TQDM_DISABLE": "1"}
# A reader's own settings that would change outputs or imports.
UNWANTED = ("MPLBACKEND", "MATPLOTLIBRC", "PYTHONPATH", "PYTHONWARNINGS")

# The whole of the tests, in two processes: a file, or a notebook, stays in
# one, and `tests/parts.py` says which come first.
IN_TWO = ("--numprocesses=2", "--dist=loadfile", "--no-loadscope-reorder")
SOURCES = (".ipynb", ".md")
# For `site_extensions/stored_outputs.py`.
STORED = {"BOOK_OUTPUTS": "stored"}
BUILD_OPTIONS = ("-W", "-n", "--keep-going", "--all", "--quiet")
PIP = ("-m", "pip", "install", "-qq", "--disable-pip-version-check")
# What is pinned. The hub of a class and nbgrader have environments of their
# own, and the book's versions where both have a package.
HELD = "--constraints=requirements.txt"
LOCKED = (
    ("requirements.in", "--output-file=requirements.txt"),
    (
        "classroom/hub/requirements.in",
        "--output-file=classroom/hub/requirements.txt",
        HELD,
    ),
    (
        "commands/classroom/grading.in",
        "--output-file=commands/classroom/grading.txt",
        HELD,
    ),
)
LOCK = (
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    # Without its extras a pin does not hold pip, which then finds the
    # newest release and refuses it for having no hash.
    "--no-strip-extras",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-annotate",
    "--no-header",
    "--quiet",
)


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status."""
    commands = {
        "setup": setup,
        "book": book,
        "pages": pages,
        "test": test,
        "quick": quick,
        "weekly": weekly,
        "coverage": coverage,
        "chapter": chapter,
        "elsewhere": elsewhere,
        "weigh": weigh,
        "lighthouse": lighthouse,
        "pdf": pdf,
        "run": run,
        "student": student,
        "wheels": wheels,
        "hub": hub,
        "leave-out": leave_out,
        "assignment": assignment,
        "grade": grade,
        "slides": slides,
        "lab": lab,
        "lock": lock,
        "bench": bench,
        "clean": clean,
    }
    name, extra = (arguments or ["--help"])[0], arguments[1:]
    if name not in commands:
        print(__doc__)
        return 0 if name in ("-h", "--help", "help") else 2
    try:
        return commands[name](extra)
    except subprocess.CalledProcessError as error:
        print(f"`{name}` stopped: a step failed; see the lines above.")
        return error.returncode or 1
    except KeyboardInterrupt:
        return 130


# The commands


def setup(extra: list[str]) -> int:
    """Make the environment, as every other command would."""
    set_up()
    return 0


def book(extra: list[str], **more: str) -> int:
    """Execute the chapters and build the site, warnings as errors."""
    faults = contents_faults()
    if faults:
        print("\n".join(faults))
        return 1
    set_up()
    drop_stale_outputs()
    drop_old_pages()
    status = call(book_command() + extra, {**environment(), **more})
    if status:
        print("The book was not built: see the first error above.")
        return status
    print(f"\nThe book is ready. Open {SITE / 'index.html'}")
    return 0


def pages(extra: list[str]) -> int:
    """Build the site without executing: the look of a page, in a minute."""
    return book(extra, **STORED)


def test(extra: list[str]) -> int:
    """Run all tests in two processes, or in one those that are named."""
    set_up()
    chosen = extra or IN_TWO
    return call([python(), "-m", "pytest", *chosen], environment())


def quick(extra: list[str]) -> int:
    """Run what a working day needs: no site, no chapter, nothing slow."""
    parts = ["tests", "--ignore=tests/site", "-m", "not slow and not weekly"]
    return test([*IN_TWO, *parts, *extra])


def weekly(extra: list[str]) -> int:
    """Run only what is too long for every change."""
    return test([*IN_TWO, "tests", "-m", "weekly", *extra])


def coverage(extra: list[str]) -> int:
    """Name the lines and branches of `helpers` that no test runs."""
    parts = ["tests", "--ignore=tests/site", "--cov", "--cov-report=term"]
    return test([*IN_TWO, *parts, *extra])


def chapter(extra: list[str]) -> int:
    """Begin a chapter: notebook, exercise files, table of contents."""
    set_up()
    command = [python(), "-m", "commands.new_chapter", *extra]
    return call(command, environment())


def weigh(extra: list[str]) -> int:
    """Print bytes, layout shift and first paint of every page."""
    set_up()
    command = [python(), "-m", "commands.loading", *extra]
    return call(command, environment())


def lighthouse(extra: list[str]) -> int:
    """Print Lighthouse's scores of every page; it needs Node."""
    set_up()
    command = [python(), "-m", "commands.scores", *extra]
    return call(command, environment())


def pdf(extra: list[str]) -> int:
    """Print the built site as one PDF, with contents."""
    set_up()
    command = [python(), "-m", "commands.book_pdf", *extra]
    return call(command, environment())


def run(extra: list[str]) -> int:
    """Execute notebooks from fresh kernels and store their outputs."""
    set_up()
    command = [python(), "-m", "commands.run_notebooks", *extra]
    return call(command, environment())


def elsewhere(extra: list[str]) -> int:
    """Run all chapters as other machines would, and with other seeds."""
    set_up()
    command = [python(), "-m", "commands.elsewhere", *extra]
    return call(command, environment())


def student(extra: list[str]) -> int:
    """Write the editions of a class: folders of notebooks, and zips."""
    set_up()
    command = [python(), "-m", "commands.classroom.editions", *extra]
    return call(command, environment())


def wheels(extra: list[str]) -> int:
    """Fetch all packages as files, for rooms without a network."""
    set_up()
    command = [python(), "-m", "commands.classroom.wheels", *extra]
    return call(command, environment())


def hub(extra: list[str]) -> int:
    """Start a JupyterHub with the student edition."""
    set_up()
    command = [python(), "-m", "commands.classroom.hub", *extra]
    return call(command, environment())


def leave_out(extra: list[str]) -> int:
    """Take chapters out, with all that belongs to them alone."""
    set_up()
    command = [python(), "-m", "commands.leave_out", *extra]
    return call(command, environment())


def assignment(extra: list[str]) -> int:
    """Write a chapter's exercises for nbgrader: source and release."""
    set_up()
    command = [python(), "-m", "commands.classroom.assignments", *extra]
    return call(command, environment())


def grade(extra: list[str]) -> int:
    """Grade what students handed in: marks, feedback, report."""
    set_up()
    command = [python(), "-m", "commands.classroom.grading", *extra]
    return call(command, environment())


def slides(extra: list[str]) -> int:
    """Write the chapters as slides."""
    set_up()
    command = [python(), "-m", "commands.classroom.slides", *extra]
    return call(command, environment())


def lab(extra: list[str]) -> int:
    """Open JupyterLab on the first chapter."""
    set_up()
    command = [
        python(),
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={ROOT}",
        f"--LabApp.default_url=/lab/tree/{FIRST_CHAPTER}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    return call(command + extra, environment(bars=True))


def lock(extra: list[str]) -> int:
    """Pin and hash every package for all supported systems at once."""
    set_up()
    before = pins()
    for files in LOCKED:
        command = [python(), "-m", "uv", "pip", "compile", *files, *LOCK]
        status = call(command + extra, environment())
        if status:
            return status
    print("\n".join(moved(before, pins())) or "Nothing moved.")
    return 0


def pins() -> dict[tuple[str, str], str]:
    """The version of each package in each lock file."""
    paths = [option.partition("=")[2] for _, option, *_ in LOCKED]
    return {
        (path, name): version
        for path in paths
        for name, version in re.findall(
            r"^([\w.\[\],-]+)==([^\s;]+)",
            (ROOT / path).read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    }


def moved(
    before: dict[tuple[str, str], str], after: dict[tuple[str, str], str]
) -> list[str]:
    """A line for each package whose version is another one now."""
    return [
        f"{path}: {name} {before.get((path, name), 'not there')} -> "
        f"{after.get((path, name), 'gone')}"
        for path, name in sorted(before.keys() | after.keys())
        if before.get((path, name)) != after.get((path, name))
    ]


def bench(extra: list[str]) -> int:
    """Measure beside JAX and PyTorch, and store the result."""
    set_up()
    return call([python(), "-m", "benchmarks.lstm", *extra], environment())


def clean(extra: list[str]) -> int:
    """Remove the site and all caches; the environment stays."""
    caches = [BUILD, ROOT / ".pytest_cache", ROOT / ".ruff_cache"]
    for folder in ("", "helpers", "tests", "commands", "site_extensions"):
        start = ROOT / folder
        pattern = "**/__pycache__" if folder else "__pycache__"
        caches += start.glob(pattern)
    for path in caches:
        shutil.rmtree(path, ignore_errors=True)
    return 0


# Building


def book_command(root: Path = ROOT) -> list[str]:
    """The one command that builds a book.

    `--all` reads every page again: Sphinx warns only about pages that
    it reads, so without it a failed build would pass when repeated.
    """
    start = "from jupyter_book.cli.main import main; main()"
    return [python(), "-c", start, "build", str(root), *BUILD_OPTIONS]


def contents_faults(root: Path = ROOT) -> list[str]:
    """What is wrong with _toc.yml: a file that is not there, or not named."""
    text = (root / "_toc.yml").read_text(encoding="utf-8")
    named = re.findall(r"^ *(?:- file|root): *(\S+) *$", text, re.MULTILINE)
    chapters = sorted((root / "chapters").glob("*.ipynb"))
    files = [f"chapters/{path.stem}" for path in chapters]
    found = [
        f"_toc.yml names {name}, which is neither {name}.ipynb nor "
        f"{name}.md; correct the entry or delete it"
        for name in named
        if not any((root / f"{name}{end}").is_file() for end in SOURCES)
    ]
    found += [
        f"{name}.ipynb is not in _toc.yml, so the site leaves it out; add "
        f"the line `- file: {name}`"
        for name in files
        if name not in named
    ]
    in_book = [name for name in named if name in files]
    if not found and in_book != files:
        found.append(
            "_toc.yml lists the chapters in another order than their "
            f"numbers: {in_book}; sort the entries or rename the files"
        )
    return found


def drop_old_pages() -> None:
    """Forget the site: pages and pictures that went would stay in it."""
    for folder in (SITE, BUILD / "jupyter_execute"):
        shutil.rmtree(folder, ignore_errors=True)


def drop_stale_outputs() -> None:
    """Forget executed notebooks if anything they depend on changed.

    The execution cache knows only the code in the cells; it would keep
    showing the results of an older `helpers`.
    """
    stamp, now = BUILD / ".outputs", outputs_fingerprint()
    if stamp.is_file() and stamp.read_text() == now:
        return
    shutil.rmtree(BUILD / ".jupyter_cache", ignore_errors=True)
    BUILD.mkdir(exist_ok=True)
    stamp.write_text(now)


def outputs_fingerprint() -> str:
    """A digest of all that stored results depend on, but for the cells."""
    from commands import influence  # after check_python: it needs 3.11

    sources = [VENV / "pyvenv.cfg"]
    for folder in ("helpers", "benchmarks/results", "chapters"):
        sources += (ROOT / folder).rglob("*")
    code = sorted(p for p in sources if p.suffix == ".py")
    skipped = (".py", ".pyc", ".ipynb")
    kept = [p for p in sources if p.is_file() and p.suffix not in skipped]
    parts = [repr(sorted(FIXED.items())), repr(influence.packages(VENV))]
    parts += [str(p.relative_to(ROOT)) + influence.code(p) for p in code]
    return digest(sorted(kept), "\n".join(parts))


# The environment


def set_up() -> None:
    """Make `.venv` with the locked packages, unless it is up to date."""
    check_python()
    stamp, now = VENV / ".fingerprint", set_up_fingerprint()
    if stamp.is_file() and stamp.read_text() == now:
        return
    if not Path(python()).is_file():
        print("Making the environment .venv (once, some minutes) ...")
        step([sys.executable, "-m", "venv", str(VENV)])
    print("Installing the packages of requirements.txt ...")
    fetch_uv()
    install(python(), ROOT / "requirements.txt")
    step([python(), *PIP, "--no-deps", "--no-build-isolation", "-e", "."])
    quiet_kernels()
    quiet_lab()
    stamp.write_text(now)


def fetch_uv() -> None:
    """Install uv alone, in the version and with the hashes of its pin."""
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    own = VENV / "uv.txt"
    (text,) = re.findall(r"^uv==(?:.*\\\n)*.*\n", pins, re.MULTILINE)
    own.write_text(text)
    step([python(), *PIP, "--require-hashes", "-r", str(own)])


def install(interpreter: str, pins: Path) -> None:
    """Install what is pinned into the environment of an interpreter.

    uv fetches and unpacks packages side by side: a minute instead of
    three. Where it cannot, behind an index that only pip's own settings
    name, say, pip does it, and says what is wrong if it cannot either.
    """
    hashed = ["--require-hashes", "-r", str(pins)]
    uv = [python(), "-m", "uv", "pip", "install"]
    # Copied, not linked: who changes a file here must not change it in the
    # cache, and so in every environment that is made from it.
    uv += ["--quiet", "--link-mode=copy", "--compile-bytecode"]
    uv += ["--python", interpreter]
    tried = subprocess.run(
        [*uv, *hashed],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    )
    if tried.returncode:
        said = tried.stderr.strip().splitlines() or ["no word"]
        print(f"uv could not: {said[-1].strip()}")
        print("... with pip, which takes some minutes, without a word ...")
        step([interpreter, *PIP, *hashed])


def check_python() -> None:
    """Stop with a clear message on a Python without TensorFlow 2.21."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        have = ".".join(map(str, sys.version_info[:3]))
        sys.exit(
            f"This book needs Python 3.11, 3.12 or 3.13; this is {have}.\n"
            "Name another one: `make book PYTHON=python3.12`, "
            "or `python3.12 tasks.py book`."
        )


def set_up_fingerprint() -> str:
    """A digest of what the environment is made from.

    Settings of the linter and the tests, in pyproject.toml too, are not.
    """
    import tomllib  # after check_python: it needs 3.11

    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    settings = tomllib.loads(text)
    package = [settings["build-system"], settings["project"]]
    package += [settings["tool"]["setuptools"], str(VENV)]
    return digest([ROOT / "requirements.txt"], json.dumps(package))


def quiet_kernels() -> None:
    """Keep the kernels' start-up messages off the terminal."""
    profile = VENV / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text(
        "c = get_config()\nc.IPKernelApp.log_level = 40\n"
    )


def quiet_lab() -> None:
    """Keep JupyterLab from asking whether to fetch news."""
    settings = VENV / "share" / "jupyter" / "lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    notes = "@jupyterlab/apputils-extension:notification"
    choice = {notes: {"fetchNews": "false", "checkForUpdates": False}}
    (settings / "overrides.json").write_text(json.dumps(choice))


def environment(*, bars: bool = False) -> dict[str, str]:
    """The variables under which everything is executed."""
    kept = {k: v for k, v in os.environ.items() if k not in UNWANTED}
    return {**kept, **FIXED, **({} if bars else NO_BARS)}


def tensorflow_settings() -> list[str]:
    """The settings of TensorFlow itself, for places outside of `.venv`."""
    return [f"{k}={v}" for k, v in FIXED.items() if k.startswith("TF_")]


# Small parts


def python() -> str:
    """The interpreter of `.venv`."""
    windows = os.name == "nt"
    return str(VENV / ("Scripts/python.exe" if windows else "bin/python"))


def digest(files: list[Path], extra: str) -> str:
    """One digest of a text and of files, by name and content."""
    total = hashlib.sha256(extra.encode())
    for path in files:
        total.update(path.relative_to(ROOT).as_posix().encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def call(command: list[str], variables: dict[str, str]) -> int:
    """Run a command in the project and return its exit status."""
    sys.stdout.flush()
    return subprocess.run(command, cwd=ROOT, env=variables).returncode


def step(command: list[str]) -> None:
    """Run one step of the set-up, which must succeed."""
    sys.stdout.flush()
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
