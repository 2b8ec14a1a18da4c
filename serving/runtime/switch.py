"""Serving on and off: a job for each replica, and small ones that bring running engines in line with promotions."""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.urls import reverse

from jobs.lifecycle import control
from jobs.models import Job
from jobs.states import FINISHED, JobState
from members import session
from members.models import Member
from serving.models import Replica, Switch

KIND: Final = "serving"
UPDATE_KIND: Final = "serving-update"
QUEUE: Final = "serving"


@transaction.atomic
def start_serving(*, by: Member | None) -> Job:
    """See to it that serving is on; once, however many ask at the same time.

    A paused job resumes where an admin asks; for others it stays paused, as an admin left it.
    """
    lock()
    rows = list(Replica.objects.filter(draining_since=None).select_related("job")) or [Replica()]
    first, *_ = [keep_going(row, by=by) for row in rows]
    return first


@transaction.atomic
def stop_serving(*, by: Member) -> None:
    """Turn serving off until it is started again; answers under way get an error.

    Raises:
        PermissionDenied: Not an admin.
    """
    session.require_admin(by, "Only an admin can stop serving: it serves all tasks.")
    lock()
    for row in Replica.objects.exclude(job=None).select_related("job"):
        if row.job is not None and row.job.state not in FINISHED:
            control.cancel(row.job, by=by)


def update_serving(*, by: Member | None) -> None:
    """Have running engines take up the models that are promoted now, each by a job on its host."""
    for row in Replica.objects.filter(job__host_id__gt="").exclude(job__state__in=FINISHED):
        spec = {"replica": row.pk}
        control.launch(kind=UPDATE_KIND, title="Update what is served", spec=spec, by=by, subject_url=reverse("home"))


def lock() -> None:
    """Let changes of what serves follow each other until the transaction ends."""
    Switch.objects.get_or_create(pk=1)
    Switch.objects.select_for_update().get(pk=1)


def keep_going(row: Replica, *, by: Member | None) -> Job:
    """Give a replica a job where it has none that goes on."""
    job = row.job
    if job is None or job.state in FINISHED or job.state == JobState.CANCELLING:
        spec = {"host": row.host_id} if row.host_id else {}
        row.job = job = control.launch(kind=KIND, title="Serve promoted miniatures", spec=spec, by=by)
        # Fences count from one again: what the last job's engine reported must not pass for the next one's.
        row.socket, row.address, row.reported_fence = "", "", 0
        row.save()
    elif job.state == JobState.PAUSED and by is not None and by.may_administer:
        job = control.resume(job, by=by)
    return job
