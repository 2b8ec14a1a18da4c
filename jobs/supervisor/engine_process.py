"""An engine's process: started niced in a session of its own, found again, asked to stop, killed.

Knows processes and pipes; does not know the job's row.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from jobs.rundir import identity
from jobs.rundir.attempt import ATTEMPT, LOG, AttemptMark, engine_of
from jobs.rundir.durable import write_durably
from jobs.rundir.identity import ProcessMark
from jobs.rundir.run import SECRETS_FD
from jobs.secrets.store import without_secrets
from jobs.supervisor.shutdown import SHUTDOWN
from jobs.supervisor.spare_processes import SPARE_PROCESSES
from web.logs import context

PIPE_BYTES = 60_000  # A pipe holds 64 KiB before its writer has to wait for a reader.


@dataclass
class EngineProcess:
    """One engine process; `process` is there when this worker started it."""

    run_dir: Path
    mark: ProcessMark
    process: subprocess.Popen[bytes] | None = None

    @property
    def is_alive(self) -> bool:
        """Return whether the engine still runs. The call also reaps a child process that has ended."""
        if self.process is not None:
            return self.process.poll() is None
        return identity.is_alive(self.mark)

    def wait(self, timeout_s: float) -> None:
        """Wait until it ends, this worker begins to leave, or the time is over."""
        try:
            descriptor = os.pidfd_open(self.mark.pid)
        except (AttributeError, OSError):
            if self.is_alive:
                SHUTDOWN.wait(timeout_s)
            return
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            if not SHUTDOWN.has_begun:
                poll.register(SHUTDOWN.fd, select.POLLIN)
            poll.poll(timeout_s * 1000)
        finally:
            os.close(descriptor)

    def ask_to_stop(self) -> None:
        """SIGTERM: save and end."""
        identity.send_signal(self.mark, signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to the engine and everything it started."""
        identity.send_signal(self.mark, signal.SIGKILL)
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=5)

    def last_words(self) -> str:
        code = self.process.returncode if self.process is not None else None
        if code is None:
            return "The engine ended without a result."
        if code < 0:
            name = signal.Signals(-code).name
            hint = " (often: the machine ran out of memory)" if name == "SIGKILL" else ""
            return f"The engine was killed by {name}{hint}."
        return f"The engine ended with exit code {code} and without a result."


def start(module: str, run_dir: Path, *, job: str, fence: int, worker: str, secrets: dict[str, str]) -> EngineProcess:
    """Run `python -m module run_dir`, by the module's spare process where one stands by.

    The engine leads its own session, so that neither Ctrl-C nor the worker's end reaches it; secrets come to it on a
    pipe, and its environment is cleared of them.

    Raises:
        OSError: The process cannot be started.
        ValueError: The secrets are longer than a pipe holds.
    """
    payload = json.dumps(secrets).encode()
    if len(payload) > PIPE_BYTES:
        raise ValueError("The secrets of one engine are longer than a pipe holds.")
    process = _from_spare(module, run_dir, payload) or _from_nothing(module, run_dir, payload)
    mark = identity.mark_of(process.pid)
    note = AttemptMark(job=job, fence=fence, worker=worker, started_at=time.time(), engine=mark)
    write_durably(run_dir / ATTEMPT, note.model_dump_json(indent=1).encode())
    return EngineProcess(run_dir, mark, process)


def find(run_dir: Path) -> EngineProcess | None:
    """The engine that still runs in this directory, on this host and boot; None when it has ended."""
    mark = engine_of(run_dir)
    if mark is None or not identity.is_alive(mark):
        return None
    return EngineProcess(run_dir, mark)


def _from_spare(module: str, run_dir: Path, payload: bytes) -> subprocess.Popen[bytes] | None:
    spare = SPARE_PROCESSES.take(module)
    if spare is None:
        return None
    try:
        spare.become(run_dir, payload)
    except OSError:
        spare.end()
        return None
    return spare.process


def _from_nothing(module: str, run_dir: Path, payload: bytes) -> subprocess.Popen[bytes]:
    read_fd, write_fd = os.pipe()
    try:
        os.write(write_fd, payload)
        os.close(write_fd)
        process = _spawn(module, run_dir, read_fd)
    finally:
        os.close(read_fd)
    _lower(process.pid)
    return process


def _spawn(module: str, run_dir: Path, secrets_fd: int) -> subprocess.Popen[bytes]:
    # Threads that spin while they wait are ruin on a busy host: they keep from the cores whom they wait for.
    environment = {"OMP_WAIT_POLICY": "PASSIVE"} | without_secrets(dict(os.environ))
    environment |= {SECRETS_FD: str(secrets_fd), "PYTHONUNBUFFERED": "1", **context.environment()}
    with (run_dir / LOG).open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", module, str(run_dir)],
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=(secrets_fd,),
            start_new_session=True,
        )


def _lower(pid: int) -> None:
    # From outside: a hook between fork and exec is unsafe in a process with threads.
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0) + settings.JOB_ENGINE_NICE)
