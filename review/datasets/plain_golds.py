"""Golds as plain values: drafts, what was decided of them, and their records.

Reads only, in chunks; no model is made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from review.datasets.exports import DraftHistory, JudgedDraft
from review.models import Decision, Draft, MachineAcceptance, TaskVersion
from review.spec.task_spec import TaskSpec
from review.states import MACHINE, DraftState

CHUNK = 1000


def still_usable(decision_ids: Collection[UUID | str] | QuerySet[Any, Any]) -> QuerySet[Decision]:
    """These decisions but for drafts erased or revoked since they were chosen."""
    return Decision.objects.filter(pk__in=decision_ids, draft__erased_at__isnull=True, draft__revocation__isnull=True)


def judged_drafts(decisions: QuerySet[Decision]) -> Iterator[JudgedDraft]:
    """Decisions that count, with their drafts and records; the history of each is that decision alone."""
    specs: dict[tuple[str, int], TaskSpec] = {}
    for values in decisions.values_list(*_COLUMNS).iterator(chunk_size=CHUNK):
        row = dict(zip(_COLUMNS, values, strict=True))
        version = (row["task__slug"], row["draft__task_version__number"])
        if version not in specs:
            specs[version] = TaskVersion.objects.get(task__slug=version[0], number=version[1]).spec
        yield _plain(row, specs[version])


def decisions_of(decisions: QuerySet[Decision]) -> dict[str, list[dict[str, Any]]]:
    """Decisions in the shape of `RAW_SCHEMA` by draft, the earliest first."""
    by_draft: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in decisions.order_by("created_at", "pk").values("draft_id", *_SAID).iterator(chunk_size=CHUNK):
        by_draft[str(row["draft_id"])].append(_said(row))
    return by_draft


def machine_drafts(acceptance_ids: Collection[UUID | str]) -> Iterator[JudgedDraft]:
    """Drafts that stand accepted by a judge, by their acceptances, as plain values.

    What a person judged meanwhile is left out.
    """
    rows = MachineAcceptance.objects.filter(
        pk__in=acceptance_ids, draft__state=DraftState.MACHINE, draft__revocation__isnull=True
    ).select_related("rule", "draft__record", "draft__task", "draft__task_version")
    for row in rows:
        yield replace(
            _unread(row.draft),
            decision_id=str(row.pk),
            verdict=MACHINE,
            decided_at=row.created_at.isoformat(),
            judge=row.rule.judge,
        )


def unjudged_drafts(draft_ids: Collection[UUID]) -> list[JudgedDraft]:
    """Drafts that nobody judged as plain values, without a verdict; in the order of their ids as they are given."""
    drafts = Draft.objects.select_related("record", "task", "task_version").in_bulk(list(draft_ids))
    return [_unread(drafts[pk]) for pk in draft_ids if pk in drafts]


def _unread(draft: Draft) -> JudgedDraft:
    record = draft.record
    return JudgedDraft(
        id=str(draft.pk),
        task=draft.task.slug,
        task_version=draft.task_version.number,
        spec=draft.task_version.spec,
        split=record.split,
        record_id=str(record.pk),
        group=record.group,
        facts=record.facts,
        draft=draft.fields,
        decision_id="",
        verdict="",
        fields=None,
        reasons=[],
        ratings={},
        reviewer="",
        seconds=0.0,
        decided_at="",
        origin=draft.origin,
        note=draft.provenance,
        teacher=draft.teacher,
        model=draft.model,
        prompt_hash=draft.prompt_hash,
        call_id=draft.call_id,
        round=draft.round,
        parent_id=id_or_none(draft.parent_id),
        thread=draft.thread or (),
    )


# What is told of a decision.
_SAID = (
    "id",
    "verdict",
    "fields",
    "reasons",
    "ratings",
    "reviewer__username",
    "seconds",
    "created_at",
    "note",
    "is_late",
    "retracts_id",
    "bulk_id",
    "imported_from_id",
    "edit_size",
    "edit_kinds",
)
_COLUMNS = (
    *_SAID,
    "task__slug",
    "draft_id",
    "draft__task_version__number",
    "draft__fields",
    "draft__origin",
    "draft__provenance",
    "draft__teacher",
    "draft__model",
    "draft__prompt_hash",
    "draft__call_id",
    "draft__round",
    "draft__parent_id",
    "draft__record_id",
    "draft__thread",
    "draft__record__split",
    "draft__record__group",
    "draft__record__facts",
)


def _said(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "verdict": row["verdict"],
        "fields": row["fields"] if row["verdict"] == "edit" else None,
        "reasons": row["reasons"],
        "ratings": row["ratings"],
        "reviewer": row["reviewer__username"],
        "seconds": row["seconds"],
        "at": row["created_at"].isoformat(),
        "note": row["note"],
        "late": row["is_late"],
        "retracts": id_or_none(row["retracts_id"]),
        "bulk": id_or_none(row["bulk_id"]),
        "imported_from": id_or_none(row["imported_from_id"]),
        "edit_size": row["edit_size"],
        "edit_kinds": row["edit_kinds"],
    }


def _plain(row: Mapping[str, Any], spec: TaskSpec) -> JudgedDraft:
    decision = _said(row)
    return JudgedDraft(
        id=str(row["draft_id"]),
        task=row["task__slug"],
        task_version=row["draft__task_version__number"],
        spec=spec,
        split=row["draft__record__split"],
        record_id=str(row["draft__record_id"]),
        group=row["draft__record__group"],
        facts=row["draft__record__facts"],
        draft=row["draft__fields"],
        decision_id=decision["id"],
        verdict=decision["verdict"],
        fields=decision["fields"],
        reasons=decision["reasons"],
        ratings=decision["ratings"],
        reviewer=decision["reviewer"],
        seconds=decision["seconds"],
        decided_at=decision["at"],
        origin=row["draft__origin"],
        note=row["draft__provenance"],
        teacher=row["draft__teacher"],
        model=row["draft__model"],
        prompt_hash=row["draft__prompt_hash"],
        call_id=row["draft__call_id"],
        round=row["draft__round"],
        is_bulk=decision["bulk"] is not None,
        is_imported=decision["imported_from"] is not None,
        parent_id=id_or_none(row["draft__parent_id"]),
        thread=row["draft__thread"] or (),
        history=DraftHistory([decision]),
    )


def id_or_none(value: UUID | None) -> str | None:
    """An id as text."""
    return str(value) if value else None
