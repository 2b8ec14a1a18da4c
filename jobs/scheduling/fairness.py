"""Order of jobs: by needs that a host meets, then by priority, each team's recent device time, and age.

Runs under the lock that serializes claims. Knows hosts by their rows; does not know what jobs do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone

from jobs.kinds.base import JobKind, Needs
from jobs.models import Host, Job, JobEvent
from jobs.scheduling import hosts, workers
from jobs.scheduling.held_spans import spans_of
from jobs.states import CLAIMABLE, HELD

REMEMBERED: Final = timedelta(hours=24)


@dataclass(frozen=True)
class TurnCheck:
    """Result of `check_turn`: whether a host may take a job now.

    Attributes:
        reason: Why not, to be shown; empty where another host is asked, which will say itself.
        first: The job whose turn it is instead, or the job itself where another host is to take it.
    """

    may: bool
    reason: str = ""
    first: Job | None = None


def check_turn(job: Job, kind: JobKind, *, host_id: str, claimable: Q, free_slots: int) -> TurnCheck:
    """Check whether it is a job's turn on a host.

    Args:
        host_id: Who asks. A host without a row is taken for one that has all it takes.
        claimable: Which jobs the asking worker may claim at all.
        free_slots: How many more jobs of the kind fit on the host.
    """
    present, needs = {host.pk: host for host in hosts.present()}, kind.needs(job)
    able = able_hosts(needs, present.values())
    if needs.host_id not in ("", host_id):
        # The message reached a worker of another host.
        passed_on = _pass_on(job, able)
        return passed_on if passed_on.first else TurnCheck(may=False, reason=f"the host {needs.host_id} takes no jobs")
    mine = present.get(host_id)
    if mine is not None and mine not in able:
        return _why_elsewhere(job, kind, mine, able)
    if needs.hosts > max(1, len(able)):
        return TurnCheck(may=False, reason=f"it takes {needs.hosts} hosts, and {len(able)} are there that could do it")
    before = _jobs_before(job, kind, mine, claimable, present.values()) if kind.is_fair else []
    if len(before) < free_slots:
        has_partners = needs.hosts == 1 or len(free_partners(job, kind, host_id=host_id)) >= needs.hosts - 1
        return TurnCheck(may=has_partners, reason="" if has_partners else why_alone(needs))
    busy = _why_busy(job, kind, able) if free_slots <= 0 else TurnCheck(may=False)
    if not before or (free_slots <= 0 and not busy.reason):
        return busy
    called = kind.called if len(before) == 1 else f"{kind.called}s"
    return TurnCheck(may=False, reason=f"{len(before)} {called} before it", first=before[0] if free_slots > 0 else None)


def fits(host: Host, needs: Needs) -> bool:
    """Return whether a host is one that a job may run on and has the devices it needs, in use or not."""
    if needs.host_id not in ("", host.pk):
        return False
    if needs.or_cpu and not host.gpus:
        return True
    large_enough = [gpu for gpu in host.gpus if gpu["bytes"] >= needs.gpu_bytes]
    return len(large_enough) >= needs.gpus


def able_hosts(needs: Needs, present: Iterable[Host]) -> list[Host]:
    """Hosts that take jobs and have what a job needs of each, busy or not."""
    return [host for host in present if _takes_jobs(host) and fits(host, needs)]


def free_partners(job: Job, kind: JobKind, *, host_id: str) -> list[Host]:
    """Other hosts on which parts of a job can begin now, those with the GPUs of the first before others.

    On each a worker listens for its own host, by its last heartbeats, and a place for jobs of this kind is free.

    Args:
        host_id: The job's first host.
    """
    needs, present = kind.needs(job), list(hosts.present())
    first = next((host for host in present if host.pk == host_id), None)
    listening = {
        beat.host for beat in workers.present() if hosts.queue_of(job.queue, beat.host) in beat.queues.split(",")
    }
    taken = taken_slots(kind)
    free = [
        host
        for host in able_hosts(needs, present)
        if host.pk != host_id and host.pk in listening and taken[host.pk] < kind.max_running_per_host
    ]
    if first is not None and needs.or_cpu:
        # Processes on GPUs and on CPUs do not talk to each other.
        free = [host for host in free if bool(host.gpus) == bool(first.gpus)]
    return sorted(free, key=lambda host: (first is not None and host.gpus != first.gpus, host.name, host.pk))


def why_alone(needs: Needs) -> str:
    return f"it takes {needs.hosts} hosts, and so many are not free at once"


def taken_slots(kind: JobKind, *, but: Job | None = None) -> Counter[str]:
    """Count by host the places that a kind's jobs and their parts take, parts included that are to begin there."""
    part = kind.name if kind.whole_kind else kind.part_kind
    is_taken = Q(state__in=HELD) | Q(kind=part, state__in=CLAIMABLE) if part else Q(state__in=HELD)
    jobs = Job.objects.filter(is_taken, kind__in={kind.name, part, kind.whole_kind} - {""})
    others = jobs.exclude(pk=but.pk) if but else jobs
    return Counter(others.values_list("host_id", flat=True))


