"""Order the download of a hub's student, and register it once its files are here."""

from __future__ import annotations

from typing import Any, Final

from django.db import transaction
from django.urls import reverse

from jobs.lifecycle import control
from jobs.models import Job
from jobs.secrets import store
from jobs.states import FINISHED, JobState
from members.models import Member
from training.models import Student
from training.students import registration
from training.students.registration import HUB_TOKEN

KIND: Final = "download"
RECENT: Final = 10


@transaction.atomic
def order(*, hub_id: str, by: Member, revision: str = "") -> Job:
    """Order a download; the work itself is a job, which registers the student at its end.

    Args:
        revision: Commit to pin; empty for the newest.

    Returns:
        The job; one under way for the same commit is returned as it is.

    Raises:
        PermissionDenied: Not an admin.
        Refusal: The id or the commit is none, or the model is registered already.
    """
    registration.require_admin(by)
    hub_id, revision = hub_id.strip(), revision.strip().lower()
    registration.require_hub_id(hub_id, revision, may_be_newest=True)
    existing = Student.objects.filter(hub_id=hub_id, **({"revision": revision} if revision else {})).first()
    if existing:
        raise registration.already_registered(existing)
    spec = {"hub_id": hub_id, "revision": revision}
    for job in recent()[0]:
        if job.spec == spec:
            return job
    return control.launch(
        kind=KIND,
        title=f"Download {hub_id.rpartition('/')[2]}",
        spec=spec,
        by=by,
        subject_url=reverse("training:students"),
    )


def recent() -> tuple[list[Job], Job | None]:
    """Return downloads under way, and the newest one where it failed."""
    newest = list(Job.objects.filter(kind=KIND).order_by("-created_at")[:RECENT])
    open_ones = [job for job in newest if job.state not in FINISHED]
    return open_ones, newest[0] if newest and newest[0].state == JobState.FAILED else None


def secret_refs() -> list[str]:
    """Names of secrets a download needs: the hub's token where one is set."""
    return [HUB_TOKEN] if store.is_set(HUB_TOKEN) else []


def conclude(job: Job, summary: dict[str, Any]) -> None:
    """Register what a download fetched; safe to repeat."""
    registration.keep_downloaded(hub_id=job.spec["hub_id"], facts=summary, by=job.created_by)
