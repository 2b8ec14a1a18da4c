"""What fictional companies' pages tell: each claim follows from every wording of its topic, or from none."""

from __future__ import annotations

import random
import re

import pytest

from demo.data.company_pages.pages import TOPICS, filled, sentences, statements
from demo.data.company_pages.topic import Topic
from demo.data.prospects.generate import prospects

NAMES = {"place", "person", "other_person", "firm", "thing", "goods", "month"}
SWAPPED = {"other_place", "third_person", "other_firm", "other_thing", "other_goods", "other_month", "other_hour"}


def slots_of(pattern: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", pattern))


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_true_claims_name_what_every_wording_names(topic: Topic) -> None:
    told = set.intersection(*(slots_of(wording) for wording in topic.page)) | {"company"}

    for claim in topic.true:
        assert slots_of(claim) & NAMES <= told, claim
        assert not slots_of(claim) & SWAPPED, claim


def test_no_two_statements_share_a_name_and_no_slot_is_left_open() -> None:
    for number, facts in enumerate(prospects(20)):
        drawn = statements(facts, TOPICS[number % 9 : number % 9 + 9], random.Random(number))

        for slot in ("place", "person", "firm"):
            assert len({statement.slots[slot] for statement in drawn}) == len(drawn)
        texts = [statement.sentence for statement in drawn] + [
            filled(pattern, statement.slots)
            for statement in drawn
            for pattern in (*statement.topic.true, *statement.topic.false)
        ]
        assert not [text for text in texts if "{" in text or not (text[0].isupper() or text[0].isdecimal())]
        assert sentences(" ".join(statement.sentence for statement in drawn)) == [each.sentence for each in drawn]


def test_numbers_of_a_statement_differ_where_a_claim_takes_one_for_another() -> None:
    for seed in range(200):
        for statement in statements(prospects(1)[0], TOPICS[:6], random.Random(seed)):
            slots = statement.slots
            for one, other in (("low", "high"), ("few", "more"), ("year", "later"), ("hour", "other_hour")):
                assert slots[one] != slots[other]
            assert slots["wrong"] not in {slots[name] for name in ("low", "high", "percent", "more_percent")}
