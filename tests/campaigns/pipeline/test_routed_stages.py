"""Stages whose model a router chooses: who is asked first, who after it, what it costs, and when none may be relied on."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.models import Campaign, Message, StageRoute, StageRun
from campaigns.overview import figures
from campaigns.pipelines import ask, collect, compose, stage_figures, stage_forecast
from campaigns.pipelines.compose import StagePlan
from campaigns.planning import forecast, launch_checks
from campaigns.planning.edit import ArmPlan, StepPlan
from campaigns.sending import lifecycle, tick
from campaigns.states import Approval, EventKind, StageKind
from campaigns.writing import order_drafts
from generation.models import Order, Teacher
from members.models import Member
from review.models import Assignment, Draft, Record, Task
from review.states import Drawn, Role
from review.tasks.queries import latest_version
from serving.models import Routed, RouteOutcome, Router, RouterVersion
from serving.promotions import promotion
from serving.routing import report, route
from tests.campaigns import experiment_rows, factories, stage_rows
from tests.campaigns.pipeline.conftest import judge, sent_before, states
from tests.review import factories as desk
from tests.training.conftest import freeze, write_student
from tests.training.miniatures import conclude
from training.models import Miniature
from training.runs import launch_run
from training.runs.run_request import RunRequest
from training.students import registration
from web.errors import Refusal

pytestmark = pytest.mark.django_db
Start = Callable[..., Campaign]
SENDS_ON = 2


@pytest.fixture
def miniature(task: Task, admin: Member, tmp_path: Path, settings: Any) -> Miniature:
    """Tuned on a few decisions, promoted, and so a teacher of its task."""
    settings.STUDENT_ROOTS = [tmp_path / "students"]
    version = freeze(task, admin, train=10, validation=2)
    folder = write_student(tmp_path / "students" / "tiny")
    student = registration.register_folder(path=str(folder), by=admin, name="Tiny", licence="Apache-2.0")
    run = launch_run.launch(RunRequest(dataset_version=version, student=student), recipe="demo", by=admin)
    made = conclude(run, tmp_path / "run")
    promotion.promote(made, by=admin)
    return made


@pytest.fixture
def small(miniature: Miniature) -> Teacher:
    return Teacher.objects.get(provided_by=f"serving:{miniature.pk}")


@pytest.fixture
def make_version(task: Task, miniature: Miniature, admin: Member) -> Callable[..., RouterVersion]:
    """A version of a router as `set_thresholds` leaves it: up to one mark the miniature writes, else the offline teacher."""

    def make(of: Task = task, **values: Any) -> RouterVersion:
        router = Router.objects.create(
            task=of, slug=f"thrifty-{Router.objects.count()}", name="Thrifty", created_by=admin
        )
        given = {
            "feature": "checks", "takes_low": True, "thresholds": [1.0], "margin": 0.02, "confidence": 0.95, "level": 0.975,
            "attempt": 1, "audit_share": 0.0, "pairs": 2000, "lost": 0, "won": 0, "task_version": latest_version(of),
            "expected": [{"share": 0.5, "cost_usd": 0.001}, {"share": 0.5, "cost_usd": 0.01}], **values,
        }  # fmt: skip
        given.setdefault("teacher", stage_rows.offline())
        return RouterVersion.objects.create(router=router, number=1, miniature=miniature, records_hash="", **given)

    return make


@pytest.fixture
def start(task: Task, people: None, lead: Member) -> Start:
    """A campaign whose mails are written by whom a router says, launched."""

    def launch(version: RouterVersion, **values: Any) -> Campaign:
        return lifecycle.launch(planned(task, version, lead, **values), by=lead)

    return launch


def routed_write(task: Task, version: RouterVersion) -> StagePlan:
    return StagePlan("write", StageKind.WRITE, task, router=version)


def planned(task: Task, version: RouterVersion, lead: Member, **values: Any) -> Campaign:
    pipeline = compose.create(task, name="Spring", slug="spring", stages=[routed_write(task, version)], by=lead)
    return factories.make_draft_campaign(task, by=lead, arms=[ArmPlan("A", pipeline=pipeline)], **values)


def answer(*, marked: int = 0, fails: int = 0) -> None:
    """Every order that waits is answered; so many of the first records' answers get marks that send them on, or fail."""
    waiting = list(Order.objects.filter(purpose="campaign").exclude(job__state="succeeded"))
    failing = [UUID(pk) for order in waiting for pk in order.record_ids[:fails]]
    stage_rows.answer_orders({"outreach": lambda record: None if record.pk in failing else desk.mail(record)})
    for order in waiting:
        first = Draft.objects.filter(job_id=order.job_id, record_id__in=order.record_ids[:marked])
        first.update(marks_count=SENDS_ON)


