from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from generation.models import Call, Order, Research, TaskProposal, Teacher
from jobs.models import Job
from members.models import Member
from review.models import Record, Source, Task
from review.tasks.queries import latest_version
from tests.generation.conftest import uncertain_call

Api = Callable[..., APIClient]
JOBS = "/api/v1/orders/"
ORDER = {"task": "outreach", "teacher": "offline", "source": "prospects", "count": 4}


def test_an_order_is_priced_launched_and_read(task: Task, source: Source, lead: Member, api_as: Api) -> None:
    api = api_as(lead, scopes=("lead",))

    priced = api.post(f"{JOBS}estimate/", ORDER, format="json")
    started = api.post(JOBS, ORDER, format="json")
    shown = api.get(f"{JOBS}{started.data['id']}/")

    assert (priced.status_code, priced.data["cost_usd"], priced.data["calls"]) == (200, 0, 4)
    assert started.status_code == 202
    assert shown.data["job"]["id"] == str(started.data["job"])
    assert (shown.data["count"], shown.data["teacher"], shown.data["source"], shown.data["job"]["state"]) == (
        4,
        "offline",
        "prospects",
        "queued",
    )
    assert [row["id"] for row in api.get(f"{JOBS}?task=outreach").data["results"]] == [shown.data["id"]]


def test_orders_and_proposals_beyond_a_page_come_with_the_next(task: Task, lead: Member, api_as: Api) -> None:
    for number in range(3):
        job = Job.objects.create(kind="research", title="x")
        Research.objects.create(task=task, name=f"Order {number}", job=job)
        TaskProposal.objects.create(task=task, base_version=latest_version(task), created_by=lead)

    for name in ("research", "proposals"):
        first = api_as(lead).get(f"/api/v1/tasks/{task.slug}/{name}/?limit=2").json()
        rest = api_as(lead).get(first["next"]).json()

        assert (len(first["results"]), len(rest["results"]), rest["next"]) == (2, 1, None)


def test_an_order_warns_of_a_side_of_the_split_that_stays_empty(
    task: Task, source: Source, lead: Member, api_as: Api, as_member: Callable[[Member], Client]
) -> None:
    address, asked = f"/tasks/{task.slug}/generation/estimate/", {"teacher": "offline", "count": 4}
    page = as_member(lead)
    calm = (
        api_as(lead).post(f"{JOBS}estimate/", ORDER, format="json").data["warnings"],
        page.get(address, asked).content,
    )

    Record.objects.exclude(split="train").delete()
    Record.objects.exclude(title__in=["Co 0", "Co 1", "Co 2", "Co 3", "Co 4"]).delete()
    Record.objects.update(group="co")

    [warning] = api_as(lead).post(f"{JOBS}estimate/", ORDER, format="json").data["warnings"]
    assert "of 1 company: none is in validation or test." in warning
    assert "Group by another column or by none" in warning
    assert warning in " ".join(page.get(address, asked).content.decode().split())
    assert calm[0] == [] and b"split-shortage" not in calm[1]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        (ORDER | {"task": "none"}, 404),
        (ORDER | {"teacher": "none"}, 404),
        (ORDER | {"source": "none"}, 404),
        (ORDER | {"records": ["00000000-0000-0000-0000-000000000001"]}, 422),
    ],
)
def test_a_wrong_order_is_a_problem_with_the_right_status(
    task: Task, source: Source, lead: Member, api_as: Api, body: dict[str, Any], status: int
) -> None:
    answer = api_as(lead).post(JOBS, body, format="json")

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert not Order.objects.exists()


def test_calls_are_listed_in_order_and_by_state(paid_order: Order, lead: Member, api_as: Api) -> None:
    for n in (3, 1, 2):
        uncertain_call(paid_order, n)
    Call.objects.filter(position=2).update(state="answered", cost_usd=Decimal("0.0007"), fields={"subject": "S"})
    api = api_as(lead)

    every = api.get(f"{JOBS}{paid_order.pk}/calls/").data["results"]
    answered = api.get(f"{JOBS}{paid_order.pk}/calls/?state=answered").data["results"]

    assert [row["id"][-1] for row in every] == ["1", "2", "3"]
    assert [(row["cost_usd"], row["fields"]) for row in answered] == [("0.000700", {"subject": "S"})]


def test_uncertain_calls_are_settled_once(paid_order: Order, lead: Member, api_as: Api) -> None:
    uncertain_call(paid_order, 1)
    uncertain_call(paid_order, 2)
    api, url = api_as(lead), f"{JOBS}{paid_order.pk}/settle/"

    again = api.post(url, {"verb": "retry"}, format="json")
    late = api.post(url, {"verb": "drop"}, format="json")

    order = Order.objects.get(pk=again.data["id"])
    assert (again.status_code, again.data["settled"]) == (202, 2)
    assert (order.count, order.repeats, order.record_ids) == (2, paid_order, [paid_order.record_ids[0]] * 2)
    assert late.status_code == 409


def test_teachers_show_prices_and_never_keys(paid: Teacher, lead: Member, api_as: Api) -> None:
    answer = api_as(lead).get("/api/v1/teachers/")

    (shown,) = [row for row in answer.data["results"] if row["slug"] == "gpt-4o"]
    assert (shown["price"]["output_usd_per_million"], shown["has_key"], shown["secret_ref"]) == (
        "10.0000",
        True,
        "OPENAI_API_KEY",
    )
    assert "sk-canary" not in answer.content.decode()


def test_only_admins_write_teachers(admin: Member, lead: Member, api_as: Api) -> None:
    new = {"slug": "mini", "name": "Mini", "provider": "openai", "model": "gpt-4o-mini"}

    refused = api_as(lead).post("/api/v1/teachers/", new, format="json")
    made = api_as(admin).post("/api/v1/teachers/", new, format="json")
    taken = api_as(admin).post("/api/v1/teachers/", new, format="json")
    changed = api_as(admin).patch("/api/v1/teachers/mini/", {"slug": "mini", "concurrency": 3}, format="json")
    renamed = api_as(admin).patch("/api/v1/teachers/mini/", {"slug": "other"}, format="json")

    assert (refused.status_code, made.status_code, taken.status_code) == (403, 201, 409)
    assert (changed.data["concurrency"], changed.data["model"]) == (3, "gpt-4o-mini")
    assert (renamed.status_code, list(renamed.data["errors"])) == (400, ["slug"])


def test_prices_carry_their_day_their_source_and_its_kind(lead: Member, api_as: Api) -> None:
    rows = api_as(lead).get("/api/v1/prices/").data["results"]

    assert rows
    assert all(row["as_of"] and row["source_url"].startswith("https://") and row["note"] for row in rows)
