"""Status of serving: what its job says, what the engine says, and both in one word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jobs.models import Host, Job, JobEvent
from jobs.states import CLAIMABLE, JobState
from serving.models import Switch
from serving.runtime import addresses, engine_client
from serving.states import ServingState

# An engine reports itself running once, and soon after that it is steady.
RECENT_EVENTS = 10


@dataclass(frozen=True)
class ServingStatus:
    """Status of serving now.

    Attributes:
        job: The job that serves; None when serving was never begun.
        engine: What the engine says of itself; empty when none answers.
        restarts: How often an engine was restarted for this job: after a crash, a host's restart or a pause.
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
        return {model["name"]: model for model in self.engine.get("models", [])}


def current_job() -> Job | None:
    """The job that serves, if there was one."""
    switch = Switch.objects.select_related("job").filter(pk=1).first()
    return switch.job if switch else None


def serving_status() -> ServingStatus:
    """Return how serving stands; asks the engine, at most a second."""
    serving_job = current_job()
    if serving_job is None:
        return ServingStatus(ServingState.STOPPED, None, {}, None, 0, "")
    running = serving_job.state in (JobState.RUNNING, *CLAIMABLE)
    engine = (engine_client.engine_state() if running else None) or {}
    is_out_of_reach = running and not engine and _is_out_of_reach(serving_job)
    return ServingStatus(
        state=ServingState.UNREACHABLE if is_out_of_reach else _state(serving_job, is_answering=bool(engine)),
        job=serving_job,
        engine=engine,
        since=datetime.fromtimestamp(engine["since"], UTC) if engine else None,
        restarts=max(0, serving_job.attempts - 1),
        reason=_reach_reason(serving_job) if is_out_of_reach else _reason(serving_job),
    )


def _is_out_of_reach(serving_job: Job) -> bool:
    """Recognize a running engine without a socket here. A crashed engine leaves its socket behind."""
    if serving_job.state != JobState.RUNNING or addresses.socket_path().exists():
        return False
    news = JobEvent.objects.filter(job=serving_job, kind="serving", fence__gte=serving_job.run_fence)
    return any(event.payload.get("state") == "running" for event in news.order_by("-seq")[:RECENT_EVENTS])


def _reach_reason(serving_job: Job) -> str:
    host = Host.objects.filter(pk=serving_job.host_id).values_list("name", flat=True).first() or serving_job.host_id
    return (
        f"The engine runs on the host {host}, and the web process finds no socket of it at {addresses.socket_path()}. Run the "
        "worker of the queue serving beside web, with the same VAR_DIR, or name a folder both share in SERVING_SOCKET."
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
