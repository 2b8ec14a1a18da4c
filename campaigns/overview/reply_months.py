"""Reply rate of a task's first mails by month, with the change-point test in a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, NamedTuple

from django.db.models import Min
from django.utils import timezone

from campaigns.events.outcomes import by_people, corrected_since
from campaigns.models import Campaign, Event, Message
from campaigns.states import EventKind, MessageState
from review.models import Task
from stats.change_point import ChangePoint, change_point
from stats.intervals import shares
from web.caching import slow_figures
from web.caching.slow_figures import Figures
from web.templatetags.figures import percent

# Replies after so many days do not count, so an old month has no more time to be answered than a new one.
ANSWERED_WITHIN: Final = timedelta(days=14)
# The test is made anew each month: at 5 % many a task would be told of a change that is chance.
ERROR_RATE: Final = 0.01
# Fixed, so that every look gives the same p-value.
SEED: Final = 20_260_901


class FirstMail(NamedTuple):
    """First mail to a contact: the reader's company, when the mail was sent, and whether a person replied in time."""

    company: str
    sent_at: datetime
    is_replied: bool


@dataclass(frozen=True, slots=True)
class ReplyMonth:
    """First mails sent in one month (UTC), and the share replied to with its 95 % interval by companies."""

    name: str
    mails: int
    replied: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.replied / self.mails


@dataclass(frozen=True, slots=True)
class ReplyRate:
    """Months with mails, the earliest first, and the test's result; simulated inboxes only where no real mail went."""

    months: list[ReplyMonth]
    sentence: str
    is_simulated: bool


def counted(task: Task) -> Figures[ReplyRate]:
    """Return the reply rate of a task; of very many mails it is kept for a while."""
    campaigns = Campaign.objects.filter(task=task).order_by()
    return slow_figures.figures(
        f"reply-months:{task.pk}", partial(reply_rate, task), is_void=partial(corrected_since, campaigns)
    )


def reply_rate(task: Task) -> ReplyRate:
    """Count the reply rate of a task's first mails by month. Three queries."""
    sent = Message.objects.filter(
        campaign__task=task,
        step__number=1,
        state=MessageState.SENT,
        sent_at__lte=timezone.now() - ANSWERED_WITHIN,
    )
    is_simulated = not sent.filter(campaign__is_simulated=False).exists()
    events = Event.objects.filter(campaign__task=task, campaign__is_simulated=is_simulated)
    replies = by_people(events, EventKind.REPLIED).order_by().values_list("enrolment")
    replied_at = dict(replies.annotate(at=Min("occurred_at")))
    rows = sent.filter(campaign__is_simulated=is_simulated).order_by()
    columns = rows.values_list("enrolment", "enrolment__cluster", "sent_at")
    mails = [
        FirstMail(company, sent_at, enrolment in replied_at and replied_at[enrolment] <= sent_at + ANSWERED_WITHIN)
        for enrolment, company, sent_at in columns.iterator(chunk_size=5_000)
        if sent_at is not None
    ]
    return by_month(mails, is_simulated=is_simulated)


def by_month(mails: Sequence[FirstMail], *, is_simulated: bool = False) -> ReplyRate:
    """Group mails by month and test for a change of the reply rate; companies are the clusters."""
    mails_by_month: dict[str, list[FirstMail]] = {}
    for mail in sorted(mails, key=lambda mail: mail.sent_at):
        mails_by_month.setdefault(f"{mail.sent_at.astimezone(UTC):%Y-%m}", []).append(mail)
    months = [_month(name, rows) for name, rows in mails_by_month.items()]
    change = _change(list(mails_by_month.values()))
    return ReplyRate(months, _sentence(change, months), is_simulated)


def _month(name: str, mails: Sequence[FirstMail]) -> ReplyMonth:
    replied = [int(mail.is_replied) for mail in mails]
    interval = shares.clustered(replied, [mail.company.casefold() for mail in mails])
    return ReplyMonth(name, len(mails), sum(replied), interval.low, interval.high)


def _change(months: Sequence[Sequence[FirstMail]]) -> ChangePoint | None:
    sizes, replies = Counter[tuple[int, str]](), Counter[tuple[int, str]]()
    for number, mails in enumerate(months):
        for mail in mails:
            cluster = number, mail.company.casefold()
            sizes[cluster] += 1
            replies[cluster] += mail.is_replied
    return change_point(
        [number for number, _ in sizes], [replies[cluster] for cluster in sizes], list(sizes.values()), seed=SEED
    )


def _sentence(change: ChangePoint | None, months: Sequence[ReplyMonth]) -> str:
    if change is None:
        return "A change needs mails in two months, with and without replies."
    p_value = f"change-point test, p {change.p_value:.3f}"
    if change.p_value > ERROR_RATE:
        return f"No change of the reply rate is shown ({p_value})."
    before, after = percent(change.share_before), percent(change.share_after)
    return f"The reply rate changed in {months[change.first_after].name}, from {before} to {after} ({p_value})."
