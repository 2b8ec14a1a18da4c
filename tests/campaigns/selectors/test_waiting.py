from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.models import Campaign, Message, WriteOrder
from campaigns.overview import waiting
from campaigns.planning.plans import ArmPlan, StepPlan
from campaigns.sending import lifecycle, tick
from campaigns.states import Approval, CampaignState, EventKind, MessageState, StepWriter
from generation.models import Teacher
from jobs.models import Job
from jobs.scheduling import halt
from members.models import Member
from review.models import Task
from tests.campaigns import factories
from tests.campaigns.pipeline.conftest import answer_orders
from tests.review import factories as desk

db = pytest.mark.django_db
MONDAY_NIGHT = datetime(2026, 11, 16, 22, 30, tzinfo=UTC)
MONDAY_NOON = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)


@pytest.fixture
def sending(task: Task) -> Campaign:
    """Three approved mails that could go at once."""
    campaign = factories.make_sending_campaign(task)
    factories.make_due_mails(campaign, 3)
    Message.objects.update(due_at=MONDAY_NOON - timedelta(minutes=1))
    return campaign


def launched(task: Task, lead: Member, **plan: Any) -> Campaign:
    """A campaign of four people whose first mails a model is writing."""
    factories.make_people(task, desk.make_records(desk.make_source(task), 4))
    arms = [ArmPlan("A", teacher=Teacher.objects.get(slug="offline"))]
    campaign = lifecycle.launch(factories.make_draft_campaign(task, by=lead, **{"arms": arms, **plan}), by=lead)
    tick.advance_all()
    return campaign


def said(campaign: Campaign, now: datetime | None = None) -> tuple[str, datetime | None]:
    found = waiting.wait_reason(Campaign.objects.get(pk=campaign.pk), now=now)
    return ("", None) if found is None else (found.reason, found.until)


@db
def test_mails_that_go_wait_for_nothing(sending: Campaign) -> None:
    assert said(sending, MONDAY_NOON) == ("", None)


@db
@pytest.mark.parametrize(
    ("state", "reason"), [(CampaignState.PLANNED, ""), (CampaignState.PAUSED, "paused"), (CampaignState.ENDED, "")]
)
def test_only_a_campaign_under_way_waits(sending: Campaign, state: CampaignState, reason: str) -> None:
    Campaign.objects.update(state=state)

    assert said(sending, MONDAY_NOON)[0] == reason


@db
def test_a_held_campaign_waits_for_its_release(sending: Campaign) -> None:
    Campaign.objects.update(is_held=True)

    found = waiting.wait_reason(Campaign.objects.get(), now=MONDAY_NOON)

    assert found is not None
    assert (found.reason, found.until, found.hint) == ("held", None, "Press Start sending.")
    assert found.message.startswith("3 mails approved")


@db
def test_outside_its_hours_it_waits_for_the_readers_morning(sending: Campaign) -> None:
    Campaign.objects.update(quiet_from=20, quiet_until=8)
    Message.objects.get(contact__address__startswith="reader-0@")
    sending.task.contacts.update(time_zone="Europe/Berlin")

    assert said(sending, MONDAY_NIGHT) == ("hours", datetime(2026, 11, 17, 7, 0, tzinfo=UTC))


@db
def test_a_mail_that_was_put_off_is_awaited_with_what_the_server_said(sending: Campaign) -> None:
    later = MONDAY_NOON + timedelta(minutes=4)
    Message.objects.update(due_at=later, problem="Not taken yet: 451 <ada@acme.example>: greylisted")

    found = waiting.wait_reason(sending, now=MONDAY_NOON)

    assert found is not None
    assert (found.reason, found.until, found.message) == (
        "deferred", later, "Not taken yet: 451 <[address]>: greylisted",
    )  # fmt: skip


@db
def test_a_full_day_waits_for_the_campaigns_midnight(sending: Campaign) -> None:
    Campaign.objects.update(daily_cap=1, time_zone="Europe/Berlin")
    first = Message.objects.order_by("id")[0]
    Message.objects.filter(pk=first.pk).update(state=MessageState.SENT, sending_at=MONDAY_NOON, sent_at=MONDAY_NOON)

    assert said(sending, MONDAY_NOON) == ("daily_cap", datetime(2026, 11, 16, 23, 0, tzinfo=UTC))


@db
def test_a_slow_pace_says_when_the_next_one_goes(sending: Campaign) -> None:
    Campaign.objects.update(mails_per_minute=1)
    first = Message.objects.order_by("id")[0]
    went = MONDAY_NOON - timedelta(seconds=20)
    Message.objects.filter(pk=first.pk).update(state=MessageState.SENT, sending_at=went, sent_at=went)

    assert said(sending, MONDAY_NOON) == ("pace", went + timedelta(seconds=60))


