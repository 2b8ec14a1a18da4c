"""Which routers a stage may rely on, what their audits say, what they would cost,
and what the campaign's page shows of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.models import Message, StageRoute
from campaigns.overview import figures
from campaigns.pipelines import ask, compose, route_audits, stage_figures, stage_forecast
from campaigns.pipelines.compose import StagePlan
from campaigns.planning import forecast
from campaigns.planning.plans import ArmPlan
from campaigns.sending import lifecycle, tick
from campaigns.states import Approval, EventKind, StageKind
from generation.models import Order, Teacher
from members.models import Member
from review.models import Assignment, Draft, Record, Task
from review.states import Drawn
from serving.models import Routed, RouteOutcome, RouterVersion
from serving.routing import report, route
from tests.campaigns import experiment_rows, factories, stage_rows
from tests.campaigns.pipeline.conftest import judge, sent_before, states
from tests.campaigns.routed_rows import (
    Start,
    answer,
    asked,
    codes,
    make_version,
    planned,
    routed_write,
    small,
    start,
)
from tests.campaigns.shared_miniature import admin, lead, miniature, miniature_of_the_module, task
from web.errors import Refusal

__all__ = ["admin", "lead", "make_version", "miniature", "miniature_of_the_module", "small", "start", "task"]

pytestmark = pytest.mark.django_db


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


@pytest.mark.slow
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


@pytest.mark.slow
def test_an_audit_that_cannot_be_ordered_holds_no_mail_up(
    start: Start, make_version: Callable[..., RouterVersion], small: Teacher
) -> None:
    campaign = start(make_version(audit_share=1.0), approval=Approval.SAMPLE, sample_share=0.0)
    Teacher.objects.filter(pk=stage_rows.offline().pk).update(is_active=False)
    tick.advance_all()
    answer()
    tick.advance_all()

    assert states(campaign) == {"approved": 6} and asked(stage_rows.offline()) == 0


@pytest.mark.slow
def test_a_refused_audit_order_is_not_tried_at_every_tick(
    start: Start, make_version: Callable[..., RouterVersion], small: Teacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(make_version(audit_share=1.0), approval=Approval.SAMPLE, sample_share=0.0)
    Teacher.objects.filter(pk=stage_rows.offline().pk).update(is_active=False)
    tried, whole = list[Any](), ask.place

    def place(*given: Any) -> Order:
        tried.append(given)
        return whole(*given)

    monkeypatch.setattr(ask, "place", place)
    tick.advance_all()
    answer()
    for _ in range(3):
        tick.advance_all()

    assert len(tried) == 1


@pytest.mark.slow
def test_audits_that_wait_for_verdicts_keep_no_newer_one_back_and_an_erased_record_none(
    start: Start, make_version: Callable[..., RouterVersion], small: Teacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route_audits, "CHUNK", 1)
    start(make_version(audit_share=1.0), approval=Approval.SAMPLE, sample_share=0.0)
    tick.advance_all()
    answer()
    gone = UUID(Order.objects.get(teacher=small).record_ids[0])
    Record.objects.filter(pk=gone).update(erased_at=timezone.now())
    tick.advance_all()
    for _ in range(7):
        answer()
        tick.advance_all()

    assert asked(stage_rows.offline()) == 5
    assert not Draft.objects.exclude(record=gone).filter(state="kept").exists()


@pytest.mark.slow
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


@pytest.mark.slow
def test_verdicts_on_audits_count_after_their_campaign_has_ended(
    start: Start, make_version: Callable[..., RouterVersion], lead: Member, small: Teacher
) -> None:
    version = make_version(audit_share=1.0)
    campaign = start(version, approval=Approval.SAMPLE, sample_share=0.0)
    tick.advance_all()
    for _ in range(2):
        answer()
        tick.advance_all()
    lifecycle.end(campaign, by=lead)
    audited = StageRoute.objects.all()[0]
    for draft in Draft.objects.filter(record=audited.record_id):
        judge(draft, lead, "accept")
    Assignment.objects.update(drawn=Drawn.QUEUE)

    tick.advance_all()

    assert report.report(version).promise.audited == 1


@pytest.mark.slow
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
