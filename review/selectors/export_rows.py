"""Golds as exports tell them: their texts, what they are better than, and all that was said of them. Reads only.

Reads chunk by chunk with a fixed number of questions a chunk, so that a version of any size is written in one pass. It
does not know why a gold was chosen, nor what a format makes of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from review.exports import History, JudgedDraft, Worse
from review.models import Candidate, Choice, Decision, Revocation, Ruling, TaskVersion
from review.spec import TaskSpec

CHUNK = 1000
Said = dict[str, list[dict[str, Any]]]
Choices = dict[UUID, list[dict[str, Any]]]

_GOLD = (
    "pk", "verdict", "fields", "reasons", "ratings", "reviewer__username", "seconds", "created_at", "bulk_id",
    "imported_from_id", "candidate_id", "candidate__fields", "candidate__task_version_id", "candidate__origin",
    "candidate__provenance", "candidate__teacher", "candidate__model", "candidate__prompt_hash", "candidate__call_id",
    "candidate__round", "candidate__parent_id", "candidate__record_id", "candidate__record__split",
    "candidate__record__group", "candidate__record__facts", "task__slug",
)  # fmt: skip


def judged(decision_ids: Sequence[str], *, as_of: datetime | None = None) -> Iterator[list[JudgedDraft]]:
    """The golds that these decisions made, in the order of the ids, a list a chunk.

    Args:
        decision_ids: Decisions that count, or counted at `as_of`.
        as_of: Tells what was said by then. Without it golds that were taken back since the ids were read are left out; with
            or without it, drafts that were erased or revoked since.
    """
    specs: dict[UUID, tuple[int, TaskSpec]] = {}
    for start in range(0, len(decision_ids), CHUNK):
        yield _chunk(decision_ids[start : start + CHUNK], as_of, specs)


def _chunk(ids: Sequence[str], as_of: datetime | None, specs: dict[UUID, tuple[int, TaskSpec]]) -> list[JudgedDraft]:
    found = {row["pk"]: row for row in _decided(ids, as_of)}
    _learn_specs({row["candidate__task_version_id"] for row in found.values()}, specs)
    candidates = [row["candidate_id"] for row in found.values()]
    decisions, rulings = _decisions(candidates, as_of), _rulings(candidates, as_of)
    by_record = _choices({row["candidate__record_id"] for row in found.values()}, as_of)
    others = _texts(_compared(found.values(), by_record))
    told = []
    for row in (found[UUID(pk)] for pk in ids if UUID(pk) in found):
        candidate = str(row["candidate_id"])
        mine = _of(candidate, by_record.get(row["candidate__record_id"], []))
        history = History(decisions.get(candidate, []), rulings.get(candidate, []), mine)
        told.append(_plain(row, specs, history, tuple(_worse(row, mine, others))))
    return told


def _decided(ids: Sequence[str], as_of: datetime | None) -> Iterable[dict[str, Any]]:
    wanted = Decision.objects.filter(pk__in=ids, candidate__erased_at__isnull=True, candidate__revocation__isnull=True)
    # What a day in the past held need not count today.
    return (wanted if as_of else wanted.filter(gold__isnull=False)).order_by().values(*_GOLD)


def _learn_specs(ids: set[UUID], specs: dict[UUID, tuple[int, TaskSpec]]) -> None:
    for version in TaskVersion.objects.filter(pk__in=ids - specs.keys()):
        specs[version.pk] = (version.number, version.spec)


def _by(as_of: datetime | None) -> Q:
    return Q(created_at__lte=as_of) if as_of else Q()


def _decisions(candidates: Sequence[UUID], as_of: datetime | None) -> Said:
    said: Said = defaultdict(list)
    rows = Decision.objects.filter(_by(as_of), candidate__in=candidates).order_by("created_at", "pk").values(
        "pk", "candidate_id", "verdict", "fields", "reasons", "ratings", "reviewer__username", "seconds", "created_at",
        "note", "is_late", "retracts_id", "bulk_id", "imported_from_id", "edit_size", "edit_kinds",
    )  # fmt: skip
    for row in rows.iterator(chunk_size=CHUNK):
        said[str(row["candidate_id"])].append(
            {
                "id": str(row["pk"]), "verdict": row["verdict"],
                "fields": row["fields"] if row["verdict"] == "edit" else None, "reasons": row["reasons"],
                "ratings": row["ratings"], "reviewer": row["reviewer__username"], "seconds": row["seconds"],
                "at": row["created_at"].isoformat(), "note": row["note"], "late": row["is_late"],
                "retracts": _id(row["retracts_id"]), "bulk": _id(row["bulk_id"]),
                "imported_from": _id(row["imported_from_id"]), "edit_size": row["edit_size"],
                "edit_kinds": row["edit_kinds"],
            }
        )  # fmt: skip
    return said


def _rulings(candidates: Sequence[UUID], as_of: datetime | None) -> Said:
    said: Said = defaultdict(list)
    rows = Ruling.objects.filter(_by(as_of), candidate__in=candidates).order_by("created_at", "pk")
    for row in rows.values("pk", "candidate_id", "kind", "decision_id", "lead__username", "note", "created_at"):
        said[str(row["candidate_id"])].append(
            {
                "id": str(row["pk"]), "kind": row["kind"], "decision": _id(row["decision_id"]),
                "lead": row["lead__username"], "note": row["note"], "at": row["created_at"].isoformat(),
            }
        )  # fmt: skip
    return said


def _choices(records: set[UUID], as_of: datetime | None) -> Choices:
    found: Choices = defaultdict(list)
    rows = Choice.objects.filter(_by(as_of), record__in=records).order_by("created_at", "pk")
    for row in rows.values(
        "pk", "record_id", "chosen_id", "shown", "reviewer__username", "seconds", "note", "retracts_id", "created_at"
    ):
        found[row["record_id"]].append(
            {
                "id": str(row["pk"]), "chosen": _id(row["chosen_id"]), "shown": [str(pk) for pk in row["shown"]],
                "reviewer": row["reviewer__username"], "seconds": row["seconds"], "note": row["note"],
                "retracts": _id(row["retracts_id"]), "at": row["created_at"].isoformat(),
            }
        )  # fmt: skip
    return found


def _of(candidate: str, choices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Choices that a draft was shown in, and what took them back."""
    shown_in = {choice["id"] for choice in choices if candidate in choice["shown"]}
    return [choice for choice in choices if choice["id"] in shown_in or choice["retracts"] in shown_in]


