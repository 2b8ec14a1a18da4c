"""States of a job and the moves between them. Pure Python; knows neither rows nor workers."""

from __future__ import annotations

from enum import StrEnum


class JobState(StrEnum):
    """State of a job."""

    QUEUED = "queued"
    WAITING = "waiting"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    FAILED = "failed"
    SUCCEEDED = "succeeded"


S = JobState

ALLOWED: dict[JobState, frozenset[JobState]] = {
    S.QUEUED: frozenset({S.RUNNING, S.WAITING, S.PAUSED, S.CANCELLED, S.FAILED}),
    S.WAITING: frozenset({S.QUEUED, S.RUNNING, S.PAUSED, S.CANCELLED, S.FAILED}),
    S.RUNNING: frozenset({S.QUEUED, S.WAITING, S.PAUSING, S.CANCELLING, S.FAILED, S.SUCCEEDED}),
    # What was asked to stop may still finish first, and what finished has finished.
    S.PAUSING: frozenset({S.PAUSED, S.CANCELLING, S.FAILED, S.SUCCEEDED}),
    S.CANCELLING: frozenset({S.CANCELLED, S.FAILED, S.SUCCEEDED}),
    S.PAUSED: frozenset({S.QUEUED, S.CANCELLED}),
    S.CANCELLED: frozenset(),
    S.FAILED: frozenset({S.QUEUED, S.CANCELLED}),
    S.SUCCEEDED: frozenset(),
}

FINISHED = frozenset({S.CANCELLED, S.FAILED, S.SUCCEEDED})
CLAIMABLE = frozenset({S.QUEUED, S.WAITING})
HELD = frozenset({S.RUNNING, S.PAUSING, S.CANCELLING})
ENDED_BADLY = frozenset({S.CANCELLED, S.FAILED})
# What a job of jobs may pause or cancel of the jobs it has set going.
PAUSABLE = CLAIMABLE | {S.RUNNING}
CANCELLABLE = CLAIMABLE | {S.RUNNING, S.PAUSING, S.PAUSED}


def may_move(source: JobState, target: JobState) -> bool:
    """Return whether a job may move from `source` to `target`."""
    return target in ALLOWED[source]
