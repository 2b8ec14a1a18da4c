"""One mail a day to each member for whom something waits.

Cards of their own, and for leads what is disputed, late or ends.

A row a member and day says that the mail is due; what it says is read when it leaves. A mail may come twice if a worker
dies between sending and noting it, never more than once otherwise. Mails name tasks and numbers, and no text of any
record.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Count, F, Max, Min, QuerySet
from django.urls import reverse
from django.utils import timezone

from members.models import Member
from review.desk import lead_queue
from review.models import DailyMail, Draft, Membership, SharedCard, Task
from review.states import OPEN, DraftState, Role
from review.tasks.service_tokens import queries as service_tokens

logger = logging.getLogger(__name__)
PREFERENCE: Final = "daily_mails"
FROM_HOUR_UTC: Final = 6
MAX_ATTEMPTS: Final = 5
FIRST_PAUSE_S: Final = 60
BATCH_SIZE: Final = 50
KEPT_DAYS: Final = 14


def send_due(now: datetime | None = None) -> int:
    """Queue today's mails and send those that are due; returns how many went out.

    Any number of senders may run at once.

    Nothing leaves before 06:00 UTC, nor where this installation sends no notices. What begins to wait later in the day
    is told on that day to who had no mail yet.
    """
    now = now or timezone.now()
    if not settings.NOTICES_BY_MAIL or now.hour < FROM_HOUR_UTC:
        return 0
    today = now.date()
    DailyMail.objects.filter(day__lt=today - timedelta(days=KEPT_DAYS)).delete()
    DailyMail.objects.bulk_create(
        (DailyMail(member=member, day=today, due_at=now) for member in _without_mail(today)), ignore_conflicts=True
    )
    # Yesterday's figures are today's mail: what could not be sent on its day is not sent at all.
    due = DailyMail.objects.filter(day=today, sent_at__isnull=True, attempts__lt=MAX_ATTEMPTS, due_at__lte=now)
    return sum(_send(row, now) for row in due.select_related("member").order_by("due_at")[:BATCH_SIZE])


def wants(member: Member) -> bool:
    """Return whether the member gets the daily mail: active, with an address, and not turned off."""
    return member.is_active and bool(member.email) and (member.preferences or {}).get(PREFERENCE) != "off"


def text_for(member: Member) -> str:
    """Return the daily mail of a member in plain text: what waits for them now; empty when nothing does."""
    parts = [*_own_cards(member), *_to_rule(member), *_tokens_that_end(member)]
    if not parts:
        return ""
    return "\n\n".join([*parts, f"You can turn this daily mail off under {settings.SITE_URL}/settings/."]) + "\n"


def _without_mail(today: date) -> list[Member]:
    had = DailyMail.objects.filter(day=today).values("member")
    others = Member.objects.filter(is_active=True).exclude(email="").exclude(pk__in=had)
    members = {member.pk: member for member in others.order_by("pk") if wants(member)}
    if not members:
        return []
    waiting = set(_waiting().order_by().values_list("for_reviewer", flat=True).distinct())
    leads = Membership.objects.filter(role=Role.LEAD, task__archived_at__isnull=True, member__in=members)
    tasks = Task.objects.filter(pk__in=leads.values("task"))
    to_rule = {task.pk for task in tasks if lead_queue.anything_waits(task)}
    waiting |= {held.member_id for held in leads if held.task_id in to_rule}
    waiting |= _to_be_told_of_tokens(leads, today)
    return [member for pk, member in members.items() if pk in waiting]


def _to_be_told_of_tokens(leads: QuerySet[Membership], today: date) -> set[UUID]:
    """Leads who had no mail since the latest notice of a service token that ends was due.

    Each mail names all that end.
    """
    ends = service_tokens.ending(set(leads.values_list("task", flat=True)), today)
    due: dict[UUID, date] = {}
    for task, _, left in ends:
        due[task] = max(due.get(task, date.min), service_tokens.told_from(today, left))
    last = dict(DailyMail.objects.order_by().values("member").annotate(last=Max("day")).values_list("member", "last"))
    return {
        held.member_id
        for held in leads
        if held.task_id in due and last.get(held.member_id, date.min) < due[held.task_id]
    }


def _waiting() -> QuerySet[Draft]:
    own = Draft.objects.filter(state=DraftState.PENDING, for_reviewer__isnull=False)
    return own.filter(task__archived_at__isnull=True)


def _own_cards(member: Member) -> Iterator[str]:
    rows = _waiting().filter(for_reviewer=member).order_by().values("task").annotate(cards=Count("pk"))
    counts = dict(rows.values_list("task", "cards"))
    cards = SharedCard.objects.filter(part__member=member, part__share_out__ended_at__isnull=True)
    own = cards.filter(draft__state__in=OPEN, draft__for_reviewer=F("part__member")).order_by()
    ends = dict(
        own.values("draft__task").annotate(until=Min("part__share_out__until")).values_list("draft__task", "until")
    )
    for task in Task.objects.filter(pk__in=counts).order_by("name"):
        until = f", the first of them until the end of {ends[task.pk]:%A, %-d %B}" if task.pk in ends else ""
        yield f"{task.name}: {_cards(counts[task.pk])} for you alone{until}.\n{_link('review:focus', task)}"


def _to_rule(member: Member) -> Iterator[str]:
    for task in _led_by(member).order_by("name"):
        counts = lead_queue.counts(task)
        if counts["disputed"]:
            yield f"{task.name}: {_drafts(counts['disputed'])} disputed.\n{_link('review:disputed', task)}"
        if counts["late"]:
            late = counts["late"]
            yield f"{task.name}: {late} late decision{'s' * (late != 1)} to rule on.\n{_link('review:late', task)}"


def _tokens_that_end(member: Member) -> Iterator[str]:
    tasks = {task.pk: task for task in _led_by(member)}
    for pk, name, days in service_tokens.ending(tasks, timezone.now().date()):
        link = _link("review:service-tokens", tasks[pk])
        yield (
            f"{tasks[pk].name}: the service token '{name}' expires in {days} day{'s' * (days != 1)}; "
            f"its program is refused afterwards.\n{link}"
        )


def _led_by(member: Member) -> QuerySet[Task]:
    return Task.objects.filter(memberships__member=member, memberships__role=Role.LEAD, archived_at__isnull=True)


def _cards(count: int) -> str:
    return "1 card waits" if count == 1 else f"{count:,} cards wait"


def _drafts(count: int) -> str:
    return "1 draft is" if count == 1 else f"{count:,} drafts are"


def _link(name: str, task: Task) -> str:
    return f"{settings.SITE_URL}{reverse(name, args=[task.slug])}"


def _send(row: DailyMail, now: datetime) -> int:
    pause = timedelta(seconds=FIRST_PAUSE_S * 4**row.attempts)
    # The row moves by a conditional UPDATE: of two senders one gets it, and a sender that dies leaves it for later.
    mine = DailyMail.objects.filter(pk=row.pk, sent_at__isnull=True, attempts=row.attempts)
    if not mine.update(attempts=F("attempts") + 1, due_at=now + pause):
        return 0
    text = text_for(row.member) if wants(row.member) else ""
    if text:
        try:
            send_mail("What waits for you", text, settings.NOTICES_FROM or None, [row.member.email])
        except Exception:
            # Providers raise what they like; the row is tried again.
            logger.exception("The daily mail %s was not sent", row.pk)
            return 0
    DailyMail.objects.filter(pk=row.pk).update(sent_at=now)
    return 1 if text else 0