@db
@pytest.mark.parametrize(
    ("state", "reason"), [("waiting", "sender"), ("paused", "sender_paused"), ("failed", "sender"), ("running", "")]
)
def test_a_sender_in_trouble_is_named(sending: Campaign, state: str, reason: str) -> None:
    job = Job.objects.create(
        kind="campaign-send", title="Send mails", subject_id=sending.pk, state=state, waiting_reason="no route to host"
    )

    found = waiting.wait_reason(sending, now=MONDAY_NOON)

    assert ("" if found is None else found.reason) == reason
    if found is not None:
        assert "no route to host" in found.message
        assert found.url == f"/jobs/{job.pk}/"


@pytest.mark.slow
@db
def test_what_people_and_models_have_to_do_comes_before_the_next_mail(task: Task, lead: Member) -> None:
    campaign = launched(task, lead)
    assert said(campaign) == ("", None)

    Job.objects.filter(kind="generation").update(state="paused")
    assert said(campaign)[0] == "order_paused"
    Job.objects.filter(kind="generation").update(state="waiting", waiting_reason="the model is starting")
    assert said(campaign)[0] == "teacher"
    answer_orders()
    tick.advance_all()
    assert said(campaign)[0] == "approval"


@pytest.mark.slow(after_first=True)
@db
@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ({"state": "failed", "error": {"message": "401 from the provider"}}, "teacher"),
        ({"state": "cancelled"}, "not_written"),
    ],
)
def test_mails_that_were_not_written_say_why(task: Task, lead: Member, end: dict[str, Any], reason: str) -> None:
    campaign = launched(task, lead)
    orders = WriteOrder.objects.filter(campaign=campaign).values("order__job_id")
    Job.objects.filter(pk__in=orders).update(**end)

    tick.advance_all()

    assert Message.objects.filter(state=MessageState.FAILED).count() == 4
    assert said(campaign)[0] == reason


@pytest.mark.slow
@db
def test_a_sequence_waits_for_the_first_follow_up_and_then_for_nobody(task: Task, lead: Member) -> None:
    again = StepPlan(StepWriter.TEMPLATE, 3 * 86_400, "Again", "Me once more, {{contact.first_name}}.")
    campaign = launched(task, lead, steps=[StepPlan(), again], approval=Approval.SAMPLE, sample_share=0.0)
    went = timezone.now() - timedelta(days=1)
    Message.objects.update(state=MessageState.SENT, sending_at=went, sent_at=went)

    assert said(campaign) == ("follow_up", went + timedelta(days=3))

    for mail in Message.objects.all():
        mail.events.create(
            campaign=campaign, enrolment=mail.enrolment, kind=EventKind.REPLIED, source="mail", key=str(mail.pk),
            occurred_at=timezone.now(),
        )  # fmt: skip
    assert said(campaign)[0] == "done"


@pytest.mark.slow
@db
def test_the_page_and_the_api_say_it(
    sending: Campaign, lead: Member, as_member: Callable[[Member], Client], api_as: Callable[..., APIClient]
) -> None:
    later = timezone.now() + timedelta(minutes=4)
    Campaign.objects.update(time_zone="Europe/Berlin", quiet_from=0, quiet_until=0, sends_at_weekends=True)
    Message.objects.update(due_at=later, problem="Not taken yet: 451 greylisted")

    shown = as_member(lead).get(f"/campaigns/{sending.slug}/live/").content.decode()
    told = api_as(lead).get(f"/api/v1/campaigns/{sending.slug}/").data["waiting"]
    Campaign.objects.update(state=CampaignState.PLANNED)
    silent = api_as(lead).get(f"/api/v1/campaigns/{sending.slug}/").data["waiting"]

    assert 'data-waiting="deferred"' in shown
    assert "It continues" in shown
    assert "(Europe/Berlin)" in shown
    assert (told["reason"], told["message"]) == ("deferred", "Not taken yet: 451 greylisted")
    assert told["until"]
    assert told["hint"]
    assert silent is None


@db
def test_a_campaign_says_that_everything_is_stopped_and_why(sending: Campaign, admin: Member) -> None:
    halt.halt(by=admin, reason="a wrong price in the offer")

    told = waiting.wait_reason(sending, now=MONDAY_NOON)

    assert told is not None
    assert (told.reason, told.message) == ("halted", "All outgoing traffic is stopped: a wrong price in the offer.")
    halt.resume(by=admin)
    assert getattr(waiting.wait_reason(sending, now=MONDAY_NOON), "reason", None) != "halted"
