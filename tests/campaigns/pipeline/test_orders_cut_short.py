"""An order of a stage whose money ended early, as after calls of unknown fate: the rest is asked,
while the campaign has money.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from campaigns.models import Campaign, Message, StageOrder
from campaigns.pipelines import compose
from campaigns.pipelines.compose import StagePlan
from campaigns.planning.plans import ArmPlan
from campaigns.sending import lifecycle, tick
from generation.models import Order
from jobs.models import Job
from members.models import Member
from review.models import Record, Task
from review.states import Role
from tests.campaigns import factories, stage_rows
from tests.campaigns.pipeline.conftest import states
from tests.campaigns.stage_rows import answer_orders, qualify_stage, write_stage
from tests.review import factories as desk

GOOD: dict[str, Callable[[Record], dict[str, Any]]] = {"qualify-task": lambda record: {"fit": "good"}}


@pytest.fixture
def start(task: Task, people: None, lead: Member, admin: Member) -> Callable[..., Campaign]:
    """Launch a campaign to six contacts whose companies a paid model qualifies, and have the first order placed."""
    label = stage_rows.make_tasks(by=admin)["qualify"]
    desk.join(lead, label, Role.LEAD)

    def launch(**values: Any) -> Campaign:
        plain = qualify_stage(label)
        paid = StagePlan("lead", plain.kind, label, stage_rows.make_paid_teacher(), plain.inputs, plain.condition)
        version = compose.create(task, name="Spring", slug="spring", stages=[paid, write_stage(task)], by=lead)
        campaign = factories.make_draft_campaign(task, by=lead, arms=[ArmPlan("A", pipeline=version)], **values)
        lifecycle.launch(campaign, by=lead)
        tick.advance_all()
        return campaign

    return launch


def end_short(order: Order, *, answered: int, ended: str = "budget") -> None:
    """Have an order end when so many of its records were answered."""
    wanted = order.record_ids
    Order.objects.filter(pk=order.pk).update(record_ids=wanted[:answered])
    answer_orders(GOOD)
    Order.objects.filter(pk=order.pk).update(record_ids=wanted)
    Job.objects.filter(pk=order.job_id).update(result={"ended": ended})


@pytest.mark.slow
def test_records_that_an_order_had_no_money_for_are_asked_by_the_next(start: Callable[..., Campaign]) -> None:
    campaign = start(max_model_usd=Decimal(50))
    first = StageOrder.objects.get().order

    end_short(first, answered=2)
    tick.advance_all()
    second = StageOrder.objects.exclude(order=first).get().order
    before = states(campaign)
    answer_orders(GOOD)
    tick.advance_all()

    assert before == {"preparing": 4, "writing": 2}
    assert sorted(second.record_ids) == sorted(set(first.record_ids) - set(first.record_ids[:2]))
    assert states(campaign) == {"writing": 6}


@pytest.mark.slow
def test_they_fail_once_the_campaign_has_no_money_either(start: Callable[..., Campaign]) -> None:
    campaign = start(max_model_usd=Decimal(50))
    end_short(StageOrder.objects.get().order, answered=2)
    Campaign.objects.update(max_model_usd=Decimal("0.004"))

    tick.advance_all()
    tick.advance_all()

    assert states(campaign) == {"failed": 4, "writing": 2}
    assert "budget" in Message.objects.filter(state="failed")[0].problem
    assert StageOrder.objects.count() == 1


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("ended", ["complete", "stopped"])
def test_an_order_that_ended_for_another_reason_is_not_placed_again(start: Callable[..., Campaign], ended: str) -> None:
    campaign = start(max_model_usd=Decimal(50))
    end_short(StageOrder.objects.get().order, answered=2, ended=ended)

    tick.advance_all()

    assert states(campaign) == {"failed": 4, "writing": 2}
    assert StageOrder.objects.count() == 1
