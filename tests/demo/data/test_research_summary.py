"""The demo's research files: every question is answered by one claim, in other words than the page it quotes."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from demo.data.company_pages.pages import TOPICS, sentences
from demo.data.company_pages.topic import Topic
from demo.data.research_summary import RESEARCH_SUMMARY
from demo.data.research_summary.faults import FAULTS
from demo.data.research_summary.questions import ASKED
from demo.data.research_summary.spec import PAGES
from tests.demo.data.plain_rules import quotes_right, share

RECORDS = RESEARCH_SUMMARY.records()
TOLD_IN_NUMBERS = {"rise_words": {"low", "high"}, "double": {"few"}, "double_words": {"few"}}


def test_each_question_has_its_claim_and_its_quote_on_one_of_the_pages() -> None:
    for record in RECORDS:
        claims = record.fields["claims"]
        pages = [record.facts.get(name, "") for name in PAGES]
        assert len(claims) == record.facts["questions"].count("?")
        assert all(sum(claim["quote"] in page for page in pages) == 1 for claim in claims)
    assert set(Counter(len(record.fields["claims"]) for record in RECORDS)) == {2, 3}


def test_claims_are_not_the_sentences_they_quote() -> None:
    claims = [claim for record in RECORDS for claim in record.fields["claims"]]

    shared = [len(words(claim["text"]) & words(claim["quote"])) / len(words(claim["text"])) for claim in claims]

    assert all(claim["text"] != claim["quote"] for claim in claims)
    assert sum(share == 1 for share in shared) <= 0.02 * len(shared)


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def test_questions_are_not_found_by_their_words() -> None:
    assert share(RECORDS, quotes_right) <= 0.2


def test_the_first_sentences_of_the_pages_are_no_answer() -> None:
    # Who quotes the beginning of each page, a plain rule, is seldom right.
    right = sum(
        claim["quote"] == sentences(record.facts[name])[0]
        for record in RECORDS
        for name, claim in zip([name for name in PAGES if name in record.facts], record.fields["claims"], strict=False)
    )

    assert right <= 0.25 * sum(len(record.fields["claims"]) for record in RECORDS)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_answers_tell_what_every_wording_of_the_topic_tells(topic: Topic) -> None:
    told = set.intersection(*(slots_of(wording) for wording in topic.page)) | {"company"}

    for answer in ASKED[topic.name].answers:
        for slot in slots_of(answer):
            assert TOLD_IN_NUMBERS.get(slot, {slot}) <= told, answer


def slots_of(pattern: str) -> set[str]:
    return {
        slot if slot in TOLD_IN_NUMBERS else slot.removesuffix("_words") for slot in re.findall(r"\{(\w+)\}", pattern)
    }


def test_every_fault_comes_and_a_quote_is_not_found_in_one_alone() -> None:
    rng, seen = random.Random(1), Counter[str]()
    for record in RECORDS:
        fields, fault = RESEARCH_SUMMARY.spoil(RESEARCH_SUMMARY.spec, record, rng)
        seen[fault] += 1
        pages = "".join(record.facts.get(name, "") for name in PAGES)
        assert any(claim["quote"] not in pages for claim in fields["claims"]) == (fault == "inexact_quote")
    assert set(seen) == set(FAULTS)
