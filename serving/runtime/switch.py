"""Serving on and off: one job in force, and a small one that brings a running engine in line with what is promoted."""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.urls import reverse

from jobs.lifecycle import control
from jobs.models import Job
from jobs.states import FINISHED, JobState
from members import session
from members.models import Member
from serving.models import Switch

KIND: Final = "serving"
UPDATE_KIND: Final = "serving-update"
QUEUE: Final = "serving"


@transaction.atomic
def start_serving(*, by: Member | None) -> Job:
    """See to it that serving is on; once, however many ask at the same time.

    A paused job resumes where an admin asks; for others it stays paused, as an admin left it.
    """
    switch = _locked()
    job = switch.job
    if job is None or job.state in FINISHED or job.state == JobState.CANCELLING:
        switch.job = job = control.launch(kind=KIND, title="Serve promoted miniatures", spec={}, by=by)
        switch.save(update_fields=["job"])
    elif job.state == JobState.PAUSED and by is not None and by.may_administer:
        job = control.resume(job, by=by)
    return job


@transaction.atomic
def stop_serving(*, by: Member) -> None:
    """Turn serving off until it is started again; answers under way get an error.

    Raises:
        PermissionDenied: Not an admin.
    """
    session.require_admin(by, "Only an admin can stop serving: it serves all tasks.")
    switch = _locked()
    if switch.job is not None and switch.job.state not in FINISHED:
        control.cancel(switch.job, by=by)


def update_serving(*, by: Member | None) -> Job:
    """Have a running engine take up the models that are promoted now; without one nothing happens."""
    return control.launch(kind=UPDATE_KIND, title="Update what is served", spec={}, by=by, subject_url=reverse("home"))


def _locked() -> Switch:
    Switch.objects.get_or_create(pk=1)
    return Switch.objects.select_for_update().get(pk=1)
