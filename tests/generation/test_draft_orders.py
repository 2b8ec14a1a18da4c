"""Drafts name the order that had them written, and are listed by it, for whom it may be told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from generation.models import Order, Teacher
from generation.orders import launch
from members.models import Member
from review.drafts.intake import NewDraft, add_drafts
from review.models import Source, Task
from tests.review import factories

pytestmark = pytest.mark.django_db
Api = Callable[..., APIClient]
DRAFTS = "/api/v1/drafts/"


@pytest.fixture
def order(task: Task, source: Source, lead: Member) -> Order:
    """An order with one draft, beside a draft that was imported."""
    request = launch.OrderRequest(task, teacher=Teacher.objects.get(slug="offline"), source=source, count=1, by=lead)
    made = launch.launch(request)
    first, second = source.records.order_by("row_number")[:2]
    drafts = [NewDraft(record_id=first.pk, fields=factories.mail(first), call_id=uuid4().hex, teacher="offline")]
    add_drafts(version=made.task_version, drafts=drafts, job_id=made.job_id)
    imported = NewDraft(record_id=second.pk, fields=factories.mail(second), origin="import")
    add_drafts(version=made.task_version, drafts=[imported])
    return made


def rows(api: APIClient, query: str = "") -> list[dict[str, Any]]:
    answer = api.get(f"{DRAFTS}?{query}")
    assert answer.status_code == 200, answer.data
    return list(answer.data["results"])


def test_a_draft_names_its_order_and_is_listed_by_it(order: Order, lead: Member, api_as: Api) -> None:
    api = api_as(lead)

    (ordered,) = rows(api, f"order={order.pk}")

    assert ordered["order"] == str(order.pk)
    assert api.get(f"{DRAFTS}{ordered['id']}/").data["order"] == str(order.pk)
    assert sorted(row["order"] or "" for row in rows(api)) == ["", str(order.pk)]


def test_who_has_not_judged_learns_no_order(order: Order, task: Task, reviewer: Member, api_as: Api) -> None:
    factories.join(reviewer, task)
    api = api_as(reviewer)

    assert {row["order"] for row in rows(api)} == {None}
    assert rows(api, f"order={order.pk}") == []


def test_a_source_is_named_by_slug_or_id(order: Order, source: Source, lead: Member, api_as: Api) -> None:
    api = api_as(lead)

    by_slug, by_id = rows(api, f"source={source.slug}"), rows(api, f"source={source.pk}")

    assert len(by_slug) == 2
    assert by_slug == by_id


@pytest.mark.parametrize("path", ["drafts", "records"])
def test_a_source_that_is_not_there_is_a_mistake_that_names_those_that_are(
    order: Order, source: Source, lead: Member, api_as: Api, path: str
) -> None:
    answers = [api_as(lead).get(f"/api/v1/{path}/", {"source": name}) for name in ("propsects", str(uuid4()))]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert f"such as {source.slug}" in answers[0].data["errors"]["source"][0]


def test_an_order_that_is_not_there_or_anothers_is_a_mistake(
    order: Order, lead: Member, reviewer: Member, api_as: Api
) -> None:
    absent = api_as(lead).get(DRAFTS, {"order": str(uuid4())})
    malformed = api_as(lead).get(DRAFTS, {"order": "the-first"})
    anothers = api_as(reviewer).get(DRAFTS, {"order": str(order.pk)})

    assert [answer.status_code for answer in (absent, malformed, anothers)] == [400, 400, 400]
    assert malformed.data["errors"] == {"order": ["Found 'the-first'; expected the id of an order."]}
    assert list(absent.data["errors"]) == list(anothers.data["errors"]) == ["order"]
