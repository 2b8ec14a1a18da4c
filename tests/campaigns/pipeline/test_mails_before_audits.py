"""Mails do not wait for the teacher's answers to audits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from campaigns.experiments import list_prices
from campaigns.experiments.list_prices import TokensOfMail
from campaigns.models import Message, StageRun
from campaigns.pipelines import compose
from campaigns.pipelines.compose import StagePlan
from campaigns.planning.plans import ArmPlan
from campaigns.sending import lifecycle, tick
from campaigns.states import Approval
from generation.models import Call, Order, Teacher
from jobs.models import Job
from members.models import Member
from review.models import Draft, Task
from review.states import Role
from serving.models import RouterVersion
from tests.campaigns import factories, stage_rows
from tests.campaigns.routed_rows import SENDS_ON, Start, answer, asked, make_version, miniature, small, start
from tests.review import factories as desk
from training.models import Miniature

__all__ = ["make_version", "miniature", "small", "start"]


@pytest.mark.django_db
def test_a_mail_is_asked_of_the_teacher_while_audits_are_under_way_there(
    make_version: Callable[..., RouterVersion],
    miniature: Miniature,
    task: Task,
    people: None,
    lead: Member,
    admin: Member,
) -> None:
    label = stage_rows.make_tasks(by=admin)["qualify"]
    desk.join(lead, label, Role.LEAD)
    # As if it had been tuned for the labels: no served engine stands behind it in this test.
    Miniature.objects.filter(pk=miniature.pk).update(task=label)
    plain = stage_rows.qualify_stage(label)
    routed = StagePlan(
        "lead", plain.kind, label, None, plain.inputs, plain.condition, make_version(of=label, audit_share=1.0)
    )
    pipeline = compose.create(
        task, name="Spring", slug="spring", stages=[routed, stage_rows.write_stage(task)], by=lead
    )
    campaign = factories.make_draft_campaign(task, by=lead, arms=[ArmPlan("A", pipeline=pipeline)])
    lifecycle.launch(campaign, by=lead)
    late = Message.objects.filter(campaign=campaign).latest("contact__address")
    Message.objects.filter(pk=late.pk).update(state="stopped")
    tick.advance_all()
    stage_rows.answer_orders({"qualify-task": lambda record: {"fit": "poor"}})
    tick.advance_all()
    [audit] = Order.objects.filter(task=label, teacher=stage_rows.offline())
    Message.objects.filter(pk=late.pk).update(state="preparing")
    tick.advance_all()

    # The miniature answers the late mail alone, with marks that send it on; the audits are still being written.
    Job.objects.filter(pk=audit.job_id).update(state="succeeded")
    stage_rows.answer_orders({"qualify-task": lambda record: {"fit": "poor"}})
    Job.objects.filter(pk=audit.job_id).update(state="running")
    record = StageRun.objects.get(message=late).record_id
    Draft.objects.filter(record=record).update(marks_count=SENDS_ON)
    for _ in range(2):
        tick.advance_all()

    teachers = Order.objects.filter(task=label, teacher=stage_rows.offline()).exclude(pk=audit.pk)
    assert len(audit.record_ids) == 5
    assert [order.record_ids for order in teachers] == [[str(record)]]


pytestmark = pytest.mark.django_db


def test_what_audits_ask_is_no_part_of_what_a_mail_takes(
    start: Start, make_version: Callable[..., RouterVersion], small: Teacher
) -> None:
    campaign = start(make_version(audit_share=1.0), approval=Approval.SAMPLE, sample_share=0.0)
    tick.advance_all()
    for _ in range(2):
        answer()
        tick.advance_all()
    Call.objects.update(input_tokens=100, output_tokens=10)

    assert asked(stage_rows.offline()) == 6
    assert list_prices.tokens_by_arm(campaign) == {"A": TokensOfMail(100, 10)}
