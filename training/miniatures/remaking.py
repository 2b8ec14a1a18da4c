"""Miniatures that learnt from dataset versions, and where the like of each is tuned on newer data."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from members.models import Member
from review.models import DatasetVersion, Draft
from review.ports import Dependent
from training.miniatures import queries
from training.models import Miniature


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
