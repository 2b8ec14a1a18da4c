"""Drafts that nobody has judged, frozen beside a version's rows: for a study's raw arm, and for nothing else.

They stand in a file and in rows of their own, so what reads a version's rows or lists its files does not meet them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from review.datasets import exports, plain_golds
from review.datasets.containers import JsonlFile
from review.datasets.dataset_filters import DatasetFilters
from review.datasets.exports import JudgedDraft
from review.datasets.inspection import Inspection
from review.datasets.selection import Selection, read_golds, words_of, writes_no_prose
from review.models import DatasetRow, DatasetVersion, Draft, Preference, Record, Task, UnjudgedRow
from review.spec import splits
from review.states import OPEN, Split
from review.tasks.queries import latest_version
from review.text import near_duplicates
from web.db.chunks import chunked

CHUNK = 1000


def write(
    version: DatasetVersion, filters: DatasetFilters, selection: Selection, folder: Path
) -> tuple[JsonlFile, dict[str, Any]]:
    """Write the unjudged drafts of a version whose rows are written; what an earlier attempt left of them goes.

    Returns:
        The file, complete, and what the manifest tells of it.

    Raises:
        Refusal: 422 when the filters refuse personal data and there is some.
    """
    with transaction.atomic():
        UnjudgedRow.objects.filter(version=version).delete()
    file = JsonlFile(folder, Split.TRAIN.value, exports.UNJUDGED)
    inspection = Inspection(filters, seed=version.dataset.task.seed)
    records: set[str] = set()
    for ids in chunked(drafts_beside(version, filters, selection), CHUNK):
        drafts = plain_golds.unjudged_drafts(ids)
        if version.drops_reasoning:
            drafts = [replace(draft, drops_reasoning=True) for draft in drafts]
        _write_chunk(version, file, inspection.looked(drafts))
        records.update(draft.record_id for draft in drafts)
    file.close()
    personal = inspection.report()["personal_data"]
    summary = {"rows": file.rows, "records": len(records), "sha256": file.sha256, "personal_data": personal}
    return file, summary


def _write_chunk(version: DatasetVersion, file: JsonlFile, drafts: list[JudgedDraft]) -> None:
    rows = []
    for draft in drafts:
        line = file.write(exports.unjudged_row(draft), exports.Encoder())
        rows.append(UnjudgedRow(version=version, draft_id=UUID(draft.id), row_hash=hashlib.sha256(line).hexdigest()))
    UnjudgedRow.objects.bulk_create(rows)


def drafts_beside(version: DatasetVersion, filters: DatasetFilters, selection: Selection) -> list[UUID]:
    """Ids of the drafts to freeze beside a version's rows, oldest first.

    They are of the orders that its rows came from and wait on the desk. Nothing of a held-out record or company is
    among them, and nothing that says nearly the same as a held-out gold; of near-duplicates the earliest stays, as of
    golds.
    """
    task = version.dataset.task
    of_values, held = writes_no_prose(latest_version(task).spec), list(_held_out_texts(task, filters, selection))
    ids, texts = [], []
    for pk, fields, facts in _of_training(task, _waiting(version, filters)):
        ids.append(pk)
        texts.append(words_of(facts if of_values else fields))
    sides = [Split.TEST.value] * len(held) + [Split.TRAIN.value] * len(ids)
    threshold = filters.near_duplicates or near_duplicates.THRESHOLD
    out = near_duplicates.rows_to_exclude([*held, *texts], sides, threshold=threshold)
    if filters.near_duplicates is None:
        out = {index: why for index, why in out.items() if why[0] == "straddles"}
    return [pk for index, pk in enumerate(ids, start=len(held)) if index not in out]


def _waiting(version: DatasetVersion, filters: DatasetFilters) -> QuerySet[Draft]:
    """Training drafts of the same orders that nobody has judged and that filters of drafts let pass, oldest first."""
    orders = DatasetRow.objects.filter(version=version, draft__job_id__isnull=False).order_by().values("draft__job_id")
    chosen = {
        "task_version__number__in": filters.task_versions,
        "record__source__slug__in": filters.sources,
        "teacher__in": filters.teachers,
        "origin__in": filters.origins,
        "round__in": filters.rounds,
    }
    waiting = Draft.objects.filter(
        task=version.dataset.task_id,
        job_id__in=orders,
        state__in=OPEN,
        record__split=Split.TRAIN,
        erased_at__isnull=True,
        revocation__isnull=True,
        decisions__isnull=True,
        known_answer__isnull=True,
        # A revision answers what a person said of its first draft.
        parent__isnull=True,
    )
    return waiting.filter(**{name: values for name, values in chosen.items() if values}).order_by("created_at", "pk")


def _of_training(task: Task, drafts: QuerySet[Draft]) -> Iterator[tuple[UUID, dict[str, Any], dict[str, Any]]]:
    """Id, fields and facts of those that nobody saw in a comparison, and whose company stands on no held-out side."""
    shown = {pk for each in Preference.objects.filter(task=task).values_list("shown", flat=True) for pk in each}
    groups, domains = _held_out_companies(task)
    columns = ("pk", "fields", "record__facts", "record__group", "record__domain")
    for pk, fields, facts, group, domain in drafts.values_list(*columns).iterator(chunk_size=CHUNK):
        if str(pk) in shown or (group and splits.normal_group(group) in groups) or (domain and domain in domains):
            continue
        yield pk, fields, facts


def _held_out_companies(task: Task) -> tuple[set[str], set[str]]:
    """Names and web domains of companies with a validation or test record, whether it was judged or not."""
    held_out = Record.everything.filter(task=task, split__in=(Split.VALIDATION, Split.TEST)).order_by()
    named = held_out.values_list("group", "domain").distinct()
    pairs = [
        (splits.normal_group(group) if group else "", domain) for group, domain in named.iterator(chunk_size=CHUNK)
    ]
    return {group for group, _ in pairs if group}, {domain for _, domain in pairs if domain}


def _held_out_texts(task: Task, filters: DatasetFilters, selection: Selection) -> Iterator[str]:
    """Yield texts of the version's held-out golds: their fields, or the records' facts where a task writes no prose."""
    of_values = writes_no_prose(latest_version(task).spec)
    rows = [row for row in selection.rows if row.split != Split.TRAIN]
    for _, gold, (facts,) in read_golds(task, filters, rows, ("draft__record__facts",)):
        yield words_of(facts if of_values else gold)


def card_line(summary: Mapping[str, Any] | None) -> str:
    """Return the data card's lines on unjudged drafts; empty where the version was frozen without any."""
    if summary is None:
        return ""
    return (
        f"Apart from its rows, {summary['rows']:,} unjudged drafts of {summary['records']:,} training records were "
        "frozen for the raw arm of a study. They are not rows of this version and are in none of its files and no "
        f"figure of this card. Hash: `{summary['sha256']}`."
    )
