"""Makes claim records of a task's decisions.

Golds of a task that checks claims, each on the side of the split of its record. A sentence counts as supported where an
expert accepted its draft and it rests on a fact; as not supported where an edit changed one of its numbers or names, or
where its draft was rejected for a wrong fact and it is known which sentence was meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from hashlib import sha256
from typing import Any, Final, NamedTuple

from django.db import transaction

from audit import trail
from members.models import Member
from review.models import Decision, Task
from review.sources import derived_records
from review.sources.derived_records import MOST, DerivedRow
from review.sources.imports import staging
from review.spec import prompting
from review.spec.numbers import readings_in
from review.spec.paths import texts
from review.spec.schema import SLOT, Facts, Fields
from review.spec.task_spec import TaskSpec
from review.states import Role, Verdict
from review.tasks import permissions
from review.tasks.queries import latest_version
from review.text.grounding import attribution
from review.text.grounding.passages import PassageIndex, index_passages, offer_lines
from review.text.grounding.sentence_support import sentence_support
from review.text.reading.names import unknown_names
from review.text.verification.claim_task import CLAIM, PASSAGE, SUPPORTED, is_claim_task
from web.errors import Refusal

# The reason that a rejection for a wrong fact is given by, where nobody names another.
WRONG_FACT: Final = "wrong_fact"
# Supported claims for each that is not: a miniature that sees no others learns to say yes.
_FOR_EACH: Final = 3


@dataclass(frozen=True)
class ClaimRecords:
    """Result of adding claim records.

    Attributes:
        supported: Claims added that their passage supports.
        unsupported: Claims added that it does not.
        known: Claims that the task had.
        left_out: Claims whose company stands on another side there, and those whose passage is longer than a fact may
            be.
        unplaced: Drafts rejected for a wrong fact of which no sentence could be told to be the wrong one.
    """

    supported: int
    unsupported: int
    known: int
    left_out: int
    unplaced: int


@dataclass(frozen=True)
class _Row:
    claim: HarvestedClaim
    made: DerivedRow


@transaction.atomic
def make(task: Task, *, into: Task, by: Member, reasons: Sequence[str] = (WRONG_FACT,)) -> ClaimRecords:
    """Add claims of a task's golds to a task that checks claims, with their answers, as verdicts given elsewhere.

    Golds given to many drafts at once are left out, as are revoked and erased drafts. A record stands on the side of
    the split on which the record stands that it comes from; where its company stands on another side already it is left
    out. Made again it adds what is new. Records that are erased take their claims with them.

    Args:
        task: Whose decisions.
        into: A task of the shape of a claim check.
        by: A lead of both tasks: what is in the one is seen by who sees the other.
        reasons: Codes of the reasons that mean a wrong fact.

    Raises:
        PermissionDenied: The member does not lead both tasks.
        Refusal: `no_claim_task`, `reason_unknown`, `no_wrong_facts`, or `import_running` (409).
    """
    for each in (task, into):
        permissions.require(by, each, Role.LEAD)
    target = latest_version(into).spec
    _check(task, target, reasons)
    claim_rows, unplaced, too_long = _rows(task, target, reasons)
    chosen = _balanced(claim_rows)
    if not any(not row.claim.supported for row in claim_rows):
        message = "No decision of this task marks a sentence as wrong."
        raise Refusal(
            "no_wrong_facts", message, hint=f"Name the reason it is given by, instead of {', '.join(reasons)}."
        )
    staging.lock_task(into)
    fresh = derived_records.unknown(into, (row.made for row in chosen))
    new_rows = fresh[:MOST]
    digests = derived_records.take_in(task, into, new_rows, by=by, called="Claims") if new_rows else set()
    counts = Counter(row.answer[SUPPORTED] for row in new_rows if row.digest in digests)
    trail.record("claim_records_made", by=by, about=into, task=into.slug, of=task.slug, count=counts.total())
    left_out = len(new_rows) - counts.total() + too_long
    return ClaimRecords(counts[True], counts[False], len(chosen) - len(fresh), left_out, unplaced)


def _check(task: Task, target: TaskSpec, reasons: Sequence[str]) -> None:
    needed = [fact.name for fact in target.input_schema if fact.required and fact.role != "group"]
    written = [field.name for field in target.output_schema if field.required]
    if not is_claim_task(target) or {*needed} - {CLAIM, PASSAGE} or {*written} - {SUPPORTED}:
        raise Refusal(
            "no_claim_task",
            "Claims can be added to a task that asks for a claim and a passage alone whether it is supported.",
            hint="It needs the facts 'claim' and 'passage', a yes or no called 'supported', and nothing else required.",
        )
    codes = {reason.code for reason in latest_version(task).spec.reasons}
    if unknown := [code for code in reasons if code not in codes]:
        message = f"{task.name} has no reason '{unknown[0]}'."
        raise Refusal("reason_unknown", message, hint=f"It has {', '.join(sorted(codes)) or 'none'}.")


def _rows(task: Task, target: TaskSpec, reasons: Sequence[str]) -> tuple[list[_Row], int, int]:
    """Claims of all golds that may be used, each once, the newest decision's answer first.

    With them the number of drafts without a place, and of claims that are too long.
    """
    rows: dict[tuple[Any, str], _Row] = {}
    unplaced = too_long = 0
    for decision in derived_records.golds_of(task):
        claims = _claims(decision, reasons)
        unplaced += claims is None
        record, spec = decision.draft.record, decision.draft.task_version.spec
        for claim in claims or ():
            try:
                facts = {CLAIM: claim.text, PASSAGE: passage_of(spec, record.facts)}
                answer = {SUPPORTED: claim.supported}
                made = derived_records.derive(record, facts, answer, of=spec, into=target)
                rows.setdefault((record.pk, claim.text), _Row(claim, made))
            except ValueError:
                too_long += 1
    return list(rows.values()), unplaced, too_long


def _claims(decision: Decision, reasons: Sequence[str]) -> list[HarvestedClaim] | None:
    """None for a rejection for a wrong fact of which it is not known which sentence was meant."""
    draft, spec = decision.draft, decision.draft.task_version.spec
    if decision.verdict == Verdict.ACCEPT:
        return accepted(spec, draft.record.facts, draft.fields)
    if decision.verdict == Verdict.EDIT:
        return edited(spec, draft.fields, decision.fields or draft.fields)
    if decision.verdict == Verdict.REJECT and not set(reasons).isdisjoint(decision.reasons):
        return rejected(spec, draft.record.facts, draft.fields) or None
    return []


def _balanced(rows: Sequence[_Row]) -> list[_Row]:
    """All claims that are not supported, and so many of the others as can stand beside them, drawn by their hashes."""
    wrong = [row for row in rows if not row.claim.supported]
    right = sorted(
        (row for row in rows if row.claim.supported), key=lambda row: sha256(row.made.digest.encode()).digest()
    )
    return [*wrong, *right[: _FOR_EACH * len(wrong)]]


# Of one accepted draft, so that long ones do not crowd out the others.
_OF_ONE_DRAFT: Final = 2
# From here on two sentences are one before and after an edit.
_ALIKE: Final = 0.6
_SHORTEST_CHARS: Final = 20


class HarvestedClaim(NamedTuple):
    text: str
    supported: bool


def passage_of(spec: TaskSpec, facts: Facts) -> str:
    """The facts as the task's prompts write them, and what its offer says: what a sentence may lean on."""
    offer = "\n".join(line for _, line in offer_lines(spec.offer))
    return f"{prompting.facts_sheet(spec, facts)}\n{offer}".strip()


