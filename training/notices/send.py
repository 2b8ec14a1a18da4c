"""Mails about runs and sweeps that ended: to who launched them, and to those who follow them.

Rows are written in the transaction that hears of the end, and sent by the clock: a mail server that is away delays
mails and nothing else. A mail may come twice if a worker dies between sending and noting it; it is never lost within a
day.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
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
from training.costs.run_cost import run_cost
from training.models import Notice, Sweep, TrainingRun, Watcher
from training.notices import followers
from web.templatetags.figures import duration, money

WORDS = {JobState.SUCCEEDED: "is finished", JobState.FAILED: "has failed", JobState.CANCELLED: "was cancelled"}


@dataclass(frozen=True)
class EndNotice:
    """An end to tell.

    Attributes:
        figures: A line each.
        path: Page of the subject, without the site.
        needs_attention: Whether it ended badly, or left something undone.
    """

    subject: str
    sentence: str
    figures: tuple[str, ...]
    path: str
    needs_attention: bool


def describe_end(job: Job) -> EndNotice | None:
    """The end of a run's or a sweep's job; None for other jobs, and for ones that go on."""
    if job.state not in WORDS:
        return None
    if run := TrainingRun.objects.filter(job=job).select_related("task", "job").first():
        return _of(job, f"{run.name}, {run.task.name}", _figures(run), needs=job.state == JobState.FAILED)
    if sweep := Sweep.objects.filter(job=job).select_related("task").first():
        result = job.result or {}
        left = int(result.get("failed") or 0) + int(result.get("left_out") or 0)
        needs = job.state == JobState.FAILED or left > 0
        return _of(job, f"{sweep.name}, {sweep.task.name}", _sweep_figures(job), needs=needs)
    return None


def _of(job: Job, name: str, figures: tuple[str, ...], *, needs: bool) -> EndNotice:
    words = WORDS[JobState(job.state)]
    error = job.error or {}
    sentence = " ".join(part for part in (f"{name} {words}.", error.get("message"), error.get("hint")) if part)
    # A name with a line break in it would be a second header.
    subject = " ".join(f"{name} {words}".split())
    return EndNotice(subject, sentence, figures, job.subject_url, needs)


def _figures(run: TrainingRun) -> tuple[str, ...]:
    summary, cost = run.summary, run_cost(run)
    lines = [f"{run.recipe_name} on {run.student.name}"]
    if summary.get("validation_loss") is not None:
        before = summary.get("validation_loss_before")
        was = f", {before:.3f} before" if before is not None else ""
        lines.append(f"Validation loss {summary['validation_loss']:.3f}{was}")
    if summary.get("seconds"):
        lines.append(f"{summary['steps']:,} steps in {duration(summary['seconds'])} on {summary['device']}")
    lines.append(f"{duration(cost.host_seconds)} of a host{f', {money(cost.usd)}' if cost.usd is not None else ''}")
    return tuple(lines)


def _sweep_figures(job: Job) -> tuple[str, ...]:
    result = job.result or {}
    if not result:
        return ()
    lines = [f"{result['done']} runs done, {result['failed']} failed, {result['left_out']} left out by the budget"]
    if best := result.get("best"):
        lines.append(f"Best: {best['name']}, validation loss {best['validation_loss']:.4f}")
    usd = result.get("spent_usd")
    lines.append(f"{duration(result['spent_hours'] * 3600)} of hosts{f', {money(usd)}' if usd is not None else ''}")
    return tuple(lines)


logger = logging.getLogger(__name__)
MAX_ATTEMPTS: Final = 8
FIRST_PAUSE_S: Final = 30
BATCH_SIZE: Final = 50


def queue_notices(job: Job) -> None:
    """Consume the end of a run's or a sweep's job. Nothing is written where this installation sends no notices."""
    about = describe_end(job) if settings.NOTICES_BY_MAIL else None
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
