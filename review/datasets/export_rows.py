"""Golds as exports tell them: their texts, what they are better than, and all that was said of them. Reads only.

Reads chunk by chunk with a fixed number of questions a chunk, so that a version of any size is written in one pass. It
does not know why a gold was chosen, nor what a format makes of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db.models import Q

from review.datasets import gold_conditions, plain_golds
from review.datasets.exports import DraftHistory, JudgedDraft, RejectedText
from review.datasets.plain_golds import id_or_none
from review.models import Comment, Decision, Draft, Preference, Revocation, Ruling, Task
from review.spec.schema import Fields
from review.states import Verdict
from web.db.chunks import chunked

CHUNK = 1000
POSITIVE = (Verdict.ACCEPT, Verdict.EDIT)
DecisionsByDraft = dict[str, list[dict[str, Any]]]
Thread = list[Mapping[str, str]]
Texts = dict[str, tuple[int, Thread, Fields]]


def judged(decision_ids: Sequence[str], *, as_of: datetime | None = None) -> Iterator[list[JudgedDraft]]:
    """The golds that these decisions made, in the order of the ids, a list a chunk.

    Args:
        decision_ids: Decisions that count, or counted at `as_of`; of drafts that a judge accepted, the acceptances.
        as_of: Tells what was said by then. Without it golds that were taken back since the ids were read are left out;
            with or without it, drafts that were erased or revoked since.
    """
    for chunk in chunked(decision_ids, CHUNK):
        yield _chunk(chunk, as_of)


def _chunk(ids: Sequence[str], as_of: datetime | None) -> list[JudgedDraft]:
    usable = plain_golds.still_usable(ids)
    # What counted on a day in the past need not count today.
    judged = plain_golds.judged_drafts(usable if as_of else usable.filter(gold__isnull=False))
    golds = {gold.decision_id: gold for gold in judged}
    # What is no decision may be an acceptance; most sets have none, and are not asked for any.
    if not as_of and (others := [pk for pk in ids if pk not in golds]):
        golds |= {gold.decision_id: gold for gold in plain_golds.machine_drafts(others)}
    drafts = [UUID(gold.id) for gold in golds.values()]
    # Most drafts were decided once, which is read with the gold.
    others_said = Decision.objects.filter(_by(as_of), draft__in=drafts).exclude(pk__in=golds)
    decisions, rulings = plain_golds.decisions_of(others_said), _rulings(drafts, as_of)
    comments = _comments(drafts, as_of)
    by_record = _preferences({UUID(gold.record_id) for gold in golds.values()}, as_of)
    texts = _texts(_compared(golds.values(), by_record))
    accepted = _accepted({gold.parent_id for gold in golds.values() if gold.parent_id}, as_of)
    result = []
    for gold in (golds[pk] for pk in ids if pk in golds):
        mine = _of(gold.id, by_record.get(gold.record_id, []))
        more = decisions.get(gold.id, [])
        if more or mine or gold.id in rulings or gold.id in comments:
            draft_decisions = sorted([*gold.history.decisions, *more], key=itemgetter("at", "id"))
            history = DraftHistory(draft_decisions, rulings.get(gold.id, []), mine, comments.get(gold.id, []))
            gold = replace(gold, history=history)
        if worse := tuple(_worse(gold, mine, texts, accepted)):
            gold = replace(gold, worse=worse)
        result.append(gold)
    return result


def _by(as_of: datetime | None) -> Q:
    return Q(created_at__lte=as_of) if as_of else Q()


def _rulings(drafts: Sequence[UUID], as_of: datetime | None) -> DecisionsByDraft:
    by_draft: DecisionsByDraft = defaultdict(list)
    rows = Ruling.objects.filter(_by(as_of), draft__in=drafts).order_by("created_at", "pk")
    for row in rows.values("pk", "draft_id", "kind", "decision_id", "lead__username", "note", "created_at"):
        by_draft[str(row["draft_id"])].append(
            {
                "id": str(row["pk"]),
                "kind": row["kind"],
                "decision": id_or_none(row["decision_id"]),
                "lead": row["lead__username"],
                "note": row["note"],
                "at": row["created_at"].isoformat(),
            }
        )
    return by_draft


def _comments(drafts: Sequence[UUID], as_of: datetime | None) -> DecisionsByDraft:
    by_draft: DecisionsByDraft = defaultdict(list)
    rows = Comment.objects.filter(_by(as_of), draft__in=drafts).order_by("created_at", "pk")
    for pk, draft, author, text, at in rows.values_list("pk", "draft_id", "author__username", "text", "created_at"):
        by_draft[str(draft)].append({"id": str(pk), "author": author, "text": text, "at": at.isoformat()})
    return by_draft


def _preferences(records: set[UUID], as_of: datetime | None) -> DecisionsByDraft:
    preferences: DecisionsByDraft = defaultdict(list)
    rows = Preference.objects.filter(_by(as_of), record__in=records).order_by("created_at", "pk")
    for row in rows.values(
        "pk", "record_id", "chosen_id", "shown", "reviewer__username", "seconds", "note", "retracts_id", "created_at"
    ):
        preferences[str(row["record_id"])].append(
            {
                "id": str(row["pk"]),
                "chosen": id_or_none(row["chosen_id"]),
                "shown": [str(pk) for pk in row["shown"]],
                "reviewer": row["reviewer__username"],
                "seconds": row["seconds"],
                "note": row["note"],
                "retracts": id_or_none(row["retracts_id"]),
                "at": row["created_at"].isoformat(),
            }
        )
    return preferences


def _of(draft: str, preferences: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Preferences that a draft was shown in, and what took them back."""
    shown_in = {preference["id"] for preference in preferences if draft in preference["shown"]}
    return [
        preference for preference in preferences if preference["id"] in shown_in or preference["retracts"] in shown_in
    ]