def accepted(spec: TaskSpec, facts: Facts, fields: Fields) -> list[HarvestedClaim]:
    """Sentences of an accepted draft that rest on a fact, those that rest on most first."""
    index = index_passages(facts, spec.offer)
    pairs = [
        (sentence, text)
        for text in _texts(spec, fields)
        for sentence in _resting(text, index, spec.language)
        if not SLOT.search(text[sentence.start : sentence.end])
    ]
    best = sorted(pairs, key=lambda each: -len(each[0].facts))[:_OF_ONE_DRAFT]
    return [HarvestedClaim(text[sentence.start : sentence.end], True) for sentence, text in best]


def edited(spec: TaskSpec, before: Fields, after: Fields) -> list[HarvestedClaim]:
    """Sentences in which an edit put other numbers or names: not supported as they were, supported as they are."""
    were, are = (dict.fromkeys(_sentences(spec, fields)) for fields in (before, after))
    gone, come = [each for each in were if each not in are], [each for each in are if each not in were]
    claims = []
    for old in gone:
        new = max(come, key=lambda each: _likeness(old, each), default="")
        if new and _likeness(old, new) >= _ALIKE and _told(old) - _told(new) and _told(new):
            claims += [HarvestedClaim(old, False), HarvestedClaim(new, True)]
            come.remove(new)
    return claims


def rejected(spec: TaskSpec, facts: Facts, fields: Fields) -> list[HarvestedClaim]:
    """Sentences of a draft that was rejected for a wrong fact.

    Those the rules refute, or the only one that claims anything.

    Where neither is so nobody knows which sentence was meant, and there is none.
    """
    support = sentence_support(spec, facts, fields)
    wrong = [each.text for each in support.unsupported] if support else []
    if not wrong and len(claimed := list(_sentences(spec, fields))) == 1:
        wrong = claimed
    return [HarvestedClaim(text, False) for text in wrong if not SLOT.search(text)]


def _texts(spec: TaskSpec, fields: Fields) -> list[str]:
    places = texts(spec.output_schema, fields)
    return [
        place.text
        for place in places
        if (not place.field.role and place.item.type != "quote") or place.field.role == "body"
    ]


def _sentences(spec: TaskSpec, fields: Fields) -> Iterator[str]:
    for text in _texts(spec, fields):
        yield from (text[start:end] for start, end in attribution.claims(text, spec.language))


def _resting(text: str, index: PassageIndex, language: str) -> Iterator[attribution.Sentence]:
    claims = set(attribution.claims(text, language))
    for sentence in attribution.attribute(text, index, language=language):
        is_long = sentence.end - sentence.start >= _SHORTEST_CHARS
        if sentence.facts and is_long and (sentence.start, sentence.end) in claims:
            yield sentence


def _likeness(first: str, second: str) -> float:
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def _told(sentence: str) -> frozenset[str]:
    """Numbers and names of a sentence."""
    names: Sequence[tuple[int, int]] = list(unknown_names(sentence, frozenset()))
    return readings_in(sentence) | {sentence[start:end] for start, end in names}
