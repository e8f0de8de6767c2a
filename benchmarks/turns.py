"""Calls that take turns, each in a process of its own."""

import json
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import SETTINGS
from tasks import NO_BARS

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent
PEERS = ROOT / ".venv-peers"
# Bytes that glibc keeps for a process instead of handing them back after
# every call and fetching them again, page by page, for the next.
KEPT = str(4 * 10**9)


class Slow(Exception):
    """A first call that takes longer than it may."""


class Worker:
    """One call of one framework, alive until it is closed."""

    def __init__(
        self, framework: str, variant: str, inputs: Path, threads: int
    ) -> None:
        self.name, self.inputs = f"{framework}-{variant}", inputs
        module = f"benchmarks.workers.{framework}_worker"
        ours = framework == "tensorflow"
        python = sys.executable if ours else peer_python()
        self.process = subprocess.Popen(
            [python, "-m", module, variant, str(inputs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(inputs / f"{self.name}.log").open("w"),
            text=True,
            env=environment(threads, inputs),
            preexec_fn=lambda: pin(threads),
        )

    def first(self, limit: float) -> dict[str, Any]:
        """Wait for the first call, at most `limit` seconds."""
        ready, _, _ = select.select([self.process.stdout], [], [], limit)
        if not ready:
            raise Slow
        return self.answer()

    def once(self) -> dict[str, float]:
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        if not line:
            log = (self.inputs / f"{self.name}.log").read_text()
            raise RuntimeError(f"{self.name} stopped:\n{log[-3000:]}")
        return json.loads(line)

    def result(self) -> np.ndarray:
        return np.load(self.inputs / f"{self.name}.npy", mmap_mode="r")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


def environment(threads: int, folder: Path) -> dict[str, str]:
    """One number of threads for all, said in every framework's language."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    count = str(threads)
    flags = f"intra_op_parallelism_threads={count}"
    if threads == 1:
        flags = f"--xla_cpu_multi_thread_eigen=false {flags}"
    return {
        **kept,
        **SETTINGS,
        **NO_BARS,
        "BENCHMARK_THREADS": count,
        "JAX_PLATFORMS": "cpu",
        "MALLOC_MMAP_THRESHOLD_": KEPT,
        "MALLOC_TRIM_THRESHOLD_": KEPT,
        "MKL_NUM_THREADS": count,
        "OMP_NUM_THREADS": count,
        "PYTHONPATH": str(ROOT),
        "TORCHINDUCTOR_CACHE_DIR": str(folder / "inductor"),
        "XLA_FLAGS": flags,
    }


def pin(threads: int) -> None:
    """Keep a process on as many cores as it has threads (Linux)."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[-threads:])


def peer_python() -> str:
    windows = os.name == "nt"
    return str(PEERS / ("Scripts/python.exe" if windows else "bin/python"))


def make_peers() -> None:
    """Make the peers' environment, unless it is up to date."""
    wanted = (FOLDER / "requirements.txt").read_text()
    stamp = PEERS / ".requirements"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print("Making the peers' environment .venv-peers (once) ...", flush=True)
    make = [sys.executable, "-m", "venv", "--clear", str(PEERS)]
    subprocess.run(make, check=True)
    pip = [peer_python(), "-m", "pip", "install", "-qq"]
    pip += ["--disable-pip-version-check"]
    requirements = str(FOLDER / "requirements.txt")
    subprocess.run([*pip, "-r", requirements], check=True)
    stamp.write_text(wanted)


def take_turns(
    workers: list[Worker], rounds: int, slow_rounds: int, slow: float
) -> dict[str, list[dict[str, float]]]:
    """Time every worker once per round; slow ones in the first rounds only.

    One call of each goes before, untimed, like the first call.

    Returns:
        For each worker's name its times, the k-th of round k.
    """
    times: dict[str, list] = {worker.name: [] for worker in workers}
    for worker in workers:
        worker.once()
    for number in range(rounds):
        for worker in workers:
            mine = times[worker.name]
            late = mine and mine[-1]["wall"] > slow
            if number < slow_rounds or not late:
                mine.append(worker.once())
    return times
