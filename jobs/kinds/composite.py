"""Jobs that are made of others, cell by cell: a check sees what has ended and begins the next, holding no worker.

A check is short. It is made when a cell's job ends, and now and then, since a message may be lost; two at once are not
possible, since the whole's job is claimed for each.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol
from uuid import UUID

from jobs.contracts import Result
from jobs.kinds.base import Attempt, JobKind, MustWait
from jobs.lifecycle import control, notify
from jobs.models import Job
from jobs.monitor.queries import is_paused_by_hand
from jobs.states import CANCELLABLE, PAUSABLE, JobState

CHECK_AGAIN_S: Final = 30.0
# How a job says that it waits for nothing but its own cells; pages show such a job as one that goes on.
UNDER_WAY: Final = "is under way"


@dataclass(frozen=True)
class Progress:
    """Progress that a check found: cells ended, cells in all, and why the other cells wait."""

    ended: int
    total: int
    reason: str
    is_stopping: bool = False

    @property
    def is_over(self) -> bool:
        return self.ended == self.total


STOPPING: Final = Progress(0, 1, "", is_stopping=True)


class SubJob(Protocol):
    """A cell, known by its place."""

    @property
    def position(self) -> int: ...


class SubJobStatus(Protocol):
    @property
    def cell(self) -> SubJob: ...
    @property
    def state(self) -> str: ...


class CompositeJob(JobKind, ABC):
    """A kind whose jobs check on others, and wait between checks.

    What is paused, resumed or cancelled takes them with it.
    """

    max_running_per_host = 4
    # The key of the whole's id in the job's spec, and what its parts are called.
    subject: ClassVar[str]
    unit: ClassVar[str] = "cells"

    @staticmethod
    @abstractmethod
    def check(whole: UUID, /, *, fence: int) -> Progress:
        """See what has ended and begin what comes next.

        Raises:
            jobs.lifecycle.claim.AttemptLost: The fence has passed on.
        """

    @staticmethod
    @abstractmethod
    def has_news(whole: UUID, /) -> bool:
        """Return whether something that the whole waits for has ended since the last check."""

    @staticmethod
    @abstractmethod
    def conclude(whole: UUID, /, *, fence: int) -> dict[str, Any]:
        """Record the outcome once nothing is left; returns the job's summary."""

    @staticmethod
    @abstractmethod
    def jobs_under_way(whole: UUID, /, *, with_shared: bool) -> Iterable[Job]:
        """Yield the jobs that the whole has set going; those that others wait for too only if `with_shared`."""

    @staticmethod
    @abstractmethod
    def forget_problems(whole: UUID, /) -> None:
        """Have what failed tried again."""

    def run_inline(self, job: Job, attempt: Attempt) -> dict[str, Any]:
        """Check, and conclude when nothing is left.

        Raises:
            MustWait: Cells are still under way.
        """
        whole = self._whole(job)
        progress = self.check(whole, fence=attempt.fence)
        if not progress.is_stopping:
            attempt.progress(progress.ended, progress.total, self.unit)
        if not progress.is_over:
            raise MustWait(progress.reason, again_s=CHECK_AGAIN_S, is_over=lambda: self.has_news(whole))
        return self.conclude(whole, fence=attempt.fence)

    def on_paused(self, job: Job) -> None:
        for sub_job in self.jobs_under_way(self._whole(job), with_shared=False):
            if sub_job.state in PAUSABLE:
                control.pause(sub_job, by=None)

    def on_resumed(self, job: Job) -> None:
        """Try failed cells again, and wake what was paused."""
        self.forget_problems(self._whole(job))
        for sub_job in self.jobs_under_way(self._whole(job), with_shared=True):
            if sub_job.state == JobState.PAUSED:
                control.resume(sub_job, by=None)

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        """Cancel what is under way with what was cancelled."""
        if result.outcome != "stopped":
            return
        for sub_job in self.jobs_under_way(self._whole(job), with_shared=False):
            if sub_job.state in CANCELLABLE:
                control.cancel(sub_job, by=None)

    def _whole(self, job: Job) -> UUID:
        return UUID(job.spec[self.subject])


def progress_of(
    now: Sequence[SubJobStatus], *, ended: Collection[str], under_way: Collection[str], paused: str, called: str
) -> Progress:
    """Return the progress of cells: how many have ended, and a reason naming those under way or paused.

    Args:
        ended: States that nothing follows.
        under_way: States of cells whose jobs are in the queue, at work or at rest.
        paused: The one of them that waits for a person.
        called: What a cell is called where the job says what it waits for.
    """
    # Whether a job of it is in the queue or at work changes without a check, so that is not said.
    waits = [
        f"{called} {each.cell.position} {'is paused' if each.state == paused else UNDER_WAY}"
        for each in now
        if each.state in under_way
    ]
    return Progress(sum(each.state in ended for each in now), len(now), ", ".join(waits))


def notify_waiting(waiting: Iterable[tuple[UUID, str]]) -> None:
    """Tell the workers, after a cell's job has ended, of the jobs that wait for it, each with its queue."""
    for job_id, queue in waiting:
        notify.notify_after_commit(job_id, queue)


def resume_sub_job(job: Job) -> None:
    """Resume a cell's job that rests since the whole was paused; what a person paused by hand is left."""
    if job.state == JobState.PAUSED and not is_paused_by_hand(job):
        control.resume(job, by=None)
