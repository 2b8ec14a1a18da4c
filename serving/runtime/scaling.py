"""Serving on more hosts and on fewer: a replica is begun on a host, drained, or let answer again."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Now
from django.utils import timezone

from audit import trail
from jobs.lifecycle import control
from jobs.models import Host, Job
from jobs.scheduling import hosts, workers
from jobs.states import CLAIMABLE, FINISHED, HELD, JobState
from members import ports, session
from members.models import Member
from serving.models import Replica
from serving.runtime import links, replicas, switch
from web.errors import Refusal

DRAIN_KIND: Final = "serving-drain"
# Web processes that have not looked since may send a question so long after.
SETTLED_AFTER: Final = timedelta(seconds=6)
# An engine that loads a model may not answer for a while, and may be writing answers all the same.
SILENT_FOR: Final = timedelta(minutes=10)


def serving_hosts() -> list[Host]:
    """Hosts that are there and take jobs, with a worker of the queue `serving`."""
    ids = {beat.host for beat in workers.present() if switch.QUEUE in beat.queues.split(",")}
    return list(hosts.present().filter(pk__in=ids, is_draining=False, problem=""))


@transaction.atomic
def serve_on(host_id: str, *, by: Member) -> Replica:
    """Have a replica serve on a host; one that is being drained there takes questions again. Twice is once.

    Raises:
        PermissionDenied: Neither an admin nor a lead of a task.
        Refusal: 409, no worker that serves runs on that host.
    """
    if not (by.is_admin or ports.teams().leads_any(by)):
        raise PermissionDenied("Only a lead can start serving on a host.")
    switch.lock()
    row = _on_host(host_id)
    if row is None:
        host = next((each for each in serving_hosts() if each.pk == host_id), None)
        if host is None:
            hint = "Start a worker of the queue serving there first."
            raise Refusal("no_serving_worker", "No worker that serves runs on this host.", hint=hint, status=409)
        row = Replica(host_id=host_id)
        trail.record("replica_started", by=by, about=host, name=host.name)
    elif row.draining_since is not None:
        _require_drainer(by)
        trail.record("replica_undrained", by=by, about=_host_of(row), name=str(row))
        # Its engine may report itself meanwhile, and its row goes where its job ends first.
        if Replica.objects.filter(pk=row.pk).update(draining_since=None):
            row.draining_since = None
        else:
            row = Replica(host_id=host_id)
    switch.keep_going(row, by=by)
    return row


@transaction.atomic
def drain(replica: Replica, *, by: Member) -> None:
    """Send a replica no new question, and end it once it has none left.

    One without an engine ends at once; twice is once.

    Raises:
        PermissionDenied: Not an admin.
    """
    _require_drainer(by)
    switch.lock()
    row = Replica.objects.select_related("job").filter(pk=replica.pk, draining_since=None).first()
    if row is None:
        return
    trail.record("replica_drained", by=by, about=_host_of(row), name=str(row))
    row.draining_since = timezone.now()
    row.save(update_fields=["draining_since"])
    job = row.job
    if job is None or job.state in FINISHED:
        row.delete()
    elif not job.host_id or job.state == JobState.PAUSED:
        control.cancel(job, by=by)
    else:
        title = f"Drain what serves on {hosts.names([job.host_id])[job.host_id]}"
        control.launch(kind=DRAIN_KIND, title=title, spec={"replica": row.pk}, by=by)


def end_when_empty(replica_id: int) -> int | None:
    """End a drained replica that has no question left. Asks its engine, at most a second.

    Returns:
        How many questions it still has, at least one before web processes can know; None once there is nothing to wait
        for.
    """
    # By the database's clock: this host may disagree with the one that began it.
    age = ExpressionWrapper(Now() - F("draining_since"), output_field=DurationField())
    row = Replica.objects.select_related("job").annotate(age=age).filter(pk=replica_id).first()
    if row is None or row.draining_since is None or row.job is None or row.job.state in FINISHED:
        return None
    left = _questions_of(row)
    if row.age < (SETTLED_AFTER if left is not None else SILENT_FOR) or left:
        return max(1, left or 0)
    with transaction.atomic():
        switch.lock()
        # An admin may have let it answer again while its engine was asked.
        if Replica.objects.filter(pk=row.pk, draining_since=row.draining_since, job=row.job).exists():
            control.cancel(row.job, by=None)
    return None


def host_of(replica_id: int) -> str:
    """Return the id of the host that a replica runs on now; empty where none runs it."""
    running = Replica.objects.filter(pk=replica_id, job__state__in=HELD)
    return running.values_list("job__host_id", flat=True).first() or ""


def may_live(replica_id: int) -> bool:
    """Return whether a replica has an engine, or may have one that goes on while no worker holds it."""
    is_left = Q(job__state__in=CLAIMABLE, job__settled=False, job__engine_until__gt=Now())
    return Replica.objects.filter(Q(job__state__in=HELD) | is_left, pk=replica_id).exists()


def _questions_of(row: Replica) -> int | None:
    """Count the questions that a replica's engine has, waiting ones included; None if a running one does not tell."""
    link = replicas.link_to(row)
    if link is None:
        return 0
    state = links.ask_state(link)
    return None if state is None else int(state.get("running", 0)) + int(state.get("waiting", 0))


def forget_drained(job: Job) -> None:
    """Delete the row of a drained replica whose job has ended."""
    Replica.objects.filter(job=job).exclude(draining_since=None).delete()


def _on_host(host_id: str) -> Replica | None:
    """Replica that runs on a host, that is meant for it, or that was the last to run there."""
    rows = list(Replica.objects.select_related("job"))
    running = (row for row in rows if row.job and row.job.host_id == host_id and row.job.state not in FINISHED)
    meant = (row for row in rows if row.host_id == host_id)
    last = (row for row in rows if not row.host_id and row.job and row.job.host_id == host_id)
    return next(chain(running, meant, last), None)


def _require_drainer(by: Member) -> None:
    session.require_admin(by, "Only an admin can drain a replica: it serves all tasks.")


def _host_of(row: Replica) -> Host | None:
    return Host.objects.filter(pk=row.job.host_id if row.job and row.job.host_id else row.host_id).first()
