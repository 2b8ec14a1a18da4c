"""Real pieces for fault drills: a Redis of one's own, Celery workers and a beat, all on the test's database."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import kombu.pools
from django.conf import settings
from django.db import connection

from jobs.models import Job, ReaperTurn, WorkerBeat
from jobs.scheduling.clock import database_time_in
from miniatures_site.celery import app
from tests.jobs.conftest import wait_for

# Longer than a busy machine keeps a worker from its heartbeat, or an engine from being taken over.
LONG_LEASE_S = 60.0
LEASE_S, HEARTBEAT_S = 2.0, 0.4


def lapse() -> None:
    """Let all leases run out, and the reaper's turn: whoever held them is dead or stopped, and renews none."""
    Job.objects.filter(lease_until__isnull=False).update(lease_until=database_time_in(-1))
    ReaperTurn.objects.update(held_until=None)


class Redis:
    """A redis-server on a unix socket."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis+socket://{self.socket}"

    def start(self) -> None:
        command = [
            "redis-server",
            "--port",
            "0",
            "--unixsocket",
            str(self.socket),
            "--save",
            "",
            "--dir",
            str(self.folder),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        # Its socket is there before it listens.
        wait_for(self._listens)

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.socket.unlink(missing_ok=True)
            self.process = None


class Fleet:
    """Workers, beats and other Django processes that share the test's database and run directories.

    Args:
        redis: Their broker.
        folder: For their logs.
        lease_s: Of the jobs they hold; a short one for tests of hosts that cannot be told to stop.
    """

    def __init__(self, redis: Redis, folder: Path, *, lease_s: float = LONG_LEASE_S) -> None:
        self.redis, self.folder, self.lease_s = redis, folder, lease_s
        self.processes: list[subprocess.Popen[bytes]] = []
        self.workers: dict[str, subprocess.Popen[bytes]] = {}

    def environment(self, **more: str) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.test",
            "TEST_VAR_DIR": str(settings.VAR_DIR),
            "TEST_DATABASE_URL": database_url(),
            "BROKER_URL": self.redis.url,
            "JOB_LEASE_S": str(self.lease_s),
            "JOB_HEARTBEAT_S": str(HEARTBEAT_S),
            "PYTHONPATH": str(settings.BASE_DIR),
            "NO_PROXY": "*",
            **more,
        }

    def run(self, name: str, *command: str, inside: Sequence[str] = (), **more: str) -> subprocess.Popen[bytes]:
        """Start a Python module; `inside` are words before it that say where it runs."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [*inside, sys.executable, "-m", *command],
                cwd=settings.BASE_DIR,
                env=self.environment(**more),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def worker(self, name: str, **more: str) -> subprocess.Popen[bytes]:
        command = ["celery", "-A", "tests.jobs.worker_app", "worker", "-n", f"{name}@drill", "-l", "warning"]
        process = self.run(name, *command, "--without-gossip", "--without-mingle", **more)
        self.workers[f"{name}@drill"] = process
        return process

    def ready(self, *names: str) -> None:
        """Have these workers alive and heard of; those that a test has ended are started again."""
        for name in names:
            known = self.workers.get(f"{name}@drill")
            if known is None or known.poll() is not None:
                self.worker(name)
        wanted = {f"{name}@drill" for name in names}
        wait_for(lambda: wanted <= set(WorkerBeat.objects.values_list("worker", flat=True)), 240)

    def beat(self, name: str = "beat") -> subprocess.Popen[bytes]:
        schedule = str(self.folder / f"{name}-schedule")
        return self.run(name, "celery", "-A", "tests.jobs.worker_app", "beat", "-l", "warning", "-s", schedule)

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()


def ring_through(url: str) -> None:
    """Point this process's doorbell at another broker."""
    app.conf.broker_url = app.conf.broker_write_url = app.conf.broker_read_url = url
    kombu.pools.reset()
    app._pool = None
    app.amqp._producer_pool = None


def database_url() -> str:
    known = connection.settings_dict
    if "sqlite" in known["ENGINE"]:
        return f"sqlite:///{known['NAME']}"
    server = f"{known['HOST'] or 'localhost'}:{known['PORT'] or 5432}"
    return f"postgres://{known['USER']}:{known['PASSWORD']}@{server}/{known['NAME']}"
