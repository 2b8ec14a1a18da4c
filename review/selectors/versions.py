"""Questions about frozen versions, for their pages."""

from __future__ import annotations

import json
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Prefetch
from django.http import Http404

from members.models import Member
from review.models import Dataset, DatasetRow, DatasetVersion, Task
from review.selectors import datasets as selectors

SAMPLE_ROWS = 3


def datasets_with_newest(member: Member, task: Task) -> list[dict[str, Any]]:
    """Datasets of a task with their newest version."""
    newest_first = Prefetch("versions", queryset=DatasetVersion.objects.order_by("-number").select_related("job"))
    found = selectors.datasets_for(member, task=task).prefetch_related(newest_first)
    return [{"dataset": dataset, "newest": next(iter(dataset.versions.all()), None)} for dataset in found]


def by_number_or_404(dataset: Dataset, number: int) -> DatasetVersion:
    """A version by its number.

    Raises:
        Http404: The dataset has no such version.
    """
    found = selectors.versions_of(dataset).filter(number=number).first()
    if found is None:
        raise Http404(f"{dataset.name} has no version {number}.")
    return found


def with_change(dataset: Dataset) -> list[dict[str, Any]]:
    """Versions, newest first, each with how many rows came and went since the frozen one before it."""
    versions = list(selectors.versions_of(dataset))
    ids = {
        version.pk: frozenset(DatasetRow.objects.filter(version=version).values_list("row_hash", flat=True))
        for version in versions
        if version.is_frozen
    }
    rows = []
    for index, version in enumerate(versions):
        before = next((older for older in versions[index + 1 :] if older.is_frozen), None)
        mine, theirs = ids.get(version.pk), ids.get(before.pk) if before else None
        change = (
            None if mine is None or theirs is None else {"added": len(mine - theirs), "removed": len(theirs - mine)}
        )
        rows.append({"version": version, "change": change})
    return rows


def samples(version: DatasetVersion) -> list[dict[str, str]]:
    """The first rows of the training file, as a person reads them."""
    file = selectors.file_of(version, "train", "sft")
    if file is None:
        return []
    with default_storage.open(file.path, "rb") as handle:
        rows = [json.loads(line) for _, line in zip(range(SAMPLE_ROWS), handle, strict=False)]
    return [{"prompt": row["prompt"][-1]["content"], "completion": row["completion"][0]["content"]} for row in rows]
