"""Stages whose model a router chooses: who is asked first, who after it, what it costs,
and that nothing is asked twice.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from campaigns.models import Message, StageRoute, StageRun
from campaigns.pipelines import compose
from campaigns.pipelines.compose import StagePlan
from campaigns.planning.plans import ArmPlan, StepPlan
from campaigns.privacy import export_and_erase
from campaigns.sending import lifecycle, tick
from campaigns.states import Approval
from campaigns.writing import order_drafts
from generation.models import Order, Teacher
from members.models import Member
from review.models import Draft, Record, Task
from review.states import Role
from serving.models import Routed, RouteOutcome, RouterVersion
from tests.campaigns import factories, stage_rows
from tests.campaigns.pipeline.conftest import sent_before, states
from tests.campaigns.routed_rows import (
    SENDS_ON,
    Start,
    answer,
    asked,
    die_everywhere,
    make_version,
    small,
    start,
)
from tests.campaigns.shared_miniature import admin, lead, miniature, miniature_of_the_module, task
from tests.review import factories as desk
from training.models import Miniature

__all__ = ["admin", "lead", "make_version", "miniature", "miniature_of_the_module", "small", "start", "task"]

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_the_miniature_writes_first_and_what_has_marks_goes_on_to_the_teacher(
    start: Start, make_version: Callable[..., RouterVersion], small: Teacher
) -> None:
    campaign = start(make_version())
    tick.advance_all()
    assert (asked(small), asked(stage_rows.offline())) == (6, 0)

    answer(marked=2)
    tick.advance_all()
    assert states(campaign) == {"awaiting": 4, "writing": 2}
    assert (asked(small), asked(stage_rows.offline())) == (6, 2)
    answer()
    tick.advance_all()

    assert states(campaign) == {"awaiting": 6}
    by_teacher = sorted(
        Order.objects.get(job=mail.draft.job_id).teacher.slug for mail in Message.objects.select_related("draft")
    )
    assert by_teacher == sorted([small.slug] * 4 + ["offline"] * 2)
    told = sorted(StageRoute.objects.values_list("routed__route", "routed__value", "cost_usd"))
    assert told == [(0, 0.0, Decimal("0.002"))] * 4 + [(1, 2.0, Decimal("0.004"))] * 2
    assert sum(RouteOutcome.objects.values_list("cost_usd", flat=True)) == Decimal("0.016")


@pytest.mark.slow
def test_what_the_miniature_was_not_sure_of_goes_on_to_the_teacher_and_so_does_what_nobody_knows_of(
    start: Start, make_version: Callable[..., RouterVersion], small: Teacher
) -> None:
    campaign = start(make_version(feature="confidence", takes_low=False, thresholds=[-0.5]))
    tick.advance_all()

    answer(sure=[-0.5, -0.1, -0.2, -0.51, None])
    tick.advance_all()
    assert states(campaign) == {"awaiting": 3, "writing": 3}
    assert (asked(small), asked(stage_rows.offline())) == (6, 3)
    answer()
    tick.advance_all()

    assert states(campaign) == {"awaiting": 6}
    told = sorted(StageRoute.objects.values_list("routed__route", "routed__value"), key=str)
    assert told == [(0, -0.1), (0, -0.2), (0, -0.5), (1, -0.51), (1, None), (1, None)]


@pytest.mark.slow
def test_killed_between_any_two_steps_nothing_is_asked_or_routed_twice(
    start: Start, make_version: Callable[..., RouterVersion], small: Teacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = start(make_version())
    die_everywhere(monkeypatch)
    tick.advance_all()
    answer(marked=2)
    die_everywhere(monkeypatch)
    tick.advance_all()
    answer()
    tick.advance_all()

    assert states(campaign) == {"awaiting": 6}
    assert (asked(small), asked(stage_rows.offline())) == (6, 2)
    assert Routed.objects.count() == StageRoute.objects.count() == RouteOutcome.objects.count() == 6


def test_a_number_of_the_record_sends_it_before_anybody_is_asked(
    start: Start, make_version: Callable[..., RouterVersion], small: Teacher, records: list[Record]
) -> None:
    """Sizes run from 40 to 45; up to 41 the miniature writes."""
    campaign = start(make_version(feature="fact", fact="size", thresholds=[41.0]))

    tick.advance_all()
    answer()
    tick.advance_all()

    assert (asked(small), asked(stage_rows.offline())) == (2, 4)
    assert states(campaign) == {"awaiting": 6}


@pytest.mark.slow
def test_an_erasure_takes_the_number_along_that_a_record_was_routed_by(
    start: Start, make_version: Callable[..., RouterVersion]
) -> None:
    start(make_version(feature="fact", fact="size", thresholds=[41.0]))
    tick.advance_all()
    answer()
    tick.advance_all()

    export_and_erase.erase("person0@co0.example")

    erased = Record.objects.get(erased_at__isnull=False)
    assert Routed.objects.get(pk=StageRoute.objects.get(record=erased).routed_id).value is None
    assert Routed.objects.filter(value__isnull=False).count() == 5


@pytest.mark.slow
def test_a_record_whose_miniature_gave_no_answer_is_the_teachers(
    start: Start, make_version: Callable[..., RouterVersion], small: Teacher
) -> None:
    campaign = start(make_version())
    tick.advance_all()

    answer(fails=1)
    tick.advance_all()
    answer()
    tick.advance_all()

    assert states(campaign) == {"awaiting": 6}
    assert (asked(small), asked(stage_rows.offline())) == (6, 1)
    assert StageRoute.objects.filter(routed__route=1, routed__value=None).count() == 1


@pytest.mark.slow
def test_a_record_that_both_failed_on_fails_and_is_asked_of_the_teacher_again(
    start: Start, make_version: Callable[..., RouterVersion], lead: Member, small: Teacher
) -> None:
    campaign = start(make_version())
    tick.advance_all()
    for _ in range(2):
        answer(fails=1)
        tick.advance_all()
    assert states(campaign) == {"awaiting": 5, "failed": 1}

    order_drafts.write_again(campaign, by=lead)
    tick.advance_all()
    answer()
    tick.advance_all()

    assert states(campaign) == {"awaiting": 6}
    assert (asked(small), asked(stage_rows.offline())) == (6, 2)


@pytest.mark.slow
def test_later_mails_of_a_sequence_are_the_teachers(
    start: Start, make_version: Callable[..., RouterVersion], small: Teacher
) -> None:
    campaign = start(
        make_version(), steps=[StepPlan(), StepPlan(wait_s=3600)], approval=Approval.SAMPLE, sample_share=0.0
    )
    tick.advance_all()
    answer()
    tick.advance_all()
    sent_before(campaign, 2)
    tick.advance_all()

    assert (asked(small), asked(stage_rows.offline())) == (6, 6)


@pytest.mark.slow
def test_a_campaign_keeps_the_thresholds_its_pipeline_was_saved_with(
    start: Start, make_version: Callable[..., RouterVersion], task: Task, lead: Member, small: Teacher
) -> None:
    version = make_version()
    campaign = start(version)
    RouterVersion.objects.create(
        router=version.router, number=2, miniature=version.miniature, teacher=version.teacher, feature="checks",
        takes_low=True, thresholds=[0.0], margin=0.02, confidence=0.95, level=0.98, attempt=2, audit_share=0.0,
        pairs=2000, lost=0, won=0, records_hash="", expected=version.expected, task_version=version.task_version,
    )  # fmt: skip
    tick.advance_all()

    stage_rows.answer_orders({"outreach": desk.mail})
    Draft.objects.filter(job_id__in=Order.objects.filter(teacher=small).values("job_id")).update(marks_count=1)
    tick.advance_all()

    assert states(campaign) == {"awaiting": 6} and asked(stage_rows.offline()) == 0


@pytest.mark.slow
def test_a_stage_before_the_writing_is_routed_too_and_its_run_holds_both_costs(
    make_version: Callable[..., RouterVersion],
    miniature: Miniature,
    task: Task,
    people: None,
    lead: Member,
    admin: Member,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    label = stage_rows.make_tasks(by=admin)["qualify"]
    desk.join(lead, label, Role.LEAD)
    # As if it had been tuned for the labels: no served engine stands behind it in this test.
    Miniature.objects.filter(pk=miniature.pk).update(task=label)
    version = make_version(of=label)
    plain = stage_rows.qualify_stage(label)
    routed = StagePlan("lead", plain.kind, label, None, plain.inputs, plain.condition, version)
    stages = [routed, stage_rows.write_stage(task)]
    pipeline = compose.create(task, name="Spring", slug="spring", stages=stages, by=lead)
    campaign = factories.make_draft_campaign(task, by=lead, arms=[ArmPlan("A", pipeline=pipeline)])
    lifecycle.launch(campaign, by=lead)

    tick.advance_all()
    [first] = Order.objects.filter(purpose="campaign")
    stage_rows.answer_orders({"qualify-task": lambda record: {"fit": "poor"}})
    Draft.objects.filter(job_id=first.job_id).update(mean_log_prob=-0.25)
    Draft.objects.filter(job_id=first.job_id, record_id__in=first.record_ids[:2]).update(marks_count=SENDS_ON)
    die_everywhere(monkeypatch)
    tick.advance_all()
    stage_rows.answer_orders({"qualify-task": lambda record: {"fit": "good"}})
    tick.advance_all()

    assert states(campaign) == {"stopped": 4, "writing": 2}
    told = sorted(StageRun.objects.values_list("state", "cost_usd", "draft__fields__fit", "mean_log_prob"))
    by_teacher, by_miniature = ("passed", Decimal("0.004"), "good", None), ("stopped", Decimal("0.002"), "poor", -0.25)
    assert told == [by_teacher] * 2 + [by_miniature] * 4
    assert [len(order.record_ids) for order in Order.objects.filter(task=label).order_by("created_at")] == [6, 2]
