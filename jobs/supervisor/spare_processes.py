"""A spare process for each kind of engine that must be back within seconds: it has imported all there is to import.

One a module and process of ours. It costs memory, so a kind says whether it wants one; it ends with this process, and
with the job it stood by for. Does not know jobs.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from jobs.rundir.run import SECRETS_FD
from jobs.rundir.spare import READY
from jobs.secrets.store import without_secrets
from web.logs import context

logger = logging.getLogger(__name__)
# An engine that is just starting has the cores for itself first.
PREPARE_AFTER_S = 10.0


@dataclass
class SpareProcess:
    """One waiting process, and the end of the pipe its secrets will come by."""

    process: subprocess.Popen[bytes]
    secrets_fd: int
    _was_ready: bool = False

    @property
    def is_ready(self) -> bool:
        if not self._was_ready and self.process.stdout is not None and self.process.poll() is None:
            poll = select.poll()
            poll.register(self.process.stdout, select.POLLIN)
            if poll.poll(0):
                self._was_ready = self.process.stdout.readline() == READY
        return self._was_ready

    def become(self, run_dir: Path, secrets: bytes) -> None:
        """Let it be the engine of a run directory, whose lines bear the fields that those of this thread do.

        Raises:
            OSError: It has ended.
        """
        os.write(self.secrets_fd, secrets)
        self._close_secrets()
        assert self.process.stdin is not None
        self.process.stdin.write(f"{run_dir}\n{context.handed_over()}\n".encode())
        self.process.stdin.close()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def end(self) -> None:
        self._close_secrets()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self.process.kill()
        self.process.wait()

    def _close_secrets(self) -> None:
        # Once: its number may be another file's by now.
        if self.secrets_fd >= 0:
            os.close(self.secrets_fd)
            self.secrets_fd = -1


class SparePool:
    """The spares of this process. Methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spares: dict[str, SpareProcess] = {}
        self._due: dict[str, threading.Timer] = {}

    def prepare_soon(self, module: str, after_s: float = PREPARE_AFTER_S) -> None:
        """Start a spare in a while, unless there is one by then."""
        with self._lock:
            if module in self._due or module in self._spares:
                return
            timer = self._due[module] = threading.Timer(after_s, self._prepare, [module])
            timer.daemon = True
            timer.start()

    def take(self, module: str) -> SpareProcess | None:
        """The spare of a module, which is then the caller's; None where there is none that lives."""
        with self._lock:
            spare = self._spares.pop(module, None)
        if spare is not None and spare.process.poll() is not None:
            spare.end()
            return None
        return spare

    def is_ready(self, module: str) -> bool:
        with self._lock:
            spare = self._spares.get(module)
            return spare is not None and spare.is_ready

    def drop(self, module: str) -> None:
        with self._lock:
            timer, spare = self._due.pop(module, None), self._spares.pop(module, None)
        if timer is not None:
            timer.cancel()
        if spare is not None:
            spare.end()

    def _prepare(self, module: str) -> None:
        with self._lock:
            if self._due.pop(module, None) is None or module in self._spares:
                return
            try:
                self._spares[module] = _spawn(module)
            except OSError:
                logger.exception("No spare process could be started for %s.", module)


def _spawn(module: str) -> SpareProcess:
    read_fd, write_fd = os.pipe()
    environment = {"OMP_WAIT_POLICY": "PASSIVE"} | without_secrets(dict(os.environ))
    environment |= {SECRETS_FD: str(read_fd), "PYTHONUNBUFFERED": "1"}
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "jobs.rundir.spare", module],
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(read_fd,),
            start_new_session=True,
        )
    except OSError:
        os.close(write_fd)
        raise
    finally:
        os.close(read_fd)
    with contextlib.suppress(OSError):
        # Whoever has something to do goes first while it imports.
        os.setpriority(os.PRIO_PROCESS, process.pid, os.getpriority(os.PRIO_PROCESS, 0) + settings.JOB_ENGINE_NICE)
    return SpareProcess(process, write_fd)


SPARE_PROCESSES = SparePool()
