"""Parts of a job that computes on several hosts. The job itself is the first host's and the truth; a part is another's.

A part is a job of its own, so that lease, supervisor and run directory are those of any job. It belongs to one attempt:
all parts are reserved together when the attempt begins and end with it, and one that is lost ends it. Which hosts take
part follows from their heartbeats and hardware.
"""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

from jobs.contracts import EngineError
from jobs.kinds import registry
from jobs.kinds.base import JobKind
from jobs.lifecycle import control
from jobs.lifecycle.transitions import one_claim_at_a_time
from jobs.models import Host, Job
from jobs.scheduling import fairness, hosts
from jobs.states import CLAIMABLE, FINISHED, JobState
from web.errors import Refusal

# A part that its host has not begun by then will not be begun.
BEGINS_WITHIN_S: Final = 120.0
# Ends that say nothing of why: the job is taken up again, as after a crash.
UNEXPLAINED: Final = frozenset({"crashed", "database_away", "process_lost", "stopped_itself", "worker_lost"})


class HostsTakenError(Exception):
    """The other hosts that an attempt needs are not free; the message is shown as what the job waits for."""


@dataclass(frozen=True)
class Meeting:
    """Meeting point of an attempt's hosts: an address and a free port of the first; `rank` counts hosts from 0."""

    rank: int
    address: str
    port: int
    token: str


def own_queues(queues: set[str], host_id: str) -> list[str]:
    """Queues by which a worker that serves `queues` hears of parts for its host."""
    with_parts = {kind.queue for kind in registry.KINDS.values() if kind.whole_kind}
    return sorted(hosts.queue_of(queue, host_id) for queue in with_parts & queues)


def reserve(job: Job, kind: JobKind) -> None:
    """Launch the parts of an attempt that begins, each for a host that is free now; a job of one host has none.

    Called in the transaction that begins the attempt, on its first host.

    Raises:
        HostsTakenError: Too few hosts are free.
    """
    count = kind.needs(job).hosts - 1
    if count < 1:
        return
    # Before any row, as claims lock them, and in one order.
    for host in sorted(hosts.present(), key=lambda host: host.pk):
        one_claim_at_a_time(job.kind, host.pk)
    disband(job)
    free = fairness.free_partners(job, kind, host_id=job.host_id)
    if len(free) < count:
        raise HostsTakenError(fairness.why_alone(kind.needs(job)))
    address, port = own_address(), _free_port()
    for rank, host in enumerate(free[:count], 1):
        _launch(job, kind, host, rank, {"address": address, "port": port})


def meeting_of(whole: Job, part: Job | None = None) -> Meeting | None:
    """Return where the hosts of a job's attempt meet, as the first or a part's sees it; None where it has one host."""
    known = part or next(iter(_parts(whole)), None)
    if known is None:
        return None
    # Of this installation and attempt alone, and kept nowhere.
    token = salted_hmac("jobs.meeting", f"{whole.pk}:{known.spec['fence']}").hexdigest()
    rank = int(part.spec["rank"]) if part else 0
    return Meeting(rank, known.spec["address"], known.spec["port"], token)


def whole_of(part: Job) -> Job:
    """The job that a part belongs to.

    Raises:
        Refusal: It is gone.
    """
    whole = Job.objects.filter(pk=part.subject_id).first() if part.subject_id else None
    if whole is None or whole.run_fence != part.spec["fence"]:
        raise Refusal("part_of_nothing", "The attempt that this part belongs to is over.")
    return whole


def disband(job: Job) -> None:
    """Stop the parts that are left of a job's attempts up to this one.

    A worker that lost the job leaves those of a later attempt alone.
    """
    for part in of_jobs([job]):
        if part.state not in FINISHED and part.spec["fence"] <= job.run_fence:
            # It may have ended meanwhile.
            with suppress(Refusal):
                control.cancel(part, by=None)


def lost(job: Job) -> str:
    """Why an attempt cannot go on without one of its parts; empty while it has all it needs."""
    for part in _parts(job):
        age_s = (timezone.now() - part.created_at).total_seconds()
        never_begun = part.state in CLAIMABLE and not part.attempts and age_s > BEGINS_WITHIN_S
        given_back = part.state in CLAIMABLE and part.attempts and part.settled
        if never_begun or given_back or part.state in (JobState.FAILED, JobState.CANCELLED, JobState.PAUSED):
            return f"The host {_name_of(part)} was lost, which computed a part of it."
    return ""


def ids_of(job_ids: Collection[UUID]) -> list[UUID]:
    """Ids of all parts that these jobs have had, in any attempt."""
    return list(Job.objects.filter(kind__in=registry.part_kinds(), subject_id__in=job_ids).values_list("pk", flat=True))


def of_jobs(jobs: Iterable[Job]) -> list[Job]:
    """Parts that these jobs have had in any attempt, by rank; nothing is asked for jobs of one host."""
    kinds, wholes = set(), []
    for job in jobs:
        kind = registry.KINDS.get(job.kind)
        if kind and kind.part_kind and kind.needs(job).hosts > 1:
            kinds.add(kind.part_kind)
            wholes.append(job.pk)
    parts = Job.objects.filter(subject_id__in=wholes, kind__in=kinds) if wholes else []
    return sorted(parts, key=lambda part: int(part.spec["rank"]))


def are_ended(job: Job) -> bool:
    """Return whether all parts of an attempt have ended, or it has none."""
    return all(part.state in FINISHED for part in _parts(job))


def explained_end(job: Job) -> EngineError | None:
    """Return why an attempt's parts say it ended; None where none of them knows better than its first host."""
    for part in _parts(job):
        if part.error and part.error["code"] not in UNEXPLAINED:
            error = EngineError(**part.error)
            return error.model_copy(update={"message": f"On the host {_name_of(part)}: {error.message}"})
    return None


def own_address() -> str:
    """Address that other hosts reach this one by: `HOST_ADDRESS`, else that which it reaches the database from."""
    if settings.HOST_ADDRESS:
        return str(settings.HOST_ADDRESS)
    host, port = connection.settings_dict.get("HOST") or "", connection.settings_dict.get("PORT") or 5432
    if not host or host.startswith("/"):
        return "127.0.0.1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((host, int(port)))
        return str(probe.getsockname()[0])


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("", 0))
        return int(listener.getsockname()[1])


def _launch(job: Job, kind: JobKind, host: Host, rank: int, meeting: dict[str, Any]) -> None:
    part = control.launch(
        kind=kind.part_kind,
        title=f"{job.title}, part {rank + 1}",
        spec={"rank": rank, "fence": job.run_fence, "needs": job.spec.get("needs") or {}, **meeting},
        by=None,
        task_slug=job.task_slug,
        subject_id=job.pk,
        subject_url=job.subject_url,
        queue=hosts.queue_of(job.queue, host.pk),
    )
    # Reserved: it takes a place there from now on.
    Job.objects.filter(pk=part.pk).update(host_id=host.pk, devices=0)


def _parts(job: Job) -> list[Job]:
    """Parts of the attempt that a job is at, by rank."""
    return [part for part in of_jobs([job]) if part.spec["fence"] == job.run_fence]


def _name_of(part: Job) -> str:
    return hosts.names([part.host_id])[part.host_id]
