"""On what a benchmark ran."""

import os
import platform
from datetime import date
from pathlib import Path

import psutil


def description() -> dict[str, str | int | float]:
    """Processor, cores, memory and system, without names of places."""
    return {
        "processor": processor(),
        "cores": os.cpu_count() or 1,
        "memory_gigabytes": round(psutil.virtual_memory().total / 1e9),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def processor() -> str:
    """The processor's model name, as far as the system tells it."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def today() -> str:
    return date.today().isoformat()
