"""What a waiting request is told of an order of one text, whose flawed answer may be repaired by a second call."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest

from generation.models import Call, Order, Teacher
from jobs.models import Job
from review.models import Task
from review.tasks.queries import latest_version
from serving.v1 import teacher_answers
from web.errors import Refusal

pytestmark = pytest.mark.django_db
MAIL = {"subject": "Hello", "body": "A text."}


@pytest.fixture
def order(task: Task) -> Order:
    teacher = Teacher.objects.get(slug="offline")
    job = Job.objects.create(kind="generation", queue="generation", title="One text", state="running")
    return Order.objects.create(
        task=task, task_version=latest_version(task), job=job, teacher=teacher, teacher_spec={}, count=1
    )


def told(order: Order, state: str, code: str = "", *, is_repair: bool = False) -> None:
    Call.objects.create(
        id=uuid4(), order=order, state=state, is_repair=is_repair, cost_usd=Decimal("0.01"), error_code=code,
        error_message=code and f"It was {code}.", fields=MAIL if state == "answered" else None,
    )  # fmt: skip


def test_a_flawed_answer_is_no_end_and_its_repair_is_the_text_at_the_cost_of_both(order: Order) -> None:
    told(order, "failed", "flawed")
    before = teacher_answers.answer_of(order)
    told(order, "answered", is_repair=True)

    answer = teacher_answers.answer_of(order)

    assert before is None
    assert answer is not None
    assert answer.text
    assert answer.cost_usd == Decimal("0.02")


def test_a_draft_that_was_too_long_is_the_text_whatever_its_repair_came_to(order: Order) -> None:
    told(order, "failed", "refused", is_repair=True)
    told(order, "answered")

    assert teacher_answers.answer_of(order) is not None


def test_two_answers_of_no_use_are_told_at_once_and_a_flawed_one_alone_at_the_end(order: Order) -> None:
    told(order, "failed", "flawed")
    Job.objects.filter(pk=order.job_id).update(state="failed", error={"message": "The key was refused."})
    with pytest.raises(Refusal, match="key was refused"):
        teacher_answers.answer_of(order)

    order.calls.update(error_code="malformed", error_message="No JSON.")
    Job.objects.filter(pk=order.job_id).update(state="running")
    told(order, "failed", "declined", is_repair=True)
    with pytest.raises(Refusal, match="It was declined"):
        teacher_answers.answer_of(order)
