"""Questions about miniatures: which there are, and all that each came from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse

from jobs.models import Job
from members.models import Member
from review import ports
from review.datasets import removed_samples
from review.mail_figures import MailFigures
from review.models import DatasetVersion, Draft, Task
from review.ports import Dependent
from review.sources.judge_records.queries import withheld_judges
from review.tasks.permissions import tasks_for
from training.miniatures import queries
from training.models import Miniature
from training.states import RunPurpose
from web.db.keys import uuid_or_none
from web.errors import Refusal
from web.http.first_or_404 import first_or_404

RELATED = (
    "task",
    "student",
    "run__job",
    "run__task_version",
    "run__dataset_version__dataset",
    "run__created_by",
)


def visible(member: Member, *, task: Task | None = None) -> QuerySet[Miniature]:
    """Miniatures the member may see, newest first, and whether what they learnt from was revoked or erased since."""
    data = "run__dataset_version"
    miniatures = Miniature.objects.select_related(*RELATED).order_by("-created_at", "-id")
    miniatures = miniatures.defer(f"{data}__manifest", f"{data}__card")
    miniatures = miniatures.annotate(
        contains_revoked=removed_samples.holds_revoked(data), contains_erased=removed_samples.holds_erased(data)
    )
    return miniatures.filter(task=task) if task else miniatures.filter(task__in=tasks_for(member))


def listed(member: Member, *, task: Task | None = None) -> QuerySet[Miniature]:
    """Miniatures as lists show them, without those that were made to answer a study."""
    return visible(member, task=task).filter(run__purpose=RunPurpose.MINIATURE)


def miniature_or_404(member: Member, miniature_id: UUID | str) -> Miniature:
    """A miniature, if the member may see its task."""
    return first_or_404(visible(member).filter(pk=miniature_id), "There is no miniature with this id that you can see.")


def mails_of(member: Member, miniature: Miniature) -> list[MailFigures]:
    """Return what came of the mails that a miniature wrote, or that a stage of its is in; nothing where none went."""
    room = ports.mail_outcomes()
    return room.figures_of_miniature(miniature.pk, by=member) if room else []


def by_slug_or_id(member: Member, task: Task, name: str) -> Miniature:
    """A miniature of a task by its id or its short name.

    Raises:
        Refusal: 400, the task has none of that name that the member may see.
    """
    miniatures = visible(member, task=task)
    chosen = miniatures.filter(pk=name).first() if uuid_or_none(name) else miniatures.filter(slug=name).first()
    if chosen is not None:
        return chosen
    message = f"{task.name} has no miniature '{name}'."
    raise Refusal(
        "miniature_unknown",
        message,
        hint="Choose one of the task's miniatures.",
        status=400,
        errors={"starts_from": [message]},
    )


def by_id(miniature_id: UUID) -> Miniature:
    """A miniature, for kinds of jobs.

    Raises:
        Miniature.DoesNotExist: None.
    """
    return Miniature.objects.select_related(*RELATED).get(pk=miniature_id)


def writing_or_404(miniature: Miniature, job_id: UUID | str) -> Job:
    return first_or_404(
        Job.objects.filter(pk=job_id, kind="write", subject_id=miniature.pk), "There is no such text of this miniature."
    )


def withheld_writings(member: Member) -> Q:
    """The condition on writing jobs of miniatures that judge drafts which the member reviews.

    Their results hold a verdict.
    """
    return Q(kind="write", task_slug__in=withheld_judges(member).values("slug"))


def dependents(drafts: QuerySet[Draft], version_ids: Sequence[UUID], by: Member) -> list[Dependent]:
    """Miniatures tuned on any of these versions. See `review.ports.dependents`."""
    miniatures = list(queries.listed(by).filter(run__dataset_version__in=list(version_ids)))
    newer = _newest_without(version_ids, {miniature.run.dataset_version.dataset_id for miniature in miniatures})
    return [_dependent(miniature, newer.get(miniature.run.dataset_version.dataset_id)) for miniature in miniatures]


def _newest_without(version_ids: Sequence[UUID], dataset_ids: Collection[UUID]) -> dict[UUID, DatasetVersion]:
    """Newest frozen version of each dataset, where that is not one of these."""
    frozen = DatasetVersion.objects.filter(dataset__in=list(dataset_ids), frozen_at__isnull=False)
    newest = {version.dataset_id: version for version in frozen.defer("manifest", "card").order_by("number")}
    return {dataset_id: version for dataset_id, version in newest.items() if version.pk not in version_ids}


def _dependent(miniature: Miniature, newer: DatasetVersion | None) -> Dependent:
    used = miniature.run.dataset_version
    remake_url = remake = ""
    if newer is not None:
        chosen = {
            "dataset_version": newer.pk,
            "student": miniature.student.slug,
            "recipe": miniature.run.recipe_name,
        }
        remake_url = f"{reverse('training:list', args=[miniature.task.slug])}?{urlencode(chosen)}"
        remake = f"Tune again on version {newer.number}"
    return Dependent(
        kind="Miniature",
        name=miniature.name,
        url=reverse("training:miniature", args=[miniature.pk]),
        status=f"tuned on {used.dataset.name}, version {used.number}",
        remake_url=remake_url,
        remake=remake,
    )
