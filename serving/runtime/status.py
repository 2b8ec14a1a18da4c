"""How serving stands: what its job says, what the engine says, and both in one word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jobs.models import Job
from jobs.states import CLAIMABLE, JobState
from serving.models import Switch
from serving.runtime import engine_client
from serving.states import ServingState


@dataclass(frozen=True)
class ServingStatus:
    """How serving stands now.

    Attributes:
        state: In one word.
        job: The job that serves; None when serving was never begun.
        engine: What the engine says of itself; empty when none answers.
        since: When the running engine began.
        restarts: How often an engine was begun anew for this job: after a crash, a host's restart or a pause.
        reason: Why it does not run, if there is more to say.
    """

    state: ServingState
    job: Job | None
    engine: dict[str, Any]
    since: datetime | None
    restarts: int
    reason: str

    @property
    def models(self) -> dict[str, dict[str, Any]]:
        """The engine's models by name."""
        return {model["name"]: model for model in self.engine.get("models", [])}


def current_job() -> Job | None:
    """The job that serves, if there was one."""
    switch = Switch.objects.select_related("job").filter(pk=1).first()
    return switch.job if switch else None


def serving_status() -> ServingStatus:
    """How serving stands; asks the engine, at most a second."""
    serving_job = current_job()
    if serving_job is None:
        return ServingStatus(ServingState.STOPPED, None, {}, None, 0, "")
    running = serving_job.state in (JobState.RUNNING, *CLAIMABLE)
    engine = (engine_client.engine_state() if running else None) or {}
    return ServingStatus(
        state=_state(serving_job, is_answering=bool(engine)),
        job=serving_job,
        engine=engine,
        since=datetime.fromtimestamp(engine["since"], UTC) if engine else None,
        restarts=max(0, serving_job.attempts - 1),
        reason=_reason(serving_job),
    )


def _state(serving_job: Job, *, is_answering: bool) -> ServingState:
    if serving_job.state == JobState.FAILED:
        return ServingState.FAILED
    if serving_job.state not in (JobState.RUNNING, *CLAIMABLE):
        return ServingState.STOPPED
    if is_answering:
        return ServingState.RUNNING
    return ServingState.RESTARTING if serving_job.attempts > 1 or serving_job.crashes else ServingState.STARTING


def _reason(serving_job: Job) -> str:
    if serving_job.error:
        return f"{serving_job.error.get('message', '')} {serving_job.error.get('hint', '')}".strip()
    return serving_job.waiting_reason
