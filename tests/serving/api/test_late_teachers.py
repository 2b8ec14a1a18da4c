"""A client that asks a late teacher again waits for the order under way; nothing is ordered, or paid, twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connections

from generation.models import Call, Order, Teacher
from jobs.models import Job
from members.models import Member
from review.models import Membership, Record, Task
from review.spec.task_spec import TaskSpec
from review.states import Role
from review.tasks import authoring
from review.tasks.queries import latest_version
from serving.v1 import teacher_answers
from tests.review import factories
from web.errors import Refusal

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def records(task: Task) -> list[Record]:
    return factories.make_records(factories.make_source(task), 2)


@pytest.fixture
def order(task: Task, paid: Teacher, lead: Member, records: list[Record]) -> Callable[..., Order]:
    def place(*, record: Record = records[0], teacher: Teacher = paid, by: Member = lead) -> Order:
        return teacher_answers.order(task, teacher, record.pk, by=by)

    return place


def test_a_question_asked_again_takes_up_the_order_under_way(
    order: Callable[..., Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teacher_answers, "WITHIN_S", 0.01)
    first = order()
    with pytest.raises(Refusal, match="has not answered yet"):
        teacher_answers.wait(first)

    assert order() == first
    assert Order.objects.count() == 1


def test_two_at_once_order_one_text(order: Callable[..., Order]) -> None:
    def place(_: int) -> Any:
        try:
            return order().pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        assert len(set(threads.map(place, range(2)))) == 1


def test_another_text_is_another_order(
    order: Callable[..., Order],
    paid: Teacher,
    records: list[Record],
    task: Task,
    admin: Member,
    make_member: Callable[[str], Member],
) -> None:
    other_lead = make_member("other")
    factories.join(other_lead, task, Role.LEAD)
    other = Teacher.objects.create(
        slug="gpt2", name="GPT 2", provider="openai", model="gpt-4o", base_url=paid.base_url, secret_ref=paid.secret_ref
    )

    placed = {order().pk, order(record=records[1]).pk, order(teacher=other).pk, order(by=other_lead).pk}
    spec: TaskSpec = latest_version(task).spec.model_copy(update={"instruction": "Write a shorter mail."})
    authoring.new_version(task, spec=spec, by=admin)

    assert len(placed | {order().pk}) == 5


@pytest.mark.parametrize("ended", ["job", "call"])
def test_an_order_that_ended_is_not_taken_up(order: Callable[..., Order], ended: str) -> None:
    first = order()
    if ended == "job":
        assert first.job is not None
        Job.objects.filter(pk=first.job.pk).update(state="failed")
    else:
        Call.objects.create(id=first.pk, order=first, state="answered", fields={})

    assert order() != first


def test_who_leads_no_more_takes_nothing_up(order: Callable[..., Order], lead: Member, task: Task) -> None:
    order()
    Membership.objects.filter(member=lead, task=task).update(role=Role.REVIEWER)

    with pytest.raises(PermissionDenied):
        order(by=Member.objects.get(pk=lead.pk))
