"""Identity of host, boot and process. The kernel reuses pids, so a process is its pid with its start time.

Knows Linux's /proc; elsewhere it asks `ps`.
"""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import time
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel

# Boots without a name of the system are told by the clock, and may differ between processes of one.
BY_CLOCK = "boot-"
_PROC = Path("/proc")
_AFTER_NAME_STATE, _AFTER_NAME_START = 0, 19  # /proc/PID/stat, counted after the name in brackets


class ProcessMark(BaseModel):
    """A process that cannot be mistaken for another."""

    host_id: str
    boot_id: str
    pid: int
    pid_started: str


@lru_cache
def host_id() -> str:
    """A name of this host within which pids mean something: a container of its own is a host of its own.

    `MINIATURES_HOST_ID` overrides it.
    """
    if override := os.environ.get("MINIATURES_HOST_ID", "").strip():
        return override[:64]
    name = socket.gethostname()
    parts = [name, _read(Path("/etc/machine-id")), _link(_PROC / "self/ns/pid")]
    return f"{name[:40]}-{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:12]}"


@lru_cache
def boot_id() -> str:
    """A value that changes with every boot."""
    if value := _read(_PROC / "sys/kernel/random/boot_id"):
        return value
    # Without /proc the moment of boot tells boots apart, to the minute, since the wall clock drifts.
    return f"{BY_CLOCK}{round(booted_at() / 60)}"


def booted_at() -> float:
    """The moment of this boot, in seconds of the wall clock."""
    return time.time() - time.clock_gettime(time.CLOCK_MONOTONIC)


def mark_of(pid: int) -> ProcessMark:
    """The mark of a living process of this host."""
    return ProcessMark(host_id=host_id(), boot_id=boot_id(), pid=pid, pid_started=started(pid))


def started(pid: int) -> str:
    """Return the start time of a process as the system writes it; empty where it is gone or, on Linux, a zombie."""
    stat = _read(_PROC / str(pid) / "stat")
    if stat:
        fields = stat.rpartition(")")[2].split()
        return "" if fields[_AFTER_NAME_STATE] in "ZX" else fields[_AFTER_NAME_START]
    if _PROC.joinpath("self").exists():
        return ""
    output = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return output.stdout.strip()


def is_alive(mark: ProcessMark) -> bool:
    """Return whether exactly this process still runs on this host and boot."""
    if (mark.host_id, mark.boot_id) != (host_id(), boot_id()) or not mark.pid_started:
        return False
    return started(mark.pid) == mark.pid_started


def send_signal(mark: ProcessMark, number: signal.Signals) -> bool:
    """Signal the process, its whole group for SIGKILL; False when it is gone.

    The engine leads its own process group, so that nothing it started outlives a kill.
    """
    if not is_alive(mark):
        return False
    try:
        if number == signal.SIGKILL:
            os.killpg(mark.pid, number)
        else:
            os.kill(mark.pid, number)
    except ProcessLookupError:
        return False
    return True


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""
