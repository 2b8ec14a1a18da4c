"""How many mails a sender may send today, all campaigns together: its daily limit, and while it warms up less.

A day is one by UTC. A warm-up counts the days on which mails left, so that a week without any does not make it faster.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import TruncDate

from campaigns.models import Message, SenderIdentity
from campaigns.states import MessageState

# Mails that went, may have gone, or are going.
WENT = (MessageState.SENDING, MessageState.SENT, MessageState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class SenderDay:
    """A sender's day.

    Attributes:
        allowance: At most so many mails; None where there is no limit.
        went: Mails of today that went, or may have gone.
        follow_ups: Later mails of sequences that are due before the day ends: they go before first mails.
    """

    allowance: int | None
    went: int
    follow_ups: int = 0

    def has_room(self, *, for_a_first_mail: bool) -> bool:
        """Whether one more mail may go."""
        if self.allowance is None:
            return True
        return self.allowance - self.went - (self.follow_ups if for_a_first_mail else 0) > 0


def is_limited(sender: SenderIdentity) -> bool:
    """Whether anything bounds what a sender sends in a day."""
    return sender.daily_limit is not None


def allowance(sender: SenderIdentity, now: datetime) -> int | None:
    """Return how many mails a sender may send on the day of a moment; None for any number."""
    if sender.daily_limit is None or not is_warming_up(sender):
        return sender.daily_limit
    return allowance_after(sender, days_sent(sender, now))


def allowance_after(sender: SenderIdentity, days: int) -> int:
    """Return how many mails a warming sender may send once it has sent on so many days.

    Raises:
        ValueError: The sender does not warm up.
    """
    if sender.daily_limit is None or sender.warm_up_first is None:
        raise ValueError(f"{sender.name} does not warm up.")
    grown = sender.warm_up_first
    # Day by day in whole mails, as the table on its page is read; it ends at the limit, which may be far.
    for _ in range(days):
        if grown >= sender.daily_limit:
            break
        grown = max(grown + 1, grown * (100 + sender.warm_up_percent) // 100)
    return min(grown, sender.daily_limit)


def is_warming_up(sender: SenderIdentity) -> bool:
    """Whether a sender's days are counted; one whose ramp has reached its limit is bounded by that alone."""
    return sender.warm_up_first is not None and sender.warm_up_since is not None


def days_sent(sender: SenderIdentity, now: datetime) -> int:
    """Return on how many days of its warm-up, before today, a sender sent mails."""
    since = sender.warm_up_since or today(now)
    return _days_sent(sender.pk, since, today(now))


def day_of(sender: SenderIdentity, now: datetime, *, with_follow_ups: bool = False) -> SenderDay:
    """Return what a sender may send today, and what of it has gone."""
    begins, ends = day_bounds(now)
    mine = Message.objects.filter(sender=sender, state__in=WENT, sending_at__gte=begins)
    follow_ups = 0
    if with_follow_ups:
        later = Message.objects.filter(state=MessageState.APPROVED, step__number__gt=1, due_at__lt=ends)
        # A campaign of one sender draws none.
        is_mine = Q(enrolment__sender=sender) | Q(enrolment__sender=None, campaign__sender=sender)
        follow_ups = later.filter(is_mine).count()
    return SenderDay(allowance(sender, now), mine.count(), follow_ups)


def day_bounds(now: datetime) -> tuple[datetime, datetime]:
    """Return the beginning of a moment's day and of the next, by UTC."""
    begins = datetime.combine(today(now), time(), UTC)
    return begins, begins + timedelta(days=1)


def today(now: datetime) -> date:
    """Return the day of a moment, by UTC."""
    return now.astimezone(UTC).date()


@lru_cache(maxsize=1024)
def _days_sent(sender: UUID, since: date, until: date) -> int:
    """Days that are over do not change, so each is counted once per process."""
    bounds = (datetime.combine(since, time(), UTC), datetime.combine(until, time(), UTC))
    mails = Message.objects.filter(sender=sender, state__in=WENT, sending_at__gte=bounds[0], sending_at__lt=bounds[1])
    return mails.order_by().values(day=TruncDate("sending_at", tzinfo=UTC)).distinct().count()
