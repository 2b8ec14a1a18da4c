"""Mails about work that ended: to whom, when, once, and from rows that outlive a mail server."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from members.accounts import manage
from review.models import Membership
from tests.training.sweeping import end, hold, train
from training.models import Notice, TrainingRun, Watcher
from training.notices import send

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]
ERROR = {"code": "diverged", "message": "step 3: the loss is nan", "hint": "Lower the learning rate."}


@pytest.fixture(autouse=True)
def _mails_go(settings):
    settings.NOTICES_BY_MAIL = True
    settings.NOTICES_FROM = "miniatures@example.org"
    settings.SITE_URL = "https://mini.example"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def mine(launch, lead):
    """A run that the lead launched, who has an address."""
    lead.email = "lea@example.org"
    lead.save()
    return launch(by=lead)


def fail(run):
    hold(run, 30)
    end(run.job, "failed", error=ERROR)


def test_who_launched_a_run_hears_that_it_failed_and_why(mine):
    fail(mine)

    assert send.send_due() == 1

    (sent,) = mail.outbox
    assert sent.to == ["lea@example.org"]
    assert sent.from_email == "miniatures@example.org"
    assert sent.subject == f"Run 1, {mine.task.name} has failed"
    assert "step 3: the loss is nan Lower the learning rate." in sent.body
    assert f"https://mini.example/training/{mine.pk}/" in sent.body


def test_a_run_that_ended_well_is_mailed_only_to_those_who_chose_so(mine, lead, launch, tmp_path):
    train(mine, tmp_path / "one")
    quiet = send.send_due()
    manage.save_preferences(lead, preferences={"work_mails": "always"})
    again = launch(by=lead)

    train(again, tmp_path / "two")

    assert quiet == 0
    assert send.send_due() == 1
    assert "Validation loss 0.6" in mail.outbox[0].body


def test_never_is_never(mine, lead):
    manage.save_preferences(lead, preferences={"work_mails": "never"})
    send.follow(mine.job, by=lead)

    fail(mine)

    assert send.send_due() == 0


def test_who_follows_somebody_elses_run_hears_of_its_end_however_it_ends(mine, viewer, tmp_path):
    viewer.email = "vic@example.org"
    viewer.save()
    for _ in range(2):
        send.follow(mine.job, by=viewer)

    train(mine, tmp_path)
    send.send_due()

    assert [sent.to for sent in mail.outbox] == [["vic@example.org"]]


def test_who_left_the_task_since_hears_nothing_of_it(mine, viewer, tmp_path):
    viewer.email = "vic@example.org"
    viewer.save()
    send.follow(mine.job, by=viewer)
    Membership.objects.filter(member=viewer).delete()

    train(mine, tmp_path)

    assert not Notice.objects.exists()


def test_an_end_heard_twice_is_mailed_once(mine):
    fail(mine)
    from jobs.lifecycle import consumers

    consumers.call(mine.job_id, "training")
    consumers.call_missed()

    assert (send.send_due(), send.send_due()) == (1, 0)


def test_a_mail_server_that_is_away_delays_the_mail_and_loses_none(mine, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    fail(mine)

    refused = send.send_due()
    row = Notice.objects.get()
    too_soon = send.send_due()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    Notice.objects.update(due_at=timezone.now() - timedelta(seconds=1))

    assert (refused, too_soon) == (0, 0)
    assert (row.attempts, row.sent_at) == (1, None)
    assert row.due_at > timezone.now()
    assert send.send_due() == 1


def test_it_is_given_up_after_some_tries(mine, settings):
    fail(mine)
    Notice.objects.update(attempts=send.MAX_ATTEMPTS)

    assert send.send_due() == 0


def test_two_senders_send_one_mail(mine):
    fail(mine)
    seen_by_both = Notice.objects.select_related("member").get()

    first, second = send._send(seen_by_both), send._send(seen_by_both)

    assert (first, second) == (1, 0)


def test_what_was_cancelled_is_no_news(mine, lead):
    manage.save_preferences(lead, preferences={"work_mails": "always"})

    hold(mine, 5)
    end(mine.job, "cancelled")

    assert not Notice.objects.exists()


def test_an_installation_without_a_mail_server_writes_no_notices(mine, settings):
    settings.NOTICES_BY_MAIL = False

    fail(mine)

    assert not Notice.objects.exists()


def test_a_line_break_in_a_name_makes_no_second_header(mine):
    mine.task.name = "Outreach\nBcc: everybody@example.org"
    mine.task.save()

    fail(mine)
    send.send_due()

    assert "\n" not in mail.outbox[0].subject
    assert mail.outbox[0].bcc == []


def test_following_and_stopping_by_a_button(as_member, viewer, reviewer, mine):
    address = reverse("training:follow", args=[mine.job_id])
    client = as_member(viewer)

    on = client.post(address, {"follow": "on"})
    followed = Watcher.objects.count()
    off = client.post(address, {"follow": "off"})

    assert on["Location"] == off["Location"] == reverse("training:run", args=[mine.pk])
    assert (followed, Watcher.objects.count()) == (1, 0)
    assert as_member(reviewer).post(address).status_code == 404


@pytest.mark.slow
def test_a_run_page_says_what_its_reader_will_hear(as_member, lead, viewer, mine):
    viewer.email = "vic@example.org"
    viewer.save()
    address = reverse("training:run", args=[mine.pk])

    assert "a notice if it fails" in as_member(lead).get(address).content.decode()
    assert "Notify me at the end" in as_member(viewer).get(address).content.decode()


def test_the_choice_is_made_on_the_profile(as_member, lead):
    client = as_member(lead)

    page = client.get("/settings/").content.decode()
    client.post(
        "/settings/",
        {"display_name": "", "theme": "dark", "density": "regular", "shortcuts": "on", "work_mails": "never"},
    )
    lead.refresh_from_db()

    assert 'value="problems" selected' in page
    assert lead.preferences["work_mails"] == "never"


def test_what_a_run_came_to_is_told_even_when_it_cost_nothing_known(mine, lead, tmp_path):
    manage.save_preferences(lead, preferences={"work_mails": "always"})

    train(mine, tmp_path)
    send.send_due()

    assert "$" not in mail.outbox[0].body
    assert TrainingRun.objects.get(pk=mine.pk).cost["usd"] is None
