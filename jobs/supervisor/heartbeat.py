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

from jobs.lifecycle import claim
from jobs.lifecycle.claim import Worker
from jobs.rundir import lease, machine
from jobs.rundir.machine import Machine
from jobs.scheduling import hosts, workers
from web.db import database_clock
from web.process import alive

logger = logging.getLogger(__name__)


class HostRegistration:
    """Registration of this process's host, with the machine found there; called from one thread."""

    def __init__(self) -> None:
        self._machine: Machine | None = None
        self._problem = ""
        self._alone_beats = workers.MISSED_BEATS

    def tell(self, host_id: str, boot_id: str) -> None:
        """Say that the host is there; register it first, after its row has gone, and while it has a problem."""
        folder = Path(settings.RUNS_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        disk = machine.disk(folder)
        clock_problem = database_clock.host_problem()
        is_known = self._machine is not None and not self._problem and not clock_problem
        if is_known and hosts.record_seen(host_id, boot_id=boot_id, disk_free_bytes=disk[1]):
            return
        if self._machine is None:
            self._machine = machine.inspect_host()
        else:
            # A twin that has not said anything for three beats has left.
            self._alone_beats = 0 if hosts.has_twin(host_id, boot_id=boot_id) else self._alone_beats + 1
        if self._alone_beats < workers.MISSED_BEATS:
            problem = f"another machine has the id {host_id} too: give each a MINIATURES_HOST_ID of its own"
        else:
            problem = clock_problem or hosts.claim_run_folder(folder, host_id=host_id, boot_id=boot_id)
        if problem and problem != self._problem:
            logger.error("This host takes no jobs: %s.", problem)
        self._problem = problem
        hosts.register(host_id, boot_id=boot_id, machine=self._machine, disk=disk, problem=problem)


HOST_REGISTRATION = HostRegistration()


@dataclass(eq=False)
class HeldLease:
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
            is_mine = claim.renew(self.job_id, self.fence)
        except Exception:
            # The database is away. Until the lease runs out no other worker may take the job, so there is time.
            logger.exception("Could not renew the lease of job %s.", self.job_id)
            self.is_lost = before_s - self.renewed_s > settings.JOB_LEASE_S
            return
        if not is_mine:
            self.is_lost = True
            return
        self.renewed_s = before_s
        if self.run_dir is not None:
            lease.touch(self.run_dir, at_s=before_s)


class Heartbeat:
    """The heartbeat of this process. Its thread runs while a job is held or a worker is announced."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holds: set[HeldLease] = set()
        self._announced: tuple[Worker, str] | None = None
        self._thread: threading.Thread | None = None
        self._nudge = threading.Event()

    @contextmanager
    def holding(self, job_id: UUID, fence: int) -> Iterator[HeldLease]:
        hold = HeldLease(job_id, fence)
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
        with self._lock:
            self._announced = (worker, queues)
            self._start()

    def withdraw(self) -> None:
        with self._lock:
            announced, self._announced = self._announced, None
        self._nudge.set()
        if announced:
            workers.withdraw(announced[0].name)

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
            workers.beat(worker=worker.name, host=worker.host_id, queues=queues)
            HOST_REGISTRATION.tell(worker.host_id, worker.boot_id)
            alive.renew()
        except Exception:
            logger.exception("Could not say that worker %s is there.", worker.name)


def _survive(act: Callable[[], None]) -> None:
    """Do one act of a heartbeat. Every job of this process lives by the thread: it goes on, whatever an act raises."""
    try:
        act()
    except Exception:
        logger.exception("A part of the heartbeat failed; the next one follows.")


HEARTBEAT = Heartbeat()
