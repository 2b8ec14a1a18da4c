"""The demo's tickets: the answer holds the limit of the customer's own plan, or passes on what no page settles."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from demo.data.demo_task import AnsweredRecord
from demo.data.support_answer import SUPPORT_ANSWER
from demo.data.support_answer.faults import FAULTS
from demo.data.support_answer.phrases import PLANS
from review.text import checks
from tests.demo.data.plain_rules import limit_right, share

RECORDS = SUPPORT_ANSWER.records()


def said_by_customer(record: AnsweredRecord) -> str:
    return " ".join(turn["content"] for turn in record.facts["conversation"] if turn["role"] == "user")


def answered(record: AnsweredRecord) -> str:
    return record.fields["reply"].split("\n\n")[1]


def test_every_ticket_tells_the_plan_of_its_customer_once() -> None:
    for record in RECORDS:
        assert sum(plan in said_by_customer(record) for plan in PLANS) == 1


def test_a_settled_answer_tells_the_limit_of_the_own_plan_and_of_no_other() -> None:
    settled = [record for record in RECORDS if "service team" not in answered(record)]

    for record in settled:
        own = next(plan for plan in PLANS if plan in said_by_customer(record))
        other = next(plan for plan in PLANS if plan != own)
        assert own in answered(record)
        assert other not in answered(record)
        assert re.findall(r"\d+", answered(record))[-1] in re.findall(r"\d+", record.facts["help_pages"])
    assert 0.8 * len(RECORDS) <= len(settled) <= 0.95 * len(RECORDS)


def test_who_answers_from_the_first_page_is_seldom_right() -> None:
    assert share(RECORDS, limit_right) <= 0.5


@pytest.mark.slow
def test_every_fault_comes_and_checks_see_some_of_them_alone() -> None:
    rng, seen, marked = random.Random(1), Counter[str](), Counter[str]()
    for record in RECORDS:
        fields, fault = SUPPORT_ANSWER.spoil(SUPPORT_ANSWER.spec, record, rng)
        seen[fault] += 1
        marked[fault] += bool(checks.run(SUPPORT_ANSWER.spec, record.facts, fields))

    assert set(seen) == set(FAULTS)
    assert all(marked[fault] == seen[fault] for fault in ("promise", "blame", "placeholder"))
    # That a number is another plan's, or that nothing is answered, takes a reader.
    assert marked["wrong_number"] == marked["no_answer"] == 0
