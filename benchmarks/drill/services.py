"""What all hosts share: PostgreSQL, a Redis with a password, and object storage, all on home."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from benchmarks.drill.network import FOLDER, HOME
from tests.postgres_server import as_postgres

PASSWORD = "drilled"
POSTGRES_PORT, REDIS_PORT, STORAGE_PORT = 5432, 6379, 9000
DATABASE_URL = f"postgres://miniatures:{PASSWORD}@{HOME}:{POSTGRES_PORT}/postgres"
REDIS_URL = f"redis://:{PASSWORD}@{HOME}:{REDIS_PORT}/0"
STORAGE_URL = f"s3://drill/artefacts?endpoint_url=http://{HOME}:{STORAGE_PORT}&region_name=us-east-1"
STARTED_WITHIN_S = 60


class Postgres:
    """A cluster with the default settings of the system's packages, which asks hosts for a password."""

    def __init__(self) -> None:
        self.programs = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)))
        self.folder = FOLDER / "postgres"
        self.folder.mkdir()
        self.user = as_postgres(self.folder)
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        made_by = ("-U", "miniatures", "--auth=scram-sha-256", f"--pwfile={secret}", "-E", "UTF8")
        self.run("initdb", "-D", self.data, *made_by)
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.77.0.0/16 scram-sha-256\n")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        options = f"-p {POSTGRES_PORT} -c listen_addresses=* -c unix_socket_directories={self.folder}"
        self.run("pg_ctl", "-D", self.data, "-w", "-l", self.folder / "log", "-o", options, "start")

    def restart_hard(self) -> None:
        """Stop at once, without a checkpoint, and start again: the log is replayed, open transactions are lost."""
        self.run("pg_ctl", "-D", self.data, "-m", "immediate", "stop")
        self.start()

    def run(self, program: str, *line: str | Path) -> None:
        words = [*self.user, str(self.programs / program), *map(str, line)]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd="/")


def start_redis() -> None:
    """Start a Redis that keeps nothing on disk."""
    line = ["redis-server", "--bind", "0.0.0.0", "--port", str(REDIS_PORT), "--requirepass", PASSWORD, "--save", ""]
    logged("redis", line, {})


def flush_redis() -> None:
    """Forget everything that waits in the queue, and all counts."""
    line = ["redis-cli", "-h", HOME, "-p", str(REDIS_PORT), "--no-auth-warning", "-a", PASSWORD, "flushall"]
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL)


def start_storage() -> None:
    """Start object storage with an empty bucket."""
    url = f"http://{HOME}:{STORAGE_PORT}"
    logged("storage", [sys.executable, "-m", "moto.server", "-H", "0.0.0.0", "-p", str(STORAGE_PORT)], {})
    wait_for(lambda: answers(url), "object storage")
    httpx.put(f"{url}/drill", trust_env=False).raise_for_status()


def answers(url: str) -> bool:
    """Whether something at an address answers without an error."""
    try:
        return httpx.get(url, timeout=5, trust_env=False).is_success
    except httpx.TransportError:
        return False


def logged(name: str, line: list[str], environment: dict[str, str], cwd: Path | None = None) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own; what it says is added to its log."""
    with (FOLDER / f"{name}.log").open("ab") as log:
        return subprocess.Popen(
            line, env={**os.environ, **environment}, cwd=cwd, stdout=log, stderr=log, start_new_session=True
        )


def wait_for(question: Callable[[], object], what: str, within_s: float = STARTED_WITHIN_S) -> None:
    """Ask until the answer is yes.

    Raises:
        TimeoutError: It was no all the time.
    """
    until = time.monotonic() + within_s
    while not question():
        if time.monotonic() > until:
            raise TimeoutError(f"{what} was not there in {within_s:.0f} s")
        time.sleep(0.1)
