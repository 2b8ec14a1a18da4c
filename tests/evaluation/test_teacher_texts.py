"""Texts of the teacher that an evaluation reads: one a record, of the teacher as it is, at a price that is held."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest

from evaluation.evaluations import inputs, start_evaluation
from generation.models import Budget, Call, Order, Teacher
from generation.money import limits
from generation.states import BudgetScope
from members.models import Member
from review.models import Draft
from tests.evaluation.conftest import end_order
from training.models import Miniature

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]

MAIL = {"subject": "Fresh", "body": "Written for the evaluation."}
WRITTEN = ("answered", "", MAIL)


def wrote(order: Order, *ends: tuple[str, str, dict[str, str] | None]) -> None:
    """Each record is answered, flawed or not, and then repaired, at 2 and 1 cents."""
    for position, record in enumerate(order.record_ids):
        for is_repair, (state, code, fields) in enumerate(ends):
            Call.objects.create(
                id=uuid5(UUID(record), str(is_repair)), order=order, record_id=record, position=position, state=state,
                error_code=code, fields=fields, is_repair=bool(is_repair), latency_s=0.5, output_tokens=9,
                cost_usd=Decimal("0.02") / (1 + is_repair),
            )  # fmt: skip


@pytest.mark.parametrize(
    ("ends", "fields", "error"),
    [
        ([("failed", "flawed", None), WRITTEN], MAIL, ""),
        ([WRITTEN, ("failed", "malformed", None)], MAIL, ""),
        ([("failed", "malformed", None), ("failed", "refused", None)], None, "refused"),
    ],
)
def test_a_flawed_answer_and_its_repair_are_one_output_at_the_cost_of_both(
    miniature: Miniature, taught: Teacher, admin: Member, ends: Any, fields: Any, error: str
) -> None:
    order = start_evaluation.start(miniature.run, by=admin).teacher_order
    assert order is not None
    wrote(order, *ends)

    outputs = inputs.teacher_outputs(order, names=set(MAIL))

    assert [output["record"] for output in outputs] == order.record_ids
    told = [(output["fields"], output["error"], output["cost_usd"], output["seconds"]) for output in outputs]
    assert told == [(fields, error, 0.03, 1.0)] * len(order.record_ids)


@pytest.mark.parametrize(
    ("edit", "is_reused"),
    [
        ({"name": "Another name"}, True),
        ({"parameters": {"max_tokens": 90}}, False),
        ({"answers": "json"}, False),
    ],
)
def test_texts_are_read_again_while_the_teacher_would_be_asked_the_same(
    miniature: Miniature, taught: Teacher, admin: Member, edit: dict[str, Any], is_reused: bool
) -> None:
    first = start_evaluation.start(miniature.run, by=admin).teacher_order
    assert first is not None
    end_order(first)
    for name, value in edit.items():
        setattr(taught, name, value)
    taught.save()

    second = start_evaluation.start(miniature.run, by=admin).teacher_order

    assert second is not None
    assert (second == first) == is_reused


@pytest.mark.parametrize(
    ("ended", "held", "is_reused"), [("complete", 0, True), ("budget", 1, True), ("budget", "0.4", False)]
)
def test_texts_that_the_budget_cut_short_are_written_anew_where_more_may_be_paid_now(
    miniature: Miniature, taught: Teacher, admin: Member, ended: str, held: Any, is_reused: bool
) -> None:
    first = start_evaluation.start(miniature.run, by=admin).teacher_order
    assert first is not None
    Order.objects.update(reserved_usd=Decimal(held))
    end_order(first, ended=ended)

    second = start_evaluation.start(miniature.run, by=admin).teacher_order

    assert (second == first) == is_reused


@pytest.fixture
def little(miniature: Miniature, admin: Member) -> Budget:
    """A budget that leaves the task less than the most that an evaluation's teacher may cost."""
    limit_usd = Decimal("0.90")
    return limits.set_limit(scope=BudgetScope.TASK_TOTAL, task=miniature.task, limit_usd=limit_usd, by=admin)


def test_a_free_teacher_writes_whatever_is_left_of_a_budget(
    miniature: Miniature, taught: Teacher, admin: Member, little: Budget
) -> None:
    order = start_evaluation.start(miniature.run, by=admin).teacher_order

    assert order is not None
    assert (order.max_cost_usd, order.reserved_usd) == (None, 0)


@pytest.mark.parametrize(("most_usd", "held_usd"), [(None, "0.04"), ("0.02", "0.02"), ("0", None)])
def test_a_paid_teacher_holds_what_its_texts_may_cost_and_no_more(
    miniature: Miniature,
    admin: Member,
    little: Budget,
    monkeypatch: pytest.MonkeyPatch,
    most_usd: str | None,
    held_usd: str | None,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789abcdefghij")
    Draft.objects.filter(task=miniature.task).update(teacher="openai:gpt-4o")
    Teacher.objects.create(slug="gpt", name="GPT", provider="openai", model="gpt-4o", secret_ref="OPENAI_API_KEY")

    evaluation = start_evaluation.start(
        miniature.run, by=admin, most_teacher_usd=None if most_usd is None else Decimal(most_usd)
    )

    order = evaluation.teacher_order
    assert (order and order.reserved_usd) == (held_usd and Decimal(held_usd))
    assert ("does not cover one call" in evaluation.teacher_note) == (order is None)
