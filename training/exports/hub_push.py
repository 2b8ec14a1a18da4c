"""Sending a miniature to a hub: its own files or an export of it, with its card as README.

Sent is what was previewed, or nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from audit import trail
from jobs.lifecycle import control
from jobs.models import Job
from members.models import Member
from review.datasets import hub_target
from review.datasets.hub.contracts import ModelPush
from review.sources.judge_records import queries as judge_tasks
from review.states import Role
from review.tasks.permissions import require
from training.exports import formats
from training.inputs import run_inputs, samples
from training.miniatures.zip_stream import README, readme
from training.models import Miniature
from web.errors import Refusal

KIND: Final = "push_miniature"
# Its own files, beside the formats of `ExportFormat`.
OWN: Final = "own"
_FOLDER: Final = "files"


@dataclass(frozen=True)
class HubPreview:
    """Files of a push as they would lie in the repository, by path, hash and size; the README stands as text."""

    target: str
    prefix: str
    weights: list[dict[str, Any]]
    readme: str

    @property
    def files(self) -> list[dict[str, Any]]:
        content = self.readme.encode()
        readme = {"path": README, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        return [*(file for file in self.weights if file["path"] != README), readme]

    @property
    def bytes(self) -> int:
        return sum(int(file["bytes"]) for file in self.files)

    @property
    def sha256(self) -> str:
        """Hash of all that would be sent; an order names it."""
        lines = sorted([file["path"], file["sha256"]] for file in self.files)
        return hashlib.sha256(json.dumps(lines).encode()).hexdigest()


def preview(miniature: Miniature, *, target: str, by: Member) -> HubPreview:
    """Return what a push would send. Nothing leaves.

    Args:
        target: `own`, or the format of an export that is written.

    Raises:
        Http404: There is no such export, or it is not ready.
        PermissionDenied: The member does not lead the task, or reviews the drafts that the miniature judges.
        Refusal: 409 of one tuned on unfiltered texts for a study.
    """
    require(by, miniature.task, Role.LEAD)
    judge_tasks.require_may_ask(by, miniature.task)
    samples.require_filtered(miniature.run.sample, name=miniature.name)
    source = miniature if target == OWN else formats.ready_or_404(miniature, target)
    text = readme(miniature, "" if target == OWN else target)
    return HubPreview(target, source.storage_prefix, source.files, text)


@transaction.atomic
def push(
    miniature: Miniature,
    *,
    target: str,
    to: str,
    by: Member,
    sha256: str,
    private: bool = True,
    token: str = hub_target.DEFAULT_TOKEN,
) -> Job:
    """Order that a miniature be sent to a hub.

    Args:
        target: `own`, or the format of an export that is written.
        to: The repository there, `owner/name`; made if it is missing.
        by: A lead of its task: weights leave the installation.
        sha256: Of the preview that the member read.
        private: Whether a repository that is made now is hidden; one that is public is then refused.
        token: Name of the secret that opens the hub; its value stands in the workers' environment.

    Returns:
        The job that sends it.

    Raises:
        Http404: There is no such export, or it is not ready.
        PermissionDenied: As of `preview`.
        Refusal: 409 when the files or the card are not those of the preview; 422 with messages by field.
    """
    current = preview(miniature, target=target, by=by)
    hub_target.check(to, token)
    if current.sha256 != sha256:
        raise Refusal(
            "preview_changed",
            f"What would be sent of {miniature.name} is not what you read. Nothing was sent.",
            hint="Read the preview again, then send.",
            status=409,
        )
    spec = {
        "miniature": str(miniature.pk),
        "to": to,
        "private": private,
        "token": token,
        "prefix": current.prefix,
        "weights": current.weights,
        "readme": current.readme,
    }
    job = control.launch(
        kind=KIND,
        title=f"Send {miniature.name} to {to}",
        spec=spec,
        by=by,
        task_slug=miniature.task.slug,
        subject_id=miniature.pk,
        subject_url=reverse("training:miniature-hub", args=[miniature.pk, target]),
    )
    trail.record("miniature_pushed", by=by, about=miniature, task=miniature.task.slug, to=to, private=private)
    return job


def lay_run_inputs(job: Job, run_dir: Path) -> dict[str, Any]:
    """Lay the previewed files into the run directory; returns the engine's spec.

    Raises:
        Refusal: A stored file is missing or is not what was previewed.
    """
    miniature = Miniature.objects.get(pk=UUID(job.spec["miniature"]))
    current = HubPreview("", job.spec["prefix"], job.spec["weights"], job.spec["readme"])
    run_inputs.stored_files(current.prefix, current.weights, run_dir / _FOLDER)
    (run_dir / _FOLDER / README).write_text(current.readme, encoding="utf-8")
    spec = ModelPush(
        repository=job.spec["to"],
        private=job.spec["private"],
        endpoint=settings.HUB_ENDPOINT,
        token=job.spec["token"],
        message=f"{miniature.name} ({current.sha256[:12]})",
        folder=_FOLDER,
        files=[file["path"] for file in current.files],
    )
    return spec.model_dump()
