"""Running the commands of the container files on this machine: where they stand,
and a process for as long as a block lasts.
"""

from __future__ import annotations

import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def on_read_only_source() -> list[str]:
    """What stands before a command so that it finds the source as an image in its container;
    nothing where name spaces are refused.
    """
    bind = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    words = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", bind, str(ROOT)]
    return words if subprocess.run([*words, "true"], check=False, capture_output=True).returncode == 0 else []


class running:
    """A command that runs until the block ends."""

    def __init__(self, line: str, environment: dict[str, str], log: Path | None = None) -> None:
        assert shutil.which(shlex.split(line)[0], path=environment["PATH"]), line
        output = log.open("wb") if log else subprocess.DEVNULL
        self.process = subprocess.Popen(
            [*on_read_only_source(), *shlex.split(line)],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT if log else None,
        )

    def __enter__(self) -> subprocess.Popen[bytes]:
        return self.process

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def wait_until(condition: Callable[[], object], process: subprocess.Popen[bytes], timeout_s: float = 240) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        assert process.poll() is None, f"it ended with {process.returncode}"
        try:
            if condition():
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError("it did not come up")


def takes_connections(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port)):
        return True


def interpolated(text: str, **variables: str) -> str:
    """What Compose makes of `${NAME}`, `${NAME:-default}` and `${NAME:?reason}`, which a shell reads in the same way.

    Raises:
        CalledProcessError: A variable that must be set is not.
    """
    line = ["sh", "-c", f'printf %s "{text}"']
    return subprocess.run(line, env=variables, check=True, capture_output=True, text=True).stdout
