"""Ordering that a frozen version be sent to a hub, and laying out its files for the engine that sends it."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from audit import trail
from jobs.lifecycle import control
from jobs.models import Job
from members.models import Member
from review.datasets import hub_target
from review.datasets.exports import FORMATS
from review.datasets.hub.contracts import DatasetPush, HubFile
from review.models import DatasetFile, DatasetVersion
from review.states import Role
from review.tasks.permissions import require
from web.errors import Refusal

KIND = "push"
_FOLDER, _CARD = "files", "card.md"


@transaction.atomic
def push(
    version: DatasetVersion,
    *,
    to: str,
    by: Member,
    private: bool = True,
    formats: tuple[str, ...] = FORMATS,
    token: str = hub_target.DEFAULT_TOKEN,
) -> Job:
    """Order that a version be sent to a hub.

    Args:
        to: The repository there, `owner/name`; made if it is missing.
        by: A lead of its task: rows leave the house.
        private: Whether a repository that is made now is hidden.
        formats: Which formats to send, at least one.
        token: Name of the secret that opens the hub; its value stands in the workers' environment.

    Returns:
        The job that sends it.

    Raises:
        Refusal: 409 while it is not frozen or has no Parquet files, 422 with messages by field.
        PermissionDenied: The member does not lead the task.
    """
    task = version.dataset.task
    require(by, task, Role.LEAD)
    if not version.is_frozen:
        raise Refusal("not_frozen", "This version is not frozen yet.", hint="Wait for its job.", status=409)
    if not DatasetFile.objects.filter(version=version, container="parquet").exists():
        raise Refusal(
            "no_such_file",
            "This version was frozen without Parquet files, which are what a hub gets.",
            hint="Install it where the site and its workers run (pip install 'miniatures[parquet]') and freeze the "
            "next version.",
            status=409,
        )
    is_known = bool(formats) and not set(formats) - set(FORMATS)
    hub_target.check(to, token, formats=[] if is_known else [f"Choose among {', '.join(FORMATS)}."])
    spec = {"version": str(version.pk), "to": to, "private": private, "formats": list(formats), "token": token}
    job = control.launch(
        kind=KIND,
        title=f"Send {version.dataset.name} v{version.number} to {to}",
        spec=spec,
        by=by,
        task_slug=task.slug,
        subject_id=version.pk,
        subject_url=reverse("review:dataset-export", args=[version.dataset.slug, version.number]),
    )
    trail.record("dataset_pushed", by=by, about=version, to=to, private=private)
    return job


def pushes_of(version_ids: Collection[UUID]) -> QuerySet[Job]:
    """Jobs that send these versions; the run directory of each holds their files."""
    return Job.objects.filter(kind=KIND, subject_id__in=version_ids)


def lay_run_inputs(job: Job, run_dir: Path) -> dict[str, Any]:
    """Lay the files of the version into the run directory; returns the engine's spec."""
    version = DatasetVersion.objects.select_related("dataset").get(pk=UUID(job.spec["version"]))
    folder = run_dir / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    files = [
        _laid(file, run_dir)
        for file in DatasetFile.objects.filter(
            version=version, container="parquet", format__in=job.spec["formats"]
        ).order_by("format", "split")
    ]
    (run_dir / _CARD).write_text(version.card, encoding="utf-8")
    spec = DatasetPush(
        repository=job.spec["to"],
        private=job.spec["private"],
        endpoint=settings.HUB_ENDPOINT,
        token=job.spec["token"],
        card=_CARD,
        message=f"{version.dataset.name} v{version.number} ({version.content_hash[:12]})",
        files=files,
    )
    return spec.model_dump()


def _laid(file: DatasetFile, run_dir: Path) -> HubFile:
    path = f"{_FOLDER}/{file.format}.{file.split}.parquet"
    with default_storage.open(file.path, "rb") as source, (run_dir / path).open("wb") as target:
        shutil.copyfileobj(source, target)
    return HubFile(format=file.format, split=file.split, path=path, rows=file.rows)
