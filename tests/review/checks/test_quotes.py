"""Quotes of claims: letter by letter, at the address they name."""

from __future__ import annotations

from typing import Any

import pytest

from review.spec.starters import research_summary
from review.spec.task_spec import TaskSpec
from review.text import checks
from tests.review.factories import summary_spec

FERRY, YARD = "https://harrow-bay.example/news", "https://shipyards.example/orders"
FACTS = {
    "company": "Harrow Bay Ferries",
    "source_1": "The company has ordered\n  two electric ships.\n\nThey carry “180 cars” each; café included.",
    "source_1_url": FERRY,
    "source_2": "The yard in Gdansk begins work this autumn.",
    "source_2_url": f"{YARD}/",
}


def marks(quote: str, url: str = FERRY, *, spec: TaskSpec = research_summary.SPEC, facts: Any = None) -> list[Any]:
    claims = [{"text": "So it is.", "quote": quote, "url": url}]
    name = "note" if spec is research_summary.SPEC else "summary"
    found = checks.run(spec, facts or FACTS, {name: "A note.", "claims": claims})
    return [(mark.field, mark.message) for mark in found if mark.check == "quotes"]


@pytest.mark.parametrize(("quote", "url"), [
    ("The company has ordered two electric ships.", FERRY),
    ("“has ordered two electric\nships”", FERRY),
    ("carry “180 cars” each", f"{FERRY}#top"),
    ("cafe\u0301 included", FERRY),
    ("Gdansk begins work", YARD),
])  # fmt: skip
def test_words_of_the_source_are_a_quote_however_lines_break(quote: str, url: str) -> None:
    assert marks(quote, url) == []


@pytest.mark.parametrize("quote", [
    "The company has ordered three electric ships.", "the company has ordered", "The company ... electric ships.",
    "two electric ships carry",
])  # fmt: skip
def test_words_that_are_changed_in_any_letter_are_marked(quote: str) -> None:
    assert marks(quote) == [("claims.0.quote", "Not found letter by letter in the source")]


def test_words_of_another_source_are_marked_with_where_they_stand() -> None:
    found = checks.run(
        research_summary.SPEC, FACTS,
        {"note": "A note.", "claims": [{"text": "x", "quote": "The yard in Gdansk", "url": FERRY}]},
    )  # fmt: skip

    mark = next(mark for mark in found if mark.check == "quotes")
    assert (mark.message, mark.mend, mark.severity) == ("These words are at another address", f"Name {YARD}", "error")
    assert (mark.start, mark.end) == (0, len("The yard in Gdansk"))


def test_an_address_that_is_no_source_is_marked_once() -> None:
    assert marks("two electric ships", "https://made-up.example/") == [
        ("claims.0.url", "No source of this record has this address")
    ]


def test_a_claim_without_a_quote_or_an_address_is_marked() -> None:
    assert marks("", FERRY) == [("claims.0.quote", "A claim without a quote")]
    assert marks("two electric ships", "") == [("claims.0.url", "No address is named")]


def test_where_records_hold_no_addresses_any_fact_may_be_quoted() -> None:
    spec = summary_spec().model_copy(update={"checks": (*research_summary.SPEC.checks[-1:],)})
    facts = {"title": "A page", "page": "Six lines are run, all year."}

    assert marks("Six lines are run", spec=spec, facts=facts) == []
    assert marks("Seven lines are run", spec=spec, facts=facts) == [
        ("claims.0.quote", "Not found letter by letter in the facts")
    ]


def test_a_task_without_quotes_has_nothing_to_check() -> None:
    assert checks.quotes.prepare(research_summary.SPEC.model_copy(update={"output_schema": ()})) is None


def test_the_starters_own_example_stands() -> None:
    starter = research_summary.STARTER

    assert [mark for mark in checks.run(starter.spec, starter.facts, starter.fields) if mark.check == "quotes"] == []
