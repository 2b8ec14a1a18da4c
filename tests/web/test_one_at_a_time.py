"""Rounds of the beat: a second one that waits for strangers does nothing, nor one on a host with a wrong clock."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import Job
from members.models import Member
from miniatures_site.celery import app
from tests.jobs.conftest import wait_for
from tests.webhooks.rude_receivers import never_answers, rude
from training.celery_tasks import send_notices
from training.models import Notice
from web.db import database_clock

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


ROUNDS = {
    "campaigns.tick",
    "review.end_share_outs",
    "review.take_back_imports",
    "site.forget",
    "training.send_notices",
    "webhooks.deliver",
}


@pytest.mark.parametrize("name", sorted(ROUNDS))
@pytest.mark.parametrize("off", [timedelta(hours=1), -timedelta(hours=1)])
def test_a_round_that_compares_times_waits_while_this_hosts_clock_is_wrong(name: str, off: timedelta) -> None:
    app.loader.import_default_modules()
    database_clock.remember(timezone.now() - off)
    try:
        with CaptureQueriesContext(connection) as asked:
            app.tasks[name]()
    finally:
        database_clock.forget()
    assert len(asked) == 0

    with CaptureQueriesContext(connection) as asked:
        app.tasks[name]()

    assert len(asked) > 0
