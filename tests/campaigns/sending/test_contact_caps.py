"""First mails are counted across campaigns and tasks: what is too much waits, and says until when."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from campaigns.events import record
from campaigns.models import Campaign, Contact, Message
from campaigns.overview import blockers, waiting
from campaigns.sending import outbox
from campaigns.sending.attempt import SendingAttempt
from campaigns.states import EventKind, EventSource, MessageState
from jobs.lifecycle import control
from jobs.models import Job
from members.models import Member
from tests.at_once import at_once
from tests.campaigns import factories
from tests.review.factories import make_task

db = pytest.mark.django_db


@pytest.fixture
def second(admin: Member) -> Campaign:
    """A campaign of another task."""
    return factories.make_sending_campaign(make_task(by=admin, slug="other"), slug="second")


def turn_of(campaign: Campaign) -> SendingAttempt:
    job = control.launch(kind="campaign-send", title="Send", spec={"campaign": str(campaign.pk)}, by=None)
    Job.objects.filter(pk=job.pk).update(state="running", fence=1)
    fresh = Campaign.objects.select_related("sender", "task").get(pk=campaign.pk)
    return SendingAttempt.of(fresh, job_id=job.pk, fence=1)


def due_to(campaign: Campaign, address: str) -> Message:
    contact = Contact.objects.filter(task=campaign.task, address=address).first()
    contact = contact or factories.make_contact(campaign.task, address)
    return factories.make_mail(campaign, contact, state=MessageState.APPROVED, due_at=timezone.now())


def gone(mail: Message, *, days: float) -> None:
    at = timezone.now() - timedelta(days=days)
    Message.objects.filter(pk=mail.pk).update(state=MessageState.SENT, sent_at=at, sending_at=at)


def claim(mail: Message) -> Message:
    fresh = outbox.due(mail.campaign, now=timezone.now(), limit=10)
    [found] = [each for each in fresh if each.pk == mail.pk]
    outbox.claim(found, turn_of(mail.campaign), now=timezone.now())
    return Message.objects.get(pk=mail.pk)


@db
@pytest.mark.parametrize(("days", "state"), [(3, MessageState.APPROVED), (-1, MessageState.SENDING)])
def test_a_follow_up_that_was_planned_waits_for_a_reader_who_is_away(
    second: Campaign, days: int, state: MessageState
) -> None:
    first = due_to(second, "ada@acme.example")
    gone(first, days=5)
    step = second.steps.create(number=2, writer="template", subject="Again", body="Hello")
    follow_up = due_to(second, "bob@bolt.example")
    Message.objects.filter(pk=follow_up.pk).update(step=step, contact=first.contact, enrolment=first.enrolment)
    back = timezone.now().replace(microsecond=0) + timedelta(days=days)
    notice = {"away_until_s": int(back.timestamp())}
    record.record(first, EventKind.AUTO_REPLIED, source=EventSource.MAIL, key="away", is_machine=True, payload=notice)

    held = claim(follow_up)

    assert held.state == state
    if state == MessageState.APPROVED:
        assert held.due_at == back


@db
@pytest.mark.parametrize(("days", "state"), [(0.003, "approved"), (90, "approved"), (92, "sending")])
def test_who_had_a_first_mail_of_any_campaign_this_quarter_waits_for_the_next(
    campaign: Campaign, second: Campaign, days: float, state: str
) -> None:
    gone(due_to(campaign, "ada@acme.example"), days=days)

    mail = claim(due_to(second, "ada@acme.example"))

    assert mail.state == state
    if state == "approved":
        assert mail.held_because == "contact"
        assert mail.due_at is not None
        assert abs(mail.due_at - timezone.now() - timedelta(days=91 - days)) < timedelta(minutes=1)
        found = waiting.wait_reason(second)
        assert found is not None
        assert (found.reason, found.until) == ("cap", mail.due_at)
        [held] = blockers.blockers(second)
        assert "1 mail held: the contact had a first mail from another campaign." in held.message


@db
def test_a_second_mail_and_a_raised_cap_are_not_held(campaign: Campaign, second: Campaign, settings: Any) -> None:
    gone(due_to(campaign, "ada@acme.example"), days=1)
    settings.FIRST_MAILS_PER_CONTACT = 2
    assert claim(due_to(second, "ada@acme.example")).state == MessageState.SENDING

    settings.FIRST_MAILS_PER_CONTACT = 1
    campaign.steps.create(number=2, writer="template", subject="Again", body="Me again.")
    first = Message.objects.get(campaign=campaign)
    follow_up = Message.objects.create(
        campaign=campaign, contact=first.contact, enrolment=first.enrolment, step=campaign.steps.get(number=2),
        state=MessageState.APPROVED, due_at=timezone.now(),
    )  # fmt: skip
    assert claim(follow_up).state == MessageState.SENDING


@db
def test_a_campaign_may_cap_the_first_mails_of_a_company_lower(campaign: Campaign, second: Campaign) -> None:
    gone(due_to(campaign, "ada@acme.example"), days=1)
    assert claim(due_to(campaign, "bob@acme.example")).state == MessageState.SENDING

    Campaign.objects.filter(pk=second.pk).update(company_cap=1)

    held = claim(due_to(second, "eve@acme.example"))
    assert (held.state, held.held_because) == (MessageState.APPROVED, "company")
    assert claim(due_to(second, "eve@globex.example")).state == MessageState.SENDING


@db
def test_who_answered_another_campaign_is_not_begun_with_while_that_is_open(
    campaign: Campaign, second: Campaign, settings: Any
) -> None:
    settings.FIRST_MAILS_PER_CONTACT = 0
    answered = due_to(campaign, "ada@acme.example")
    gone(answered, days=40)
    at = timezone.now() - timedelta(days=3)
    record.record(answered, EventKind.REPLIED, source=EventSource.MAIL, key="reply:1", occurred_at=at)
    mail = due_to(second, "ada@acme.example")

    held = claim(mail)
    assert (held.state, held.held_because, held.due_at) == (
        MessageState.APPROVED,
        "conversation",
        at + timedelta(days=30),
    )

    Message.objects.filter(pk=mail.pk).update(due_at=timezone.now())
    settings.CONVERSATION_DAYS = 2
    assert claim(mail).state == MessageState.SENDING


@pytest.mark.slow(after_first=True)
@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("company", [False, True])
def test_of_two_campaigns_at_once_one_writes_to_a_person(campaign: Campaign, second: Campaign, company: bool) -> None:
    """With a cap on companies the two mails go to colleagues, else to one person as a contact of two tasks."""
    if company:
        Campaign.objects.update(company_cap=1)
    turns = [turn_of(campaign), turn_of(second)]
    for n in range(8):
        names = ("ada", "bob") if company else ("ada", "ada")
        pairs = [due_to(each, f"{name}@co{n}.example") for each, name in zip((campaign, second), names, strict=True)]
        mails = [Message.objects.select_related("contact", "step", "draft").get(pk=mail.pk) for mail in pairs]
        at_once(*(partial(outbox.claim, *each, now=timezone.now()) for each in zip(mails, turns, strict=True)))

        taken = Message.objects.filter(pk__in=[mail.pk for mail in mails], state=MessageState.SENDING)
        assert taken.count() == 1


@db
def test_a_reader_erased_since_a_mail_was_read_is_not_written_to(second: Campaign) -> None:
    due_to(second, "ada@acme.example")
    [mail] = outbox.due(second, now=timezone.now(), limit=10)
    Contact.objects.filter(pk=mail.contact_id).update(erased_at=timezone.now())

    assert outbox.claim(mail, turn_of(second), now=timezone.now()) is None
    assert Message.objects.get().state == MessageState.STOPPED
