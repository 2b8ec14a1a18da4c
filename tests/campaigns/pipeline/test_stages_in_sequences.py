"""Stages of a pipeline in a sequence with conditions: whom they look at, and what the writer is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Message, StageRun
from campaigns.pipelines import compose
from campaigns.pipelines.compose import StagePlan
from campaigns.planning.plans import ArmPlan, StepPlan
from campaigns.sending import lifecycle, tick
from campaigns.states import EventKind, MessageState, StepCondition, StopReason
from generation.models import Order
from members.models import Member
from review.models import Record, Task
from review.states import Role
from tests.campaigns import factories, stage_rows
from tests.campaigns.pipeline.sequence_rows import HOUR_S, first_mail, fixed, happened, went
from tests.campaigns.stage_rows import answer_orders, qualify_stage, write_stage
from tests.review import factories as desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def begin(task: Task, people: None, lead: Member, admin: Member) -> Callable[..., Campaign]:
    """Launch a campaign of these mails whose pipeline lets companies pass that fit; its first mails have gone."""
    qualify = stage_rows.make_tasks(by=admin)["qualify"]
    desk.join(lead, qualify, Role.LEAD)

    def launch(*steps: StepPlan) -> Campaign:
        stages: tuple[StagePlan, ...] = (qualify_stage(qualify), write_stage(task, pain="lead.fit"))
        version = compose.create(task, name="Spring", slug="spring", stages=stages, by=lead)
        campaign = factories.make_draft_campaign(
            task, by=lead, arms=[ArmPlan("A", pipeline=version)], steps=steps, quiet_from=0, quiet_until=0,
            links={"demo": "https://offer.example/demo"}, sends_at_weekends=True,
        )  # fmt: skip
        lifecycle.launch(campaign, by=lead)
        tick.advance_all()
        went(campaign, number=1)
        return campaign

    return launch


def fits(record: Record) -> dict[str, str]:
    return {"fit": "good" if record.facts["company"].endswith(("0", "1")) else "poor"}


def test_stages_look_at_each_reader_before_the_first_mail_that_a_model_words(begin: Callable[..., Campaign]) -> None:
    campaign = begin(
        fixed(1),
        StepPlan(wait_s=HOUR_S, when=StepCondition.CLICKED),
        StepPlan(wait_s=HOUR_S, when=StepCondition.NOT_CLICKED),
    )
    happened(first_mail(campaign), EventKind.CLICKED)

    tick.advance_all()
    later = Message.objects.filter(campaign=campaign, step__number__gt=1)
    by_step = sorted(later.values_list("step__number", "state"))
    answer_orders({"qualify-task": fits})
    tick.advance_all()

    assert by_step == [(2, "preparing"), *[(3, "preparing")] * 5]
    assert StageRun.objects.filter(message__in=later, stage__name="lead").count() == 6
    stopped = later.filter(state=MessageState.STOPPED, stop_reason=StopReason.UNQUALIFIED)
    assert stopped.count() == 4
    assert not Message.objects.filter(pk__in=stopped, draft__isnull=False).exists()


@pytest.mark.slow
def test_a_reader_whom_stages_looked_at_is_not_prepared_again(begin: Callable[..., Campaign]) -> None:
    campaign = begin(
        fixed(1), StepPlan(wait_s=HOUR_S, when=StepCondition.CLICKED), StepPlan(wait_s=HOUR_S)
    )  # fmt: skip
    clicked = first_mail(campaign)
    happened(clicked, EventKind.CLICKED)
    Message.objects.exclude(pk=clicked.pk).update(sent_at=timezone.now() - timedelta(minutes=1))
    tick.advance_all()
    answer_orders({"qualify-task": lambda record: {"fit": "good"}})
    tick.advance_all()
    went(campaign, number=2)

    tick.advance_all()

    third = Message.objects.get(campaign=campaign, contact=clicked.contact, step__number=3)
    assert third.state == MessageState.WRITING
    assert third.record_id == Message.objects.get(step__number=2).record_id is not None


@pytest.mark.slow
def test_the_writer_is_told_mails_that_went_before_stages_made_its_record(begin: Callable[..., Campaign]) -> None:
    campaign = begin(fixed(1), StepPlan(wait_s=HOUR_S))
    tick.advance_all()
    answer_orders({"qualify-task": lambda record: {"fit": "good"}})
    tick.advance_all()

    order = Order.objects.get(task=campaign.task)
    assert order.threads is not None
    assert set(order.threads) == set(order.record_ids)
    assert {mail["subject"] for thread in order.threads.values() for mail in thread} == {"Mail 1"}
