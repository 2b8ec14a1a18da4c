"""The drawing of a pipeline on a campaign's page, and one contact's story through it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign, Contact, Message, Stage, StageRun
from campaigns.overview import figures
from campaigns.pipelines import compose, contact_story, stage_figures
from campaigns.pipelines.compose import StagePlan
from campaigns.planning.plans import ArmPlan
from campaigns.sending import lifecycle, tick
from campaigns.states import MessageState, StageKind, StageState
from generation.models import Call, PriceEntry, Teacher
from generation.states import CallState
from members.models import Member
from review.models import Record, Task
from tests.campaigns import factories, stage_rows
from tests.campaigns.pipeline.conftest import judge
from tests.campaigns.stage_rows import answer_orders, qualify_stage, write_stage
from tests.review import factories as desk

AsMember = Callable[[Member], Client]


def fit_of(record: Record) -> dict[str, str]:
    return {"fit": "good" if int(record.facts["company"].split()[-1]) % 2 == 0 else "poor"}


def half_way(task: Task, tasks: dict[str, Task], lead: Member) -> Campaign:
    """Six contacts, three of which qualify and whose mails are written."""
    version = compose.create(
        task, name="Spring", slug="spring", stages=[qualify_stage(tasks["qualify"]), write_stage(task)], by=lead
    )
    campaign = factories.make_draft_campaign(task, by=lead, arms=[ArmPlan("A", pipeline=version)])
    lifecycle.launch(campaign, by=lead)
    tick.advance_all()
    answer_orders({"qualify-task": fit_of})
    tick.advance_all()
    answer_orders({"outreach": desk.mail})
    tick.advance_all()
    return campaign


def drawn(campaign: Campaign, by: Member) -> list[stage_figures.StageFigures]:
    [drawing] = stage_figures.drawings(campaign, figures.arms(campaign), by)
    return drawing.stages


@pytest.mark.slow
def test_the_drawing_counts_what_came_in_and_went_on(
    task: Task, tasks: dict[str, Task], people: None, lead: Member, as_member: AsMember
) -> None:
    campaign = half_way(task, tasks, lead)

    qualify, write = drawn(campaign, lead)

    assert (qualify.came_in, qualify.passed, qualify.share, qualify.under_way) == (6, 3, 0.5, 0)
    assert (write.came_in, write.passed, write.share) == (3, 3, 1.0)
    assert (qualify.cost_usd, write.cost_usd) == (Decimal("0.012"), Decimal("0.006"))
    assert (qualify.seconds, write.seconds) == (0.5, 0.5)
    page = unescape(as_member(lead).get(f"/campaigns/{campaign.slug}/").content.decode())
    assert "Pipeline Spring v1" in page
    assert "6 → 3" in page
    assert "not measured" in page


@pytest.mark.slow
def test_a_mail_is_passed_on_once_none_of_its_claims_waits(
    task: Task, tasks: dict[str, Task], people: None, lead: Member
) -> None:
    campaign = half_way(task, tasks, lead)
    passed = StageRun.objects.filter(state=StageState.PASSED)
    Message.objects.filter(pk__in=passed.values("message")).update(state=MessageState.PREPARING)
    StageRun.objects.bulk_create([StageRun(message=run.message, stage=run.stage, part=1) for run in passed[:2]])

    qualify, _ = drawn(campaign, lead)

    assert (qualify.came_in, qualify.passed, qualify.under_way, qualify.share) == (6, 1, 2, 0.25)


def test_mails_of_another_campaign_with_the_same_pipeline_are_not_counted(
    task: Task, tasks: dict[str, Task], people: None, lead: Member
) -> None:
    campaign = half_way(task, tasks, lead)
    other = factories.make_draft_campaign(task, by=lead, slug="autumn")
    Message.objects.filter(pk__in=StageRun.objects.values("message")[:2]).update(campaign=other)

    assert drawn(campaign, lead)[0].came_in == 4


@pytest.mark.slow
def test_a_call_without_an_answer_makes_the_others_dearer(
    task: Task, tasks: dict[str, Task], people: None, lead: Member
) -> None:
    campaign = half_way(task, tasks, lead)
    qualifying = Call.objects.filter(order__task=tasks["qualify"])
    qualifying.filter(pk__in=qualifying[:2]).update(state=CallState.FAILED)

    qualify, write = drawn(campaign, lead)

    # 1.2 cents for four answers, 0.6 cents for three.
    assert (qualify.usd_per_thousand, write.usd_per_thousand) == (Decimal(3), Decimal(2))


@pytest.mark.slow
def test_the_median_is_the_middle_of_each_stage(task: Task, tasks: dict[str, Task], people: None, lead: Member) -> None:
    campaign = half_way(task, tasks, lead)
    for run, seconds in zip(StageRun.objects.order_by("pk"), (9, 1, 2, 100, 3, 4), strict=True):
        StageRun.objects.filter(pk=run.pk).update(seconds=seconds)

    assert drawn(campaign, lead)[0].seconds == 3.5


@pytest.mark.slow
def test_what_a_large_model_would_have_cost_is_by_the_tokens_of_the_calls(
    task: Task, tasks: dict[str, Task], people: None, lead: Member
) -> None:
    campaign = half_way(task, tasks, lead)
    assert drawn(campaign, lead)[0].large is None
    Call.objects.update(input_tokens=1000, output_tokens=500)
    PriceEntry.objects.all().delete()
    for name, price in (("small", "1"), ("big", "10")):
        PriceEntry.objects.create(provider="openai", model=name, from_date="2026-01-01", as_of="2026-01-01",
                                  input_usd_per_million=price, output_usd_per_million=price)  # fmt: skip
        Teacher.objects.create(slug=name, name=name.title(), provider="openai", model=name)

    qualify, write = drawn(campaign, lead)

    assert qualify.large == stage_figures.LargeModel("Big", Decimal("0.09"))
    assert write.large == stage_figures.LargeModel("Big", Decimal("0.045"))


def test_mails_that_are_being_prepared_stand_in_the_list_and_move_the_page(
    task: Task, tasks: dict[str, Task], people: None, lead: Member, as_member: AsMember
) -> None:
    version = compose.create(
        task, name="Spring", slug="spring", stages=[qualify_stage(tasks["qualify"]), write_stage(task)], by=lead
    )
    campaign = factories.make_draft_campaign(task, by=lead, arms=[ArmPlan("A", pipeline=version)])
    lifecycle.launch(campaign, by=lead)

    assert "Being prepared" in as_member(lead).get(f"/campaigns/{campaign.slug}/mails/").content.decode()
    assert figures.steps(campaign)[0].underway == 6


def test_a_campaign_without_a_pipeline_asks_nothing_more(campaign: Campaign, lead: Member) -> None:
    arms = figures.arms(campaign)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert stage_figures.drawings(campaign, arms, lead) == []

    assert len(queries) == 0


@pytest.mark.slow
def test_more_mails_ask_no_more(task: Task, tasks: dict[str, Task], people: None, lead: Member) -> None:
    campaign = half_way(task, tasks, lead)
    arms = figures.arms(campaign)
    with CaptureQueriesContext(connection) as few:
        stage_figures.drawings(campaign, arms, lead)
    stage = Stage.objects.get(kind=StageKind.QUALIFY)
    for mail in Message.objects.all():
        StageRun.objects.create(message=mail, stage=stage, part=7, state=StageState.PASSED, seconds=2.0)

    with CaptureQueriesContext(connection) as many:
        stage_figures.drawings(campaign, arms, lead)

    assert len(many) == len(few)


def titles(contact: Contact) -> list[str]:
    [story] = contact_story.story_of(contact)
    return [entry.title for entry in story.entries]


@pytest.mark.slow
def test_a_contacts_story_goes_from_its_label_to_the_decision(
    task: Task, tasks: dict[str, Task], people: None, lead: Member, as_member: AsMember
) -> None:
    half_way(task, tasks, lead)
    mail = Message.objects.filter(state="awaiting").select_related("contact", "draft").first()
    assert mail is not None
    assert mail.draft is not None
    judge(mail.draft, lead, "accept")
    tick.advance_all()

    assert titles(mail.contact) == ["Qualify: lead", "Mail 1 written", "Decision: Accepted", "Approved"]
    page = unescape(as_member(lead).get(f"/contacts/{mail.contact_id}/story/").content.decode())
    assert "fit: good" in page
    assert f"/drafts/{mail.draft_id}/" in page


@pytest.mark.slow
def test_a_contact_that_a_stage_left_out_says_why(
    task: Task, tasks: dict[str, Task], people: None, lead: Member
) -> None:
    half_way(task, tasks, lead)
    mail = Message.objects.filter(state="stopped").select_related("contact").first()
    assert mail is not None

    [story] = contact_story.story_of(mail.contact)

    assert [entry.title for entry in story.entries] == ["Qualify: lead", "Stopped"]
    assert "lead: fit is poor." in story.entries[-1].note


@pytest.mark.slow
def test_a_stage_that_its_mail_left_waits_for_nothing_any_more(
    task: Task, tasks: dict[str, Task], people: None, lead: Member
) -> None:
    stages = [qualify_stage(tasks["qualify"]), write_stage(task)]
    version = compose.create(task, name="Spring", slug="spring", stages=stages, by=lead)
    campaign = factories.make_draft_campaign(task, by=lead, arms=[ArmPlan("A", pipeline=version)])
    lifecycle.launch(campaign, by=lead)
    tick.advance_all()
    before = drawn(campaign, lead)[0].under_way
    [early] = contact_story.story_of(Message.objects.all()[0].contact)
    lifecycle.end(campaign, by=lead)

    qualify = drawn(campaign, lead)[0]
    [story] = contact_story.story_of(Message.objects.all()[0].contact)

    assert (before, qualify.under_way) == (6, 0)
    assert [entry.at for entry in early.entries] == [None, None]
    assert [entry.title for entry in story.entries] == ["Qualify: lead", "Stopped"]
    assert story.entries[0].at is not None
    assert story.entries[0].note == contact_story.NOT_ASKED


@pytest.mark.slow
def test_claims_stand_with_their_quotes_and_verdicts(
    task: Task, tasks: dict[str, Task], people: None, lead: Member, as_member: AsMember
) -> None:
    campaign = half_way(task, tasks, lead)
    rule = StagePlan("bear", StageKind.VERIFY, inputs={"claim": "site.claims.text", "passage": "site.claims.quote"})
    research = StagePlan("site", StageKind.RESEARCH, tasks["research"], stage_rows.offline())
    other = compose.create(task, name="Two", slug="two", stages=[research, rule, write_stage(task)], by=lead)
    mail = Message.objects.filter(campaign=campaign, state="stopped").first()
    assert mail is not None
    claim: dict[str, Any] = {"text": "It grows <b>fast</b>.", "quote": "We grow.", "url": "https://a.example/"}
    StageRun.objects.create(message=mail, stage=other.stages.get(name="bear"), state=StageState.STOPPED,
                            output={"claim": claim}, reason="It names no speed.")  # fmt: skip

    page = as_member(lead).get(f"/contacts/{mail.contact_id}/story/").content.decode()

    assert "It grows &lt;b&gt;fast&lt;/b&gt;." in page
    assert "We grow." in page
    assert "It names no speed." in page


def test_a_contact_without_mails_has_an_empty_story(task: Task, lead: Member, as_member: AsMember) -> None:
    contact = factories.make_contact(task)

    assert "Nothing happened yet" in as_member(lead).get(f"/contacts/{contact.pk}/story/").content.decode()


@pytest.mark.slow
def test_an_arm_takes_a_pipeline_from_the_campaigns_form(
    task: Task, people: None, lead: Member, as_member: AsMember
) -> None:
    factories.make_sender()
    first = compose.create(task, name="Spring", slug="spring", stages=[write_stage(task)], by=lead)
    form = {
        "name": "Summer", "sender": "nora", "arm_1_name": "A", "arm_1_teacher": f"pipeline:{first.pk}",
        "arm_1_weight": "1", "step_1_writer": "model", "step_2_writer": "template", "approval": "all",
        "max_model_usd": "2", "mails_per_minute": "60", "daily_cap": "100", "quiet_from": "0", "quiet_until": "0",
        "time_zone": "UTC",
    }  # fmt: skip
    browser = as_member(lead)
    assert '<optgroup label="Pipelines">' in browser.get(f"/tasks/{task.slug}/campaigns/new/").content.decode()

    browser.post(f"/tasks/{task.slug}/campaigns/new/", form)

    campaign = Campaign.objects.get()
    arm = campaign.arms.get()
    assert arm.pipeline == first
    assert arm.teacher == stage_rows.offline()
    # A later version is offered beside the one that the campaign has, which stays chosen.
    rule = StagePlan("rule", StageKind.QUALIFY, condition={"field": "record.sector", "in": ["x"]})
    compose.save_version(first.pipeline, stages=[rule, write_stage(task)], by=lead)
    page = browser.get(f"/campaigns/{campaign.slug}/edit/").content.decode()
    assert f'value="pipeline:{first.pk}" selected' in page
    assert "Spring v2" in page
