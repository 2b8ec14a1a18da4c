"""Writing verdicts of another tool among those that are here, and what counts then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid5

from members.models import Member
from review.desk import deck, golds, verdict_fit
from review.drafts.queries import in_use
from review.models import Assignment, Decision, Draft, Gold, KnownAnswer, Ruling, Source
from review.sources.imports.verdicts.parse_row import ParsedVerdict
from review.spec.prompting import canonical_json
from review.spec.schema import Fields
from review.states import AssignmentState, DraftState, Verdict
from review.text import edits

Word = tuple[UUID, Member, ParsedVerdict]


def write(words: Sequence[Word], *, source: Source, now: datetime) -> int:
    """Record what reviewers said of drafts of one task, and settle what counts for each of them.

    A word that is here already, by draft, reviewer, time and content, is passed over. Of words of one time the last one
    is the later. The drafts are locked until the transaction ends. A card that is in the deck of somebody else stays
    there; its holder's verdict is then a further one.

    Returns:
        How many verdicts are new.
    """
    drafts = _locked([draft_id for draft_id, _, _ in words])
    here: dict[UUID, list[Decision]] = defaultdict(list)
    for decision in Decision.objects.filter(draft__in=drafts):
        here[decision.draft_id].append(decision)
    existing = {decision.pk for decisions in here.values() for decision in decisions}
    fresh: dict[UUID, Decision] = {}
    places: dict[UUID, int] = {}
    for place, (draft_id, reviewer, parsed_verdict) in enumerate(words):
        decision = _decision(drafts[draft_id], reviewer, parsed_verdict, source=source, now=now)
        places[decision.pk] = place
        if decision.pk not in existing:
            fresh[decision.pk] = decision
    for decision in fresh.values():
        here[decision.draft_id].append(decision)
    touched = {decision.draft_id for decision in fresh.values()}
    retracts = [retraction for pk in touched for retraction in _overtaken(drafts[pk], here[pk], places, source)]
    for retraction in retracts:
        here[retraction.draft_id].append(retraction)
    Decision.objects.bulk_create([*fresh.values(), *retracts], batch_size=200)
    _close_assignments(drafts, fresh.values())
    _settle([drafts[pk] for pk in sorted(touched)], here)
    return len(fresh)


def _locked(ids: Sequence[UUID]) -> dict[UUID, Draft]:
    drafts = Draft.objects.select_for_update(of=("self",)).filter(pk__in=set(ids)).order_by("pk")
    return {
        draft.pk: draft
        for draft in drafts.select_related("record", "task", "task_version").defer("messages", "parameters", "marks")
    }


def _decision(
    draft: Draft, reviewer: Member, parsed_verdict: ParsedVerdict, *, source: Source, now: datetime
) -> Decision:
    fields = _fields(draft, parsed_verdict)
    body = verdict_fit.SubmittedVerdict(
        parsed_verdict.verdict,
        fields if parsed_verdict.verdict is Verdict.EDIT else None,
        parsed_verdict.reasons,
        parsed_verdict.ratings,
        parsed_verdict.seconds or 0.0,
        parsed_verdict.note,
    )
    at = parsed_verdict.at or now
    # The same word has the same id whenever it comes; one without a time is known by what it says alone.
    key = canonical_json(
        [str(reviewer.pk), body.body_hash(draft.pk), parsed_verdict.at.isoformat() if parsed_verdict.at else None]
    )
    measured: dict[str, Any] = {}
    if parsed_verdict.verdict is Verdict.EDIT:
        measured = edits.edit_columns(draft.task_version.spec, draft.record.facts, draft.fields, fields)
    return Decision(
        id=uuid5(draft.pk, key),
        draft=draft,
        task_id=draft.task_id,
        reviewer=reviewer,
        verdict=parsed_verdict.verdict,
        fields=fields,
        before_hash=draft.fields_hash,
        body_hash=body.body_hash(draft.pk),
        reasons=list(parsed_verdict.reasons),
        ratings=parsed_verdict.ratings,
        seconds=parsed_verdict.seconds,
        note=parsed_verdict.note,
        imported_from=source,
        created_at=at,
        **measured,
    )


def _fields(draft: Draft, parsed_verdict: ParsedVerdict) -> Fields | None:
    if parsed_verdict.verdict is Verdict.REJECT:
        return None
    return draft.fields if parsed_verdict.edited is None else parsed_verdict.edited


def _overtaken(
    draft: Draft, decisions: Sequence[Decision], places: Mapping[UUID, int], source: Source
) -> list[Decision]:
    """Return retractions of all but each reviewer's last verdict, each dated by the verdict that follows.

    Args:
        places: Of the words that are brought in, by decision: tells which of one time is the later.
    """
    by_reviewer: dict[UUID, list[Decision]] = defaultdict(list)
    standing = golds.standing_decisions(decisions)
    for decision in sorted(standing, key=lambda each: (each.created_at, places.get(each.pk, -1))):
        by_reviewer[decision.reviewer_id].append(decision)
    return [
        Decision(
            id=uuid5(earlier.pk, "overtaken"),
            draft=draft,
            task_id=draft.task_id,
            reviewer_id=earlier.reviewer_id,
            verdict=Verdict.RETRACT,
            fields=None,
            before_hash=draft.fields_hash,
            body_hash=earlier.body_hash,
            retracts=earlier,
            imported_from=source,
            created_at=later.created_at,
        )
        for words in by_reviewer.values()
        for earlier, later in pairwise(words)
    ]


def _close_assignments(drafts: dict[UUID, Draft], fresh: Iterable[Decision]) -> None:
    """Nobody is dealt a card they judged elsewhere."""
    pairs = {(decision.draft_id, decision.reviewer_id): decision for decision in fresh}
    Assignment.objects.bulk_create(
        [
            Assignment(
                draft_id=draft_id,
                reviewer_id=reviewer_id,
                task_id=decision.task_id,
                state=AssignmentState.DONE,
                leased_until=decision.created_at,
                etag=deck.etag_for(drafts[draft_id], decision.reviewer),
            )
            for (draft_id, reviewer_id), decision in pairs.items()
        ],
        update_conflicts=True,
        unique_fields=["draft", "reviewer"],
        update_fields=["state", "unfinished", "updated_at"],
        batch_size=200,
    )


def _settle(drafts: Sequence[Draft], here: dict[UUID, list[Decision]]) -> None:
    """Rebuild golds and states; drafts on which a lead ruled, or with a known answer, one by one."""
    ids = [draft.pk for draft in drafts]
    # Whoever gave one of these verdicts holds the card no more.
    held = set(
        Assignment.objects.filter(draft__in=ids, state=AssignmentState.ACTIVE).values_list("draft_id", flat=True)
    )
    apart = set(Ruling.objects.filter(draft__in=ids).values_list("draft_id", flat=True))
    apart |= set(KnownAnswer.objects.filter(draft__in=ids).values_list("draft_id", flat=True))
    plain = [draft for draft in drafts if draft.pk not in apart]
    Gold.objects.filter(draft__in=plain).delete()
    resolved = {draft.pk: golds.resolving(here[draft.pk], required=draft.verdicts_wanted) for draft in plain}
    Gold.objects.bulk_create(
        [golds.as_gold(decision) for decision in resolved.values() if decision is not None], batch_size=200
    )
    usable = set(Draft.objects.filter(in_use(), pk__in=ids).values_list("pk", flat=True))
    for draft in drafts:
        state = golds.resolve(draft.pk) if draft.pk in apart else _state(draft, here[draft.pk], resolved[draft.pk])
        if state != DraftState.DECIDED and draft.pk not in usable:
            state = DraftState.KEPT
        if draft.pk not in held:
            draft.state = state
    Draft.objects.bulk_update(drafts, ["state"], batch_size=200)


def _state(draft: Draft, decisions: Sequence[Decision], resolved: Decision | None) -> DraftState:
    if resolved is not None:
        return DraftState.DECIDED
    is_waiting = len(golds.standing_decisions(decisions)) < max(1, draft.verdicts_wanted)
    return DraftState.PENDING if is_waiting else DraftState.DISPUTED
