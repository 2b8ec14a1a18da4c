"""A number of thousands of digits, or beyond 64 bits, is no fault of the server wherever a page or program sends it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from campaigns.planning.audience import LARGEST, limit_of
from generation.learning.api import ProposalVerbIn
from jobs.live import stream
from review.desk.forms import fields_from
from review.spec import paths
from tests.matrix.bodies import body_of, query_of
from tests.matrix.installation import Installation
from tests.matrix.parts import slow_but
from tests.matrix.routes import walk
from web.http import problems
from web.whole_numbers import whole_number
from webhooks.endpoints.signing import is_valid

pytestmark = pytest.mark.django_db
# What Python does not read; what no column of 64 bits holds; a digit to `isdigit` that `int` does not read.
LONG = ("9" * 5_000, "9" * 30, "\xb2")
ROUTES = {route.name: route for route in walk()}
# Where a page or an endpoint reads a number by itself, with what else its address or form says.
QUERIES = {
    "audit:index": "before",
    "review:dataset-rows": "from",
    "review:dataset-compare": "older",
    "review:draft-text": "path",
    "review:desk-list": "q=a&after",
    "review:source": "after",
    "jobs:list": "before",
    "training:list": "page",
    "generation:estimate": "count",
    "jobs:events": "after",
    "job-events": "after",
}
FORMS: dict[str, dict[str, str]] = {
    "review:guidelines": {"version": "LONG", "do": "answer"},
    "training:sweep-keep": {"cell": "LONG"},
    "campaigns:pipeline": {"do": "promote", "version": "LONG"},
    "campaigns:answer": {"body": "Hello", "revision": "LONG"},
    "serving:replicas": {"replica": "LONG"},
    "generation:estimate": {"gold_set": "gold@LONG"},
}


def test_a_number_of_18_digits_is_read_and_a_longer_one_is_none() -> None:
    assert whole_number("9" * 18, otherwise=0) == 10**18 - 1
    assert [whole_number(text, otherwise=None) for text in (*LONG, "9" * 19, "", "-1", "1.5", " 1")] == [None] * 8


@pytest.mark.parametrize("name", slow_but(sorted(QUERIES), sorted(QUERIES)[:4]))
def test_a_long_number_in_an_address_is_no_fault(name: str, installation: Installation) -> None:
    route, client = ROUTES[name], installation.browsers["admin"]
    address, rest = route.address(installation.values(route)), query_of(name, installation).removeprefix("?")

    for long in LONG:
        answer = client.get(f"{address}?{rest}&{QUERIES[name]}={long}")

        assert answer.status_code < 500, long[:40]


@pytest.mark.parametrize("name", slow_but(sorted(FORMS), sorted(FORMS)[:2]))
def test_a_long_number_in_a_form_is_no_fault(name: str, installation: Installation) -> None:
    route, client = ROUTES[name], installation.browsers["admin"]
    address = route.address(installation.values(route))

    for long in LONG:
        sent = {key: value.replace("LONG", long) for key, value in FORMS[name].items()}
        answer = client.post(address, {**body_of("POST", name, installation), **sent})

        assert answer.status_code < 500, long[:40]


@pytest.mark.parametrize("long", LONG, ids=len)
def test_a_long_number_in_a_header_is_no_fault(long: str, installation: Installation) -> None:
    client = installation.browsers["admin"]
    events = ROUTES["job-events"]

    followed = client.get(events.address(installation.values(events)), headers={"Last-Event-ID": long})
    asked = client.post("/v1/chat/completions", b"{}", content_type="application/json", CONTENT_LENGTH=long)

    assert followed.status_code < 500
    assert asked.status_code < 500


@pytest.mark.parametrize("long", LONG, ids=len)
def test_a_long_number_inside_a_value_is_no_fault(long: str) -> None:
    job, errors = uuid4(), {f"a[{long}]": ["Wrong."]}

    problems.add_found_values(errors, {"a": [1]})
    proposal = ProposalVerbIn(data={"changes": {long: None}})

    assert errors == {f"a[{long}]": ["Wrong."]}
    assert not proposal.is_valid()
    assert limit_of({"limit": long}) == LARGEST
    assert stream.last_event_id({"Last-Event-ID": long}, {}) == 0
    assert stream.parse_positions([f"{job}:{long}"]) == {job: 0}
    assert paths.value_at({"lines": ["a"]}, f"lines.{long}") is None
    assert not is_valid(f"t={long},v1=00", b"", key="k", now=1_000_000)
    assert _posted(long) == {"lines": {long: "a", "0": "b"}}
    with pytest.raises(KeyError):
        paths.with_value({"lines": ["a"]}, f"lines.{long}", "b")


def _posted(long: str) -> dict[str, Any]:
    return fields_from({f"field:lines.{long}": "a", "field:lines.0": "b"})
