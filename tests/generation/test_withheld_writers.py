"""An order keeps which waiting draft is its own from those who may still judge it; its leads see everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync
from django.http import StreamingHttpResponse
from django.test import Client
from rest_framework.test import APIClient

from generation.models import Call, Order
from generation.orders import queries
from jobs.models import Job, JobEvent
from jobs.states import JobState
from members.models import Member
from review.drafts.intake import NewDraft, add_drafts
from review.models import Draft, Membership, Task
from review.states import DraftState
from tests.generation.engine.conftest import TASK

TEXT = "Late lorries cost you an hour a day."
TELLING = (TEXT, "Co 0")
FIELDS = {field["name"]: TEXT for field in TASK["output_schema"]}
CALL = UUID(int=7)


@pytest.fixture
def judge(reviewer: Member, task: Task) -> Member:
    Membership.objects.create(member=reviewer, task=task, role="reviewer")
    return reviewer


@pytest.fixture
def waiting(order: Order, source: Any) -> Draft:
    """A draft of an ended order that nobody judged yet, with its call and its event."""
    record = source.records.get(title="Co 0")
    Job.objects.filter(pk=order.job_id).update(state=JobState.SUCCEEDED, last_seq=40)
    Call.objects.create(id=CALL, order=order, record=record, state="answered", prompt_hash="a" * 64)
    payload = {"call_id": str(CALL), "index": 0, "record": str(record.pk), "record_title": "Co 0", "fields": FIELDS}
    JobEvent.objects.create(job=order.job, seq=40, fence=1, kind="draft", ts=order.created_at, payload=payload)
    draft = NewDraft(record_id=record.pk, fields=FIELDS, teacher="offline:offline", call_id=str(CALL))
    return add_drafts(version=order.task_version, drafts=[draft], job_id=order.job_id)[0]


def doors(order: Order, member: Member, as_member: Callable[[Member], Client], api_as: Callable[..., APIClient]) -> str:
    """All that a member reads of an order's drafts: its page, its diversity, its job's page, its calls."""
    pages = (f"/generation/{order.pk}/", f"/generation/{order.pk}/diversity/", f"/jobs/{order.job_id}/")
    texts = [as_member(member).get(page).content.decode() for page in pages]
    return "".join([*texts, api_as(member).get(f"/api/v1/orders/{order.pk}/calls/").content.decode()])


async def gathered(stream: StreamingHttpResponse) -> str:
    """What a stream says before a server without an event loop ends it."""
    return "".join([line.decode() async for line in stream.streaming_content])


@pytest.mark.parametrize("name", ["viewer", "judge"])
def test_pages_and_calls_of_an_order_do_not_tell_which_waiting_draft_is_its_own(
    name: str, request: pytest.FixtureRequest, waiting: Draft, order: Order, as_member: Any, api_as: Any
) -> None:
    body = doors(order, request.getfixturevalue(name), as_member, api_as)

    assert not [word for word in (*TELLING, str(waiting.record_id), "a" * 64) if word in body]


@pytest.mark.parametrize("name", ["lead", "admin"])
def test_leads_and_admins_see_drafts_as_they_arrive(
    name: str, request: pytest.FixtureRequest, waiting: Draft, order: Order, as_member: Any, api_as: Any
) -> None:
    member = request.getfixturevalue(name)

    page = as_member(member).get(f"/generation/{order.pk}/").content.decode()
    events = as_member(member).get(f"/jobs/{order.job_id}/").content.decode()
    call = api_as(member).get(f"/api/v1/orders/{order.pk}/calls/").json()["results"][0]

    assert all(word in page and word in events for word in TELLING)
    assert (call["record"], call["prompt_hash"]) == (str(waiting.record_id), "a" * 64)


@pytest.mark.parametrize("state", [DraftState.DECIDED, DraftState.KEPT, DraftState.MACHINE])
def test_an_order_of_which_no_draft_waits_is_everybodys_to_read(
    state: DraftState, waiting: Draft, order: Order, viewer: Member, as_member: Any, api_as: Any
) -> None:
    Draft.objects.filter(pk=waiting.pk).update(state=state)

    assert all(word in doors(order, viewer, as_member, api_as) for word in (*TELLING, str(waiting.record_id)))


def test_an_order_that_still_writes_tells_nothing_even_before_its_first_draft(order: Order, viewer: Member) -> None:
    assert queries.is_withheld(viewer, order)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("name", "is_told"), [("viewer", False), ("judge", False), ("lead", True), ("admin", True)])
def test_the_live_events_of_an_order_tell_texts_to_leads_alone(
    name: str, is_told: bool, request: pytest.FixtureRequest, waiting: Draft, order: Order, as_member: Any, api_as: Any
) -> None:
    member = request.getfixturevalue(name)
    page, api = as_member(member), api_as(member)

    streams = [
        page.get(f"/jobs/{order.job_id}/events/?after=39"),
        page.get(f"/jobs/events/?job={order.job_id}:39"),
        api.get(f"/api/v1/jobs/{order.job_id}/events/?after=39"),
    ]
    bodies = [async_to_sync(gathered)(stream) for stream in streams]

    assert all('"index":0' in body and (TEXT in body) is is_told for body in bodies)
    assert all((str(waiting.record_id) in body) is is_told for body in bodies)