def _compared(rows: Iterable[dict[str, Any]], by_record: Choices) -> set[str]:
    """Drafts whose text may stand on the worse side of a pair."""
    shown = {pk for choices in by_record.values() for choice in choices for pk in choice["shown"]}
    return shown | {str(row["candidate__parent_id"]) for row in rows if row["candidate__parent_id"]}


def _texts(candidates: set[str]) -> dict[str, tuple[UUID, dict[str, Any]]]:
    """Task version and fields of drafts that may still be used, by id."""
    if not candidates:
        return {}
    revoked = Revocation.objects.filter(candidate__in=candidates).values("candidate")
    usable = Candidate.objects.filter(pk__in=candidates, erased_at__isnull=True).exclude(pk__in=revoked).order_by()
    return {str(pk): (version, fields) for pk, version, fields in usable.values_list("pk", "task_version_id", "fields")}


def _worse(
    row: dict[str, Any], choices: list[dict[str, Any]], others: dict[str, tuple[UUID, dict[str, Any]]]
) -> Iterator[Worse]:
    me, version = str(row["candidate_id"]), row["candidate__task_version_id"]
    said_in, reviewer = str(row["pk"]), row["reviewer__username"]
    if row["verdict"] == "edit":
        yield Worse(f"{me}:edit", "edit", me, row["candidate__fields"], said_in, reviewer)
    parent = others.get(str(row["candidate__parent_id"]))
    if parent and parent[0] == version:
        yield Worse(f"{me}:revision", "revision", str(row["candidate__parent_id"]), parent[1], said_in, reviewer)
    taken_back = {choice["retracts"] for choice in choices}
    for choice in choices:
        if choice["chosen"] != me or choice["retracts"] or choice["id"] in taken_back:
            continue
        for pk in choice["shown"]:
            if pk != me and pk in others and others[pk][0] == version:
                yield Worse(f"{choice['id']}:{pk}", "choice", pk, others[pk][1], choice["id"], choice["reviewer"])


def _plain(
    row: dict[str, Any], specs: dict[UUID, tuple[int, TaskSpec]], history: History, worse: tuple[Worse, ...]
) -> JudgedDraft:
    number, spec = specs[row["candidate__task_version_id"]]
    return JudgedDraft(
        id=str(row["candidate_id"]),
        task=row["task__slug"],
        task_version=number,
        spec=spec,
        split=row["candidate__record__split"],
        record_id=str(row["candidate__record_id"]),
        group=row["candidate__record__group"],
        facts=row["candidate__record__facts"],
        draft=row["candidate__fields"],
        decision_id=str(row["pk"]),
        verdict=row["verdict"],
        fields=row["fields"] if row["verdict"] == "edit" else None,
        reasons=row["reasons"],
        ratings=row["ratings"],
        reviewer=row["reviewer__username"],
        seconds=row["seconds"],
        decided_at=row["created_at"].isoformat(),
        origin=row["candidate__origin"],
        note=row["candidate__provenance"],
        teacher=row["candidate__teacher"],
        model=row["candidate__model"],
        prompt_hash=row["candidate__prompt_hash"],
        call_id=row["candidate__call_id"],
        round=row["candidate__round"],
        is_bulk=row["bulk_id"] is not None,
        is_imported=row["imported_from_id"] is not None,
        parent_id=_id(row["candidate__parent_id"]),
        worse=worse,
        history=history,
    )


def _id(value: UUID | None) -> str | None:
    return str(value) if value else None
