"""Kernels that start warm: forked from a process that has TensorFlow.

Importing TensorFlow takes longer than running an exercise. A server imports
it once, computes nothing, and forks a kernel for each notebook; every kernel
is a process of its own, as if it had been started alone. Linux only.

    python -P warm.py serve SOCKET
    python warm.py kernel SOCKET CONNECTION_FILE [OPTION ...]
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import sys
from typing import NoReturn

IMPORTED = (
    "tensorflow",
    "keras",
    "matplotlib.pyplot",
    "scipy.optimize",
    "scipy.sparse",
    "ipykernel.kernelapp",
)
PAUSE = 0.05


def available() -> bool:
    """Whether kernels can be forked here."""
    return sys.platform == "linux"


# The server


def serve(place: str) -> None:
    """Fork a kernel for each client until the process is ended."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place)
        for name in IMPORTED:
            __import__(name)
        listener.listen(16)
        print("ready", flush=True)
        Server(listener).loop()


class Server:
    """The clients and their kernels, by process number."""

    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self.clients: dict[int, socket.socket] = {}
        self.waiting = selectors.DefaultSelector()
        self.waiting.register(listener, selectors.EVENT_READ)

    def loop(self) -> None:
        """Take requests, end what nobody wants, report what has ended."""
        while True:
            for key, _ in self.waiting.select(PAUSE):
                if key.fileobj is self.listener:
                    self.begin(self.listener.accept()[0])
                elif not key.fileobj.recv(1):
                    self.waiting.unregister(key.fileobj)
                    end(key.data)
            for number in list(self.clients):
                done, status = os.waitpid(number, os.WNOHANG)
                if done:
                    self.report(number, os.waitstatus_to_exitcode(status))

    def begin(self, client: socket.socket) -> None:
        """Fork the kernel that a client asks for."""
        request = json.loads(client.makefile().readline())
        number = os.fork()
        if number == 0:
            become_kernel(**request)
        self.clients[number] = client
        self.waiting.register(client, selectors.EVENT_READ, number)
        client.sendall(f"{number}\n".encode())

    def report(self, number: int, code: int) -> None:
        """Tell the client how its kernel ended."""
        client = self.clients.pop(number)
        with contextlib.suppress(KeyError):
            self.waiting.unregister(client)
        with contextlib.suppress(OSError):
            client.sendall(f"{code}\n".encode())
        client.close()


def end(number: int) -> None:
    """Kill a kernel and what it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(number, signal.SIGKILL)


def become_kernel(folder: str, options: list[str]) -> NoReturn:
    """Be a kernel in a folder; never return to the server's loop."""
    code = 1
    try:
        os.setsid()
        os.chdir(folder)
        be_silent()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        from ipykernel.kernelapp import IPKernelApp

        IPKernelApp.launch_instance(argv=options)
        code = 0
    except SystemExit as request:
        code = request.code if isinstance(request.code, int) else 1
    finally:
        os._exit(code)


def be_silent() -> None:
    """Write to nowhere: a pipe that nobody reads stops who fills it."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)


# The client, which stands for the kernel


def stand_for(place: str, *options: str) -> int:
    """Start a kernel, pass signals on to it, and end as it ends."""
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(place)
        request = {"folder": os.getcwd(), "options": list(options)}
        server.sendall(json.dumps(request).encode() + b"\n")
        answers = server.makefile()
        number = int(answers.readline())
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda sign, _: os.kill(number, sign))
        return int(answers.readline() or 1) % 256


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        sys.exit(stand_for(*sys.argv[2:]))
