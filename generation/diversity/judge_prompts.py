"""Asking a judge which of several drafts is best, blind: what it is told, and what its answer means."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from string import ascii_uppercase
from uuid import UUID

from generation.diversity.mix import MixSettings
from generation.models import Order
from review.models import Draft
from review.spec import prompting, questions
from review.spec.prompting import Message
from review.spec.questions import fenced
from review.spec.schema import Facts, Fields, OutputField
from review.spec.task_spec import TaskSpec
from web.db.chunks import chunked
from web.errors import Refusal

# The letter alone, however dressed; anything more is no choice.
_LETTER = re.compile(r"[\W_]*(?:draft\s+)?([A-Za-z])[\W_]*", re.IGNORECASE)
SYSTEM = (
    "You judge drafts that several writers wrote for the same record. Hold each against the instruction, the rubric "
    "and the facts. A claim that the facts do not support weighs more than any fault of style. Neither length nor "
    "place says anything of quality. " + questions.FENCE_RULE
)
CHUNK = 500
ANSWER = "Answer with the letter of the best draft and nothing else."


def judge_task() -> TaskSpec:
    """Return the task of a judge's answer: one letter."""
    return questions.answer_task(ANSWER, OutputField(name="choice", type="text", max_chars=20), about="drafts")


def judge_conversation(spec: TaskSpec, facts: Facts, drafts: Sequence[Fields]) -> list[Message]:
    """Return the conversation with a judge. It names no author of a draft and no result of checks.

    Raises:
        ValueError: A draft does not fit the output schema.
    """
    rubric = "\n".join(f"- {part.name}: {part.description}".rstrip(": ") for part in spec.rubric)
    parts = [
        f"Instruction:\n{spec.instruction}",
        f"Guideline:\n{spec.guideline}" if spec.guideline else "",
        f"Rubric:\n{rubric}" if rubric else "",
        f"Facts:\n{fenced(prompting.facts_sheet(spec, facts))}",
        *(
            f"Draft {letter}:\n{fenced(prompting.completion(spec, fields))}"
            for letter, fields in zip(ascii_uppercase, drafts, strict=False)
        ),
        ANSWER,
    ]
    return [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": "\n\n".join(part for part in parts if part)},
    ]


def parse_choice(answer: str, count: int) -> int | None:
    """The place of the draft an answer names; None when it names none of them."""
    match = _LETTER.fullmatch(answer.strip().split("\n", 1)[0])
    place = ascii_uppercase.index(match.group(1).upper()) if match else count
    return place if place < count else None


def shuffled(order: str, drafts: Sequence[str]) -> list[str]:
    """Drafts in an order that says nothing of them, the same in every attempt."""
    return sorted(drafts, key=lambda draft: sha256(f"{order}:{draft}".encode()).hexdigest())


def judge_conversations(order: Order, lineups: Mapping[str, Sequence[str]]) -> dict[str, list[Message]]:
    """The judge's conversation by record.

    Raises:
        Refusal: `draft_gone`, a draft was erased since the order was placed.
    """
    drafts = _drafts_by_id([draft for lineup in lineups.values() for draft in lineup])
    spec = order.task_version.spec
    conversations = {}
    for record_id, lineup in lineups.items():
        if gone := [draft for draft in lineup if draft not in drafts]:
            raise Refusal("draft_gone", f"The draft {gone[0]} is gone.", hint="Cancel this; the checks choose instead.")
        facts = drafts[lineup[0]].record.facts
        conversations[record_id] = judge_conversation(spec, facts, [drafts[draft].fields for draft in lineup])
    return conversations


def conversations(order: Order) -> dict[str, list[Message]]:
    """Return the conversations of a judge's order, by record."""
    return judge_conversations(order, MixSettings.model_validate(order.variety).lineups)


def _drafts_by_id(ids: Sequence[str]) -> dict[str, Draft]:
    drafts: dict[str, Draft] = {}
    for chunk in chunked(ids, CHUNK):
        rows = (
            Draft.objects.filter(pk__in=[UUID(pk) for pk in chunk], erased_at__isnull=True)
            .select_related("record")
            .only("fields", "record__facts")
        )
        drafts.update((str(row.pk), row) for row in rows)
    return drafts