def by_turn(jobs: Sequence[Job], kind: str) -> list[Job]:
    """Jobs of a kind in the order of their turns: priority, then the team with the least device time, then age.

    Device time is what a team's jobs of this kind hold now, and have held within a day.
    """
    running, had_s = device_time(kind)

    def place(job: Job) -> tuple[int, int, float, datetime]:
        return -job.priority, running[job.task_slug], had_s[job.task_slug], job.queued_at

    return sorted(jobs, key=place)


def device_time(kind: str) -> tuple[dict[str, int], dict[str, float]]:
    """Return by task the devices that jobs of a kind hold now, and the device seconds they held within a day."""
    since = timezone.now() - REMEMBERED
    running: dict[str, int] = defaultdict(int)
    had_s: dict[str, float] = defaultdict(float)
    moved = JobEvent.objects.filter(job__kind=kind, kind="state", ts__gte=since).order_by().values("job")
    of_kind = Job.objects.filter(Q(state__in=HELD) | Q(pk__in=moved), kind=kind)
    jobs = list(of_kind.only("id", "task_slug", "devices", "state", "host_id"))
    spans = spans_of(jobs, since=since)
    for job in jobs:
        running[job.task_slug] += job.devices if job.state in HELD else 0
        had_s[job.task_slug] += job.devices * sum(span.seconds for span in spans[job.pk])
    return running, had_s


def _takes_jobs(host: Host) -> bool:
    return not host.is_draining and not host.problem


def _why_elsewhere(job: Job, kind: JobKind, mine: Host, able: list[Host]) -> TurnCheck:
    if able:
        return _why_busy(job, kind, able)
    needs = kind.needs(job)
    if _takes_jobs(mine) or fits(mine, needs) is False:
        return TurnCheck(may=False, reason=f"no host has {needs}")
    return TurnCheck(may=False, reason=hosts.obstacle(mine.pk))


def _why_busy(job: Job, kind: JobKind, able: list[Host]) -> TurnCheck:
    """Return a refusal, with a reason where all able hosts are busy; where one is free, the job is passed on to it."""
    if not able:
        return TurnCheck(may=False, reason=_held_slots(kind))
    slots, needs = taken_slots(kind), kind.needs(job)
    if free := [host for host in able if slots[host.pk] < kind.max_running_per_host]:
        return _pass_on(job, free)
    return TurnCheck(may=False, reason=f"no host with {needs.free}" if needs.gpus else _held_slots(kind))


def _pass_on(job: Job, able: Iterable[Host]) -> TurnCheck:
    """Return a refusal that sends a job's message on, where a worker of one of these hosts hears it."""
    listening = {beat.host for beat in workers.present() if job.queue in beat.queues.split(",")}
    return TurnCheck(may=False, first=job if any(host.pk in listening for host in able) else None)


def _held_slots(kind: JobKind) -> str:
    label = (kind.label or kind.name).lower()
    if kind.max_running_per_host == 1:
        return f"another {label} job holds this host's slot"
    return f"{kind.max_running_per_host} {label} jobs hold this host's slots"


def _jobs_before(job: Job, kind: JobKind, mine: Host | None, claimable: Q, present: Iterable[Host]) -> list[Job]:
    """Return jobs whose turn on this host comes first.

    Those it cannot do wait for another host and block no other job.
    """
    waiting = list(Job.objects.filter(claimable, kind=kind.name, queue=job.queue, state__in=CLAIMABLE))
    ordered = by_turn(waiting, kind.name)
    ahead = ordered[: next((place for place, other in enumerate(ordered) if other.pk == job.pk), 0)]
    here = [other for other in ahead if mine is None or fits(mine, kind.needs(other))]
    return [other for other in here if (needs := kind.needs(other)).hosts <= max(1, len(able_hosts(needs, present)))]
