"""Orders that write mails hold no more of a campaign's budget than they may need: the rest is for those that come."""

from __future__ import annotations

from decimal import Decimal

import pytest

from campaigns.models import Campaign, Message, WriteOrder
from campaigns.planning import forecast
from campaigns.planning.plans import ArmPlan
from campaigns.sending import lifecycle, tick
from generation.models import Order
from jobs.models import Job
from members.models import Member
from review.models import Record, Task
from tests.campaigns import factories, stage_rows
from tests.campaigns.pipeline.conftest import states
from tests.campaigns.pipeline.test_launch import register
from tests.campaigns.stage_rows import answer_orders
from tests.review.factories import mail
from web.errors import Refusal

WRITTEN = {"outreach": lambda record: mail(record)}


@pytest.fixture
def campaign(task: Task, records: list[Record], lead: Member) -> Campaign:
    """A launched campaign to six contacts whose mails a paid model writes; three of them are planned later."""
    factories.make_people(task, records)
    arms = [ArmPlan("A", teacher=stage_rows.make_paid_teacher())]
    made = factories.make_draft_campaign(task, by=lead, arms=arms, max_model_usd=Decimal(50))
    lifecycle.launch(made, by=lead)
    later = list(Message.objects.order_by("pk").values_list("pk", flat=True)[:3])
    Message.objects.filter(pk__in=later).update(state="stopped")
    tick.advance_all()
    Message.objects.filter(pk__in=later).update(state="planned")
    return made


def first_order() -> Order:
    return WriteOrder.objects.order_by("order__created_at")[0].order


def test_mails_that_are_planned_while_an_order_is_under_way_have_money_too(campaign: Campaign) -> None:
    tick.advance_all()

    assert states(campaign) == {"writing": 6}
    assert WriteOrder.objects.count() == 2
    assert first_order().max_cost_usd < 1


def test_mails_wait_while_other_orders_hold_the_money_and_are_written_with_what_comes_back(campaign: Campaign) -> None:
    Campaign.objects.update(max_model_usd=first_order().max_cost_usd)

    tick.advance_all()
    waiting = states(campaign)
    answer_orders(WRITTEN)
    tick.advance_all()

    assert waiting == {"writing": 3, "planned": 3}
    assert WriteOrder.objects.count() == 2
    assert "failed" not in states(campaign)


@pytest.mark.parametrize("has_money", [True, False])
def test_mails_that_an_order_had_no_money_for_are_written_by_the_next_while_there_is_any(
    campaign: Campaign, has_money: bool
) -> None:
    Message.objects.filter(state="planned").update(state="stopped")
    order = first_order()
    wanted = order.record_ids
    Order.objects.filter(pk=order.pk).update(record_ids=wanted[:1])
    answer_orders(WRITTEN)
    Order.objects.filter(pk=order.pk).update(record_ids=wanted)
    Job.objects.filter(pk=order.job_id).update(result={"ended": "budget"})
    if not has_money:
        Campaign.objects.update(max_model_usd=Decimal("0.004"))

    tick.advance_all()
    tick.advance_all()

    if not has_money:
        failed = Message.objects.filter(state="failed")
        assert len(failed) == 2
        assert all("budget" in mail.problem for mail in failed)
        return
    following = WriteOrder.objects.exclude(order=order).get().order
    assert sorted(following.record_ids) == sorted(wanted[1:])
    assert "failed" not in states(campaign)


def test_a_small_arm_has_the_money_for_its_dearest_call(task: Task, records: list[Record], lead: Member) -> None:
    factories.make_people(task, records)
    paid = stage_rows.make_paid_teacher()
    arms = [ArmPlan("A", teacher=paid, is_control=True), ArmPlan("B", teacher=paid)]
    planned = factories.make_draft_campaign(task, by=lead, arms=arms)
    register(planned)
    Campaign.objects.update(salt="puts some into each")
    planned.refresh_from_db()
    least = forecast.forecast_of(planned).least_usd
    Campaign.objects.update(max_model_usd=least - Decimal("0.000001"))
    with pytest.raises(Refusal) as refused:
        lifecycle.launch(planned, by=lead)
    assert [problem["code"] for problem in refused.value.state] == ["budget_too_small"]  # type: ignore[attr-defined]
    Campaign.objects.update(max_model_usd=least)
    lifecycle.launch(planned, by=lead)
    first, *others = Message.objects.order_by("pk").values_list("pk", flat=True)
    Message.objects.filter(pk=first).update(arm=planned.arms.get(name="B"))
    Message.objects.filter(pk__in=others).update(arm=planned.arms.get(name="A"))

    tick.advance_all()

    assert states(planned) == {"writing": 6}
    assert sum(order.max_cost_usd or 0 for order in Order.objects.all()) <= least
