"""Records that a teacher makes up: priced, paid for like any order, and taken in where they fit and are new."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit.models import AuditRow
from campaigns.privacy import person_traces
from generation.models import Call, Order, Synthesis, Teacher
from generation.orders import run_spec
from generation.orders.launch import OrderRequest
from generation.orders.launch import launch as order_drafts
from generation.research import erasure
from generation.synthetic import launch
from generation.synthetic.launch import SyntheticRequest
from jobs.models import Job, JobEvent
from members.models import Member
from review.models import Record, Source, Task
from review.spec.task_spec import TaskSpec
from review.states import Split
from review.tasks import authoring
from tests.generation.synthetic.conftest import SPEC, by_plan, empty_record, make_record, roomy
from web.errors import Refusal

pytestmark = pytest.mark.django_db
CarryOut = Callable[[Order], None]
TEN = SyntheticRequest(10, max_cost_usd=Decimal(1))


def _plans(messages: list[dict[str, str]]) -> str:
    return messages[-1]["content"]


def test_a_task_without_records_gets_some_that_only_train(
    task: Task, lead: Member, ann: Teacher, carry_out: CarryOut
) -> None:
    quoted = launch.quote(task, TEN, teacher=ann, by=lead)
    made = launch.launch(task, TEN, teacher=ann, by=lead)
    carry_out(made.order)

    made.refresh_from_db()
    source = Source.objects.get(synthetic_job=made.order.job_id)
    records = list(Record.objects.filter(source=source))
    calls = list(Call.objects.filter(order=made.order))
    assert 0 < quoted.order.estimate.cost_usd <= float(quoted.order.suggested_budget_usd)
    assert (made.added, made.dropped, len(records)) == (10, {}, 10)
    assert {record.split for record in records} == {Split.TRAIN} and source.is_synthetic
    assert {record.facts["product"] for record in records} == {"kettle", "lamp", "toaster"}
    assert len(calls) == quoted.order.estimate.calls == made.order.count
    assert all(call.record_id is None and call.fields is None and call.cost_usd > 0 for call in calls)
    assert AuditRow.objects.filter(act="synthetic_records_ordered").exists()


def test_what_is_alike_is_dropped_and_counted_and_bad_rows_are_told_by_number(
    task: Task, lead: Member, serve: Any, carry_out: CarryOut
) -> None:
    make_record(task, 1, ticket="The handle of my blue kettle broke off on the second day.")
    make_record(task, 2, Split.TEST, ticket="Nobody ever answered the letter that I sent in March.")
    own = "A lamp that flickers whenever somebody upstairs walks about"
    said = [
        {"customer": "A", "ticket": own},
        {"customer": "B", "ticket": f"{own}."},
        {"customer": "C", "ticket": "The handle of my blue kettle broke off on the second day!"},
        {"customer": "D", "ticket": "Nobody ever answered the letter that I sent in March"},
        {"customer": "", "ticket": "No customer."},
    ]
    said_then = [{"customer": "Real 2 Ltd", "ticket": "A new thing of a company that is held out."}]
    told: dict[str, list[dict[str, str]]] = {}
    bob, _ = serve(
        "bob", lambda body: json.dumps({"records": [empty_record() | row for row in told[_plans(body["messages"])]]})
    )
    made = launch.launch(task, TEN, teacher=roomy(bob), by=lead)
    told.update(zip(map(_plans, launch.conversations(made.order).values()), (said, said_then), strict=True))

    carry_out(made.order)

    made.refresh_from_db()
    assert made.dropped == {"repeated": 1, "known": 1, "held_out": 1, "bad": 2}
    numbers = dict(made.bad)
    assert sorted(numbers) == [5, 6]
    assert "'customer' is empty" in numbers[5] and "are in test" in numbers[6]
    assert list(Record.objects.filter(source__synthetic_job=made.order.job_id).values_list("facts__customer")) == [
        ("A",)
    ]


def test_examples_are_of_the_training_split_and_from_outside(
    task: Task, lead: Member, ann: Teacher, carry_out: CarryOut
) -> None:
    make_record(task, 1)
    make_record(task, 2, Split.TEST, ticket="HELD OUT")
    made = launch.launch(task, TEN, teacher=ann, by=lead)
    assert made.order.job is not None
    first = run_spec.build(made.order.job)
    again = run_spec.build(made.order.job)
    carry_out(made.order)

    said = json.dumps(first["records"])
    assert first["records"] == again["records"] and "real ticket number 1" in said and "HELD OUT" not in said
    assert [str(record) for record, _ in launch.seeds_of(task)] == made.seeds
    other = launch.launch(task, TEN, teacher=ann, by=lead)
    assert other.order.job is not None and run_spec.build(other.order.job)["records"] != first["records"]


def test_a_task_of_which_no_fact_can_be_told_gets_none(task: Task, lead: Member, ann: Teacher) -> None:
    only = {"input_schema": [{"name": "order", "type": "object"}]}
    authoring.new_version(task, spec=TaskSpec.model_validate(SPEC | only), by=lead)

    with pytest.raises(Refusal) as refused:
        launch.quote(task, TEN, teacher=ann, by=lead)

    assert refused.value.code == "shape_unknown"


def test_an_attribute_may_be_called_like_a_method(task: Task, lead: Member, ann: Teacher, as_member: Any) -> None:
    asked = replace(TEN, attributes={"items": ["one", "two"]})
    made = launch.launch(task, asked, teacher=ann, by=lead)

    page = as_member(lead).get(f"/synthetic-records/{made.pk}/")

    assert page.status_code == 200 and "<dt>items</dt><dd>one, two</dd>" in page.content.decode()


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (SyntheticRequest(9), "count"),
        (SyntheticRequest(2_001), "count"),
        (SyntheticRequest(10, "x" * 4_001), "about"),
        (SyntheticRequest(10, attributes={"region": ["north"]}), "attributes"),
        (SyntheticRequest(10, attributes={f"a{n}": ["x", "y"] for n in range(13)}), "attributes"),
        (SyntheticRequest(10, attributes={"region": ["north", " "]}), "attributes"),
        (SyntheticRequest(10, attributes={"re\0gion": ["north", "south"]}), "attributes"),
        (SyntheticRequest(10), "budget_missing"),
        (SyntheticRequest(10, max_cost_usd=Decimal("0.000001")), "budget_too_small"),
    ],
)
def test_what_cannot_be_ordered_is_refused(
    task: Task, lead: Member, ann: Teacher, request_: SyntheticRequest, code: str
) -> None:
    with pytest.raises(Refusal) as refused:
        launch.launch(task, request_, teacher=ann, by=lead)

    assert refused.value.code == code and not Order.objects.exists()


def test_the_offline_teacher_says_that_it_cannot(task: Task, lead: Member, viewer: Member, offline: Teacher) -> None:
    with pytest.raises(Refusal, match="only writes drafts for existing records"):
        launch.quote(task, TEN, teacher=offline, by=lead)
    with pytest.raises(PermissionDenied):
        launch.quote(task, TEN, teacher=offline, by=viewer)


def test_erasing_an_example_empties_what_its_order_was_told(task: Task, lead: Member, ann: Teacher) -> None:
    record = make_record(task, 1)
    made = launch.launch(task, TEN, teacher=ann, by=lead)
    before = launch.conversations(made.order)

    assert erasure._jobs_that_read([record.pk]) == {made.order.job_id}
    Record.objects.filter(pk=record.pk).update(erased_at="2026-01-01T00:00:00Z", facts={})
    after = launch.conversations(made.order)
    assert "real ticket" in str(before) and "real ticket" not in str(after)


def test_erasing_whom_a_made_up_record_tells_of_empties_what_its_order_left(
    task: Task, lead: Member, ann: Teacher, carry_out: CarryOut
) -> None:
    made = launch.launch(task, TEN, teacher=ann, by=lead)
    carry_out(made.order)
    record = Record.objects.filter(source__synthetic_job=made.order.job_id)[0]
    JobEvent.objects.create(
        job=made.order.job,
        seq=10_000,
        fence=1,
        kind="draft",
        ts=timezone.now(),
        payload={"call_id": "x", "fields": record.facts},
    )

    Call.objects.filter(order=made.order).update(excerpt="A", error_message="B", fields={"records": [record.facts]})
    Synthesis.objects.filter(pk=made.pk).update(bad=[[3, "C"]])

    assert erasure._jobs_that_read([record.pk]) == {made.order.job_id}
    person_traces.erase_texts([record])

    told = JobEvent.objects.filter(job=made.order.job, kind="draft").values_list("payload", flat=True)
    assert list(told) == [{"call_id": "x", "id": "", "text": "", "erased": True}]
    calls = Call.objects.filter(order=made.order)
    assert set(calls.values_list("excerpt", "error_message")) == {("", "")}
    assert all(fields is None for fields in calls.values_list("fields", flat=True))
    assert Synthesis.objects.get(pk=made.pk).bad == []


@pytest.mark.slow
def test_prices_of_drafts_do_not_learn_from_made_up_records(
    task: Task, lead: Member, ann: Teacher, carry_out: CarryOut
) -> None:
    make_record(task, 1)
    carry_out(launch.launch(task, replace(TEN, count=50), teacher=ann, by=lead).order)

    drafts = order_drafts(OrderRequest(task, teacher=ann, count=1, by=lead, max_cost_usd=Decimal(1)))

    assert Call.objects.filter(order__purpose="synthetic", state="answered").count() >= 10
    assert "guessed" in drafts.estimate["basis"]


@pytest.mark.slow
def test_pages_and_the_api_price_order_and_tell(
    task: Task, lead: Member, viewer: Member, ann: Teacher, as_member: Any, api_as: Any, carry_out: CarryOut
) -> None:
    client, api = as_member(lead), api_as(lead)
    chosen = {"teacher": ann.slug, "count": "10", "about": "Kettles", "attributes": "region: north, south"}
    url = f"/tasks/{task.slug}/synthetic-records/"

    form = client.get(url).content.decode()
    long = chosen | {
        "about": "x" * 4_000,
        "attributes": "\n".join(f"a{n}: {'y' * 150}, {'z' * 150}" for n in range(12)),
    }
    price = client.post(f"{url}price/", long).content.decode()
    unbounded = client.post(url, chosen)
    page = client.post(url, chosen | {"max_cost_usd": "1"}, follow=True).content.decode()
    made = Synthesis.objects.get()
    Job.objects.filter(pk=made.order.job_id).update(state="succeeded")
    ended = client.get(f"/synthetic-records/{made.pk}/").content.decode()
    carry_out(made.order)
    after = client.get(f"/synthetic-records/{made.pk}/").content.decode()
    told = api.get(f"/api/v1/synthetic-records/{made.pk}/").json()
    body = {"teacher": ann.slug, "count": 20, "attributes": {"region": ["north", "south"]}, "max_cost_usd": "1"}
    priced = api.post(f"/api/v1/tasks/{task.slug}/synthetic-records/price/", body, format="json")
    asked = api.post(f"/api/v1/tasks/{task.slug}/synthetic-records/", body, format="json")
    order = client.get(f"/generation/{made.order_id}/").content.decode()
    source = client.get("/tasks/tickets/sources/").content.decode()

    assert "Offline" not in form and "Ann" in form
    assert "A budget of" in price and "has no record to show" in price
    assert unbounded.status_code == 422 and "the most that this may cost" in unbounded.content.decode()
    assert "Kettles" in page and "north, south" in page
    assert 'data-job-reload="again"' in ended and "being taken in" in ended
    assert "Synthetic records 1" in after and "data-job-reload" not in after and "being taken in" not in after
    assert "calls for synthetic records by Ann" in order and f"/synthetic-records/{made.pk}/" in order
    assert (told["added"], told["count"], len(told["sources"])) == (10, 10, 1)
    assert priced.json()["records"] == 20 and priced.json()["examples"] == 0
    assert asked.status_code == 202
    assert "10 to be made up" in order and ">synthetic</span>" in source
    assert as_member(viewer).get(url).status_code == 200
    assert as_member(viewer).post(f"{url}price/", chosen).status_code == 403


def test_the_plan_is_what_the_teacher_is_asked_by(task: Task, lead: Member, serve: Any, carry_out: CarryOut) -> None:
    ann, server = serve("ann", by_plan, answers="json")
    made = launch.launch(task, TEN, teacher=roomy(ann), by=lead)
    carry_out(made.order)

    assert len(server.asked) == made.order.count
    schema = server.asked[0]["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["records"]["items"]["properties"]["product"]
    assert all("Record 1: " in asked["messages"][-1]["content"] for asked in server.asked)
