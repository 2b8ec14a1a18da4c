from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import InboxAnswer, Message, Reply
from jobs.models import Job
from jobs.supervisor import run_job
from tests.campaigns import factories
from tests.campaigns.sending.conftest import campaign, mailbox, task
from tests.campaigns.sending.test_replies import make_reply

__all__ = ["campaign", "mailbox", "task"]
THEIRS = "abc@reader.example"


@pytest.fixture
def reply(campaign: Any) -> Reply:
    """A question, in answer to a mail that went."""
    mail = factories.make_due_mails(campaign, 1)[0]
    went = {"subject": "A question for Company 0", "body": "Hi Reader0", "message_id": "first@sender.example"}
    Message.objects.filter(pk=mail.pk).update(state="sent", sent_at=timezone.now(), **went)
    mail.refresh_from_db()
    made = make_reply(mail, text="What does it cost?", meaning="question", message_id=THEIRS)
    Reply.objects.filter(pk=made.pk).update(subject="Re: A question for Company 0")
    made.refresh_from_db()
    return made


@pytest.fixture
def run_jobs() -> Callable[[], None]:
    """Carry every job that waits to its end, in this thread, as a worker does."""

    def run() -> None:
        for job in Job.objects.filter(kind="campaign-answer", state="queued"):
            run_job(job.pk, worker="worker-1")

    return run


@pytest.fixture
def answer_of() -> Callable[[Reply], InboxAnswer]:
    return lambda reply: InboxAnswer.objects.filter(reply=reply).order_by("-created_at").first()
