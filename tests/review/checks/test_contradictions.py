"""What the facts say otherwise is marked, on texts that say much of their own; what is merely nowhere is not."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from demo.data import handwritten_drafts
from demo.data.offer import OFFER
from demo.data.prospects import generate
from demo.data.support_answer import SUPPORT_ANSWER
from review.spec.schema import InputField, OutputField
from review.spec.starters import outreach
from review.spec.task_spec import Check, Offer, TaskSpec
from review.text import checks
from review.text.checks.mark import Mark
from review.text.grounding.sentence_support import sentence_support
from review.text.verification.contradiction import contradictions
from review.text.verification.source import read

DATA = Path(os.environ.get("SHARED_DATA_DIR", "/nowhere")) / "verify/summedits_sales_dev.jsonl.gz"
FACTS = {
    "notes": "Ms. Whitfield leads Harrow Rail. Harrow bought Penrow Depots. A seat costs $18 per month. "
    "The office opened on 3 May 2024. The limit is 40 gigabytes."
}


def spec_of(*, language: str = "en", kind: str = "contradictions") -> TaskSpec:
    return TaskSpec(
        instruction="Write.",
        language=language,
        input_schema=(InputField(name="notes"),),
        output_schema=(OutputField(name="title", role="subject"), OutputField(name="body", role="body")),
        checks=(Check(kind=kind),),
        teacher_template="{{facts}}",
        student_template="{{facts}}",
    )


def marks(body: str, *, title: str = "", language: str = "en") -> list[Mark]:
    return checks.run(spec_of(language=language), FACTS, {"title": title, "body": body})


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("A seat costs €18 per month.", "18"), ("The office opened on 9 June 2024.", "9 June 2024"),
        ("Mr. Whitfield leads Harrow Rail.", "Mr. Whitfield"), ("Penrow bought Harrow.", "Penrow bought Harrow"),
        ("The space is unlimited.", "unlimited"),
    ],
)  # fmt: skip
def test_what_the_facts_say_otherwise_is_marked_where_it_stands(body: str, place: str) -> None:
    (mark,) = marks(body)

    assert place in body[mark.start : mark.end]
    assert (mark.check, mark.field, mark.severity) == ("contradictions", "body", "warning")
    assert mark.message.startswith("The record")


@pytest.mark.parametrize(
    "body",
    [
        "Hi {{contact.first_name}}, planning is hard and nobody likes it.", "We save you 40 hours.",
        "Was it on 9 June 2024?", "Only a call tells whether Hollin Freight is a rival.",
    ],
)  # fmt: skip
def test_what_is_nowhere_in_the_facts_and_what_is_asked_is_not_marked(body: str) -> None:
    assert marks(body) == []


def test_a_subject_and_another_language_are_not_read() -> None:
    assert marks("Fine.", title="A seat for €18 per month") == []
    assert marks("A seat costs €18 per month.", language="de") == []


@pytest.mark.slow
def test_nothing_is_marked_in_the_demos_faultless_texts() -> None:
    mails = outreach.SPEC.model_copy(
        update={"offer": Offer.model_validate(OFFER), "checks": (Check(kind="contradictions"),)}
    )
    prospects = {facts["company"]: facts for facts in generate.prospects(60)}
    drafts = [draft for draft in handwritten_drafts.hand_drafts() if draft["company"] in prospects]
    answers = SUPPORT_ANSWER.spec.model_copy(update={"checks": (Check(kind="contradictions"),)})
    records = list(SUPPORT_ANSWER.records())[:60]

    found = [mark for draft in drafts for mark in checks.run(mails, prospects[draft["company"]], draft)]
    found += [mark for record in records for mark in checks.run(answers, record.facts, record.fields)]

    assert len(drafts) >= 30
    assert found == []


@pytest.mark.slow
@pytest.mark.outside_data
def test_nineteen_in_twenty_faithful_summaries_are_not_marked() -> None:
    with gzip.open(DATA, "rt", encoding="utf-8") as lines:
        rows = [row for line in lines if (row := json.loads(line))["label"] == 1]

    marked = sum(any(contradictions(read(row["doc"]), row["summary"])) for row in rows)

    assert len(rows) > 200
    assert marked <= 0.05 * len(rows)


def test_sentences_that_claim_something_are_counted_and_the_unsupported_told_with_their_place() -> None:
    body = (
        "Hi {{contact.first_name}},\n\nHarrow Rail opened its office in Plovdiv. A seat costs $18 per month there. "
        "Shall we talk?"
    )

    found = sentence_support(spec_of(), FACTS, {"title": "", "body": body})

    assert found is not None
    assert found.claims == 2
    (sentence,) = found.unsupported
    assert (sentence.path, body[sentence.start : sentence.end]) == ("body", sentence.text)
    assert sentence.text == "Harrow Rail opened its office in Plovdiv."
    assert sentence.why == "The passage does not hold this name"


def test_sentences_of_another_language_are_not_counted() -> None:
    assert sentence_support(spec_of(language="de"), FACTS, {"title": "", "body": "Der Sitz kostet 20 Euro."}) is None
