"""Mails about runs and sweeps that ended: to who launched them, and to those who follow them.

Rows are written in the transaction that hears of the end, and sent by the clock: a mail server that is away delays
mails and nothing else. A mail may come twice if a worker dies between sending and noting it; it is never lost within a
day.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from jobs.models import Job
from jobs.states import JobState
from members.models import Member
from training.models import Notice, Watcher
from training.notices import followers
from training.notices import message as descriptions
from training.notices.message import EndNotice

logger = logging.getLogger(__name__)
MAX_ATTEMPTS: Final = 8
FIRST_PAUSE_S: Final = 30
BATCH_SIZE: Final = 50


def queue_notices(job: Job) -> None:
    """Consume the end of a run's or a sweep's job. Nothing is written where this installation sends no notices."""
    about = descriptions.describe_end(job) if settings.NOTICES_BY_MAIL else None
    if about is None:
        return
    members = [member for member in followers.recipients(job) if _wants(member, about, job)]
    now = timezone.now()
    Notice.objects.bulk_create(
        Notice(job=job, member=member, subject=about.subject[:200], text=_text(about), due_at=now) for member in members
    )


@transaction.atomic
def follow(job: Job, *, by: Member) -> None:
    """Mail this member when the job ends. Twice is once; who may see the job is asked before."""
    Watcher.objects.get_or_create(job=job, member=by)


@transaction.atomic
def unfollow(job: Job, *, by: Member) -> None:
    """Mail this member no more about it, unless they launched it."""
    Watcher.objects.filter(job=job, member=by).delete()


def due(now: datetime) -> QuerySet[Notice]:
    """Notices whose time has come, and that are not given up."""
    return Notice.objects.filter(sent_at__isnull=True, attempts__lt=MAX_ATTEMPTS, due_at__lte=now)


def send_due() -> int:
    """Send what is due; returns how many mails went out. Any number of senders may run at once."""
    return sum(_send(notice) for notice in due(timezone.now()).select_related("member").order_by("due_at")[:BATCH_SIZE])


def _send(notice: Notice) -> int:
    pause = timedelta(seconds=FIRST_PAUSE_S * 4**notice.attempts)
    # The row moves by a conditional UPDATE: of two senders one gets it, and a sender that dies leaves it for later.
    mine = Notice.objects.filter(pk=notice.pk, sent_at__isnull=True, attempts=notice.attempts)
    if not mine.update(attempts=F("attempts") + 1, due_at=timezone.now() + pause):
        return 0
    if not (notice.member.is_active and notice.member.email):
        Notice.objects.filter(pk=notice.pk).update(sent_at=timezone.now())
        return 0
    try:
        send_mail(notice.subject, notice.text, settings.NOTICES_FROM or None, [notice.member.email])
    except Exception:
        # Providers raise what they like; the row is tried again.
        logger.exception("The notice %s was not mailed", notice.pk)
        return 0
    Notice.objects.filter(pk=notice.pk).update(sent_at=timezone.now())
    return 1


def _wants(member: Member, about: EndNotice, job: Job) -> bool:
    if not (member.is_active and member.email) or job.state == JobState.CANCELLED:
        return False
    choice = followers.preference(member)
    if choice == followers.NEVER:
        return False
    # A follower has asked to hear of the work however it ends.
    return choice == followers.ALWAYS or about.needs_attention or job.created_by_id != member.pk


def _text(about: EndNotice) -> str:
    lines: list[Any] = [about.sentence, "", *about.figures, "", f"{settings.SITE_URL}{about.path}", ""]
    lines.append(f"When you get such mails is set under {settings.SITE_URL}/settings/.")
    return "\n".join(str(line) for line in lines)
