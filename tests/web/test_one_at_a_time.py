"""Rounds of the beat that wait for strangers: a second one in the same process does nothing."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from jobs.models import Job
from members.models import Member
from tests.jobs.conftest import wait_for
from tests.webhooks.rude_receivers import never_answers, rude
from training.celery_tasks import send_notices
from training.models import Notice

pytestmark = pytest.mark.django_db(transaction=True)


def send_and_disconnect() -> None:
    try:
        send_notices()
    finally:
        connections.close_all()


def test_a_mail_server_that_swallows_mails_holds_one_thread_of_a_worker(admin: Member, settings: Any) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"
    settings.EMAIL_TIMEOUT = 3
    Member.objects.filter(pk=admin.pk).update(email="ada@example.org")
    job, now = Job.objects.create(kind="training", title="A run"), timezone.now()
    Notice.objects.bulk_create(Notice(job=job, member=admin, subject="It ended", due_at=now) for _ in range(2))
    with rude(never_answers) as swallowing:
        settings.EMAIL_PORT = int(swallowing.url.removesuffix("/hook").rpartition(":")[2])
        worker = threading.Thread(target=send_and_disconnect)
        worker.start()
        wait_for(lambda: Notice.objects.filter(attempts=1).exists())

        send_notices()

        assert Notice.objects.filter(attempts=1).count() == 1
        worker.join(60)
    assert Notice.objects.filter(attempts=1, sent_at=None).count() == 2
