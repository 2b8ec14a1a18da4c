"""`make test`: the whole suite on SQLite, then the database tests again on a PostgreSQL of its own.

Run as `python -m tests.everything`. Knows where PostgreSQL's programs lie on Debian and how to be its user; does not
know what the tests test.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def main() -> int:
    """Run both passes; the exit status is the first that is not 0."""
    first = pytest_pass({}, sys.argv[1:])
    with postgres() as url:
        # Engines, browsers and pure code do not care which database it is: once is enough.
        second = pytest_pass(
            {"TEST_DATABASE_URL": url, "TEST_ONLY_DATABASE": "1"},
            ["-m", "not engine and not browser and not stress and not sqlite_only", *sys.argv[1:]],
        )
    return first or second


def pytest_pass(extra: dict[str, str], arguments: list[str]) -> int:
    """One run of pytest with extra environment variables."""
    name = "PostgreSQL" if extra else "SQLite"
    print(f"\n=== {name}: pytest {' '.join(arguments)}", flush=True)
    line = [sys.executable, "-m", "pytest", "-q", *arguments]
    return subprocess.run(line, env={**os.environ, **extra}, check=False).returncode


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL server on loopback with a database of its own, gone afterwards; yields its URL."""
    bin_dir = Path(
        next(
            iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)),
            Path(shutil.which("initdb") or "").parent,
        )
    )
    folder = Path(tempfile.mkdtemp(prefix="miniatures-pg-"))
    port = free_port()
    user = as_postgres(folder)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
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


if __name__ == "__main__":
    sys.exit(main())
