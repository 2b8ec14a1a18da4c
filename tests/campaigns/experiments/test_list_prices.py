"""What mails would cost at list prices, from the tokens that were really used."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest

from campaigns.experiments import list_prices
from campaigns.models import Campaign, StageOrder, WriteOrder
from campaigns.pipelines import compose
from campaigns.planning.plans import ArmPlan
from generation.models import Call, Order, Teacher
from generation.money import prices
from members.models import Member
from review.models import Task
from tests.campaigns import factories, stage_rows

pytestmark = pytest.mark.django_db


def make_order(campaign: Campaign, *calls: tuple[int, int]) -> Order:
    """An order of this campaign's task whose calls took so many tokens in and out."""
    order = Order.objects.create(
        task=campaign.task, task_version=campaign.task_version, teacher=Teacher.objects.get(slug="offline"),
        teacher_spec={"name": "Offline"}, count=len(calls),
    )  # fmt: skip
    for position, (given, told) in enumerate(calls):
        Call.objects.create(
            pk=uuid4(), order=order, position=position, state="answered", input_tokens=given, output_tokens=told
        )
    return order


@pytest.fixture
def campaign(task: Task, lead: Member) -> Campaign:
    """Two arms: one model alone, and a pipeline of which a stage is asked beside the writing."""
    version = compose.create(task, name="Two", slug="two", stages=[stage_rows.write_stage(task)], by=lead)
    made = factories.make_draft_campaign(
        task,
        by=lead,
        arms=[ArmPlan("Alone", teacher=stage_rows.offline(), is_control=True), ArmPlan("Staged", pipeline=version)],
    )
    step = made.steps.get()
    for arm in made.arms.all():
        written = make_order(made, (1000, 200), (1400, 200))
        WriteOrder.objects.create(campaign=made, arm=arm, step=step, order=written)
    StageOrder.objects.create(campaign=made, stage=version.stages.get(), order=make_order(made, (300, 10), (300, 10)))
    return made


LINES = [{"name": "Alone", "written": 100, "replies": 5}, {"name": "Staged", "written": 100, "replies": 0}]


def test_a_mail_takes_the_tokens_of_its_writing_and_of_its_stages(campaign: Campaign) -> None:
    tokens = list_prices.tokens_by_arm(campaign)

    assert (tokens["Alone"].given, tokens["Alone"].told) == (1200, 200)
    assert (tokens["Staged"].given, tokens["Staged"].told) == (1500, 210)


def test_each_arm_is_priced_as_the_large_model_and_as_the_cheapest(campaign: Campaign) -> None:
    alone, staged = list_prices.of_arms(campaign, LINES)

    entry = next(entry for entry in prices.prices() if entry.model == "gpt-4o")
    usd = (1200 * entry.input_usd_per_million + 200 * entry.output_usd_per_million) / Decimal(1_000_000)
    large, cheapest = alone.prices
    assert large.model == "gpt-4o"
    assert large.mail_usd == pytest.approx(float(usd))
    assert large.reply_usd == pytest.approx(float(usd) * 20)
    assert cheapest.mail_usd == min(alone.tokens.usd(each) for each in prices.prices() if each.input_usd_per_million)
    assert staged.prices[0].reply_usd is None


def test_a_campaign_without_an_answered_call_is_priced_at_nothing(task: Task, lead: Member) -> None:
    made = factories.make_draft_campaign(task, by=lead)

    assert list_prices.of_arms(made, [{"name": "A", "written": 0, "replies": 0}]) == []
