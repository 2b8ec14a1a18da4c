"""Questions about frozen versions, for their pages and for what exports of them tell."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import Prefetch

from members.models import Member
from review.datasets import queries, removed_samples, row_changes
from review.datasets.exports import FORMATS
from review.drafts import sent_mails
from review.mail_figures import MailFigures
from review.models import Dataset, DatasetFile, DatasetRow, DatasetVersion, Draft, Task
from review.states import Split
from review.tasks.permissions import tasks_for
from review.tasks.queries import latest_version
from review.text.personal_data import KINDS
from web.http.first_or_404 import first_or_404

SAMPLE_ROWS = 3
LISTED = 50
SHARED = {
    "domain": "Web domains",
    "contact": "Contacts",
    "prompt": "Equal prompts",
    "facts": "Records with equal facts",
    "text": "Equal texts",
}


def datasets_with_newest(member: Member, task: Task) -> list[dict[str, Any]]:
    """Datasets of a task with their newest version."""
    versions = DatasetVersion.objects.order_by("-number").select_related("job").defer("manifest", "card")
    newest_first = Prefetch("versions", queryset=versions)
    datasets = queries.datasets_for(member, task=task).prefetch_related(newest_first)
    return [{"dataset": dataset, "newest": next(iter(dataset.versions.all()), None)} for dataset in datasets]


def by_number_or_404(dataset: Dataset, number: int) -> DatasetVersion:
    """A version by its number."""
    return first_or_404(queries.versions_of(dataset).filter(number=number), f"{dataset.name} has no version {number}.")


def with_change(dataset: Dataset) -> list[dict[str, Any]]:
    """Versions, newest first, each with how many rows came, went and changed since the frozen one before it.

    Versions know it since they were frozen; of those frozen by an earlier release it is counted.
    """
    versions = list(queries.versions_of(dataset)[:LISTED])
    rows = []
    for index, version in enumerate(versions):
        before = next((older for older in versions[index + 1 :] if older.is_frozen), None)
        change = None
        if version.is_frozen and before is not None:
            change = version.counts.get("change") or {"since": before.number, **row_changes.counts(before, version)}
        rows.append({"version": version, "change": change})
    return rows


def samples(version: DatasetVersion) -> list[dict[str, str]]:
    """The first rows of the training file, as a person reads them."""
    file = queries.file_of(version, "train", "sft")
    if file is None:
        return []
    with default_storage.open(file.path, "rb") as handle:
        rows = [json.loads(line) for _, line in zip(range(SAMPLE_ROWS), handle, strict=False)]
    return [{"prompt": row["prompt"][-1]["content"], "completion": row["completion"][0]["content"]} for row in rows]


def frozen_numbers(dataset: Dataset) -> list[int]:
    """Numbers of a dataset's frozen versions, the newest first."""
    frozen = DatasetVersion.objects.filter(dataset=dataset, frozen_at__isnull=False)
    return list(frozen.order_by("-number").values_list("number", flat=True)[:LISTED])


def holding(draft_id: UUID) -> list[DatasetVersion]:
    """Frozen versions that hold a draft, the newest first."""
    held = removed_samples.rows_by_version(Draft.objects.filter(pk=draft_id).values("pk"))
    return removed_samples.newest(held, limit=LISTED)


def mails_of(member: Member, version: DatasetVersion) -> dict[str, list[MailFigures]]:
    """Return figures of mails sent from a version's rows (`rows`) and from students trained on it (`trained_on`)."""
    drafts = DatasetRow.objects.filter(version=version).order_by().values("draft")
    return {
        "rows": sent_mails.of_all(member, drafts),
        "trained_on": sent_mails.of_trained_on(member, version.pk),
    }


def manifest_figures(version: DatasetVersion) -> dict[str, Any]:
    """Return the waterfall, personal data and leakage of a version for its page.

    Versions frozen by an earlier release may hold none of these.
    """
    personal, leakage = version.manifest.get("personal_data"), version.manifest.get("leakage", {})
    groups = latest_version(version.dataset.task).spec.group_nouns
    shared = {"company": groups.capitalize(), **SHARED}
    ids = [sample["row"] for sample in personal["samples"]] if personal else []
    titles = dict(Draft.objects.filter(pk__in=ids).values_list("pk", "record__title"))
    return {
        "waterfall": [line for line in version.counts.get("waterfall", []) if line["dropped"]],
        "personal": personal,
        "kinds": [(KINDS[kind], counted) for kind, counted in personal["kinds"].items()] if personal else [],
        "samples": [
            {"id": UUID(sample["row"]), "kinds": sample["kinds"], "title": titles.get(UUID(sample["row"]), "")}
            for sample in (personal["samples"] if personal else [])
        ],
        "leakage": leakage,
        "shared": [
            (words, n) for kind, words in shared.items() if (n := leakage.get(f"{kind}_in_two_splits")) is not None
        ],
    }


TELLS = {
    "sft": "SFT: prompt and completion of every accepted or edited draft.",
    "dpo": (
        "DPO: preference pairs: edits over the drafts they correct, chosen drafts over others, revisions over their "
        "first drafts and, if selected, exploratory pairs from replies."
    ),
    "kto": "KTO: good texts (accepted and edited) and bad ones (rejected, or the draft before an edit).",
    "messages": (
        "The rows of SFT as OpenAI's fine-tuning takes them: one column, prompt and completion as one conversation."
    ),
    "raw": "Everything: facts, draft, every decision, ruling and preference, by a published JSON Schema.",
}


@dataclass(frozen=True)
class FormatLine:
    """One format: what it tells, and its files by split, JSONL first."""

    name: str
    tells: str
    rows: int
    files: list[tuple[str, DatasetFile, DatasetFile | None]]

    @property
    def has_parquet(self) -> bool:
        """Return whether each file also exists as Parquet. A host without Parquet freezes versions that lack it."""
        return all(parquet for _, _, parquet in self.files)


def format_lines(version: DatasetVersion) -> list[FormatLine]:
    """Every format that the version has, in the order of the documentation."""
    by_place = {(file.format, file.split, file.container): file for file in queries.files_of(version)}
    result = []
    for format_ in FORMATS:
        files = [
            (split.value, jsonl, by_place.get((format_, split.value, "parquet")))
            for split in Split
            if (jsonl := by_place.get((format_, split.value, "jsonl")))
        ]
        if files:
            result.append(FormatLine(format_, TELLS[format_], sum(file.rows for _, file, _ in files), files))
    return result


def filled_splits(version: DatasetVersion) -> list[str]:
    """Splits that have rows to train on: `datasets` refuses a file without one."""
    files = DatasetFile.objects.filter(version=version, format="sft", container="jsonl", rows__gt=0)
    filled = set(files.values_list("split", flat=True))
    return [split.value for split in Split if split.value in filled]


def newest_frozen(member: Member) -> DatasetVersion | None:
    """The version frozen last of those the member may see."""
    frozen_versions = DatasetVersion.objects.filter(dataset__task__in=tasks_for(member), frozen_at__isnull=False)
    return frozen_versions.select_related("dataset__task").order_by("-frozen_at").first()
