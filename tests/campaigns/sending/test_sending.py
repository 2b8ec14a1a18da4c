"""Mails leave once, with the headers they need, when they may, over a real SMTP conversation."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from django.db.models import Max
from django.utils import timezone

from campaigns.compose import content
from campaigns.mails import dry_run
from campaigns.models import Campaign, Contact, Event, Message, Suppression
from campaigns.sending import send as sending_send
from campaigns.states import CampaignState, EventKind, MessageState, StopReason, SuppressionReason
from jobs.lifecycle import control
from jobs.models import Job
from tests.campaigns import factories
from web.db import database_clock

pytestmark = pytest.mark.django_db(transaction=True)


def received(mailbox):
    return [message_from_bytes(mailbox.read(kept.name), policy=default) for kept in mailbox.newest()]


@pytest.mark.slow
def test_every_due_mail_is_sent_once(campaign, mailbox, send):
    factories.make_due_mails(campaign, 12)

    job = send(campaign)
    again = send(campaign)

    assert job.state == again.state == "succeeded", (job.error, again.error)
    assert job.result == {"sent": 12, "refused": 0, "deferred": 0, "unknown": 0, "passed_over": 0}
    assert again.result["sent"] == 0
    assert Message.objects.filter(state=MessageState.SENT, sent_at__isnull=False).count() == 12
    assert Event.objects.filter(kind=EventKind.SENT).count() == 12
    assert len({mail["Message-ID"] for mail in received(mailbox)}) == len(received(mailbox)) == 12


def test_a_mail_carries_what_standards_and_readers_ask_for(campaign, mail, mailbox, send, settings):
    settings.SITE_URL = "https://mini.example"

    send(campaign)

    mail.refresh_from_db()
    (came,) = received(mailbox)
    assert came["From"] == "Nora Lind <nora@sender.example>"
    assert came["To"] == "Reader0 <reader-0@company-0.example>"
    assert came["Subject"] == mail.subject == "A question for Company 0"
    assert came["Message-ID"] == f"<{mail.message_id}>"
    assert re.fullmatch(r"Nora Lind <replies\+[a-z2-7]{42}@sender\.example>", came["Reply-To"])
    assert came["Return-Path"] == came["Reply-To"].removeprefix("Nora Lind ")
    assert came["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.match(r"\s*<https://mini\.example/u/[a-z2-7]+>, <mailto:replies\+", came["List-Unsubscribe"])
    assert came["Date"]
    plain, rich = came.get_body(("plain",)).get_content(), came.get_body(("html",)).get_content()
    assert "https://mini.example/t/c/" in plain
    assert "offer.example" not in plain + rich
    assert "Sender Ltd, 1 Quay Street, Lund" in plain
    assert "You agreed to hear from us: trade fair in Lund, 4 May 2026." in plain
    assert "<img" not in rich


def test_the_picture_is_there_only_for_who_agreed(campaign, mailbox, send):
    Campaign.objects.update(tracks_opens=True)
    first, second = factories.make_due_mails(campaign, 2)
    type(first.contact).objects.filter(pk=first.contact_id).update(may_track_opens=True)

    send(campaign)

    with_picture = [mail["To"] for mail in received(mailbox) if "/t/o/" in mail.get_body(("html",)).get_content()]
    assert with_picture == ["Reader0 <reader-0@company-0.example>"]


def test_a_suppressed_reader_gets_nothing(campaign, mail, mailbox, send):
    Suppression.objects.create(address_hmac=mail.contact.address_hmac, reason=SuppressionReason.MANUAL)

    send(campaign)

    mail.refresh_from_db()
    assert (mail.state, mail.stop_reason) == (MessageState.STOPPED, StopReason.SUPPRESSED)
    assert received(mailbox) == []


def test_an_erased_reader_gets_nothing(campaign, mail, mailbox, send):
    type(mail.contact).objects.update(address="", erased_at=timezone.now())

    send(campaign)

    mail.refresh_from_db()
    assert (mail.state, mail.stop_reason) == (MessageState.STOPPED, StopReason.ERASED)
    assert received(mailbox) == []


def test_a_paused_campaign_sends_nothing(campaign, mail, mailbox, send):
    Campaign.objects.update(state=CampaignState.PAUSED)

    job = send(campaign)

    mail.refresh_from_db()
    assert job.state == "succeeded"
    assert mail.state == MessageState.APPROVED
    assert received(mailbox) == []


def test_in_quiet_hours_a_mail_waits_for_the_morning_of_its_reader(campaign, mail, mailbox, send):
    Campaign.objects.update(quiet_from=0, quiet_until=23, sends_at_weekends=True)
    hour = timezone.now().hour
    type(mail.contact).objects.update(time_zone=f"Etc/GMT{'+' if hour > 12 else '-'}{min(hour, 24 - hour)}")

    send(campaign)

    mail.refresh_from_db()
    assert mail.state == MessageState.APPROVED
    assert mail.due_at > timezone.now()
    assert mail.due_at.astimezone(timezone.get_fixed_timezone(0)).minute == 0
    assert received(mailbox) == []


def test_the_daily_cap_holds_over_jobs(campaign, mailbox, send):
    factories.make_due_mails(campaign, 5)
    Campaign.objects.update(daily_cap=3)
    campaign.refresh_from_db()

    first, second = send(campaign), send(campaign)

    assert (first.result["sent"], second.result["sent"]) == (3, 0)
    assert sending_send.ensure_sending(campaign) is None


@pytest.mark.slow
def test_the_pace_holds(campaign, mailbox, send):
    factories.make_due_mails(campaign, 4)
    Campaign.objects.update(mails_per_minute=300)
    before = timezone.now()

    send(campaign)

    # Not from the first mail on: one that is slow to leave uses up time that the others need not wait any more.
    last = Message.objects.aggregate(last=Max("sending_at"))["last"]
    assert (last - before).total_seconds() >= 0.59


def test_a_reader_who_does_not_exist_is_suppressed(campaign, mailbox, send):
    (mail,) = factories.make_due_mails(campaign, 1, name="bounce")

    job = send(campaign)

    mail.refresh_from_db()
    event = Event.objects.get(kind=EventKind.BOUNCED)
    assert job.result["refused"] == 1
    assert mail.state == MessageState.FAILED
    assert "5.1.1" in mail.problem
    assert event.payload["hard"] is True
    assert Suppression.objects.get().reason == SuppressionReason.BOUNCED


def test_a_mail_put_off_is_tried_again_later_under_the_same_id(campaign, mailbox, send):
    (mail,) = factories.make_due_mails(campaign, 1, name="greylist")

    first = send(campaign)
    mail.refresh_from_db()
    state, due_at, message_id = mail.state, mail.due_at, mail.message_id
    Message.objects.update(due_at=timezone.now())
    second = send(campaign)

    mail.refresh_from_db()
    assert (first.result["deferred"], second.result["sent"]) == (1, 1)
    assert state == MessageState.APPROVED
    assert timedelta(seconds=50) < due_at - timezone.now() < timedelta(seconds=70)
    assert mail.state == MessageState.SENT
    assert mail.message_id == message_id
    assert list(Event.objects.order_by("occurred_at").values_list("kind", flat=True)) == ["deferred", "sent"]


def test_a_text_that_nothing_fills_goes_to_nobody(campaign, mail, mailbox, send):
    campaign.steps.update(body="Hello {{contact.shoe_size}}")

    job = send(campaign)

    mail.refresh_from_db()
    assert job.state == "succeeded"
    assert mail.state == MessageState.FAILED
    assert "shoe_size" in mail.problem
    assert received(mailbox) == []


def test_a_nameless_reader_is_greeted_by_the_default_in_preview_and_mail(campaign, mail, mailbox, send):
    campaign.steps.update(subject="For {{contact.company|you}}", body="Hello {{contact.first_name|there}}, a question.")
    Contact.objects.update(first_name="", last_name="", company="")
    row = content.with_words(Message.objects.filter(pk=mail.pk)).get()

    shown = dry_run.preview(row, links={})
    send(campaign)

    [arrived] = received(mailbox)
    assert (shown.subject, shown.problem) == ("For you", "")
    assert shown.text.startswith("Hello there, a question.")
    assert arrived["Subject"] == "For you"
    assert "Hello there, a question." in arrived.get_body(("plain",)).get_content()


def test_a_host_whose_clock_went_wrong_leaves_every_mail_to_others(campaign, mail, mailbox, send):
    database_clock.remember(timezone.now() - timedelta(hours=1))
    try:
        job = send(campaign)
    finally:
        database_clock.forget()

    mail.refresh_from_db()
    assert (job.state, mail.state, received(mailbox)) == ("waiting", "approved", [])
    assert "its clock is more than a quarter of an hour ahead of the database's" in job.waiting_reason


def test_a_mail_server_that_is_away_leaves_every_mail_where_it_was(campaign, mail, mailbox, send, settings):
    settings.EMAIL_PORT = 1

    job = send(campaign)

    mail.refresh_from_db()
    assert job.state == "waiting"
    assert "mail server" in job.waiting_reason
    assert mail.state == MessageState.APPROVED


def test_a_mail_that_needs_a_person_does_not_go_without_one(campaign, mail, mailbox, send):
    Message.objects.update(needs_approval=True)

    send(campaign)

    mail.refresh_from_db()
    assert mail.state == MessageState.AWAITING
    assert received(mailbox) == []


def test_what_a_dead_sender_left_on_the_wire_is_unknown_and_never_sent_again(campaign, mail, mailbox, send):
    dead = control.launch(kind="campaign-send", title="Send", spec={"campaign": str(campaign.pk)}, by=None)
    Message.objects.update(state=MessageState.SENDING, sender_job=dead.pk, sender_fence=1)
    Job.objects.filter(pk=dead.pk).update(state="running", fence=2)

    sending_send.ensure_sending(campaign)
    send(campaign)

    mail.refresh_from_db()
    assert mail.state == MessageState.UNKNOWN
    assert "may have arrived" in mail.problem
    assert received(mailbox) == []


def test_what_a_live_sender_has_on_the_wire_is_left_alone(campaign, mail):
    live = control.launch(kind="campaign-send", title="Send", spec={"campaign": str(campaign.pk)}, by=None)
    Message.objects.update(state=MessageState.SENDING, sender_job=live.pk, sender_fence=1)
    Job.objects.filter(pk=live.pk).update(state="running", fence=1)

    sending_send.ensure_sending(campaign)

    mail.refresh_from_db()
    assert mail.state == MessageState.SENDING


def test_asking_twice_launches_one_job(campaign, mail):
    first, second = sending_send.ensure_sending(campaign), sending_send.ensure_sending(campaign)

    assert first is not None
    assert second is None
    assert Job.objects.get(kind="campaign-send").subject_id == campaign.pk


def test_a_job_that_failed_just_now_is_not_followed_at_once(campaign, mail):
    first = sending_send.ensure_sending(campaign)
    Job.objects.update(state="failed", finished_at=timezone.now())
    soon = sending_send.ensure_sending(campaign)
    Job.objects.update(finished_at=timezone.now() - timedelta(seconds=31))

    later = sending_send.ensure_sending(campaign)

    assert soon is None
    assert later is not None
    assert later.pk != first.pk