def _compared(golds: Iterable[JudgedDraft], by_record: DecisionsByDraft) -> set[str]:
    shown = {pk for preferences in by_record.values() for preference in preferences for pk in preference["shown"]}
    return shown | {gold.parent_id for gold in golds if gold.parent_id}


def _texts(drafts: set[str]) -> Texts:
    """Return task version, earlier mails and fields by draft id; erased and revoked drafts are left out."""
    if not drafts:
        return {}
    draft_ids = [UUID(pk) for pk in drafts]
    revoked = Revocation.objects.filter(draft__in=draft_ids).values("draft")
    usable = Draft.objects.filter(pk__in=draft_ids, erased_at__isnull=True).exclude(pk__in=revoked).order_by()
    rows = usable.values_list("pk", "task_version__number", "thread", "fields")
    return {str(pk): (version, thread or [], fields) for pk, version, thread, fields in rows}


def _accepted(parents: set[str], as_of: datetime | None) -> set[str]:
    drafts = Draft.objects.filter(pk__in=[UUID(pk) for pk in parents])
    if as_of is None:
        drafts = drafts.filter(gold__verdict__in=POSITIVE)
    else:
        by_task = drafts.order_by("task").values_list("task", "pk")
        counted = [
            decision
            for task, rows in groupby(by_task, key=itemgetter(0))
            for decision in gold_conditions.decision_ids(
                Task.objects.get(pk=task), as_of, drafts=[pk for _, pk in rows]
            )
        ]
        drafts = drafts.filter(decisions__in=counted, decisions__verdict__in=POSITIVE)
    return {str(pk) for pk in drafts.values_list("pk", flat=True)} if parents else set()


def _worse(
    gold: JudgedDraft, preferences: list[dict[str, Any]], others: Texts, accepted: set[str]
) -> Iterator[RejectedText]:
    """Yield texts that the gold is preferred over, each of the same task version and after the same earlier mails.

    Other texts answer another prompt. A revision is not preferred over a draft that was accepted too.
    """
    if gold.verdict == "edit":
        yield RejectedText(f"{gold.id}:edit", "edit", gold.id, gold.draft, gold.decision_id, gold.reviewer)
    if gold.parent_id and gold.parent_id not in accepted and (parent := _usable(gold, gold.parent_id, others)):
        yield RejectedText(f"{gold.id}:revision", "revision", gold.parent_id, parent, gold.decision_id, gold.reviewer)
    taken_back = {preference["retracts"] for preference in preferences}
    for preference in preferences:
        if preference["chosen"] != gold.id or preference["retracts"] or preference["id"] in taken_back:
            continue
        for pk in preference["shown"]:
            if pk != gold.id and (fields := _usable(gold, pk, others)):
                yield RejectedText(
                    f"{preference['id']}:{pk}", "preference", pk, fields, preference["id"], preference["reviewer"]
                )


def _usable(gold: JudgedDraft, pk: str, others: Texts) -> Fields | None:
    version, thread, fields = others.get(pk, (None, [], None))
    return fields if (version, thread) == (gold.task_version, list(gold.thread)) else None
