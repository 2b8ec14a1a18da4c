"""The installation behind the web server, as `docker-compose.yml` starts it, on services of its own;
all gone afterwards.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import yaml

from benchmarks.drill.services import wait_for
from benchmarks.fire import wire
from tests.postgres_server import free_port, postgres

ROOT = Path(__file__).resolve().parents[2]
# Django logs as errors what it refuses with 400, and every 503.
REFUSED = rb"django\.security\.|django\.request: Service Unavailable:"
# A line of the server's own, of the site or of the event loop.
FAULT = re.compile(rb"^(?:\S+ \S+ )?(?:ERROR|CRITICAL)[: ](?!%s).*" % REFUSED, re.MULTILINE)
# No limit by token, one pair of hands for all questions; nothing but loopback is reached.
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.prod", "SECRET_KEY": "under-fire-" * 6,
    "ALLOWED_HOSTS": wire.HOST, "CSRF_TRUSTED_ORIGINS": f"https://{wire.HOST}", "INBOUND_KEY": "inbound-" * 5,
    "LOG_LEVEL": "WARNING", "NO_PROXY": "*", "RATE_LIMIT_READ_PER_MINUTE": "0", "RATE_LIMIT_WRITE_PER_MINUTE": "0",
    "RATE_LIMIT_FILES_PER_MINUTE": "0", "PYTHONPATH": str(ROOT),
}  # fmt: skip


@dataclass(frozen=True)
class Site:
    """A served installation.

    Attributes:
        port: Of the web server, on loopback.
        laid: What `layout` wrote down.
        restore: Brings the database back to what it was when it was laid out; no request may be under way.
        log: Output of the web server.
    """

    port: int
    laid: dict[str, Any]
    restore: Callable[[], None]
    log: Path

    def errors(self) -> list[str]:
        """Errors that the server has logged so far."""
        return [line.decode(errors="replace") for line in FAULT.findall(self.log.read_bytes())]


@contextmanager
def served() -> Iterator[Site]:
    """Lay out and serve the installation."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fire-")))
        admin = stack.enter_context(postgres())
        _clone(admin, "template1", "live")
        url = admin.replace("/postgres", "/live")
        env = {**os.environ, **ENVIRONMENT, "DATABASE_URL": url, "REDIS_URL": _redis(stack), "VAR_DIR": str(folder),
               "STUDENT_ROOTS": str(folder / "students")}  # fmt: skip
        subprocess.run([sys.executable, "-m", "benchmarks.fire.layout", str(folder)], check=True, env=env, cwd=ROOT)
        _clone(admin, "live", "kept")
        port, log = free_port(), folder / "web.log"
        _start(stack, web_command(port), env, log)
        wait_for(lambda: wire.ask(port, wire.Request("GET", "/livez")).status == 200, "the web server")
        yield Site(port, json.loads((folder / "layout.json").read_text()), lambda: _clone(admin, "kept", "live"), log)


def web_command(port: int) -> list[str]:
    """The command of the web service in docker-compose.yml, on a port of loopback."""
    words = shlex.split(yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["web"]["command"])
    words[words.index("--host") + 1], words[words.index("--port") + 1] = "127.0.0.1", str(port)
    return [sys.executable, *words[1:]]


def _start(stack: ExitStack, line: list[str], env: dict[str, str], log: Path) -> None:
    with log.open("ab") as file:
        process = subprocess.Popen(line, env=env, cwd=ROOT, stdout=file, stderr=file)
    stack.callback(process.wait, 30)
    stack.callback(process.terminate)


def _redis(stack: ExitStack) -> str:
    port = free_port()
    line = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    _start(stack, line, dict(os.environ), Path(os.devnull))
    return f"redis://127.0.0.1:{port}/0"


def _clone(admin: str, source: str, target: str) -> None:
    """Copy a database over another; the server's connections to both are cut, and it opens new ones."""
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)")
        cut = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
        connection.execute(cut, [source])
        connection.execute(f"CREATE DATABASE {target} TEMPLATE {source} STRATEGY FILE_COPY")


def own_network() -> list[str]:
    """The words before a command that give it a network of loopback alone, where this user may make one."""
    may = os.getuid() == 0 and shutil.which("unshare") and shutil.which("ip")
    if not may or subprocess.run(["unshare", "--net", "true"], check=False).returncode:
        return []
    return ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
