"""Pages of a large installation: counts that took long are kept for a while, told with their moment,
and decide nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client

from generation.models import Teacher
from generation.orders import launch
from generation.orders.quote import quote
from members.models import Member
from review.bulk import similar_drafts
from review.datasets import freezing
from review.models import Draft, Task
from review.states import DraftState
from tests.review import factories
from web.caching import slow_figures

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def everything_takes_long(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.SLOW_FIGURES_S = 0.0
    monkeypatch.setattr(slow_figures, "TIMES_AS_LONG", 1e9)
    caches["figures"].clear()
    yield
    caches["figures"].clear()


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=6)


@pytest.fixture
def browser(admin: Member, as_member: Callable[[Member], Client]) -> Client:
    return as_member(admin)


def more(task: Task, count: int = 5) -> None:
    source = factories.make_source(task, name="Later")
    factories.make_drafts(task, factories.make_records(source, count))


@pytest.mark.parametrize("address", ["/tasks/", "/tasks/outreach/sources/"])
def test_a_list_says_when_it_counted(address: str, task: Task, browser: Client) -> None:
    first = browser.get(address).content.decode()
    more(task)
    second = browser.get(address).content.decode()
    caches["figures"].clear()
    third = browser.get(address).content.decode()

    assert "Counted <time" not in first
    assert "Counted <time" in second
    assert ">6<" in second
    assert ">11<" in third


def test_the_preview_of_a_dataset_says_when_it_counted(task: Task, admin: Member, browser: Client) -> None:
    dataset = freezing.create(task, name="Approved", by=admin)
    address = f"/datasets/{dataset.slug}/"

    first, second = (browser.get(address).content.decode() for _ in range(2))
    other = browser.get(f"{address}counts/?verdicts=accept").content.decode()

    assert "Counted <time" not in first
    assert "Counted <time" in second
    assert "Counted <time" not in other, "other filters are counted for themselves"


def test_an_order_takes_the_records_with_the_fewest_drafts_now(task: Task, admin: Member) -> None:
    teacher = Teacher.objects.get(slug="offline")
    request = launch.OrderRequest(task, teacher=teacher, count=6, by=admin)
    asked = quote(request)
    factories.make_drafts(task, list(task.records.all()))
    more_records = factories.make_records(factories.make_source(task, name="Later"), 6)

    assert quote(request).record_ids == asked.record_ids
    assert set(quote(request, is_launch=True).record_ids) == {str(record.pk) for record in more_records}


def test_a_price_names_no_record_that_was_erased_since(task: Task, admin: Member) -> None:
    request = launch.OrderRequest(task, teacher=Teacher.objects.get(slug="offline"), count=6, by=admin)
    first = quote(request).record_ids[0]
    task.records.filter(pk=first).update(erased_at=task.created_at)

    assert first not in quote(request).record_ids
    assert len(quote(request).record_ids) == 5


def test_drafts_that_are_alike_leave_the_page_when_they_are_decided(task: Task) -> None:
    long = " ".join(f"word{number}" for number in range(120))
    records = factories.make_records(factories.make_source(task, name="Copies"), 4)
    texts = [{"subject": "Hi", "body": f"{long} copy{number}."} for number in range(4)]
    drafts = factories.make_drafts(task, records, fields=texts)
    alike = {draft.pk for draft in drafts}

    [before] = [each for each in similar_drafts.clusters(task)[0] if set(each.ids) == alike]
    Draft.objects.filter(pk=before.shown[0].pk).update(state=DraftState.DECIDED)
    [after] = [each for each in similar_drafts.clusters(task)[0] if set(each.ids) == alike]
    Draft.objects.filter(pk__in=alike).update(state=DraftState.DECIDED)
    gone = [each for each in similar_drafts.clusters(task)[0] if set(each.ids) == alike]

    assert before.shown[0].pk not in {draft.pk for draft in after.shown}
    assert gone == []
