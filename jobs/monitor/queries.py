"""Questions about jobs; every one takes the member who asks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Case, Q, QuerySet, When

from jobs.kinds import registry
from jobs.models import Host, Job, JobEvent, WorkerBeat
from jobs.states import CLAIMABLE, FINISHED, HELD, JobState
from members.models import Member
from web.http.first_or_404 import first_or_404

RECENT_TRANSITIONS = 4


def visible(member: Member) -> QuerySet[Job]:
    """Jobs the member may see, newest first: those of their tasks but hidden ones, and their own."""
    slugs = registry.visible_task_slugs(member)
    jobs = Job.objects.order_by("-created_at", "-id")
    for hidden in registry.hidden_jobs(member) if slugs is not None else ():
        jobs = jobs.exclude(hidden)
    return jobs if slugs is None else jobs.filter(Q(task_slug__in=slugs) | Q(task_slug="", created_by=member))


def get(member: Member, job_id: UUID) -> Job:
    """Return one job, or answer 404 where there is none or the member may not see it.

    The two look alike from outside.
    """
    return first_or_404(visible(member).filter(pk=job_id), "There is no such job that you can see.")


def steered_slugs(member: Member) -> frozenset[str] | None:
    """Tasks whose jobs the member may pause, resume and cancel; None means all."""
    return registry.led_task_slugs(member)


def may_steer(member: Member, job: Job) -> bool:
    return is_steered(job, by=steered_slugs(member))


def is_steered(job: Job, *, by: Container[str] | None) -> bool:
    """Return whether a job is of one of these tasks, all where None, and no part of another job."""
    return (by is None or job.task_slug in by) and not registry.is_part(job)


def seen_positions(member: Member, positions: Mapping[UUID, int]) -> dict[UUID, int]:
    """Return the viewer's seqs of those jobs that the member may see."""
    visible_ids = visible(member).filter(pk__in=positions).values_list("pk", flat=True)
    return {job_id: positions[job_id] for job_id in visible_ids}


def recent_events(member: Member, job: Job, *, limit: int = 100) -> list[JobEvent]:
    """The newest events that are not progress, newest first, without what is kept from the member."""
    events = list(JobEvent.objects.filter(job=job).exclude(kind="progress").order_by("-seq")[:limit])
    if names := registry.withheld_names(member, [job.pk]).get(job.pk):
        for event in events:
            event.payload = registry.without(event.payload, names)
    return events


def transitions_of(job: Job) -> list[JobEvent]:
    return list(JobEvent.objects.filter(job=job, kind="state").order_by("seq"))


def is_paused_by_hand(job: Job) -> bool:
    """Return whether a person paused the job itself, and not the product along with the work it belongs to."""
    moves = JobEvent.objects.filter(job=job, kind="state").order_by("-seq").values_list("payload", flat=True)
    for move in moves[:RECENT_TRANSITIONS]:
        if move.get("by"):
            return True
        if move.get("state") not in (JobState.PAUSED, JobState.PAUSING):
            return False
    return False


def why_ended(job: Job) -> str:
    """Why a job did not end well, as a sentence."""
    if job.state == JobState.CANCELLED:
        return f"'{job.title}' was cancelled."
    error = job.error or {}
    return f"'{job.title}' failed: {error.get('message') or 'no reason was given'}"


@dataclass(frozen=True)
class JobPage:
    """Some jobs, and where the next begin; empty at the end."""

    jobs: list[Job]
    older: str


def unfinished(jobs: QuerySet[Job], *, start: int = 0, limit: int = 100) -> JobPage:
    """Jobs that have not ended, from the `start`-th on: held ones first, then those that wait, then those at rest."""
    states = [*sorted(HELD), *sorted(CLAIMABLE), JobState.PAUSED]
    place = Case(*(When(state=state, then=number) for number, state in enumerate(states)))
    end = start + limit
    page = list(jobs.exclude(state__in=FINISHED).order_by(place, "-created_at", "-id")[start : end + 1])
    return JobPage(page[:limit], str(end) if len(page) > limit else "")


def ended_page(jobs: QuerySet[Job], *, before: str = "", limit: int = 50) -> JobPage:
    """Ended jobs, newest first, from a cursor on; an unreadable cursor is the beginning."""
    ended = jobs.filter(state__in=FINISHED)
    if cursor := _read_cursor(before):
        at, job_id = cursor
        ended = ended.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=job_id))
    page = list(ended[: limit + 1])
    older = f"{page[limit - 1].created_at.isoformat()}~{page[limit - 1].pk}" if len(page) > limit else ""
    return JobPage(page[:limit], older)


def _read_cursor(text: str) -> tuple[datetime, UUID] | None:
    at, _, job_id = text.partition("~")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, UUID(job_id)) if moment.tzinfo else None
    except ValueError:
        return None


def kinds() -> list[tuple[str, str]]:
    return sorted((name, kind.label or name) for name, kind in registry.KINDS.items())


def filtered(jobs: QuerySet[Job], filters: Mapping[str, str]) -> QuerySet[Job]:
    """Narrow jobs by `state` (several by comma), `kind`, `task` and the `request` that launched them.

    Empty values ask for nothing.
    """
    states = [word for word in filters.get("state", "").split(",") if word]
    if states:
        jobs = jobs.filter(state__in=states)
    if kind := filters.get("kind", ""):
        jobs = jobs.filter(kind=kind)
    if task := filters.get("task", ""):
        jobs = jobs.filter(task_slug=task)
    if request := filters.get("request", ""):
        # Answers of /v1 name it with this prefix, as OpenAI's do.
        jobs = jobs.filter(request_id__in=(request, request.removeprefix("req_")))
    return jobs


@dataclass(frozen=True)
class HostRow:
    """A host as a page shows it: jobs it holds that the reader may see, and how many more."""

    host: Host
    is_present: bool
    workers: list[WorkerBeat]
    jobs: list[Job]
    others: int


def host_rows(member: Member, *, present: Container[str]) -> list[HostRow]:
    """Every host known, with its workers and what it holds; four questions however many there are.

    Args:
        present: Ids of the hosts that are there now.
    """
    mine: dict[str, list[Job]] = defaultdict(list)
    for job in visible(member).filter(state__in=HELD):
        mine[job.host_id].append(job)
    workers: dict[str, list[WorkerBeat]] = defaultdict(list)
    for beat in WorkerBeat.objects.order_by("worker"):
        workers[beat.host].append(beat)
    held = Counter(Job.objects.filter(state__in=HELD).values_list("host_id", flat=True))
    return [
        HostRow(host, host.pk in present, workers[host.pk], mine[host.pk], held[host.pk] - len(mine[host.pk]))
        for host in Host.objects.all()
    ]
