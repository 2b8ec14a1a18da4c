"""Simulated verdicts of the demo's members, by the desk's own services.

They make a new user's desk look used. They read the labels of deliberate faults, which real reviewers never see, and so
they are right without a person.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from demo.data import clock
from demo.data.demo_task import key_of
from members.models import Member
from review.bulk import execution, planning
from review.bulk.bulk_verdict import BulkVerdict
from review.desk import decisions
from review.desk import deck as desk_deck
from review.models import Assignment, Draft, Task
from review.spec.schema import Fields
from review.states import Split

GREETING_SLOT = "{{contact.first_name}}"
ASK = "Would a short call be of use to you?"
FIXABLE = frozenset({"placeholder", "repeated_sentence", "no_ask", "forbidden_phrase", "unsupported_claim"})
DROPPED_CHECKS = frozenset({"forbidden", "unsupported"})
REASONS = {
    "wrong_fact": "wrong_fact",
    "wrong_name": "wrong_fact",
    "unsupported_claim": "wrong_fact",
    "too_long": "too_long",
    "no_ask": "no_ask",
    "spam_words": "tone",
    "forbidden_phrase": "tone",
    "placeholder": "other",
    "repeated_sentence": "other",
}


class Opinion(NamedTuple):
    verdict: str
    fields: Fields | None
    reasons: list[str]


def decide_next(member: Member, task: Task, *, count: int, seed: int | str, strictness: float = 0.0) -> int:
    """Have a member judge the next cards of the desk.

    Args:
        member: Reviewer of the task.
        seed: Seed of the times spent, and of strict verdicts.
        strictness: Chance that a draft without a fault is rejected, as a matter of taste.

    Returns:
        Number of verdicts; less than `count` when the desk ran out.
    """
    rng = random.Random(seed)
    for done in range(count):
        deck = desk_deck.deal(member, task, count=1)
        if not deck:
            return done
        _decide(member, deck[0], rng, strictness)
    return count


def decide_drafts(member: Member, drafts: Iterable[Draft], *, strictness: float = 0.0) -> int:
    """Have a member judge certain drafts, each by its text alone, so that every load gives the same verdicts.

    Returns:
        Number of verdicts.
    """
    done = 0
    for draft in drafts:
        rng = random.Random(f"{member.username} {text_key(draft)}")
        _decide(member, desk_deck.hold(member, draft.pk), rng, strictness)
        done += 1
    return done


def text_key(draft: Draft) -> str:
    """Hash a draft's record and text: the same in every load, where ids differ."""
    said = json.dumps([draft.record.facts, draft.fields], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def decide_certain_by_answers(
    member: Member, drafts: Iterable[Draft], answers: Mapping[str, Fields], *, overlooks: Collection[UUID] = ()
) -> None:
    """Have a member judge certain drafts by the right answers.

    Args:
        drafts: Drafts to judge; each has to be free for the member.
        answers: The right fields by record.
        overlooks: Drafts to accept, right or wrong.
    """
    for draft in drafts:
        rng = random.Random(f"{member.username} {text_key(draft)}")
        verdict = Opinion("accept", None, []) if draft.pk in overlooks else _by_answer(draft, answers)
        _record(member, desk_deck.hold(member, draft.pk), verdict, rng)


def accept_right_ones(
    member: Member, task: Task, drafts: Sequence[Draft], answers: Mapping[str, Fields]
) -> list[Draft]:
    """Have a member accept right drafts of records that are not held out in bulk; return the rest, still unjudged."""
    right = [draft.pk for draft in drafts if draft.record.split != Split.TEST and is_right(draft, answers)]
    said = BulkVerdict("accept")
    for begin in range(0, len(right), planning.AT_MOST):
        part = right[begin : begin + planning.AT_MOST]
        execution.carry_out(
            task, by=member, id=uuid.uuid4(), drafts=part, submission=said, tag=said.tag(part), typed=len(part)
        )
    return [draft for draft in drafts if draft.pk not in set(right)]


def is_right(draft: Draft, answers: Mapping[str, Fields]) -> bool:
    """Return whether a draft has the right answer, or its answer is unknown."""
    return _by_answer(draft, answers).verdict == "accept"


def _by_answer(draft: Draft, answers: Mapping[str, Fields]) -> Opinion:
    right = answers.get(key_of(draft.record.facts), draft.fields)
    return Opinion("accept", None, []) if right == draft.fields else Opinion("edit", dict(right), [])


def _decide(member: Member, card: Assignment, rng: random.Random, strictness: float) -> None:
    draft = card.draft
    verdict = opinion(draft.fields, list(draft.labelled_defects), draft.marks)
    if verdict.verdict == "accept" and rng.random() < strictness:
        verdict = Opinion("reject", None, ["tone"])
    _record(member, card, verdict, rng)


def _record(member: Member, card: Assignment, verdict: Opinion, rng: random.Random) -> None:
    seconds = round(rng.uniform(5, 40), 1)
    clock.wait(seconds)
    decisions.record(
        card.draft_id,
        by=member,
        id=uuid.uuid4(),
        verdict=verdict.verdict,
        if_match=card.etag,
        fields=verdict.fields,
        reasons=verdict.reasons,
        seconds=seconds,
    )


def opinion(fields: Fields, defects: list[str], marks: list[dict[str, Any]]) -> Opinion:
    """Accept a draft without faults, edit quick fixes, and reject the rest with the first fault's reason.

    Args:
        defects: Names of deliberate faults.
        marks: Marks of the checks.
    """
    if not defects:
        return Opinion("accept", None, [])
    mended = fix_faults(fields, set(defects), marks) if set(defects) <= FIXABLE else None
    if mended is not None and mended != fields:
        return Opinion("edit", mended, [])
    return Opinion("reject", None, [REASONS[defects[0]]])


def fix_faults(fields: Fields, defects: set[str], marks: list[dict[str, Any]]) -> Fields:
    """Fix faults: fill placeholders, drop marked sentences, add a missing question."""
    body = str(fields["body"])
    if defects & {"forbidden_phrase", "unsupported_claim"}:
        body = without_marked(body, [m for m in marks if m["field"] == "body" and m["check"] in DROPPED_CHECKS])
    if "placeholder" in defects:
        body = re.sub(r"\[[^\]\n]{1,40}\]|<[^>\n]{1,40}>", GREETING_SLOT, body)
    if "repeated_sentence" in defects:
        body = without_repeats(body)
    if "no_ask" in defects:
        text, separator, signature = body.rpartition("\n\n")
        body = f"{text}\n\n{ASK}{separator}{signature}"
    return {**fields, "body": body}


def without_marked(text: str, marks: list[dict[str, Any]]) -> str:
    """Drop the sentences that hold a mark."""
    kept, start = [], 0
    for sentence in re.split(r"(?<=[.?!])(?=\s)", text):
        end = start + len(sentence)
        if not any(mark["start"] < end and start < mark["end"] for mark in marks):
            kept.append(sentence)
        start = end
    return re.sub(r"\n{3,}", "\n\n", "".join(kept))


def without_repeats(text: str) -> str:
    """Drop repeated sentences, and keep paragraphs."""
    earlier: set[str] = set()
    paragraphs = []
    for paragraph in text.split("\n\n"):
        sentences = re.split(r"(?<=[.?!]) +", paragraph)
        kept = [s for s in sentences if s not in earlier or len(s) < 12]
        earlier.update(kept)
        if kept:
            paragraphs.append(" ".join(kept))
    return "\n\n".join(paragraphs)
