"""A PostgreSQL for tests, and what it takes to run one: its user, and a port.

Knows where its programs lie on Debian.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# What a failing machine may lose is no concern of tests.
CARELESS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


@contextmanager
def postgres(more: str = "") -> Iterator[str]:
    """A PostgreSQL server on loopback with a database of its own and more options, gone afterwards; yields its URL."""
    bin_dir = Path(
        next(
            iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)),
            Path(shutil.which("initdb") or "").parent,
        )
    )
    folder = Path(tempfile.mkdtemp(prefix="miniatures-pg-"))
    port = free_port()
    user = as_postgres(folder)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='{folder}' {CARELESS} {more}"
    run = lambda *line: subprocess.run([*user, *map(str, line)], check=True, stdout=subprocess.DEVNULL, cwd="/")  # noqa: E731
    run(bin_dir / "initdb", "-D", folder / "data", "-U", "miniatures", "--auth=trust", "-E", "UTF8")
    run(bin_dir / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield f"postgres://miniatures@127.0.0.1:{port}/postgres"
    finally:
        run(bin_dir / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def as_postgres(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root; then its own user owns the folder."""
    if os.getuid() != 0:
        return []
    owner = pwd.getpwnam("postgres")
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
