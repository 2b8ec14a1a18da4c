from __future__ import annotations

import pytest
from django.utils import timezone

from campaigns.events import record
from campaigns.models import Campaign, Event, Message
from campaigns.overview import blockers
from campaigns.sending import lifecycle, outbox, tick
from campaigns.sending.attempt import SendingAttempt
from campaigns.sending.transport import SendResult, ServerReply
from campaigns.states import EventKind, EventSource, MessageState, StopReason
from campaigns.writing import order_drafts
from jobs.models import Job
from members.models import Member
from review.models import Task
from tests.campaigns import factories
from tests.campaigns.pipeline.conftest import (
    sent_before,
    states,
    two_steps,
)
from web.errors import Refusal

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


@pytest.mark.slow(after_first=True)
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
    other = lifecycle.launch(factories.make_draft_campaign(task, by=lead, slug="other"), by=lead)
    replied, left = [mail.contact for mail in Message.objects.filter(campaign=launched).order_by("id")[:2]]

    assert record.stop_contact(replied, reason=StopReason.REPLIED, campaign=launched) == 1
    assert record.stop_contact(left, reason=StopReason.UNSUBSCRIBED) == 2
    assert record.stop_contact(left, reason=StopReason.UNSUBSCRIBED) == 0

    assert states(launched) == {"planned": 4, "stopped": 2}
    assert states(other) == {"planned": 5, "stopped": 1}
    with pytest.raises(ValueError, match="name it"):
        record.stop_contact(replied, reason=StopReason.REPLIED)


@db
@pytest.mark.parametrize("kind", [EventKind.REPLIED, EventKind.BOUNCED, EventKind.UNSUBSCRIBED])
def test_whoever_answers_meanwhile_has_no_failed_mail_written_again(
    task: Task, people: None, lead: Member, kind: EventKind
) -> None:
    campaign = two_steps(task, lead)
    campaign.refresh_from_db()
    sent_before(campaign, hours_ago=2)
    tick.advance_all()
    seconds = Message.objects.filter(step__number=2)
    seconds.update(state=MessageState.FAILED, problem="The answer was cut.")
    answered = Message.objects.filter(step__number=1).order_by("pk")[0]
    record.record(answered, kind, source=EventSource.MAIL, key="k")

    count = order_drafts.write_again(campaign, by=lead)

    assert count == 5
    assert seconds.get(contact=answered.contact).state == MessageState.FAILED
    assert not seconds.exclude(contact=answered.contact).filter(state=MessageState.FAILED).exists()
    assert [trouble for trouble in blockers.blockers(campaign) if trouble.verb == "write_again"] == []


@pytest.mark.slow(after_first=True)
@db
@pytest.mark.parametrize("kind", [EventKind.REPLIED, EventKind.BOUNCED])
def test_a_mail_put_off_does_not_go_after_an_answer_that_came_while_it_was_on_the_wire(
    task: Task, people: None, lead: Member, kind: EventKind
) -> None:
    campaign = two_steps(task, lead)
    Campaign.objects.update(quiet_from=0, quiet_until=0, sends_at_weekends=True)
    campaign.refresh_from_db()
    sent_before(campaign, hours_ago=2)
    tick.advance_all()
    job = Job.objects.create(kind="campaign-send", title="Send", state="running", fence=1)
    turn = SendingAttempt.of(campaign, job_id=job.pk, fence=1)
    second = outbox.due(campaign, now=timezone.now(), limit=1)[0]
    claimed = outbox.claim(second, turn, now=timezone.now())
    assert claimed is not None
    first = Message.objects.get(enrolment=second.enrolment_id, step__number=1)
    record.record(first, kind, source=EventSource.MAIL, key="k")
    outbox.settle(claimed, ServerReply(SendResult.DEFERRED, "4.7.1 later", code=451), now=timezone.now())
    Message.objects.filter(pk=second.pk).update(due_at=timezone.now())

    again = [outbox.claim(mail, turn, now=timezone.now()) for mail in outbox.due(campaign, now=timezone.now(), limit=6)]

    second.refresh_from_db()
    assert (second.state, second.stop_reason) == (MessageState.STOPPED, str(kind))
    assert sum(mail is not None for mail in again) == 5


@db
def test_an_answer_in_one_campaign_leaves_the_first_mail_of_another_alone(
    task: Task, people: None, lead: Member
) -> None:
    replied = two_steps(task, lead)
    sent_before(replied, hours_ago=2)
    first = Message.objects.filter(campaign=replied, step__number=1).order_by("pk")[0]
    record.record(first, EventKind.REPLIED, source=EventSource.MAIL, key="k")
    other = lifecycle.launch(factories.make_draft_campaign(task, by=lead, slug="other"), by=lead)
    Message.objects.filter(campaign=other).update(state=MessageState.FAILED)

    assert order_drafts.write_again(other, by=lead) == 6


@db
def test_a_campaign_ended_meanwhile_plans_no_mail_again(task: Task, people: None, lead: Member) -> None:
    campaign = lifecycle.launch(factories.make_draft_campaign(task, by=lead), by=lead)
    Message.objects.update(state=MessageState.FAILED)
    lifecycle.end(campaign, by=lead)

    with pytest.raises(Refusal, match="has not ended"):
        order_drafts.write_again(campaign, by=lead)

    assert states(campaign) == {"failed": 6}
