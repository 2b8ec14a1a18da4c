"""How the demo's members judge: by what was written wrong on purpose. They use the desk's own services.

A stand-in for experts, so that a new user finds a desk in use. It knows the labels of defects, which real reviewers never
see; that is what makes its verdicts right without a person.
"""

from __future__ import annotations

import random
import re
import uuid
from typing import Any, NamedTuple

from members.models import Member
from review.models import Assignment, Task
from review.schema import Fields
from review.services import decisions, queue

GREETING_SLOT = "{{contact.first_name}}"
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


class Said(NamedTuple):
    """What a demo member says of a card."""

    verdict: str
    fields: Fields | None
    reasons: list[str]


def judge_next(member: Member, task: Task, *, count: int, seed: int) -> int:
    """Have a member judge the next cards of the desk.

    Args:
        member: A reviewer of the task.
        task: Whose desk.
        count: How many cards at most.
        seed: Of the times spent.

    Returns:
        How many were judged; less than `count` when the desk ran out.
    """
    rng = random.Random(seed)
    for done in range(count):
        hand = queue.deal(member, task, count=1)
        if not hand:
            return done
        _judge(member, hand[0], rng)
    return count


def _judge(member: Member, card: Assignment, rng: random.Random) -> None:
    said = opinion(card.candidate.fields, list(card.candidate.labelled_defects))
    decisions.record(
        card.candidate_id,
        by=member,
        id=uuid.UUID(int=rng.getrandbits(128), version=4),
        verdict=said.verdict,
        if_match=card.etag,
        fields=said.fields,
        reasons=said.reasons,
        seconds=round(rng.uniform(5, 40), 1),
    )


def opinion(fields: Fields, defects: list[str]) -> Said:
    """Accept what has no defect, mend what is mended easily, reject the rest with the first defect's reason."""
    if not defects:
        return Said("accept", None, [])
    mended = mend(fields, set(defects))
    if mended is not None:
        return Said("edit", mended, [])
    return Said("reject", None, [REASONS[defects[0]]])


def mend(fields: Fields, defects: set[str]) -> Fields | None:
    """Fields without the defects, if every one of them is of the kind a person mends in a moment."""
    if not defects <= {"placeholder", "repeated_sentence"}:
        return None
    body = str(fields["body"])
    if "placeholder" in defects:
        body = re.sub(r"\[[^\]\n]{1,40}\]|<[^>\n]{1,40}>", GREETING_SLOT, body)
    if "repeated_sentence" in defects:
        body = without_repeats(body)
    mended: dict[str, Any] = {**fields, "body": body}
    return mended if mended != fields else None


def without_repeats(text: str) -> str:
    """The text with each sentence once, paragraphs kept."""
    seen: set[str] = set()
    paragraphs = []
    for paragraph in text.split("\n\n"):
        sentences = re.split(r"(?<=[.?!]) +", paragraph)
        kept = [s for s in sentences if s not in seen or len(s) < 12]
        seen.update(kept)
        if kept:
            paragraphs.append(" ".join(kept))
    return "\n\n".join(paragraphs)
