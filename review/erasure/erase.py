"""Erasing what was written about a person: texts become tombstones that keep their hash, in rows and in frozen files.

The one service that changes what never changes. It knows records and what hangs on them; whose they are, who asked and
what upper rooms hold is not its affair. See `review/db/immutability.py` for how the database permits it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from jobs.supervisor import prune_runs
from review import ports
from review.datasets import hub_push
from review.datasets.removed_samples import holds_erased, versions_holding
from review.db import immutability
from review.desk.comments import writing
from review.drafts import search_index
from review.erasure import files
from review.models import (
    Assignment,
    ClaimOrigin,
    DatasetVersion,
    Decision,
    Draft,
    KnownAnswer,
    Preference,
    Record,
    RevisionRequest,
    Ruling,
    Task,
)
from review.states import AssignmentState, DraftState

TITLE = "Erased"


@dataclass(frozen=True)
class ErasureResult:
    """Result of an erasure: the records, drafts, decisions and dataset versions that it changed.

    Attributes:
        decisions: Verdicts whose texts are tombstones now.
        versions: Frozen dataset versions whose files were written anew without what was erased.
    """

    records: tuple[UUID, ...]
    drafts: tuple[UUID, ...]
    decisions: int
    versions: tuple[UUID, ...]


@transaction.atomic
def erase_records(record_ids: Sequence[UUID]) -> ErasureResult:
    """Erase the facts of records, every draft and verdict made from them, and their rows in frozen files.

    Hashes stay: of a record in `erased_hash`, of a draft in `fields_hash`, of a decision in its tombstone, of a file in
    the manifest of its version. So what was built on them can still be verified, and what is equal stays equal: golds
    rebuild identically. A draft that waits on the desk leaves it. The rows of the tasks are locked meanwhile, and
    versions being sealed wait or are written anew. Doing it twice changes nothing.

    Args:
        record_ids: Records of any tasks; `with_derived` go with them.
    """
    # Not by `objects`, whose join would lock the sources as well.
    fresh = Record.everything.filter(pk__in=with_derived(record_ids), erased_at__isnull=True)
    hold_tasks(fresh.order_by().values_list("task_id", flat=True).distinct())
    records = list(fresh.select_for_update().order_by("pk"))
    drafts = list(Draft.objects.filter(record__in=records, erased_at__isnull=True).order_by("pk").defer("messages"))
    versions = [version.pk for version in versions_holding([record.pk for record in records])]
    with immutability.erasing():
        decisions = _erase_decisions(drafts)
        _erase_drafts(drafts)
        for version in DatasetVersion.objects.select_for_update().filter(pk__in=versions).order_by("pk"):
            files.rewrite(version)
    for record in records:
        _erase_record(record)
    prune_runs.prune_erased_texts(hub_push.pushes_of(versions).values_list("pk", flat=True))
    ports.erase_elsewhere([record.pk for record in records])
    return ErasureResult(
        tuple(record.pk for record in records),
        tuple(draft.pk for draft in drafts),
        decisions,
        tuple(versions),
    )


def rewrite_files() -> int:
    """Take out of frozen files what erasures of earlier releases left there; return how many versions were looked at.

    Killed at any moment it has done whole versions. Doing it twice changes nothing.

    Raises:
        Refusal: 409, `no_parquet`, as `files.rewrite`.
    """
    versions = DatasetVersion.objects.filter(holds_erased(), frozen_at__isnull=False)
    version_ids = list(versions.order_by("pk").values_list("pk", flat=True))
    for version_id in version_ids:
        with transaction.atomic(), immutability.erasing():
            files.rewrite(DatasetVersion.objects.select_for_update().get(pk=version_id))
    return len(version_ids)


def with_derived(record_ids: Collection[UUID]) -> set[UUID]:
    """These records, those that were made of their facts in whichever tasks, those made of these, and so on."""
    reached: set[UUID] = set()
    latest = set(record_ids)
    while latest:
        reached |= latest
        made = ClaimOrigin.objects.filter(record__in=latest).values_list("claim", flat=True)
        latest = set(made) - reached
    return reached


def hold_tasks(task_ids: Iterable[UUID]) -> None:
    """Lock tasks until the transaction ends, in one order; imports, freezes and new drafts wait."""
    tasks = Task.objects.select_for_update().filter(pk__in=list(task_ids)).order_by("pk")
    list(tasks.values_list("pk", flat=True))


def _erase_record(record: Record) -> None:
    record.erased_hash, record.erased_at = record.content_hash, timezone.now()
    # The same facts may come again for another person; they must not find this row.
    record.content_hash = hashlib.sha256(f"erased {record.pk}".encode()).hexdigest()
    record.facts, record.title, record.domain = {}, TITLE, ""
    record.group = f"erased {record.content_hash[:12]}"
    record.save(update_fields=["facts", "title", "group", "domain", "content_hash", "erased_hash", "erased_at"])


def _erase_drafts(drafts: Sequence[Draft]) -> None:
    pks = [draft.pk for draft in drafts]
    for draft in drafts:
        draft.fields = files.tombstone_of(draft.fields)
        draft.messages, draft.thread, draft.marks, draft.marks_count = [], None, [], 0
        draft.erased_at = timezone.now()
        if draft.state != DraftState.DECIDED:
            draft.state = DraftState.KEPT
    Draft.objects.bulk_update(
        drafts, ["fields", "messages", "thread", "marks", "marks_count", "erased_at", "state"], batch_size=200
    )
    search_index.forget(pks)
    writing.erase_on(pks)
    KnownAnswer.objects.filter(draft__in=pks).update(note="", retired_at=timezone.now())
    Assignment.objects.filter(draft__in=pks).update(unfinished=None, note="")
    Assignment.objects.filter(draft__in=pks, state=AssignmentState.ACTIVE).update(state=AssignmentState.RELEASED)


def _erase_decisions(drafts: Sequence[Draft]) -> int:
    pks = [draft.pk for draft in drafts]
    decisions = list(Decision.objects.filter(draft__in=pks))
    for decision in decisions:
        values: dict[str, Any] = {"note": ""}
        if decision.fields is not None:
            values["fields"] = files.tombstone_of(decision.fields)
        Decision.objects.filter(pk=decision.pk).update(**values)
    Ruling.objects.filter(draft__in=pks).exclude(note="").update(note="")
    Preference.objects.filter(record__in={draft.record_id for draft in drafts}).exclude(note="").update(note="")
    RevisionRequest.objects.filter(draft__in=pks).update(instruction="")
    return len(decisions)
