"""The demo's tickets: the answer holds the limit of the customer's own plan, or passes on what no page settles."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from demo.data.support_answer import FAULTS, SUPPORT_ANSWER
from review.text import checks
from tests.demo.data.plain_rules import limit_right, share

RECORDS = SUPPORT_ANSWER.records()


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
    assert marked["no_answer"] == 0
    assert marked["wrong_number"] < seen["wrong_number"] / 2
