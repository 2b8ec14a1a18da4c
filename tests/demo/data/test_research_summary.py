"""The demo's research files: every question is answered by one claim, in other words than the page it quotes."""

from __future__ import annotations

import random
from collections import Counter

from demo.data.research_summary import FAULTS, PAGES, RESEARCH_SUMMARY
from tests.demo.data.plain_rules import quotes_right, share

RECORDS = RESEARCH_SUMMARY.records()


def test_each_question_has_its_claim_and_its_quote_on_one_of_the_pages() -> None:
    for record in RECORDS:
        claims = record.fields["claims"]
        pages = [record.facts.get(name, "") for name in PAGES]
        assert len(claims) == record.facts["questions"].count("?")
        assert all(sum(claim["quote"] in page for page in pages) == 1 for claim in claims)
    assert set(Counter(len(record.fields["claims"]) for record in RECORDS)) == {2, 3}


def test_questions_are_not_found_by_their_words() -> None:
    assert share(RECORDS, quotes_right) <= 0.2


def test_every_fault_comes_and_a_quote_is_not_found_in_one_alone() -> None:
    rng, seen = random.Random(1), Counter[str]()
    for record in RECORDS:
        fields, fault = RESEARCH_SUMMARY.spoil(RESEARCH_SUMMARY.spec, record, rng)
        seen[fault] += 1
        pages = "".join(record.facts.get(name, "") for name in PAGES)
        assert any(claim["quote"] not in pages for claim in fields["claims"]) == (fault == "inexact_quote")
    assert set(seen) == set(FAULTS)
