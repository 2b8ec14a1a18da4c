"""Daily cap of a sender over all campaigns, and the mails of today. A day begins at midnight UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from math import inf
from uuid import UUID

from django.db.models import Count
from django.db.models.functions import Coalesce

from campaigns.models import Message, SenderIdentity
from campaigns.states import WENT, CampaignState, MessageState


@dataclass(frozen=True, slots=True)
class SenderDay:
    """A sender's day.

    Attributes:
        limit: At most so many mails; None where there is no limit.
        follow_ups: Later mails of running campaigns that are due before the day ends: they go before first mails.
    """

    limit: int | None
    went: int
    follow_ups: int = 0

    def left(self, *, for_a_first_mail: bool) -> float:
        """Return how many more mails may go today, at least 0; infinity without a limit."""
        if self.limit is None:
            return inf
        return max(0, self.limit - self.went - (self.follow_ups if for_a_first_mail else 0))


def day_of(sender: SenderIdentity, now: datetime) -> SenderDay:
    """Return a sender's cap of today, and the mails that went. One query."""
    return days_of([sender], now)[sender.pk]


def days_of(
    senders: Sequence[SenderIdentity], now: datetime, *, with_follow_ups: bool = False
) -> dict[UUID, SenderDay]:
    """Return the day of each sender by its id. One query, and one for follow-ups."""
    begins, ends = day_bounds(now)
    ids = [sender.pk for sender in senders]
    mine = Message.objects.filter(sender__in=ids, state__in=WENT, sending_at__gte=begins).order_by()
    went = dict(mine.values_list("sender").annotate(count=Count("pk")))
    follow_ups: dict[UUID, int] = {}
    if with_follow_ups:
        later = Message.objects.filter(state=MessageState.APPROVED, step__number__gt=1, due_at__lt=ends).order_by()
        # A campaign may rest for weeks: what does not go today takes nobody's place.
        later = later.filter(campaign__state=CampaignState.RUNNING)
        # An enrolment in a campaign of one sender names none.
        by = later.annotate(by=Coalesce("enrolment__sender_id", "campaign__sender_id")).filter(by__in=ids)
        follow_ups = dict(by.values_list("by").annotate(count=Count("pk")))
    return {
        sender.pk: SenderDay(sender.daily_limit, went.get(sender.pk, 0), follow_ups.get(sender.pk, 0))
        for sender in senders
    }


def day_bounds(now: datetime) -> tuple[datetime, datetime]:
    """Return the beginning of a moment's day and of the next, by UTC."""
    begins = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    return begins, begins + timedelta(days=1)
