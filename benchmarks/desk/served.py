"""A desk of so many drafts, laid out in a database of its own and served as in production."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.databases import postgres
from tests.postgres_server import free_port

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a desk is served, and who may sit at it.

    Attributes:
        drafts: How many drafts wait on it.
        port: Of the server, on loopback.
        task: Slug of its task.
        sessions: One signed-in session for each reviewer.
        statements: SQL statements of one decision.
        pids: First processes of the server and, with PostgreSQL, of the database.
    """

    drafts: int
    port: int
    task: str
    sessions: list[str]
    statements: int
    pids: tuple[int, ...]

    def cpu_s(self) -> list[float]:
        """CPU seconds that the server, and the database where it is one of its own, have used so far."""
        return [_cpu_s(pid) for pid in self.pids]

    def memory_mib(self) -> float:
        """MiB that the server's processes hold in memory now."""
        server = psutil.Process(self.pids[0])
        held = 0
        for process in (server, *server.children(recursive=True)):
            try:
                held += process.memory_info().rss
            except psutil.Error:
                continue
        return held / 2**20


@contextmanager
def desk(drafts: int, *, database: str, reviewers: int, processes: int) -> Iterator[Desk]:
    """Lay out and serve a desk; everything is gone afterwards.

    Args:
        drafts: How many wait.
        database: `sqlite` or `postgres` (a cluster of its own with the default settings of the system's packages).
        reviewers: How many are signed in.
        processes: Worker processes of the web server.
    """
    with tempfile.TemporaryDirectory(prefix="bench-desk-") as folder, _database(database) as (url, pid):
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.dev", "VAR_DIR": folder,
               "PYTHONPATH": str(ROOT), "LOG_LEVEL": "WARNING", "BROKER_URL": "memory://"}  # fmt: skip
        env.pop("DATABASE_URL", None)
        if url:
            env["DATABASE_URL"] = url
        laid = _run(env, "-m", "benchmarks.desk.layout", str(drafts), str(reviewers))
        _run(env, "manage.py", "collectstatic", "--noinput", "-v0")
        port = free_port()
        line = [sys.executable, "-m", "uvicorn", "miniatures_site.asgi:application", "--port", str(port),
                "--log-level", "warning", "--no-access-log", "--workers", str(processes)]  # fmt: skip
        server = subprocess.Popen(line, env=env, cwd=ROOT)
        try:
            _wait_for(port)
            found = json.loads(laid.splitlines()[-1])
            yield Desk(drafts, port, **found, pids=(server.pid, *pid))
        finally:
            server.terminate()
            server.wait(20)


def _cpu_s(pid: int) -> float:
    used = 0.0
    for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        used += times.user + times.system + times.children_user + times.children_system
    return used


@contextmanager
def _database(kind: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    if kind == "sqlite":
        yield "", ()
        return
    with postgres() as server:
        yield server.url, (server.pid,)


def _run(env: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], check=True, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The server did not start.")
