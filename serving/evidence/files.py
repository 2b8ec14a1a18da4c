"""Evidence files in storage: ordered, made by a job, kept for some days, dropped when something in them is erased."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from audit import trail
from jobs.kinds.base import Attempt
from jobs.lifecycle import control
from jobs.models import Job
from jobs.states import FINISHED
from members.models import Member
from review.models import DatasetRow, Record
from review.states import Role
from review.tasks.permissions import require
from serving.evidence import make
from serving.models import EvidenceFile
from training.miniatures import queries
from training.models import Miniature
from web.errors import Refusal

KIND: Final = "evidence"
KEPT: Final = timedelta(days=7)
# What a crash left behind in storage lies with files whose job ended within this time.
_SWEPT_FOR: Final = timedelta(days=1)
# Up to so much stays in memory; what is larger lies in a file that is gone when it is closed.
_SPOOLED_BYTES: Final = 8 << 20
_GONE: Final[dict[str, Any]] = {"path": "", "digest": "", "bytes": 0, "made_at": None, "expires_at": None}


@transaction.atomic
def request_file(miniature: Miniature, *, with_rows: bool, by: Member) -> EvidenceFile:
    """Have the evidence file of a miniature made, anew where it was made before; one that is being made is not begun twice.

    Args:
        miniature: The miniature.
        with_rows: Whether the dataset's rows and reviewers' remarks come too.
        by: A lead of its task, or an admin.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409, the dataset version is not frozen on this installation.
    """
    require(by, miniature.task, Role.LEAD)
    if not miniature.run.dataset_version.is_frozen:
        raise Refusal(
            "not_frozen",
            "The dataset version of this miniature is not frozen here, so nothing could be checked.",
            hint="Freeze the dataset version, or make the file where the miniature was tuned.",
            status=409,
        )
    # The miniature's row is the lock under which a second order finds the first.
    Miniature.objects.select_for_update(of=("self",)).get(pk=miniature.pk)
    file = EvidenceFile.objects.select_related("job").filter(miniature=miniature, with_rows=with_rows).first()
    if file is not None and file.job.state not in FINISHED:
        return file
    job = control.launch(
        kind=KIND,
        title=f"Evidence file of {miniature.name}{', with rows' if with_rows else ''}",
        spec={"miniature": str(miniature.pk), "rows": with_rows},
        by=by,
        task_slug=miniature.task.slug,
        subject_id=miniature.pk,
        subject_url=reverse("serving:evidence", args=[miniature.pk]),
    )
    if file is None:
        return EvidenceFile.objects.create(miniature=miniature, with_rows=with_rows, job=job, created_by=by)
    # What was made before can be downloaded until this one is there.
    file.job, file.created_by = job, by
    file.save(update_fields=["job", "created_by"])
    return file


def make_file(job: Job, attempt: Attempt) -> dict[str, Any]:
    """Make a file and carry it to storage, under a name of its own for each attempt.

    Raises:
        Refusal: 409, a file of the dataset's rows is not in storage.
    """
    file = EvidenceFile.objects.get(job=job)
    attempt.progress(0, 2, "steps")
    with tempfile.SpooledTemporaryFile(max_size=_SPOOLED_BYTES, prefix="evidence-") as spool:
        digest = make.make(queries.by_id(file.miniature_id), spool, with_rows=file.with_rows)
        size = spool.tell()
        attempt.progress(1, 2, "steps")
        spool.seek(0)
        path = default_storage.save(f"{_folder(file.pk)}/{job.pk}-{attempt.fence}.zip", File(spool))
    attempt.progress(2, 2, "steps")
    return {"path": path, "digest": digest, "bytes": size, "erasures": file.erasures}


def conclude(job: Job, made: dict[str, Any]) -> None:
    """Write down where a made file lies, and tell the trail; one from which something was erased meanwhile is dropped.

    Called in the transaction that ends the job; a second call changes nothing.
    """
    now = timezone.now()
    kept = EvidenceFile.objects.filter(job=job, erasures=made["erasures"]).exclude(path=made["path"])
    values = {"path": made["path"], "digest": made["digest"], "bytes": made["bytes"]}
    is_kept = kept.update(**values, made_at=now, expires_at=now + KEPT)
    file = EvidenceFile.objects.select_related("miniature__task").filter(job=job).first()
    if file is None:
        return
    if is_kept:
        about, task = file.miniature, file.miniature.task.slug
        trail.record(
            "evidence_made", by=job.created_by, about=about, task=task, digest=file.digest, rows=file.with_rows
        )
    transaction.on_commit(partial(_sweep, file.pk))


def ready_file(miniature: Miniature, *, with_rows: bool, by: Member) -> EvidenceFile:
    """The file that can be downloaded.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409, it was not made, has expired, or something in it was erased since.
    """
    require(by, miniature.task, Role.LEAD)
    file = EvidenceFile.objects.select_related("job").filter(miniature=miniature, with_rows=with_rows).first()
    if file is None or not file.is_ready:
        raise Refusal(
            "evidence_not_ready",
            "This evidence file is not there: it was not made, has expired, or something in it was erased since.",
            hint="Have it made, and download it once its job has ended.",
            status=409,
        )
    return file


def both(miniature: Miniature) -> list[tuple[bool, EvidenceFile | None]]:
    """Both files of a miniature, without rows and with them; None for one that was never ordered."""
    files = {file.with_rows: file for file in EvidenceFile.objects.select_related("job").filter(miniature=miniature)}
    return [(with_rows, files.get(with_rows)) for with_rows in (False, True)]


def erase(record_ids: Sequence[UUID]) -> None:
    """Drop the files of miniatures in whose task, or from whose dataset version, one of these records is erased.

    Called in the transaction that erases the records; what is being made meanwhile is not kept, and stored files go once it
    is committed.
    """
    erased = list(record_ids)
    versions = DatasetRow.objects.filter(draft__record__in=erased).values("version")
    tasks = Record.everything.filter(pk__in=erased).order_by().values("task")
    touched = Q(miniature__run__dataset_version__in=versions) | Q(miniature__task__in=tasks)
    keys = list(EvidenceFile.objects.filter(touched).values_list("pk", flat=True))
    EvidenceFile.objects.filter(pk__in=keys).update(**_GONE, erasures=F("erasures") + 1)
    for key in keys:
        transaction.on_commit(partial(_sweep, key))


def drop_expired() -> int:
    """Drop files that have had their time, and what crashes left in storage; returns how many files expired."""
    now = timezone.now()
    over = list(EvidenceFile.objects.filter(expires_at__lte=now).values_list("pk", flat=True))
    gone = EvidenceFile.objects.filter(pk__in=over, expires_at__lte=now).update(**_GONE)
    ended = EvidenceFile.objects.filter(job__finished_at__gte=now - _SWEPT_FOR).values_list("pk", flat=True)
    for key in {*over, *ended}:
        _sweep(key)
    return gone


def _sweep(key: UUID) -> None:
    """Delete what lies in a file's folder and is not the file; not while an attempt may be writing there."""
    file = EvidenceFile.objects.select_related("job").filter(pk=key).first()
    if file is None or file.job.state not in FINISHED:
        # Whatever is written now is swept when its job ends; what was there before goes at once.
        names = [] if file is None else [name for name in _names(key) if str(file.job_id) not in name]
    else:
        names = _names(key)
    for name in names:
        path = f"{_folder(key)}/{name}"
        if file is None or path != file.path:
            default_storage.delete(path)


def _names(key: UUID) -> list[str]:
    try:
        return default_storage.listdir(_folder(key))[1]
    except FileNotFoundError:
        return []


def _folder(key: UUID) -> str:
    return f"evidence/{key}"
