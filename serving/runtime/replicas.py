"""Replicas as rows: those that serve now and the way to each, and what their engines reported of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jobs.models import Job
from jobs.rundir import identity
from jobs.states import CLAIMABLE, JobState
from serving.models import Replica
from serving.runtime import links, replica_keys
from serving.runtime.links import EngineLink

UNDER_WAY: Final = (JobState.RUNNING, *CLAIMABLE)


@dataclass(frozen=True)
class ServingReplica:
    """A replica whose job is under way.

    Attributes:
        link: Way to its engine; None where it does not run or cannot be reached from here.
        is_elsewhere: Its last engine listened at another socket than this host's own.
    """

    link: EngineLink | None
    is_draining: bool
    is_elsewhere: bool


def serving() -> list[ServingReplica]:
    """Replicas whose jobs are under way; one question."""
    rows = Replica.objects.filter(job__state__in=UNDER_WAY).select_related("job")
    own = links.own().socket
    return [
        ServingReplica(
            link=link_to(row),
            is_draining=row.draining_since is not None,
            is_elsewhere=bool(row.address) or row.socket not in ("", own),
        )
        for row in rows
    ]


def link_to(replica: Replica) -> EngineLink | None:
    """Way to a replica's engine: its socket where that lies on this machine, else its address."""
    job = replica.job
    if job is None or job.state not in UNDER_WAY or not has_reported(replica, job):
        return None
    # Hosts have folders of the same names, so a path means something on the machine that reported it only.
    if job.boot_id == identity.boot_id() and replica.socket and Path(replica.socket).exists():
        return EngineLink(socket=replica.socket)
    if replica.address:
        return EngineLink(address=replica.address, key=replica_keys.make(replica_keys.name_for(job)))
    return None


def has_reported(replica: Replica, job: Job) -> bool:
    """Return whether the engine of the job's present attempt has said where it listens."""
    return 0 < replica.reported_fence == job.run_fence


def record_report(job: Job, report: dict[str, Any]) -> None:
    """Keep where an engine that came up listens."""
    Replica.objects.filter(job=job).update(
        socket=str(report.get("socket", "")), address=str(report.get("address", "")), reported_fence=job.run_fence
    )
