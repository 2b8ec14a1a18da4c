"""Launching and steering a campaign: whom it plans mails for, once, and what may follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from campaigns.models import Campaign, Contact, Enrolment, Experiment, Message, Suppression
from campaigns.planning import launch_checks
from campaigns.planning.assignment import arm_of
from campaigns.planning.plans import ArmPlan
from campaigns.sending import lifecycle
from campaigns.states import CampaignState
from generation.models import Teacher
from members.models import Member
from review.models import Record, Task
from tests import pace
from tests.at_once import at_once
from tests.campaigns import factories
from tests.campaigns.pipeline.conftest import states
from tests.review import factories as desk
from web.errors import Refusal

db = pytest.mark.django_db


def codes(campaign: Campaign) -> list[str]:
    return [problem.code for problem in launch_checks.launch_problems(campaign)]


def two_arms() -> list[ArmPlan]:
    offline = Teacher.objects.get(slug="offline")
    return [ArmPlan("A", teacher=offline, is_control=True), ArmPlan("B", teacher=offline)]


def register(campaign: Campaign) -> Experiment:
    from django.utils import timezone

    return Experiment.objects.create(
        slug=campaign.slug, campaign=campaign, hypothesis="B is not worse.", margin=0.02, baseline=0.05,
        registered_at=timezone.now(),
    )  # fmt: skip


@db
def test_a_launch_plans_one_mail_a_contact(campaign: Campaign, lead: Member) -> None:
    launched = lifecycle.launch(campaign, by=lead)

    assert launched.state == CampaignState.RUNNING
    assert (launched.launched_by, launched.is_held) == (lead, False)
    assert states(campaign) == {"planned": 6}
    assert Enrolment.objects.filter(campaign=campaign, arm__name="Offline").count() == 6


@db
def test_whole_companies_fall_into_one_arm_before_anything_is_written(
    task: Task, records: list[Record], lead: Member
) -> None:
    for n, record in enumerate(records * 4):
        factories.make_contact(task, f"p{n}@co{n % 6}.example", record=record)
    campaign = factories.make_draft_campaign(task, by=lead, arms=two_arms())
    register(campaign)

    lifecycle.launch(campaign, by=lead)

    rows = set(Enrolment.objects.values_list("cluster", "arm__position"))
    assert len(rows) == 6
    assert rows == {(cluster, arm_of(campaign.salt, cluster, [1, 1])) for cluster, _ in rows}


@db
def test_launching_twice_is_refused_and_changes_nothing(campaign: Campaign, lead: Member) -> None:
    lifecycle.launch(campaign, by=lead)

    with pytest.raises(Refusal) as caught:
        lifecycle.launch(campaign, by=lead)

    assert (caught.value.code, caught.value.status) == ("campaign_launched", 409)
    assert states(campaign) == {"planned": 6}


@pytest.mark.django_db(transaction=True)
def test_two_launches_at_once_launch_once(campaign: Campaign, lead: Member) -> None:
    def press() -> str:
        lifecycle.launch(Campaign.objects.get(pk=campaign.pk), by=lead)
        return "launched"

    ends = at_once(*[press] * 4, may_refuse=True)

    assert sorted(ends) == ["campaign_launched"] * 3 + ["launched"]
    assert states(campaign) == {"planned": 6}


@db
def test_only_a_lead_launches(campaign: Campaign, viewer: Member) -> None:
    with pytest.raises(PermissionDenied):
        lifecycle.launch(campaign, by=viewer)


@db
def test_the_suppressed_and_those_without_facts_are_left_out(campaign: Campaign, task: Task, lead: Member) -> None:
    gone = Contact.objects.get(address__startswith="person0")
    Suppression.objects.create(address_hmac=gone.address_hmac, reason="manual")
    factories.make_contact(task, "nofacts@x.example")

    lifecycle.launch(campaign, by=lead)

    written_to = set(Enrolment.objects.values_list("contact__address", flat=True))
    assert len(written_to) == 5
    assert not written_to & {gone.address, "nofacts@x.example"}


@db
def test_an_audience_narrows_and_limits(task: Task, records: list[Record], lead: Member) -> None:
    factories.make_people(task, records, segment="north")
    factories.make_people(task, records, start=10, segment="south")
    campaign = factories.make_draft_campaign(task, by=lead)

    lifecycle.launch(campaign, by=lead, contacts={"segment": "south", "limit": 4})

    assert Enrolment.objects.filter(segment="south").count() == 4
    assert Enrolment.objects.count() == 4


@db
def test_the_version_is_fixed_at_launch(campaign: Campaign, task: Task, lead: Member) -> None:
    from review.spec.starters import outreach
    from review.tasks import authoring

    newer = authoring.new_version(task, spec=outreach.SPEC.model_copy(update={"instruction": "Write better."}), by=lead)

    lifecycle.launch(campaign, by=lead)

    campaign.refresh_from_db()
    assert campaign.task_version_id == newer.pk


@db
def test_pause_resume_and_end(campaign: Campaign, lead: Member) -> None:
    lifecycle.launch(campaign, by=lead)

    assert lifecycle.pause(campaign, by=lead).state == "paused"
    assert lifecycle.pause(campaign, by=lead).state == "paused"
    assert lifecycle.resume(campaign, by=lead).state == "running"
    ended = lifecycle.end(campaign, by=lead)

    assert (ended.state, ended.ended_at is not None) == ("ended", True)
    assert states(campaign) == {"stopped": 6}
    assert set(Message.objects.values_list("stop_reason", flat=True)) == {"ended"}
    with pytest.raises(Refusal) as caught:
        lifecycle.resume(campaign, by=lead)
    assert caught.value.code == "campaign_state"


@db
@pytest.mark.parametrize("verb", [lifecycle.pause, lifecycle.resume, lifecycle.end, lifecycle.release])
def test_a_draft_cannot_be_steered(campaign: Campaign, lead: Member, verb: Callable[..., Any]) -> None:
    with pytest.raises(Refusal) as caught:
        verb(campaign, by=lead)

    assert (caught.value.code, caught.value.status) == ("campaign_state", 409)


@pytest.mark.slow
@db
def test_thousands_of_contacts_are_launched_in_a_second_in_their_order(
    task: Task, lead: Member, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    records = desk.make_records(desk.make_source(task), 100)
    people = factories.make_people(task, records * 20)
    campaign = factories.make_draft_campaign(task, by=lead)

    with pace.within(1), django_assert_max_num_queries(60):
        lifecycle.launch(campaign, by=lead)

    mails = list(Message.objects.select_related("enrolment__arm").order_by("created_at", "id"))
    assert [mail.contact_id for mail in mails] == [person.pk for person in people]
    assert {mail.enrolment.contact_id == mail.contact_id for mail in mails} == {True}
    assert {(mail.arm, mail.enrolment.arm) for mail in mails} == {(campaign.arms.get(), campaign.arms.get())}
    assert set(Enrolment.objects.values_list("cluster", flat=True)) == {person.cluster for person in people}
