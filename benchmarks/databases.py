"""A PostgreSQL for one benchmark: a fresh cluster with the default settings of the system's packages."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.postgres_server import as_postgres, free_port


@dataclass(frozen=True, slots=True)
class Server:
    """A running cluster: the address of its database, its port and its first process."""

    url: str
    port: int
    pid: int


@contextmanager
def postgres() -> Iterator[Server]:
    """A cluster on loopback that syncs to disk as it would in production; gone afterwards."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = programs[0] if programs else Path(shutil.which("initdb") or "/missing/initdb").parent
    folder = Path(tempfile.mkdtemp(prefix="bench-pg-"))
    port = free_port()
    user = as_postgres(folder)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"

    def run(*line: str | Path) -> None:
        subprocess.run([*user, *map(str, line)], check=True, stdout=subprocess.DEVNULL, cwd="/")

    run(found / "initdb", "-D", folder / "data", "-U", "bench", "--auth=trust", "-E", "UTF8")
    run(found / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o", options, "start")
    try:
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        yield Server(f"postgres://bench@127.0.0.1:{port}/postgres", port, pid)
    finally:
        run(found / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
