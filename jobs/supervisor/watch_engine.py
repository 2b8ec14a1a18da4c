"""Standing behind one engine: hear what it reports, forward stops, see how it ends. Under one fence, from one thread.

Knows the row only through functions that carry the fence; does not know what kind of work it is.
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections

from jobs.contracts import EngineError, EngineEvent
from jobs.kinds.base import JobKind
from jobs.lifecycle import claim, end, events, parts
from jobs.lifecycle.claim import AttemptLost
from jobs.models import Job
from jobs.rundir import acks
from jobs.rundir.attempt import log_tail
from jobs.rundir.lease import boot_clock_s
from jobs.rundir.tail import BadLine, EventTail
from jobs.scheduling import halt
from jobs.states import JobState
from jobs.supervisor import finalise
from jobs.supervisor.engine_process import EngineProcess
from jobs.supervisor.heartbeat import HeldLease
from jobs.supervisor.shutdown import SHUTDOWN
from web.errors import Refusal

logger = logging.getLogger(__name__)
LEAVE_WITHIN_S = 8.0
FIRST_TICK_S = 0.1
# An engine that waits to be heard is not left waiting for a whole tick.
ACK_POLL_S = 0.1


class EventsRefused(Exception):  # noqa: N818 (named for what was found)
    """The kind refuses what its engine reports."""


class EngineWatch:
    """One engine of one job under one fence."""

    def __init__(self, job: Job, kind: JobKind, engine: EngineProcess, hold: HeldLease) -> None:
        self.job, self.kind, self.engine, self.hold = job, kind, engine, hold
        self._tail = EventTail(engine.run_dir)
        self._pending: list[EngineEvent | BadLine] = []
        self._stored = 0
        self._asked_s: float | None = None
        self._let_go_for = ""
        self._lost_part = ""
        self._tick_s = FIRST_TICK_S

    def run(self) -> None:
        """Watch until the engine has ended and its end is written, or this worker leaves.

        Raises:
            AttemptLost: The fence passed on; the engine is left to its new holder.
        """
        try:
            self._until_ended()
        except AttemptLost:
            self._leave_to_successor()
            raise
        except EventsRefused as error:
            self._stop_and_fail(error)

    def _until_ended(self) -> None:
        while self._tick():
            if SHUTDOWN.has_begun:
                self._let_go()
                return
            self._rest()
            # Short jobs are felt in tenths of a second, long ones need no more than one look a second.
            self._tick_s = min(self._tick_s * 1.5, settings.JOB_INGEST_EVERY_S)
        self._conclude()

    def _rest(self) -> None:
        """Wait a tick; shorter when the engine ends, this worker leaves, or the engine waits to be heard."""
        until_s = boot_clock_s() + self._tick_s
        while (left_s := until_s - boot_clock_s()) > 0:
            self.engine.wait(min(ACK_POLL_S, left_s))
            if acks.is_ack_requested(self.engine.run_dir) or SHUTDOWN.has_begun or not self.engine.is_alive:
                return

    def _tick(self) -> bool:
        """Hear, then forward a stop; False once the engine has ended."""
        if self.hold.is_lost:
            raise AttemptLost(f"The lease of job {self.job.pk} has passed on.")
        is_alive = self.engine.is_alive
        close_old_connections()
        try:
            self.job = self._hear()
            if is_alive:
                self._forward_stop()
                self._end_without_parts()
        except (OperationalError, InterfaceError):
            # What was read stays pending; the lease decides how long the database may be away.
            logger.exception("The database is away; events of job %s wait.", self.job.pk)
            SHUTDOWN.wait(settings.JOB_INGEST_EVERY_S)
            return True
        return is_alive

    def _hear(self) -> Job:
        while True:
            if not self._pending:
                self._pending = self._tail.read()
            if not self._pending:
                # The engine may have asked only after its events were read.
                self._answer()
                return claim.held_job(self.job.pk, self.hold.fence)
            part = self._first_of_all()
            try:
                self.job = events.ingest(self.job.pk, self.hold.fence, part, kind=self.kind)
            except (AttemptLost, OperationalError, InterfaceError):
                raise
            except Exception as error:
                logger.exception("The kind %s could not store events of job %s.", self.kind.name, self.job.pk)
                raise EventsRefused(_sentence(error)) from error
            self._stored = max([self._stored, *(item.seq for item in part if isinstance(item, EngineEvent))])
            self._pending = self._pending[len(part) :]
            # An engine that never falls silent must not wait until it does.
            self._answer()

    def _first_of_all(self) -> list[EngineEvent | BadLine]:
        """Return the pending events up to the one that the engine waits for, or all where none is.

        The rest is stored once the engine has its answer.
        """
        seq = acks.requested_seq(self.engine.run_dir) or 0
        due = [
            place for place, item in enumerate(self._pending, 1) if isinstance(item, EngineEvent) and item.seq <= seq
        ]
        return self._pending[: max(due, default=len(self._pending))]

    def _answer(self) -> None:
        if acks.is_ack_requested(self.engine.run_dir):
            acks.acknowledge(self.engine.run_dir, self._stored)

    def _forward_stop(self) -> None:
        if self.job.state == JobState.RUNNING and self.kind.leaves and halt.current_halt():
            self._let_go_for = "All outgoing traffic was stopped."
        if not self._let_go_for and self.job.state not in (JobState.PAUSING, JobState.CANCELLING):
            return
        now_s = boot_clock_s()
        if self._asked_s is None:
            self._asked_s = now_s
            self.engine.ask_to_stop()
            self._tick_s = FIRST_TICK_S
        elif now_s - self._asked_s > settings.JOB_STOP_GRACE_S:
            self.engine.kill()

    def _end_without_parts(self) -> None:
        """Kill an engine that waits for a host which is gone: its processes would wait for half an hour."""
        if self.job.state == JobState.RUNNING and not self._lost_part and (lost := parts.lost(self.job)):
            logger.warning("Job %s: %s", self.job.pk, lost)
            self._lost_part = lost
            self.engine.kill()

    def _conclude(self) -> None:
        finalise.finalise(
            self.job,
            self.kind,
            self.engine,
            fence=self.hold.fence,
            let_go_for=self._let_go_for,
            crash=self._lost_part,
        )

    def _let_go(self) -> None:
        """Leave within seconds: the engine goes on alone, or is asked to save first where it would die anyway."""
        if settings.JOB_ENGINES_OUTLIVE_WORKERS:
            end.release(self.job.pk, self.hold.fence, engine_lives=True)
            return
        self.engine.ask_to_stop()
        deadline_s = boot_clock_s() + LEAVE_WITHIN_S
        while self.engine.is_alive and boot_clock_s() < deadline_s:
            self.engine.wait(0.1)
        self.engine.kill()
        self._hear()
        finalise.finalise(self.job, self.kind, self.engine, fence=self.hold.fence, let_go_for="The worker left.")

    def _leave_to_successor(self) -> None:
        """Kill the engine only when the job continues in another directory: then no other supervisor would."""
        try:
            run_fence = claim.run_fence_of(self.job.pk)
        except (OperationalError, InterfaceError):
            return  # Unknown: the engine sees its own stale lease.
        if run_fence != self.job.run_fence:
            logger.warning("Job %s continues elsewhere; its engine here is killed.", self.job.pk)
            self.engine.kill()

    def _stop_and_fail(self, error: EventsRefused) -> None:
        self.engine.ask_to_stop()
        self.engine.wait(min(settings.JOB_STOP_GRACE_S, LEAVE_WITHIN_S))
        self.engine.kill()
        hint = f"End of the log: {log_tail(self.engine.run_dir, 600)}".strip()
        end.fail(
            self.job.pk,
            self.hold.fence,
            error=EngineError(
                code="events_refused", message=f"What the engine reported was refused: {error}", hint=hint
            ),
        )


def _sentence(error: Exception) -> str:
    return error.message if isinstance(error, Refusal) else f"{type(error).__name__}: {error}"
