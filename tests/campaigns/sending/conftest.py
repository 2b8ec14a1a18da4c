from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from campaigns.models import Campaign, Message
from demo.mail_sink import server
from demo.mail_sink.mail_folder import MailFolder
from jobs.lifecycle import control
from jobs.models import Job
from jobs.supervisor import run_job
from members.models import Member
from review.models import Task
from tests.campaigns import factories
from tests.review.factories import make_task

IN_FULL = os.environ.get("STRESS") == "1"


def drill(test: Any) -> Any:
    """Mark a drill.

    One that both databases are to see is no stress test until it is asked for in full, and then takes its time.
    """
    return pytest.mark.timeout(3600)(pytest.mark.stress(test)) if IN_FULL else test


@pytest.fixture
def task(admin: Member) -> Task:
    return make_task(by=admin)


@pytest.fixture
def campaign(task: Task) -> Campaign:
    return factories.make_sending_campaign(task)


@pytest.fixture
def mailbox(settings, tmp_path: Path) -> Iterator[MailFolder]:
    """A real SMTP server, the product's own sink, that this site sends to."""
    settings.EMAIL_BACKEND = "campaigns.sending.smtp_backend.EmailBackend"
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    with server.running(settings.MAILBOX_DIR) as (host, port):
        settings.EMAIL_HOST, settings.EMAIL_PORT = host, port
        yield MailFolder(settings.MAILBOX_DIR)


@pytest.fixture
def send() -> Callable[[Campaign], Job]:
    """Carry one sending job of a campaign to its end, in this thread, as a worker does."""

    def run(campaign: Campaign) -> Job:
        spec = {"campaign": str(campaign.pk)}
        job = control.launch(kind="campaign-send", title="Send", spec=spec, by=None, subject_id=campaign.pk)
        run_job(job.pk, worker="worker-1")
        job.refresh_from_db()
        return job

    return run


@pytest.fixture
def mail(campaign: Campaign) -> Message:
    """One due mail."""
    return factories.make_due_mails(campaign, 1)[0]


@pytest.fixture
def went(campaign: Campaign, mail: Message, mailbox: MailFolder, send: Callable[[Campaign], Job]) -> Any:
    """A mail that has gone, as its reader has it."""
    send(campaign)
    mail.refresh_from_db()
    return mailbox.read(next(mailbox.newest()).name)


def raw(mail: Any) -> bytes:
    """A mail as it goes over the wire."""
    return mail.as_bytes(policy=SMTP) if isinstance(mail, EmailMessage) else mail.as_bytes()


@pytest.fixture
def stress_count() -> Callable[[int, int], int]:
    """How often a drill runs: a tenth by default, in full under `make stress`."""
    return lambda usual, full: full if IN_FULL else usual
