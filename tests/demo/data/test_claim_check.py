"""The demo's claims: half of them borne out, and no rule on their words tells which."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from demo.data.claim_check import CLAIM_CHECK, FAULTS
from review.spec.schema import Facts
from review.spec.values import normalise_fields
from tests.demo.data.plain_rules import names, numbers_and_denials, share, shared_words, verdict_right

RECORDS = CLAIM_CHECK.records()


def test_answers_fit_the_task_and_quotes_stand_in_the_passage() -> None:
    for record in RECORDS:
        assert normalise_fields(CLAIM_CHECK.spec.output_schema, record.fields) == record.fields
        assert record.fields["quote"] in record.facts["passage"]
        assert record.fields["quote"] or not record.fields["supported"]
    without = sum(not record.fields["quote"] for record in RECORDS)
    assert 20 <= without <= 60


@pytest.mark.parametrize("rule", [numbers_and_denials, names, shared_words])
def test_no_rule_on_words_comes_far(rule: Callable[[Facts], bool]) -> None:
    assert share(RECORDS, verdict_right(rule)) <= 0.7


def test_each_fault_changes_the_answer_and_is_named() -> None:
    rng = random.Random(1)
    seen = Counter()
    for record in RECORDS:
        fields, fault = CLAIM_CHECK.spoil(CLAIM_CHECK.spec, record, rng)
        seen[fault] += 1
        assert normalise_fields(CLAIM_CHECK.spec.output_schema, fields) == fields != record.fields
        assert (fields["supported"] != record.fields["supported"]) == (fault == "wrong_verdict")
        assert (fields["quote"] not in record.facts["passage"]) == (fault == "inexact_quote")
    assert set(seen) == set(FAULTS)
