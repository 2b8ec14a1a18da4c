"""Drafts that nearly repeat others: left off the desk, counted, and asked for once more."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.test import Client

from generation.diversity import queries as selectors
from generation.diversity.request import MixRequest
from generation.kinds import GenerationKind
from generation.models import LeftOut, Order
from generation.orders import launch
from members.models import Member
from review.models import Draft, Source, Task
from review.spec.task_spec import TaskSpec
from review.states import DraftState
from review.tasks import authoring
from tests.generation.engine.conftest import TASK
from tests.generation.test_ingest import told

pytestmark = pytest.mark.django_db
LONG = (
    "We plan your loads so that fewer lorries leave half empty and your planners get home on time each day. "
    "Shall we talk?"
)
OTHER = (
    "Quite another letter which speaks about docks and gates and nothing that stood in the first one at all. Shall we?"
)


def fields(text: str) -> dict[str, str]:
    return {"subject": "Hello", "body": text}


def arrive(order: Order, *texts: str, first: int = 1) -> None:
    events = [told(order, "draft", n, fields=fields(text)) for n, text in enumerate(texts, first)]
    GenerationKind().on_events(order.job, events)


@pytest.fixture
def keeping_out(task: Task, source: Source, offline: Any, lead: Member) -> Order:
    return launch.launch(
        launch.OrderRequest(task, teacher=offline, count=6, by=lead, mix=MixRequest(near_duplicates="keep_out"))
    )


def test_a_repeat_in_the_same_arrival_stays_off_the_desk(keeping_out: Order) -> None:
    arrive(keeping_out, LONG, OTHER, LONG.replace("talk", "speak"))

    states = list(Draft.objects.order_by("call_id").values_list("state", flat=True))
    assert states == [DraftState.PENDING, DraftState.PENDING, DraftState.KEPT]
    left = LeftOut.objects.get()
    assert left.reason == "duplicate" and left.because_of is not None
    assert left.because_of.fields["body"] == LONG
    assert left.similarity is not None and 0.8 <= left.similarity < 1


def test_a_repeat_of_an_earlier_arrival_and_of_an_earlier_order_stays_off(
    keeping_out: Order, task: Task, offline: Any, lead: Member
) -> None:
    before = launch.launch(launch.OrderRequest(task, teacher=offline, count=1, by=lead))
    arrive(before, LONG, first=50)

    arrive(keeping_out, LONG)
    arrive(keeping_out, OTHER, first=2)
    arrive(keeping_out, OTHER, first=3)

    assert LeftOut.objects.filter(order=keeping_out).count() == 2
    assert keeping_out.calls.filter(state="answered").count() == 3


def test_equal_labels_of_different_records_repeat_nothing(
    task: Task, source: Source, offline: Any, lead: Member
) -> None:
    labels = [{"name": "Billing"}, {"name": "Delivery"}]
    spec = TASK | {"slots": [], "output_schema": [{"name": "queue", "type": "choice", "labels": labels}]}
    authoring.new_version(task, spec=TaskSpec.model_validate(spec), by=lead)
    mix = MixRequest(near_duplicates="keep_out")
    order = launch.launch(launch.OrderRequest(task, teacher=offline, count=3, by=lead, mix=mix))

    events = [
        told(order, "draft", n, fields={"queue": "Billing"}, record=record)
        for n, record in enumerate(order.record_ids, 1)
    ]
    GenerationKind().on_events(order.job, events)

    assert Draft.objects.filter(state=DraftState.PENDING).count() == 3
    assert not LeftOut.objects.exists()


def test_the_same_arrival_told_twice_leaves_nothing_more_out(keeping_out: Order) -> None:
    arrive(keeping_out, LONG, OTHER)
    arrive(keeping_out, LONG, OTHER)

    assert not LeftOut.objects.exists()
    assert Draft.objects.filter(state=DraftState.PENDING).count() == 2


def test_an_order_as_ever_brings_repeats_to_the_desk(task: Task, source: Source, offline: Any, lead: Member) -> None:
    order = launch.launch(launch.OrderRequest(task, teacher=offline, count=2, by=lead))

    arrive(order, LONG, LONG)

    assert Draft.objects.filter(state=DraftState.PENDING).count() == 2


@pytest.mark.slow
def test_repeats_are_asked_for_once_more_with_another_angle_and_within_the_budget(
    task: Task, source: Source, lead: Member, serve: Any, carry_out: Callable[[Order], None]
) -> None:
    spec = TASK | {"angles": ["Begin with the delay.", "Begin with the drivers."]}
    authoring.new_version(task, spec=TaskSpec.model_validate(spec), by=lead)
    number = count()
    ann, server = serve("ann", lambda body: f"Subject: Hello\n\n{LONG if next(number) < 3 else OTHER}")
    mix = MixRequest(angles=True, near_duplicates="ask_again")
    order = launch.launch(
        launch.OrderRequest(task, teacher=ann, count=3, by=lead, max_cost_usd=Decimal("0.01"), mix=mix)
    )

    carry_out(order)

    again = order.followers.get()
    spent = sum(call.cost_usd for call in order.calls.all())
    assert (again.count, again.max_cost_usd) == (2, Decimal("0.01") - spent)
    carry_out(again)
    first = {draft.record_id: draft.parameters["angle"] for draft in Draft.objects.filter(job_id=order.job_id)}
    second = {draft.record_id: draft.parameters["angle"] for draft in Draft.objects.filter(job_id=again.job_id)}
    assert len(second) == 2 and all(first[record] != angle for record, angle in second.items())
    assert len(server.asked) == 5
    # Of the two new ones, alike again, one stays; and a follower asks no third time.
    assert LeftOut.objects.count() == 3
    assert not again.followers.exists()


def test_repeats_are_not_asked_for_when_nothing_is_left(
    task: Task, source: Source, lead: Member, serve: Any, carry_out: Callable[[Order], None]
) -> None:
    ann, server = serve("ann", lambda body: f"Subject: Hello\n\n{LONG}")
    mix = MixRequest(near_duplicates="ask_again")
    worst = launch.quote(launch.OrderRequest(task, teacher=ann, count=2, by=lead, mix=mix)).estimate.worst_call_usd
    budget = Decimal(str(worst)) + Decimal("0.00011")
    order = launch.launch(
        launch.OrderRequest(
            task, teacher=ann, count=2, by=lead, max_cost_usd=budget.quantize(Decimal("0.000001")), mix=mix
        )
    )

    carry_out(order)

    assert LeftOut.objects.count() == 1 and not order.followers.exists()
    assert len(server.asked) == 2


@pytest.mark.slow
def test_the_page_says_what_was_left_out_and_how_drafts_differ(
    keeping_out: Order, lead: Member, viewer: Member, as_member: Callable[[Member], Client], api_as: Any
) -> None:
    arrive(keeping_out, LONG, OTHER, LONG)

    page = as_member(viewer).get(f"/generation/{keeping_out.pk}/").content.decode()
    report = as_member(lead).get(f"/generation/{keeping_out.pk}/diversity/")
    withheld = as_member(viewer).get(f"/generation/{keeping_out.pk}/diversity/").content.decode()
    part = as_member(viewer).get(f"/generation/{keeping_out.pk}/diversity/", headers={"HX-Request": "true"})
    told = api_as(viewer).get(f"/api/v1/orders/{keeping_out.pk}/diversity/").json()

    assert "1 left out" in page
    assert "Left out as near-duplicates" in report.content.decode()
    assert "Left out as near-duplicates" not in withheld and "5-gram overlap, mean" in withheld
    assert b"<html" in report.content and b"<html" not in part.content
    assert (told["repeats"], told["measured"][0]["texts"]) == (1, 3)
    [whole] = selectors.measure_order(keeping_out)
    # Three pairs: two alike wholly, two sharing nothing.
    assert whole.diversity.mean_similarity == pytest.approx(1 / 3, abs=0.02)
