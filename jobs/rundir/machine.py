"""Inventory of this host: GPUs, cores, memory, disk and software versions. Asks the system, never a row.

Nothing here imports torch: a worker that only drafts shall not load it to say that it has no GPU.
"""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
from dataclasses import dataclass, field
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

MIB: Final = 1 << 20
GIB: Final = 1 << 30
CGROUP_LIMIT: Final = Path("/sys/fs/cgroup/memory.max")
ASK_FOR_S: Final = 10.0
PACKAGES: Final = ("miniatures", "torch", "transformers", "peft", "accelerate", "bitsandbytes", "flash-attn")
VISIBLE: Final = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Machine:
    """One host as it found itself. `gpus` are `{name, bytes}` of those its processes may use."""

    name: str
    gpus: list[dict[str, Any]]
    cores: int
    memory_bytes: int
    versions: dict[str, str] = field(default_factory=dict)


def inspect_host() -> Machine:
    """Look at this host once; takes up to some seconds where a driver is slow."""
    table, driver = _ask_nvidia()
    return Machine(
        name=socket.gethostname()[:120],
        gpus=visible(table, os.environ.get(VISIBLE)),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_bytes=memory_bytes(),
        versions=_versions() | ({"driver": driver} if driver else {}),
    )


def has_torch() -> bool:
    """Return whether torch is installed here, without importing it."""
    return find_spec("torch") is not None


def memory_bytes(limit: Path = CGROUP_LIMIT) -> int:
    """Bytes of memory this host has, or of what its container may use."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(whole, int(limit.read_text()))
    except (OSError, ValueError):
        return whole  # No limit is set ("max"), or this system has none.


def disk(folder: Path) -> tuple[int, int]:
    """Bytes of the disk that holds a folder, all and free."""
    usage = shutil.disk_usage(folder)
    return usage.total, usage.free


def read_table(text: str) -> tuple[list[dict[str, Any]], str]:
    """GPUs and the driver's version from lines of `index, uuid, name, memory in MiB, driver`.

    A line that is not so (a GPU that fell off the bus says `[Unknown Error]`) is left out.
    """
    gpus, driver = [], ""
    for line in text.splitlines():
        parts = [part.strip() for part in line.split(",")]
        if len(parts) != 5 or not parts[0].isdigit() or not parts[3].isdigit():
            continue
        index, uuid, name, memory, driver = parts
        gpus.append({"index": int(index), "uuid": uuid, "name": name, "bytes": int(memory) * MIB})
    return gpus, driver


def visible(table: list[dict[str, Any]], devices: str | None) -> list[dict[str, Any]]:
    """The GPUs that `CUDA_VISIBLE_DEVICES` leaves, in its order.

    All where it is not set, none from the first wrong one.
    """
    gpus = table
    if devices is not None:
        gpus = []
        for word in (part.strip() for part in devices.split(",")):
            gpu = next((gpu for gpu in table if _is_named(gpu, word)), None)
            if gpu is None:
                break
            gpus.append(gpu)
    return [{"name": gpu["name"], "bytes": gpu["bytes"]} for gpu in gpus]


def _is_named(gpu: dict[str, Any], word: str) -> bool:
    return word == str(gpu["index"]) or bool(word.startswith("GPU-") and str(gpu["uuid"]).startswith(word))


def gpu_table() -> list[dict[str, Any]]:
    """GPUs of this host as its driver lists them; takes up to some seconds."""
    return _ask_nvidia()[0]


def _ask_nvidia() -> tuple[list[dict[str, Any]], str]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return [], ""
    query = [program, "--query-gpu=index,uuid,name,memory.total,driver_version", "--format=csv,noheader,nounits"]
    try:
        output = subprocess.run(query, capture_output=True, text=True, timeout=ASK_FOR_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return [], ""
    return read_table(output.stdout)


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions
