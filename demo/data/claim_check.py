"""The demo's task *Claim check*.

Decide whether a passage supports a claim about a fictional company, and quote the words.

Half of the claims are supported. Most others change a number, a name, a time or a direction. Some are right in one half
only, and some have no counterpart in the passage.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from demo.data.company_pages import (
    TOPICS,
    Statement,
    filler,
    joined_claims,
    sentences,
    statements,
    with_a_word_left_out,
)
from demo.data.demo_task import AnsweredRecord, DemoTask
from demo.data.prospects.generate import prospects
from review.spec.schema import Fields, InputField, OutputField
from review.spec.starters.parts import checks, reasons, teacher_template
from review.spec.task_spec import Requirement, TaskSpec

FAULTS = ("wrong_verdict", "wrong_quote", "inexact_quote", "no_quote")
SEED, COMPANIES, CLAIMS_EACH, LINES = 20260, 120, 3, 5
# Other topics touch on these, so they are never the topic that is missing from a passage.
HINTED_AT = frozenset({"staff", "apprentices"})

SPEC = TaskSpec(
    instruction=(
        "Say whether the passage bears the claim out, all of it, and quote the words of the passage that settle it. "
        "What follows from the passage is borne out, even in other words; what is merely likely is not. Where the "
        "passage says nothing of the claim, it is not borne out and nothing is quoted."
    ),
    input_schema=(
        InputField(name="company", role="group", required=True, description="Whom the claim is about."),
        InputField(name="claim", role="title", required=True, description="What somebody says."),
        InputField(name="passage", required=True, description="From a page of the company."),
    ),
    output_schema=(
        OutputField(name="supported", type="boolean", description="Whether the passage bears out the whole claim."),
        OutputField(
            name="quote",
            type="quote",
            source="passage",
            required=False,
            max_chars=400,
            description="The words that bear it out or contradict it; empty where the passage says nothing of it.",
        ),
    ),
    record_noun="claim",
    checks=checks("length", "quotes"),
    rubric=(
        Requirement(name="the whole claim", description="A claim that is right in one half is not borne out."),
        Requirement(name="quote settles it", description="Who reads the quote alone comes to the same answer."),
    ),
    reasons=reasons(unclear="Claim is unclear", passage="Passage is cut off"),
    guideline="A plan is no deed, and a number told for one thing says nothing of another.",
    teacher_template=teacher_template("answer"),
    student_template="Check the claim.\n{{facts}}",
)


def records(seed: int = SEED) -> list[AnsweredRecord]:
    """Draw the records, three for each company, no two with the same facts; the same seed gives the same everywhere."""
    rng = random.Random(seed)
    companies = prospects(COMPANIES)
    kinds = _kinds(COMPANIES * CLAIMS_EACH, rng)
    return [_record(facts, kinds.pop(), rng) for facts in companies for _ in range(CLAIMS_EACH)]


def _record(facts: dict[str, str], kind: Kind, rng: random.Random) -> AnsweredRecord:
    topics = rng.sample(TOPICS, LINES + 1)
    if topics[-1].name in HINTED_AT:
        topics[0], topics[-1] = topics[-1], topics[0]
    *page, other = statements(facts, topics, rng)
    claim, supported, quote = kind(page, other, rng)
    lines = [statement.sentence for statement in page]
    if rng.random() < 0.6:
        lines.insert(rng.choice((0, len(lines))), filler(facts, rng))
    record_facts = {"company": facts["company"], "claim": claim, "passage": " ".join(lines)}
    return AnsweredRecord(record_facts, {"supported": supported, "quote": quote})


Answer = tuple[str, bool, str]
Kind = Callable[[Sequence[Statement], Statement, random.Random], Answer]


def _true(page: Sequence[Statement], _other: Statement, rng: random.Random) -> Answer:
    statement = rng.choice(page)
    return statement.one_of(statement.topic.true, rng), True, statement.sentence


def _both_true(page: Sequence[Statement], _other: Statement, rng: random.Random) -> Answer:
    at = rng.randrange(len(page) - 1)
    first, second = page[at : at + 2]
    claims = [each.one_of(each.topic.true, rng) for each in (first, second)]
    return joined_claims(*claims), True, f"{first.sentence} {second.sentence}"


def _false(page: Sequence[Statement], _other: Statement, rng: random.Random) -> Answer:
    statement = rng.choice(page)
    return statement.one_of(statement.topic.false, rng), False, statement.sentence


def _half_true(page: Sequence[Statement], other: Statement, rng: random.Random) -> Answer:
    """Draw a claim with one supported half; the other is contradicted or missing."""
    right, wrong = rng.sample(page, 2)
    if rng.random() < 0.3:
        wrong_claim, quote = other.one_of(other.topic.true, rng), right.sentence
    else:
        wrong_claim, quote = wrong.one_of(wrong.topic.false, rng), wrong.sentence
    claims = [right.one_of(right.topic.true, rng), wrong_claim]
    rng.shuffle(claims)
    return joined_claims(*claims), False, quote


def _unmentioned(_told: Sequence[Statement], other: Statement, rng: random.Random) -> Answer:
    return other.one_of(other.topic.true, rng), False, ""


_SHARES: tuple[tuple[Kind, int], ...] = ((_true, 9), (_both_true, 3), (_false, 7), (_half_true, 3), (_unmentioned, 2))


def _kinds(count: int, rng: random.Random) -> list[Kind]:
    deck = [kind for kind, share in _SHARES for _ in range(share)]
    kinds = (deck * -(-count // len(deck)))[:count]
    rng.shuffle(kinds)
    return kinds


def spoil(_spec: TaskSpec, record: AnsweredRecord, rng: random.Random) -> tuple[Fields, str]:
    """Put one fault into an answer: the other verdict, or another quote."""
    supported, quote = record.fields["supported"], record.fields["quote"]
    fault = rng.choice(FAULTS if quote else FAULTS[:2])
    if fault == "wrong_verdict":
        return {"supported": not supported, "quote": quote}, fault
    if fault == "wrong_quote":
        others = [line for line in sentences(record.facts["passage"]) if line not in quote]
        return {"supported": supported, "quote": rng.choice(others)}, fault
    spoilt = with_a_word_left_out(quote, rng) if fault == "inexact_quote" else ""
    return {"supported": supported, "quote": spoilt}, fault


CLAIM_CHECK = DemoTask(
    slug="claim-check",
    name="Claim check",
    summary="Whether a passage of a company's page bears a claim out, and the words that settle it.",
    spec=SPEC,
    records=records,
    teacher_defects=0.2,
    spoil=spoil,
)
