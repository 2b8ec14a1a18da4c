"""The checks against drafts whose defects are known: the offline teacher's and those written by hand."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from demo.data import handwritten_drafts
from demo.data.offer import OFFER
from demo.data.prospects import generate
from demo.offline_teacher import teacher
from demo.offline_teacher.teacher import OfflineDraft
from review.spec.starters import outreach
from review.spec.task_spec import Offer
from review.text import checks
from tests import pace

SPEC = outreach.SPEC.model_copy(update={"offer": Offer.model_validate(OFFER)})
FIELDS = ({"name": "subject", "type": "text"}, {"name": "body", "type": "text"})
CAUGHT_BY = {
    "no_ask": {"call_to_action"},
    "too_long": {"length"},
    "spam_words": {"spam"},
    "forbidden_phrase": {"forbidden"},
    "unsupported_claim": {"unsupported"},
    "wrong_fact": {"unsupported"},
    "wrong_name": {"unsupported", "names_company"},
    "placeholder": {"placeholders"},
    "repeated_sentence": {"repetition"},
}


@pytest.fixture(scope="module")
def drafts() -> list[tuple[dict[str, str], OfflineDraft]]:
    records = generate.prospects(200, seed=77)
    return [
        (facts, teacher.write(facts=facts, offer=OFFER, output_fields=FIELDS, seed=seed, defect_rate=0.5))
        for facts in records
        for seed in range(4)
    ]


def kinds(facts: dict[str, Any], fields: dict[str, Any]) -> set[str]:
    return {mark.check for mark in checks.run(SPEC, facts, fields)}


@pytest.mark.slow
def test_no_clean_draft_is_marked(drafts: list[tuple[dict[str, str], OfflineDraft]]) -> None:
    clean = [(facts, draft) for facts, draft in drafts if not draft.defects]

    marked = [(kinds(facts, draft.fields), draft.fields) for facts, draft in clean if kinds(facts, draft.fields)]

    assert len(clean) > 300
    assert marked == []


@pytest.mark.slow
def test_of_each_kind_of_defect_nineteen_in_twenty_are_caught(
    drafts: list[tuple[dict[str, str], OfflineDraft]],
) -> None:
    seen, caught = Counter[str](), Counter[str]()
    for facts, draft in drafts:
        found = kinds(facts, draft.fields)
        for defect in draft.defects:
            seen[defect] += 1
            caught[defect] += bool(CAUGHT_BY[defect] & found)

    assert set(seen) == set(CAUGHT_BY)
    assert {defect: count for defect, count in seen.items() if caught[defect] < 0.95 * count} == {}


def test_of_the_drafts_written_by_hand_exactly_the_faulty_are_marked() -> None:
    facts = {record["company"]: record for record in generate.prospects()}
    marked = {
        draft["company"]
        for draft in handwritten_drafts.hand_drafts()
        if kinds(facts[draft["company"]], {"subject": draft["subject"], "body": draft["body"]})
    }

    assert marked == set(handwritten_drafts.faults())


@pytest.mark.slow
def test_thousands_of_drafts_are_read_within_seconds(drafts: list[tuple[dict[str, str], OfflineDraft]]) -> None:
    # Some 350 a second on a busy machine; work that grows by the square takes many times as long.
    with pace.within(len(drafts) / 200):
        for facts, draft in drafts:
            checks.run(SPEC, facts, draft.fields)
