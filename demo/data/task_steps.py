"""Idempotent steps in the loading of every demo task: members, records, drafts of the teacher, decks."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from generation.models import Order, Teacher
from generation.orders import launch
from generation.states import Purpose
from generation.teachers.seeds import OFFLINE_SLUG
from jobs.models import Job
from jobs.supervisor.run_job import run_job
from members.models import Member
from review.adjudication.desk_settings import save_settings
from review.models import Membership, Source, Task
from review.sources import imports
from review.states import QueueOrdering, Role

# Name of the worker that does jobs during the load.
WORKER = "demo"
PEOPLE = (
    ("lena", "Lena Vogt", Role.LEAD),
    ("rosa", "Rosa Marques", Role.REVIEWER),
    ("ben", "Ben Achterberg", Role.REVIEWER),
    ("vera", "Vera Lindholm", Role.VIEWER),
)


def add_people(task: Task) -> bool:
    """Make the demo's people members of a task; return whether any was missing."""
    added = False
    for username, name, role in PEOPLE:
        member, is_new = Member.objects.get_or_create(username=username, defaults={"display_name": name})
        if is_new:
            member.set_unusable_password()
            member.save(update_fields=["password"])
        _, joined = Membership.objects.get_or_create(member=member, task=task, defaults={"role": role})
        added = added or joined
    return added


def import_rows(task: Task, name: str, filename: str, write: Callable[[Path], None], *, by: Member) -> bool:
    """Import records of a file, unless there is a source of that name; return whether they were imported.

    Args:
        filename: Name of the file, with the extension of its format.
        write: Function that writes the file.
    """
    if Source.objects.filter(task=task, name=name).exists():
        return False
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / filename
        write(path)
        imports.import_records(
            task, path, by=by, filename=filename, name=name, provenance="fictional, made by a seeded script"
        )
    return True


def write_drafts(source: Source, *, count: int, by: Member) -> bool:
    """Have the offline teacher write drafts of imported records in this process; return whether any were missing.

    Raises:
        RuntimeError: The order did not succeed.
    """
    order = Order.objects.filter(source=source, purpose=Purpose.DESK).order_by("created_at").first()
    if order is None:
        order = launch.launch(
            launch.OrderRequest(
                source.task,
                teacher=Teacher.objects.get(slug=OFFLINE_SLUG),
                count=count,
                by=by,
                source=source,
                seed=2026,
            )
        )
    job = Job.objects.get(subject_id=order.pk)
    if job.state == "succeeded":
        return False
    run_job(job.pk, worker=WORKER)
    job.refresh_from_db()
    if job.state != "succeeded":
        raise RuntimeError(
            f"The demo's drafts were not written; the job is {job.state}: {job.error or job.waiting_reason}"
        )
    return True


def deal_decks(task: Task, admin: Member, *, overlap_share: float) -> None:
    """Set the dealing of a task's cards.

    Args:
        overlap_share: Share of the drafts that two reviewers judge, 0 to 1.
    """
    save_settings.save(
        task,
        by=admin,
        order=QueueOrdering.OLDEST,
        random_share=0.15,
        overlap_share=overlap_share,
        overlap_reviewers=2,
        known_every=0,
    )
