"""Mails while everything that leaves is stopped: none goes, none is lost, none goes twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Message
from campaigns.sending import outbox
from campaigns.sending.attempt import SendingAttempt
from demo.mail_sink.mail_folder import MailFolder
from jobs.lifecycle import control
from jobs.models import Job
from jobs.scheduling import halt
from jobs.supervisor import run_job
from tests.campaigns import factories
from tests.jobs.conftest import wait_for
from tests.jobs.services.test_claiming import race

pytestmark = pytest.mark.django_db(transaction=True)
Send = Callable[[Campaign], Job]


def states(campaign: Campaign) -> list[str]:
    return sorted(Message.objects.filter(campaign=campaign).values_list("state", flat=True))


def test_nothing_goes_while_stopped_and_each_mail_once_after(
    campaign: Campaign, mailbox: MailFolder, send: Send
) -> None:
    factories.make_due_mails(campaign, 3)
    halt.halt(by=None, reason="a leak")

    job = send(campaign)

    assert (job.state, job.waiting_reason) == ("waiting", "all outgoing traffic is stopped: a leak")
    assert (states(campaign), len(list(mailbox.newest()))) == (["approved"] * 3, 0)
    halt.resume(by=None)
    run_job(job.pk, worker="worker-1")
    assert (states(campaign), len(list(mailbox.newest()))) == (["sent"] * 3, 3)


def test_a_mail_that_was_claimed_before_the_halt_is_taken_back_before_the_wire(mail: Message) -> None:
    turn = _turn(mail.campaign)
    claimed = outbox.claim(mail, turn, now=timezone.now())
    assert claimed is not None

    halt.halt(by=None)

    assert outbox.withhold(claimed)
    assert Message.objects.get().state == "approved"


def test_no_mail_is_claimed_while_stopped(mail: Message) -> None:
    turn = _turn(mail.campaign)
    halt.halt(by=None)

    assert outbox.claim(mail, turn, now=timezone.now()) is None
    assert Message.objects.get().state == "approved"
    halt.resume(by=None)
    assert outbox.claim(mail, turn, now=timezone.now()) is not None


def test_no_mail_is_claimed_after_the_halt_has_committed(campaign: Campaign) -> None:
    factories.make_due_mails(campaign, 6)
    mails, turn = outbox.due(campaign, now=timezone.now(), limit=10), _turn(campaign)
    going: list[Any] = []

    def act(number: int) -> None:
        if number < 6:
            outbox.claim(mails[number], turn, now=timezone.now())
            return
        halt.halt(by=None)
        going.append(Message.objects.filter(state="sending").count())

    race(7, act)

    assert len(mails) == 6
    assert going == [Message.objects.filter(state="sending").count()]


def test_a_sender_at_work_stops_and_its_job_waits(campaign: Campaign, mailbox: MailFolder, send: Send) -> None:
    """The halt comes once the first mail of five has arrived."""
    factories.make_due_mails(campaign, 5)
    Campaign.objects.update(mails_per_minute=20)

    def act(number: int) -> Any:
        if number:
            return send(campaign)
        wait_for(lambda: list(mailbox.newest()))
        halt.halt(by=None)
        return None

    job = next(answer for answer in race(2, act) if answer is not None)

    sent = Message.objects.filter(state="sent").count()
    assert job.state == "waiting"
    assert 1 <= sent < 5
    Campaign.objects.update(mails_per_minute=60000)
    halt.resume(by=None)
    run_job(job.pk, worker="worker-1")
    assert (states(campaign), len(list(mailbox.newest()))) == (["sent"] * 5, 5)


def _turn(campaign: Campaign) -> SendingAttempt:
    job = control.launch(
        kind="campaign-send", title="Send", spec={"campaign": str(campaign.pk)}, by=None, subject_id=campaign.pk
    )
    Job.objects.filter(pk=job.pk).update(state="running", fence=1)
    return SendingAttempt.of(
        Campaign.objects.select_related("sender", "task").get(pk=campaign.pk), job_id=job.pk, fence=1
    )
