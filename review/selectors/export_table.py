"""The files of a frozen version as its export page lists them. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from members.models import Member
from review.exports import FORMATS
from review.models import DatasetFile, DatasetVersion
from review.permissions import tasks_for
from review.selectors import datasets
from review.states import Split

TELLS = {
    "sft": "What to write: prompt and completion of every accepted or edited draft.",
    "dpo": "What is better: edits over what they mend, chosen over other drafts, revisions over what they revise.",
    "kto": "Good or bad: accepted and edited drafts, rejected ones, and what stood before an edit.",
    "raw": "Everything: facts, draft, every decision, ruling and choice, by a published JSON Schema.",
}


@dataclass(frozen=True)
class FormatLine:
    """One format: what it tells, and its files by split, JSONL first."""

    name: str
    tells: str
    rows: int
    files: list[tuple[str, DatasetFile, DatasetFile | None]]


def lines(version: DatasetVersion) -> list[FormatLine]:
    """Every format that the version has, in the order of the documentation."""
    by_place = {(file.format, file.split, file.container): file for file in datasets.files_of(version)}
    found = []
    for format_ in FORMATS:
        files = [
            (split.value, jsonl, by_place.get((format_, split.value, "parquet")))
            for split in Split
            if (jsonl := by_place.get((format_, split.value, "jsonl")))
        ]
        if files:
            found.append(FormatLine(format_, TELLS[format_], sum(file.rows for _, file, _ in files), files))
    return found


def newest_frozen(member: Member) -> DatasetVersion | None:
    """The version frozen last of those the member may see."""
    seen = DatasetVersion.objects.filter(dataset__task__in=tasks_for(member), frozen_at__isnull=False)
    return seen.select_related("dataset__task").order_by("-frozen_at").first()
