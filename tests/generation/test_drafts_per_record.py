"""Several drafts of one record in one order, so that the best of them can be chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from rest_framework.test import APIClient

from generation.kinds import GenerationKind
from generation.models import Order, Teacher
from generation.orders import launch
from members.models import Member
from review.desk.preferences import lineups
from review.models import Draft, Source, Task
from tests.generation.test_ingest import run_engine
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_three_drafts_each_stand_side_by_side(
    task: Task, source: Source, offline: Teacher, lead: Member, tmp_path: Path
) -> None:
    order = launch.launch(launch.OrderRequest(task, teacher=offline, count=6, per_record=3, by=lead))

    GenerationKind().on_events(order.job, run_engine(order, tmp_path))

    assert sorted(Counter(Draft.objects.values_list("record", flat=True)).values()) == [3, 3]
    lineup = lineups.next_lineup(lead, task)
    assert lineup is not None
    # The offline teacher now and then writes the same mail twice, which stands once.
    written = Draft.objects.filter(record=lineup.record).values_list("fields_hash", flat=True)
    assert Counter(draft.fields_hash for draft in lineup.drafts) == Counter(set(written))


def test_what_does_not_divide_evenly_leaves_the_last_records_one_short(
    task: Task, source: Source, offline: Teacher, lead: Member
) -> None:
    order = launch.launch(launch.OrderRequest(task, teacher=offline, count=7, per_record=3, by=lead))

    assert (order.count, len(order.record_ids)) == (7, 3)


@pytest.mark.parametrize("per_record", [0, 9])
def test_between_one_and_eight(task: Task, source: Source, offline: Teacher, lead: Member, per_record: int) -> None:
    with pytest.raises(Refusal) as refused:
        launch.launch(launch.OrderRequest(task, teacher=offline, count=6, per_record=per_record, by=lead))

    assert list(refused.value.errors) == ["per_record"]


def test_the_form_and_the_api_order_them(
    as_member: Callable[[Member], Client], api_as: Callable[..., APIClient], task: Task, source: Source,
    offline: Teacher, lead: Member,
) -> None:  # fmt: skip
    page = as_member(lead)
    body = {"teacher": "offline", "count": 6, "per_record": 2}

    quoted = page.get(f"/tasks/{task.slug}/generation/estimate/", body).content.decode()
    page.post(f"/tasks/{task.slug}/generation/", body)
    api_as(lead).post("/api/v1/orders/", {"task": task.slug, **body}, format="json")

    assert "6 for 3 records" in " ".join(quoted.split())
    assert [len(order.record_ids) for order in Order.objects.all()] == [3, 3]


def test_revisions_are_listed_apart_from_orders(
    as_member: Callable[[Member], Client], task: Task, source: Source, offline: Teacher, lead: Member
) -> None:
    page, address = as_member(lead), f"/tasks/{task.slug}/generation/"
    launch.launch(launch.OrderRequest(task, teacher=offline, count=2, by=lead))
    assert "Revisions from the desk" not in page.get(address).content.decode()

    Order.objects.update(purpose="revision")

    assert page.get(address).context["page"].paginator.count == 0
    assert page.get(f"{address}?purpose=revision").context["page"].paginator.count == 1
