"""One thread a process that renews every lease held here, and says that the worker is there.

A thread of its own, because a supervisor may be busy for minutes laying out inputs or carrying artefacts away. Does
not know what the jobs are.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections, connections

from jobs.rundir import lease
from jobs.services import claiming, presence
from jobs.services.claiming import Worker
from jobs.supervisor.registering import REGISTRATION

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class Hold:
    """A job held by this process under one fence."""

    job_id: UUID
    fence: int
    run_dir: Path | None = None
    renewed_s: float = field(default_factory=lease.boot_clock_s)
    is_lost: bool = False

    def keep(self, run_dir: Path) -> None:
        """Renew the lease file of this directory too, from now on."""
        lease.touch(run_dir)
        self.run_dir = run_dir

    def renew(self) -> None:
        """Renew the row's lease, then the file's; note when the row's has passed on."""
        before_s = lease.boot_clock_s()
        try:
            is_mine = claiming.renew(self.job_id, self.fence)
        except Exception:
            # The database is away. Until the lease runs out nobody else may take the job, so there is time.
            logger.exception("Could not renew the lease of job %s.", self.job_id)
            self.is_lost = before_s - self.renewed_s > settings.JOB_LEASE_S
            return
        if not is_mine:
            self.is_lost = True
            return
        self.renewed_s = before_s
        if self.run_dir is not None:
            lease.touch(self.run_dir, at_s=before_s)


class Pulse:
    """The heartbeat of this process. Its thread runs while a job is held or a worker is announced."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holds: set[Hold] = set()
        self._announced: tuple[Worker, str] | None = None
        self._thread: threading.Thread | None = None
        self._nudge = threading.Event()

    @contextmanager
    def holding(self, job_id: UUID, fence: int) -> Iterator[Hold]:
        """Keep a job's lease alive for as long as the block runs."""
        hold = Hold(job_id, fence)
        with self._lock:
            self._holds.add(hold)
            self._start()
        # The thread may be sleeping an idle worker's long sleep.
        self._nudge.set()
        try:
            yield hold
        finally:
            with self._lock:
                self._holds.discard(hold)

    def announce(self, worker: Worker, queues: str) -> None:
        """Say from now on that this worker is there."""
        with self._lock:
            self._announced = (worker, queues)
            self._start()

    def withdraw(self) -> None:
        """Say that this worker has left."""
        with self._lock:
            announced, self._announced = self._announced, None
        self._nudge.set()
        if announced:
            presence.withdraw(announced[0].name)

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        said_s = -settings.WORKER_BEAT_S
        while True:
            with self._lock:
                holds, announced = tuple(self._holds), self._announced
                if not holds and announced is None:
                    self._thread = None
                    break
            _survive(close_old_connections)
            for hold in holds:
                if not hold.is_lost:
                    _survive(hold.renew)
            if announced and lease.boot_clock_s() - said_s >= settings.WORKER_BEAT_S * 0.9:
                said_s = lease.boot_clock_s()
                self._say(*announced)
            _survive(close_old_connections)
            self._nudge.wait(settings.JOB_HEARTBEAT_S if holds else settings.WORKER_BEAT_S)
            self._nudge.clear()
        connections.close_all()

    def _say(self, worker: Worker, queues: str) -> None:
        try:
            presence.beat(worker=worker.name, host=worker.host_id, queues=queues)
            REGISTRATION.tell(worker.host_id, worker.boot_id)
        except Exception:
            logger.exception("Could not say that worker %s is there.", worker.name)


def _survive(act: Callable[[], None]) -> None:
    """Do one act of a heartbeat. Every job of this process lives by the thread: it goes on, whatever an act raises."""
    try:
        act()
    except Exception:
        logger.exception("A part of the heartbeat failed; the next one follows.")


PULSE = Pulse()
