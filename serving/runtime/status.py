"""Status of serving: what its job says, what the engine says, and both in one word."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from jobs.models import Job
from jobs.rundir import identity
from jobs.scheduling import hosts
from jobs.states import JobState
from serving.models import Replica
from serving.runtime import addresses, links, replicas
from serving.runtime.links import EngineLink
from serving.states import ServingState

# The best of several replicas stands for all.
_ORDER: Final = (
    ServingState.RUNNING,
    ServingState.RESTARTING,
    ServingState.STARTING,
    ServingState.UNREACHABLE,
    ServingState.FAILED,
    ServingState.STOPPED,
)


@dataclass(frozen=True)
class ServingStatus:
    """Status of serving now.

    Attributes:
        job: The job that serves; None when serving was never begun.
        engine: What the engine says of itself; empty when none answers.
        restarts: How often an engine was restarted for this job: after a crash, a host's restart or a pause.
        reason: Why it does not run, if there is more to say.
        replica: The one it is about; None where nothing serves.
    """

    state: ServingState
    job: Job | None
    engine: dict[str, Any]
    since: datetime | None
    restarts: int
    reason: str
    replica: Replica | None = None

    @property
    def models(self) -> dict[str, dict[str, Any]]:
        return {model["name"]: model for model in self.engine.get("models", [])}

    @property
    def is_draining(self) -> bool:
        return self.replica is not None and self.replica.draining_since is not None


def current_job() -> Job | None:
    """The job of the first replica that is not being drained, if there was one."""
    row = Replica.objects.exclude(job=None).filter(draining_since=None).select_related("job").first()
    return row.job if row else None


def serving_status() -> ServingStatus:
    """Return how serving stands, as its best replica that takes questions does; asks engines, at most a second."""
    statuses = replica_statuses()
    each = [status for status in statuses if not status.is_draining]
    if not each:
        reason = "The last engine is being drained and accepts no new requests." if statuses else ""
        return ServingStatus(ServingState.STOPPED, None, {}, None, 0, reason)
    best = min(each, key=lambda status: _ORDER.index(status.state))
    if len(each) == 1 or not best.engine:
        return best
    engines = [status.engine for status in each if status.engine]
    totals = {name: sum(engine.get(name, 0) for engine in engines) for name in ("running", "waiting")}
    return replace(best, engine={**best.engine, **totals, "models": _models_of(engines)})


def replica_statuses() -> list[ServingStatus]:
    """Return how each replica stands, the first one first; asks all engines at once, at most a second."""
    rows = list(Replica.objects.exclude(job=None).select_related("job"))
    ways = [_way(row) for row in rows]
    with ThreadPoolExecutor(max(1, len(rows)), thread_name_prefix="state") as threads:
        engines = list(threads.map(lambda link: links.ask_state(link) if link else None, ways))
    host_ids = [
        row.job.host_id if row.job and not engine and _is_out_of_reach(row) else ""
        for row, engine in zip(rows, engines, strict=True)
    ]
    names = {**hosts.names(filter(None, host_ids)), "": ""}
    return [
        _replica_status(row, engine or {}, out_of_reach_on=names[host_id])
        for row, engine, host_id in zip(rows, engines, host_ids, strict=True)
    ]


def _replica_status(row: Replica, engine: dict[str, Any], *, out_of_reach_on: str) -> ServingStatus:
    assert row.job is not None
    return ServingStatus(
        state=ServingState.UNREACHABLE if out_of_reach_on else _state(row.job, is_answering=bool(engine)),
        job=row.job,
        engine=engine,
        since=datetime.fromtimestamp(engine["since"], UTC) if engine else None,
        restarts=max(0, row.job.attempts - 1),
        reason=_reach_reason(out_of_reach_on) if out_of_reach_on else _reason(row.job),
        replica=row,
    )


def _models_of(engines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Models of all engines by name; one that is loaded anywhere counts as loaded."""
    models: dict[str, dict[str, Any]] = {}
    for engine in engines:
        for model in engine.get("models", []):
            if not models.get(model["name"], {}).get("loaded"):
                models[model["name"]] = model
    return list(models.values())


def _way(row: Replica) -> EngineLink | None:
    """Link to a replica's engine; one that has not reported itself yet listens where its last one did."""
    if row.job is None or row.job.state not in replicas.UNDER_WAY:
        return None
    own = links.own()
    is_here = row.socket == own.socket and row.job.boot_id == identity.boot_id()
    is_first = not row.socket and not row.host_id
    return replicas.link_to(row) or (own if (is_here or is_first) and links.has_own_socket() else None)


def _is_out_of_reach(row: Replica) -> bool:
    """Recognize a running engine to which no way leads from here. A crashed engine leaves its socket behind."""
    job = row.job
    is_up = job is not None and job.state == JobState.RUNNING and replicas.has_reported(row, job)
    return is_up and replicas.link_to(row) is None


def _reach_reason(host: str) -> str:
    return (
        f"The engine runs on the host {host}, and the web process finds no socket of it at {addresses.socket_path()}. "
        "Run the worker of the queue serving beside web, with the same VAR_DIR, or name a folder both share in "
        "SERVING_SOCKET. A worker on another host needs SERVING_ADDRESS, where web reaches that host."
    )


def _state(serving_job: Job, *, is_answering: bool) -> ServingState:
    if serving_job.state == JobState.FAILED:
        return ServingState.FAILED
    if serving_job.state not in replicas.UNDER_WAY:
        return ServingState.STOPPED
    if is_answering:
        return ServingState.RUNNING
    return ServingState.RESTARTING if serving_job.attempts > 1 or serving_job.crashes else ServingState.STARTING


def _reason(serving_job: Job) -> str:
    if serving_job.error:
        return f"{serving_job.error.get('message', '')} {serving_job.error.get('hint', '')}".strip()
    return serving_job.waiting_reason
