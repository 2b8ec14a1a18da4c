"""Jobs that are made of others, cell by cell: a look sees what has ended and begins what comes next, holding no worker.

A look is short. It is taken when a cell's job ends, and now and then, since a ring may be lost; two at once are not
possible, since the whole's job is claimed for each. Does not know what a cell is, nor when it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol
from uuid import UUID

from jobs.contracts import Result
from jobs.kinds.base import BaseKind
from jobs.kinds.registry import Attempt, MustWait
from jobs.lifecycle import control, notify
from jobs.models import Job
from jobs.monitor.queries import is_paused_by_hand
from jobs.states import JobState

CHECK_AGAIN_S: Final = 30.0
# How a job says that it waits for nothing but its own cells; pages show such a job as one that goes on.
UNDER_WAY: Final = "is under way"


@dataclass(frozen=True)
class Progress:
    """What a look found: how many cells have ended, of how many, and what the others wait for."""

    ended: int
    total: int
    reason: str
    is_stopping: bool = False

    @property
    def is_over(self) -> bool:
        """Whether no cell is left."""
        return self.ended == self.total


STOPPING: Final = Progress(0, 1, "", is_stopping=True)


class SubJob(Protocol):
    """A cell, known by its place."""

    @property
    def position(self) -> int: ...


class SubJobStatus(Protocol):
    """How far a cell is."""

    @property
    def cell(self) -> SubJob: ...
    @property
    def state(self) -> str: ...


@dataclass(frozen=True)
class CompositeActions:
    """What a room does with a whole, by its id. `look` and `conclude` take the fence of the attempt as `fence`."""

    look: Callable[..., Progress]
    has_news: Callable[[UUID], bool]
    conclude: Callable[..., dict[str, Any]]
    steer: Callable[[UUID, str], None]
    forget_problems: Callable[[UUID], None]


class CompositeJob(BaseKind):
    """A kind that looks, and waits between looks. What is paused, resumed or cancelled takes its cells with it."""

    max_running_per_host = 4
    # The key of the whole's id in the job's spec, and how many of what pages count.
    subject: ClassVar[str]
    unit: ClassVar[str] = "cells"
    verbs: ClassVar[CompositeActions]

    def run_inline(self, job: Job, attempt: Attempt) -> dict[str, Any]:
        """Take a look, and the conclusion when nothing is left.

        Raises:
            MustWait: Cells are still under way.
        """
        whole = UUID(job.spec[self.subject])
        found = self.verbs.look(whole, fence=attempt.fence)
        if not found.is_stopping:
            attempt.progress(found.ended, found.total, self.unit)
        if not found.is_over:
            raise MustWait(found.reason, again_s=CHECK_AGAIN_S, is_over=lambda: self.verbs.has_news(whole))
        return self.verbs.conclude(whole, fence=attempt.fence)

    def on_paused(self, job: Job) -> None:
        """Pause what is under way."""
        self.verbs.steer(UUID(job.spec[self.subject]), "pause")

    def on_resumed(self, job: Job) -> None:
        """Try failed cells again, and wake what was paused."""
        self.verbs.forget_problems(UUID(job.spec[self.subject]))
        self.verbs.steer(UUID(job.spec[self.subject]), "resume")

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        """Cancel what is under way with what was cancelled."""
        if result.outcome == "stopped":
            self.verbs.steer(UUID(job.spec[self.subject]), "cancel")


def progress_of(
    now: Sequence[SubJobStatus], *, ended: Collection[str], under_way: Collection[str], paused: str, called: str
) -> Progress:
    """What cells that stand so come to.

    Args:
        now: Every cell.
        ended: States that nothing follows.
        under_way: States of cells whose jobs are in the queue, at work or at rest.
        paused: The one of them that waits for a person.
        called: What a cell is called where the job says what it waits for.
    """
    # Whether a job of it is in the queue or at work changes without a look, so that is not said.
    waits = [
        f"{called} {each.cell.position} {'is paused' if each.state == paused else UNDER_WAY}"
        for each in now
        if each.state in under_way
    ]
    return Progress(sum(each.state in ended for each in now), len(now), ", ".join(waits))


def notify_waiting(waiting: Iterable[tuple[UUID, str]]) -> None:
    """A cell's job has ended: ring for the jobs, each with its queue, that wait for it."""
    for job_id, queue in waiting:
        notify.notify_after_commit(job_id, queue)


def resume_sub_job(job: Job) -> None:
    """Resume a cell's job that rests since the whole was paused; what a person paused by hand is left."""
    if job.state == JobState.PAUSED and not is_paused_by_hand(job):
        control.resume(job, by=None)
