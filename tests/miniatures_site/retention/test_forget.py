"""What is kept for a while goes after it; all else stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from jobs.models import Job, JobEvent
from jobs.states import JobState
from members.models import ApiToken, Invitation, Member, RememberedRequest
from miniatures_site.retention import forget
from review.models import DailyMail
from training.models import Notice
from webhooks.models import WebhookEvent

Make = Callable[[Member, datetime, str], Any]


def session(member: Member, at: datetime, name: str) -> None:
    Session.objects.create(session_key=name, session_data="", expire_date=at)


def request(member: Member, at: datetime, name: str) -> None:
    row = RememberedRequest.objects.create(member=member, key=name, request_hash=name, status=201, body={})
    RememberedRequest.objects.filter(pk=row.pk).update(created_at=at)


def token(member: Member, at: datetime, name: str) -> None:
    row, _ = ApiToken.objects.create(user=member, name=name, scopes=["read"])
    ApiToken.objects.filter(pk=row.pk).update(expiry=at)


def invitation(member: Member, at: datetime, name: str) -> None:
    Invitation.objects.create(email=f"{name}@example.com", expires_at=at)


def notice(member: Member, at: datetime, name: str) -> None:
    row = Notice.objects.create(job=job(name), member=member, subject=name, text="", due_at=at)
    Notice.objects.filter(pk=row.pk).update(created_at=at)


def daily_mail(member: Member, at: datetime, name: str) -> None:
    DailyMail.objects.create(member=member, day=at.date(), due_at=at)


def webhook_event(member: Member, at: datetime, name: str) -> None:
    row = WebhookEvent.objects.create(key=name, kind="job.finished")
    WebhookEvent.objects.filter(pk=row.pk).update(created_at=at)


def progress(member: Member, at: datetime, name: str) -> None:
    events_of(job(name, finished_at=at, state=JobState.SUCCEEDED), "progress")


MAKERS: dict[str, Make] = {
    "sessions": session,
    "answers to repeated requests": request,
    "ended tokens": token,
    "closed invitations": invitation,
    "mails about ended jobs": notice,
    "daily mails": daily_mail,
    "events of webhooks": webhook_event,
    "progress of ended jobs": progress,
}


def job(title: str, **values: Any) -> Job:
    return Job.objects.create(kind="x", title=title, **values)


def events_of(owner: Job, *kinds: str) -> None:
    for seq, kind in enumerate(kinds, start=1):
        JobEvent.objects.create(job=owner, seq=seq, fence=1, ts=timezone.now(), kind=kind, payload={})


@pytest.mark.parametrize("rule", forget.RULES, ids=lambda rule: rule.name)
def test_a_row_goes_once_its_days_are_over_and_not_before(rule: forget.Rule, admin: Member) -> None:
    limit = timezone.now() - timedelta(days=rule.days)
    MAKERS[rule.name](admin, limit - timedelta(days=1, minutes=1), "old")
    MAKERS[rule.name](admin, limit + timedelta(days=1), "young")
    model = rule.rows().model
    before = model.objects.count()

    gone = forget.forget()

    assert (before, gone, model.objects.count()) == (2, {name: int(name == rule.name) for name in MAKERS}, 1)


def test_an_open_invitation_and_one_that_was_used_lately_stay(admin: Member) -> None:
    now, long_ago = timezone.now(), timezone.now() - timedelta(days=400)
    Invitation.objects.create(email="open@example.com", created_at=long_ago, expires_at=now + timedelta(days=1))
    Invitation.objects.create(email="used@example.com", expires_at=now + timedelta(days=1), accepted_at=long_ago)
    Invitation.objects.create(email="taken@example.com", expires_at=now + timedelta(days=1), revoked_at=now)

    forget.forget()

    assert set(Invitation.objects.values_list("email", flat=True)) == {"open@example.com", "taken@example.com"}


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.RUNNING, JobState.PAUSED])
def test_a_job_that_may_go_on_keeps_all_its_events(db: None, state: JobState) -> None:
    events_of(job("long ago", state=state, finished_at=timezone.now() - timedelta(days=400)), "progress", "draft")

    forget.forget()

    assert JobEvent.objects.count() == 2


def test_an_ended_job_keeps_its_course_its_curves_and_what_went_wrong(db: None) -> None:
    ended = job("long ago", state=JobState.SUCCEEDED, finished_at=timezone.now() - timedelta(days=400))
    events_of(ended, "state", "metric", "sample", "log", "failure", "asking", "progress", "draft")

    forget.forget()

    kept = list(ended.events.order_by("seq").values_list("kind", flat=True))
    assert kept == ["state", "metric", "sample", "log", "failure", "asking"]


def test_many_rows_go_in_parts(admin: Member) -> None:
    for number in range(7):
        request(admin, timezone.now() - timedelta(days=400), str(number))

    gone = forget.forget(chunk=3)

    assert gone["answers to repeated requests"] == 7
    assert not RememberedRequest.objects.exists()


def test_the_command_counts_before_it_deletes(admin: Member) -> None:
    session(admin, timezone.now() - timedelta(days=1), "old")
    said, done = StringIO(), StringIO()

    call_command("forget", "--dry-run", stdout=said)
    counted = Session.objects.count()
    call_command("forget", stdout=done)

    assert counted == 1
    assert said.getvalue() == done.getvalue()
    assert "         1  sessions (kept until they expire)" in done.getvalue().splitlines()
    assert not Session.objects.exists()


def test_the_document_names_each_kind_with_its_setting_and_days() -> None:
    told = (Path(settings.BASE_DIR) / "docs/retention.md").read_text()

    for rule in forget.RULES:
        row = next(line for line in told.splitlines() if line.startswith(f"| {rule.name} |"))
        assert f"`{rule.setting}`" in row if rule.setting else "their end" in row
        assert f"{rule.days:g}" in row
