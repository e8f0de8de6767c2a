"""A JupyterHub is started here: two users log in, run a page, are marked.

The packages come from the pins of `classroom/hub/`, the proxy from npm.
Everything listens on the loopback address alone.
"""

from __future__ import annotations

import json
import re
import shutil
import socket as sockets
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import websocket

from commands.classroom import editions, hub, reading
from tests.support import ROOT

PAGES = [path for path in reading.chapters() if reading.exercises(path)]
# The quickest, or the first where an edition has left that out.
PAGE = next((p.stem for p in PAGES if "implicit" in p.stem), PAGES[0].stem)
PASSWORD = "rows-and-columns"
NAMES = ("ada", "blaise")


def lock(folder: Path) -> dict[str, str]:
    text = (folder / "requirements.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==([^ \\\n]+)", text, re.M))


def test_the_hub_has_the_versions_of_the_book() -> None:
    ours, theirs = lock(ROOT), lock(hub.RECIPE)
    assert "jupyterhub" in theirs and "tensorflow-cpu" in theirs
    both = ours.keys() & theirs.keys()
    assert {n: ours[n] for n in both} == {n: theirs[n] for n in both}
    wanted = {*editions.asked_for(), *editions.NEEDED}
    assert wanted <= theirs.keys()


def test_the_proxy_is_pinned_by_digest_and_names_no_host() -> None:
    text = (hub.RECIPE / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    assert packages["node_modules/configurable-http-proxy"]["version"]
    for name, entry in packages.items():
        assert not name or entry["integrity"].startswith("sha512-")
        assert "resolved" not in entry


def test_a_short_password_is_refused(monkeypatch, capsys) -> None:
    monkeypatch.setenv("HUB_PASSWORD", "short")
    assert hub.main([]) == 2
    assert "8 characters" in capsys.readouterr().out


def test_without_node_it_says_so(monkeypatch, capsys) -> None:
    monkeypatch.setenv("HUB_PASSWORD", PASSWORD)
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert hub.main([]) == 1
    assert "Node.js" in capsys.readouterr().out


def free_port() -> int:
    with sockets.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A hub that runs, for as long as the tests need it."""
    set_up()
    place = tmp_path_factory.mktemp("hub")
    edition, _ = editions.make("student", place)
    variables = hub.environment(place / "state", edition, PASSWORD)
    where = variables["HUB_ADDRESS"] = f"http://127.0.0.1:{free_port()}"
    running = started(place, variables)
    try:
        wait_for(where, running, place / "log.txt")
        yield where
    finally:
        running.terminate()  # the hub ends proxy and servers
        running.wait(timeout=60)


def set_up() -> None:
    if not shutil.which("npm"):
        pytest.skip("no Node.js: the proxy of the hub needs it")
    hub.set_up()


def started(place: Path, variables: dict[str, str]) -> subprocess.Popen:
    """The hub, with ports of its own for what is inside."""
    inside = [
        f"--JupyterHub.hub_bind_url=http://127.0.0.1:{free_port()}",
        f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{free_port()}",
    ]
    with (place / "log.txt").open("wb") as log:
        return subprocess.Popen(
            [*hub.command(), *inside],
            cwd=place,
            env=variables,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def wait_for(address: str, running: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and running.poll() is None:
        try:
            if requests.get(f"{address}/hub/login", timeout=20).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(1)
    pytest.fail(log.read_text(errors="replace"))


class Student:
    """Somebody in the class, as the hub sees them: a browser's requests."""

    def __init__(self, address: str, name: str) -> None:
        self.address, self.name = address, name
        self.web = requests.Session()

    @property
    def home(self) -> str:
        return f"{self.address}/user/{self.name}"

    def log_in(self, password: str) -> requests.Response:
        page = f"{self.address}/hub/login"
        self.web.get(page, timeout=60)
        form = {
            "username": self.name,
            "password": password,
            "_xsrf": self.token("/hub/"),
        }
        return self.web.post(page, data=form, timeout=300)

    def token(self, path: str) -> str:
        found = [c.value for c in self.web.cookies
                 if c.name == "_xsrf" and c.path == path]  # fmt: skip
        return found[0] or ""

    def start(self) -> None:
        """Ask for a server, and wait until it answers."""
        deadline = time.monotonic() + 300
        self.web.get(f"{self.address}/hub/spawn", timeout=180)
        while time.monotonic() < deadline:
            self.web.get(f"{self.home}/lab", timeout=180)  # brings the cookie
            found = self.web.get(f"{self.home}/api/status", timeout=60)
            if found.ok and "kernels" in found.text:
                return
            time.sleep(2)
        pytest.fail(f"{self.name}: {found.status_code} {found.url}")

    def notebook(self, page: str) -> dict:
        found = self.web.get(
            f"{self.home}/api/contents/{page}.ipynb", timeout=60
        )
        assert found.ok, found.text
        return found.json()["content"]

    def kernel(self, page: str) -> Kernel:
        """A kernel for a notebook, as JupyterLab asks for it."""
        found = self.web.post(
            f"{self.home}/api/sessions",
            json={
                "kernel": {"name": "python3"},
                "name": page,
                "path": f"{page}.ipynb",
                "type": "notebook",
            },
            headers={"X-XSRFToken": self.token(f"/user/{self.name}/")},
            timeout=120,
        )
        assert found.status_code == 201, found.text
        return Kernel(self, found.json()["kernel"]["id"])


class Kernel:
    """Code goes in, what it prints comes out."""

    def __init__(self, student: Student, kernel: str) -> None:
        self.student = student
        self.url = f"{student.home}/api/kernels/{kernel}/channels"

    def connection(self) -> websocket.WebSocket:
        """A new one each time: a server drops those that stay silent."""
        cookies = "; ".join(
            f"{c.name}={c.value}"
            for c in self.student.web.cookies
            if c.path in ("/", f"/user/{self.student.name}/")
        )
        return websocket.create_connection(
            self.url.replace("http", "ws", 1),
            cookie=cookies,
            timeout=300,
            origin=self.student.address,
        )

    def run(self, code: str) -> str:
        """What a cell prints; an exception is an answer too."""
        asked = request(code)
        number = asked["header"]["msg_id"]
        socket = self.connection()
        socket.send(json.dumps(asked))
        printed = ""
        while True:
            answer = json.loads(socket.recv())
            if answer["parent_header"].get("msg_id") != number:
                continue
            content = answer["content"]
            printed += content.get("text", "") + content.get("ename", "")
            if content.get("execution_state") == "idle":
                socket.close()
                return printed


def request(code: str) -> dict:
    """A message that asks a kernel to run code."""
    header = {
        "msg_id": uuid.uuid4().hex,
        "session": uuid.uuid4().hex,
        "username": "",
        "msg_type": "execute_request",
        "version": "5.3",
    }
    content = {"code": code, "silent": False, "store_history": True}
    return {
        "header": header,
        "parent_header": {},
        "metadata": {},
        "channel": "shell",
        "content": {**content, "user_expressions": {}, "allow_stdin": False},
    }


@pytest.mark.weekly
def test_a_wrong_password_stays_outside(address: str) -> None:
    answer = Student(address, "mallory").log_in("wrong password")
    assert answer.status_code == 403
    assert "Invalid username or password" in answer.text


@pytest.mark.weekly
def test_two_students_run_a_page_and_are_marked(address: str) -> None:
    students = [Student(address, name) for name in NAMES]
    tasks = reading.exercises(ROOT / f"chapters/{PAGE}.ipynb")
    for student in students:
        assert student.log_in(PASSWORD).ok
        student.start()
    kernels = [student.kernel(PAGE) for student in students]
    for student, kernel in zip(students, kernels, strict=True):
        printed = "".join(
            kernel.run(cell["source"])
            for cell in student.notebook(PAGE)["cells"]
            if cell["cell_type"] == "code"
        )
        assert printed.count("unanswered.") == len(tasks), printed
    first = tasks[0]
    right = f'{first.solution}\n\nmark("{first.name}", {first.answer})'
    assert ": right." in kernels[0].run(right)
    said = kernels[1].run(f'mark("{first.name}", "no answer")')
    assert first.name in said and "right." not in said


@pytest.mark.weekly
def test_a_student_does_not_enter_the_server_of_another(address: str) -> None:
    student = Student(address, NAMES[1])
    student.log_in(PASSWORD)
    found = student.web.get(
        f"{address}/user/{NAMES[0]}/api/contents", timeout=60
    )
    assert found.status_code in (403, 404)