def asked(teacher: Teacher) -> int:
    return sum(len(order.record_ids) for order in Order.objects.filter(purpose="campaign", teacher=teacher))


def die_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tick that dies in each of these steps once its work is done, before it is committed."""
    for module, name in (
        (ask, "ask"),
        (collect, "collect"),
        (order_drafts, "take_drafts"),
        (order_drafts, "order_drafts"),
    ):
        whole = getattr(module, name)

        def die(held: Campaign, whole: Callable[[Campaign], Any] = whole) -> Any:
            whole(held)
            raise KeyboardInterrupt

        monkeypatch.setattr(module, name, die)
        with contextlib.suppress(KeyboardInterrupt):
            tick.advance_all()
        monkeypatch.setattr(module, name, whole)


def codes(campaign: Campaign, by: Member) -> set[str]:
    return {problem.code for problem in launch_checks.launch_problems(campaign, by=by)}


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


@pytest.mark.parametrize(
    ("values", "code"), [({"thresholds": []}, "router_not_shown"), ({"task_version": None}, "router_outdated")]
)
def test_a_router_whose_promise_is_not_shown_is_refused(
    make_version: Callable[..., RouterVersion],
    task: Task,
    people: None,
    lead: Member,
    values: dict[str, Any],
    code: str,
) -> None:
    version = make_version()
    campaign = planned(task, version, lead)
    assert codes(campaign, lead) == set()

    unfit = make_version(**values)
    with pytest.raises(Refusal) as refused:
        compose.save_version(campaign.arms.get().pipeline.pipeline, stages=[routed_write(task, unfit)], by=lead)

    assert list(refused.value.errors) == ["stages.0.teacher"]


def test_what_breaks_after_a_pipeline_was_saved_keeps_its_launch_back(
    make_version: Callable[..., RouterVersion], task: Task, people: None, lead: Member, small: Teacher
) -> None:
    version = make_version()
    campaign = planned(task, version, lead)

    for _ in range(60):
        row = Routed.objects.create(version=version, route=0, value=0.0, is_audit=True)
        route.record_outcome(row, route_passes=False, teacher_passes=True)
    Teacher.objects.filter(pk=small.pk).update(is_active=False)

    assert codes(campaign, lead) == {"router_broken", "router_model_off", "teacher_off"}
    with pytest.raises(Refusal, match="cannot be launched"):
        lifecycle.launch(campaign, by=lead)


def test_a_campaign_keeps_the_thresholds_its_pipeline_was_saved_with(
    start: Start, make_version: Callable[..., RouterVersion], task: Task, lead: Member, small: Teacher
) -> None:
    version = make_version()
    campaign = start(version)
    RouterVersion.objects.create(
        router=version.router, number=2, miniature=version.miniature, teacher=version.teacher, feature="checks",
        takes_low=True, thresholds=[0.0], margin=0.02, confidence=0.95, level=0.98, attempt=2, audit_share=0.0, pairs=2000,
        lost=0, won=0, records_hash="", expected=version.expected, task_version=version.task_version,
    )  # fmt: skip
    tick.advance_all()

    stage_rows.answer_orders({"outreach": desk.mail})
    Draft.objects.filter(job_id__in=Order.objects.filter(teacher=small).values("job_id")).update(marks_count=1)
    tick.advance_all()

    assert states(campaign) == {"awaiting": 6} and asked(stage_rows.offline()) == 0


def test_of_an_audited_share_the_teacher_writes_too_and_experts_judge_both(
    start: Start, make_version: Callable[..., RouterVersion], lead: Member, small: Teacher
) -> None:
    version = make_version(audit_share=1.0)
    campaign = start(version, approval=Approval.SAMPLE, sample_share=0.0)
    tick.advance_all()
    answer(marked=4)
    tick.advance_all()
    assert not RouteOutcome.objects.exists()

    # Four that marks send on, and two audited; the mails of these two went their way already.
    while Order.objects.filter(purpose="campaign").exclude(job__state="succeeded").exists():
        answer()
        tick.advance_all()
    assert (asked(small), asked(stage_rows.offline())) == (6, 6)
    assert report.report(version).promise.unjudged == 2
    for route_row in StageRoute.objects.filter(routed__is_audit=True):
        teachers, own = (
            Draft.objects.filter(record=route_row.record_id).exclude(pk=route_row.draft_id).get(),
            route_row.draft,
        )
        judge(teachers, lead, "accept")
        judge(own, lead, "reject")
    tick.advance_all()
    # Cards that a reviewer asked for are no sample.
    assert report.report(version).promise.unjudged == 2
    Assignment.objects.update(drawn=Drawn.QUEUE)
    tick.advance_all()

    promise = report.report(version).promise
    assert (promise.audited, promise.unjudged, promise.loss) == (2, 0, pytest.approx(2 / 6))
    assert RouteOutcome.objects.count() == 6 and states(campaign).keys() <= {"approved", "awaiting"}


def test_an_audit_that_cannot_be_ordered_holds_no_mail_up(
    start: Start, make_version: Callable[..., RouterVersion], small: Teacher
) -> None:
    campaign = start(make_version(audit_share=1.0), approval=Approval.SAMPLE, sample_share=0.0)
    Teacher.objects.filter(pk=stage_rows.offline().pk).update(is_active=False)
    tick.advance_all()
    answer()
    tick.advance_all()

    assert states(campaign) == {"approved": 6} and asked(stage_rows.offline()) == 0


def test_the_drawing_shows_share_cost_and_replies_of_each_route_and_what_the_promise_held(
    start: Start,
    make_version: Callable[..., RouterVersion],
    lead: Member,
    as_member: Callable[..., Any],
    small: Teacher,
) -> None:
    campaign = start(make_version(), approval=Approval.SAMPLE, sample_share=0.0)
    tick.advance_all()
    answer(marked=2)
    tick.advance_all()
    answer()
    tick.advance_all()
    sent_before(campaign, 2)
    by_miniature = Message.objects.filter(draft__in=StageRoute.objects.filter(routed__route=0).values("draft"))
    experiment_rows.event(by_miniature[0], EventKind.REPLIED, at=timezone.now()).save()

    [drawing] = stage_figures.drawings(campaign, figures.arms(campaign), lead)
    routed = drawing.stages[0].routed
    html = unescape(as_member(lead).get(f"/campaigns/{campaign.slug}/").content.decode())
    page = " ".join(re.sub("<[^>]+>", "", html).split())

    assert routed is not None
    told = [(line.name, line.records, line.cost_usd, line.sent, line.replies) for line in routed.routes]
    assert told == [
        (small.name.removeprefix("Miniature: "), 4, Decimal("0.008"), 4, 1),
        ("Offline teacher", 2, Decimal("0.008"), 2, 0),
    ]
    assert [line.share for line in routed.routes] == [pytest.approx(4 / 6), pytest.approx(2 / 6)]
    assert drawing.stages[0].cost_usd == Decimal("0.016")
    assert "Thrifty, version 1" in page and "4 (67 %)" in page and "1 of 4 mails answered (25.0 %)" in page
    assert "at most 2 points worse" in page and "no pair judged yet" in page


def test_a_lead_chooses_a_router_on_the_page_and_over_the_api(
    make_version: Callable[..., RouterVersion], task: Task, lead: Member, as_member: Callable[..., Any]
) -> None:
    version = make_version()
    client, api = as_member(lead), APIClient()
    api.force_login(lead)
    stages = {"stages.0.kind": "write", "stages.0.name": "write", "stages.0.task": task.slug}
    chosen = {**stages, "stages.0.teacher": f"router:{version.router.slug}"}

    offered = client.post(f"/tasks/{task.slug}/pipelines/new/", {**stages, "do": "fill", "name": "Spring"})
    saved = client.post(f"/tasks/{task.slug}/pipelines/new/", {**chosen, "do": "save", "name": "Spring"})
    shown = client.get("/pipelines/spring/")
    over_api = api.post(
        "/api/v1/pipelines/spring/versions/",
        {"stages": [{"name": "mail", "kind": "write", "task": task.slug, "router": version.router.slug}]},
        format="json",
    )

    assert 'label="Routers"' in offered.content.decode() and saved.status_code == 302
    assert f'value="router:{version.router.slug}" selected' in shown.content.decode()
    [stage] = over_api.json()["version"]["stages"]
    assert (stage["router"], stage["router_version"], stage["teacher"]) == (version.router.slug, 1, "offline")


def test_a_routed_stage_is_priced_by_its_expected_shares_and_at_most_as_the_teacher_alone(
    make_version: Callable[..., RouterVersion], task: Task, people: None, lead: Member
) -> None:
    paid = stage_rows.make_paid_teacher()
    half = planned(task, make_version(teacher=paid), lead)
    alone = StagePlan("write", StageKind.WRITE, task, paid)
    compose.save_version(half.arms.get().pipeline.pipeline, stages=[alone], by=lead)
    alone_version = compose.latest(half.arms.get().pipeline.pipeline)
    whole = factories.make_draft_campaign(task, by=lead, slug="whole", arms=[ArmPlan("A", pipeline=alone_version)])

    routed, dear = (forecast.forecast_of(each).arms[0].estimate for each in (half, whole))

    assert routed is not None and dear is not None
    assert routed.cost_usd == pytest.approx(dear.cost_usd / 2, abs=1e-5) and routed.cost_high_usd == dear.cost_high_usd
    assert routed.calls == 6 + 3 and "router's evidence" in routed.basis


def test_an_audited_share_is_priced_too(make_version: Callable[..., RouterVersion]) -> None:
    asked_of = [calls for _, calls in stage_forecast.shares_asked(make_version(audit_share=0.5), 100)]
    by_number = make_version(feature="fact", fact="size", thresholds=[41.0])

    assert asked_of == [100, 75]
    assert [calls for _, calls in stage_forecast.shares_asked(by_number, 100)] == [50, 50]


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
    Draft.objects.filter(job_id=first.job_id, record_id__in=first.record_ids[:2]).update(marks_count=SENDS_ON)
    die_everywhere(monkeypatch)
    tick.advance_all()
    stage_rows.answer_orders({"qualify-task": lambda record: {"fit": "good"}})
    tick.advance_all()

    assert states(campaign) == {"stopped": 4, "writing": 2}
    told = sorted(StageRun.objects.values_list("state", "cost_usd", "draft__fields__fit"))
    assert told == [("passed", Decimal("0.004"), "good")] * 2 + [("stopped", Decimal("0.002"), "poor")] * 4
    assert [len(order.record_ids) for order in Order.objects.filter(task=label).order_by("created_at")] == [6, 2]
