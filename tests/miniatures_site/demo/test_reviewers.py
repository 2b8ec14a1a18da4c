"""The demo's members judge as the labels say, and what they mend is whole."""

from __future__ import annotations

from collections import Counter

import pytest

from demo.data import simulated_reviewers
from demo.data.offer import demo_spec
from demo.data.prospects.generate import prospects
from demo.offline_teacher import write
from review.text import checks

SPEC = demo_spec()


def drafts(count: int) -> list[tuple[dict[str, str], dict[str, str], list[str]]]:
    schema = [field.model_dump() for field in SPEC.output_schema]
    offer = SPEC.offer.model_dump()
    written = []
    for number, facts in enumerate(prospects(count)):
        draft = write(facts=facts, offer=offer, output_fields=schema, seed=number, defect_rate=0.6)
        written.append((facts, dict(draft.fields), list(draft.defects)))
    return written


def said_of(facts: dict[str, str], fields: dict[str, str], defects: list[str]) -> simulated_reviewers.Opinion:
    marks = [mark.as_json() for mark in checks.run(SPEC, facts, fields)]
    return simulated_reviewers.opinion(fields, defects, marks)


@pytest.mark.slow
def test_what_has_no_defect_is_accepted_and_what_has_one_never_is() -> None:
    for facts, fields, defects in drafts(120):
        assert (said_of(facts, fields, defects).verdict == "accept") == (not defects)


@pytest.mark.slow
def test_what_is_mended_passes_the_checks_that_marked_it() -> None:
    mended = [
        (facts, said.fields)
        for facts, fields, defects in drafts(200)
        if (said := said_of(facts, fields, defects)).verdict == "edit"
    ]

    failing = [mark.check for facts, fields in mended for mark in checks.run(SPEC, facts, fields or {})]

    assert len(mended) > 20
    assert len(failing) <= 0.1 * len(mended), Counter(failing)


def test_a_rejection_gives_a_reason_of_the_task() -> None:
    codes = {reason.code for reason in SPEC.reasons}

    assert set(simulated_reviewers.REASONS.values()) <= codes
