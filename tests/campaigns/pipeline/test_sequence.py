from __future__ import annotations

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Event, Message
from campaigns.services import launch, stops, tick
from campaigns.states import EventKind, StopReason
from members.models import Member
from review.models import Task
from tests.campaigns import factories
from tests.campaigns.pipeline.conftest import (
    sent_before,
    states,
    two_steps,
)

db = pytest.mark.django_db


@db
def test_the_second_mail_waits_its_time(task: Task, people: None, lead: Member) -> None:
    campaign = two_steps(task, lead)
    sent_before(campaign, hours_ago=0.5)

    tick.advance_all()
    assert Message.objects.filter(step__number=2).count() == 0
    sent_before(campaign, hours_ago=2)
    tick.advance_all()

    second = Message.objects.filter(step__number=2)
    assert second.count() == 6
    assert {(mail.state, mail.needs_approval) for mail in second} == {("approved", False)}


@db
@pytest.mark.parametrize("kind", [EventKind.REPLIED, EventKind.BOUNCED, EventKind.UNSUBSCRIBED, EventKind.COMPLAINED])
def test_whoever_answers_or_leaves_gets_no_second_mail(task: Task, people: None, lead: Member, kind: EventKind) -> None:
    campaign = two_steps(task, lead)
    sent_before(campaign, hours_ago=2)
    mail = Message.objects.filter(step__number=1).first()
    assert mail is not None
    Event.objects.create(
        campaign=campaign, enrolment=mail.enrolment, message=mail, kind=kind, source="mail", key="k",
        occurred_at=timezone.now(),
    )  # fmt: skip

    tick.advance_all()

    assert Message.objects.filter(step__number=2).count() == 5
    assert not Message.objects.filter(step__number=2, contact=mail.contact).exists()


@db
def test_an_automatic_reply_does_not_end_a_sequence(task: Task, people: None, lead: Member) -> None:
    campaign = two_steps(task, lead)
    sent_before(campaign, hours_ago=2)
    mail = Message.objects.filter(step__number=1).first()
    assert mail is not None
    Event.objects.create(
        campaign=campaign, enrolment=mail.enrolment, message=mail, kind=EventKind.AUTO_REPLIED, source="mail", key="k",
        occurred_at=timezone.now(), is_machine=True,
    )  # fmt: skip

    tick.advance_all()

    assert Message.objects.filter(step__number=2).count() == 6


@db
def test_a_reply_stops_this_sequence_and_leaving_stops_all(launched: Campaign, task: Task, lead: Member) -> None:
    other = launch.launch(factories.make_draft_campaign(task, by=lead, slug="other"), by=lead)
    replied, left = [mail.contact for mail in Message.objects.filter(campaign=launched).order_by("id")[:2]]

    assert stops.stop_contact(replied, reason=StopReason.REPLIED, campaign=launched) == 1
    assert stops.stop_contact(left, reason=StopReason.UNSUBSCRIBED) == 2
    assert stops.stop_contact(left, reason=StopReason.UNSUBSCRIBED) == 0

    assert states(launched) == {"planned": 4, "stopped": 2}
    assert states(other) == {"planned": 5, "stopped": 1}
    with pytest.raises(ValueError, match="name it"):
        stops.stop_contact(replied, reason=StopReason.REPLIED)
