"""Campaigns of several mails for tests of sequences: begun, answered, clicked, and what each reader gets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from campaigns.events import record
from campaigns.models import Campaign, Event, Message, Reply
from campaigns.planning.plans import ArmPlan, StepPlan
from campaigns.sending import lifecycle, outbox, tick
from campaigns.sending.attempt import SendingAttempt
from campaigns.states import Approval, EventKind, EventSource, MessageState, StepWriter
from generation.models import Teacher
from jobs.models import Job
from members.models import Member
from review.models import Task
from tests.campaigns import factories

HOUR_S = 3600
WORDS = ("How is the new depot doing?", "Two customers of ours halved their losses.", "Shall I send one page?",
         "Who looks after the trucks at your place?", "The offer stands until the end of May.",
         "This is my last mail.")  # fmt: skip


def fixed(number: int, *, wait_s: int = HOUR_S, **more: Any) -> StepPlan:
    """A mail with a fixed text of its own."""
    return StepPlan(StepWriter.TEMPLATE, wait_s if number > 1 else 0, f"Mail {number}", WORDS[number - 1], **more)


def begun(task: Task, lead: Member, steps: Sequence[StepPlan], **plan: Any) -> Campaign:
    """A campaign whose first mails went two hours ago."""
    wanted = {
        "arms": [ArmPlan("A", teacher=Teacher.objects.get(slug="offline"))], "approval": Approval.SAMPLE,
        "sample_share": 0.0, "links": {"demo": "https://offer.example/demo"}, "quiet_from": 0, "quiet_until": 0,
        "sends_at_weekends": True,
    }  # fmt: skip
    campaign = factories.make_draft_campaign(task, by=lead, steps=steps, **{**wanted, **plan})
    lifecycle.launch(campaign, by=lead)
    tick.advance_all()
    went(campaign, number=1)
    return Campaign.objects.get(pk=campaign.pk)


def went(campaign: Campaign, *, number: int, hours_ago: float = 2) -> None:
    """The mails of a step that stand there have gone."""
    at = timezone.now() - timedelta(hours=hours_ago)
    Message.objects.filter(campaign=campaign, step__number=number).update(state=MessageState.SENT, sent_at=at)


def first_mail(campaign: Campaign, at: int = 0) -> Message:
    return Message.objects.filter(campaign=campaign, step__number=1).order_by("pk")[at]


def happened(mail: Message, kind: EventKind, *, hours_ago: float = 1.5, meaning: str = "", **more: Any) -> Event:
    event = record.record(
        mail, kind, source=EventSource.MAIL, key=f"{kind}:{mail.pk}:{hours_ago}",
        occurred_at=timezone.now() - timedelta(hours=hours_ago), **more,
    )  # fmt: skip
    assert event is not None
    if meaning:
        Reply.objects.create(event=event, message=mail, text="…", meaning=meaning, meant_by="rules")
    return event


def numbers(campaign: Campaign, mail: Message) -> list[int]:
    """Numbers of the mails that the reader of a mail got or is to get."""
    rows = Message.objects.filter(campaign=campaign, contact=mail.contact).exclude(state=MessageState.STOPPED)
    return list(rows.order_by("step__number").values_list("step__number", flat=True))


def claim(campaign: Campaign) -> list[bool]:
    """Whether each mail that is due may go."""
    job = Job.objects.create(kind="campaign-send", title="Send", state="running", fence=1)
    turn = SendingAttempt.of(campaign, job_id=job.pk, fence=1)
    mails = outbox.due(campaign, now=timezone.now(), limit=10)
    return [outbox.claim(mail, turn, now=timezone.now()) is not None for mail in mails]
