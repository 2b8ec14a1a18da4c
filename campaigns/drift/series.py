"""An outcome of a task's campaigns, point by point: months by when a contact's first mail went, or rounds, which are campaigns.

A point is complete once every first mail of it had the same days to be answered. What leaves here are counts of companies by how many of
their contacts were mailed and did it: no address, no name of a company.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from campaigns.events.outcomes import ContactOutcome, of_contacts
from campaigns.models import Campaign, Message
from campaigns.states import AT_A_STAGE, CampaignState, DriftSeries, MessageState, Metric
from review.models import Task
from review.spec.prompting import canonical_json
from stats.intervals import shares

MONTHS = 12
# States in which a first mail may yet go without anybody changing their mind.
_MAY_GO = AT_A_STAGE | {
    MessageState.PLANNED, MessageState.WRITING, MessageState.AWAITING, MessageState.APPROVED, MessageState.SENDING,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SeriesTerms:
    """What a series is of.

    Attributes:
        task: Whose campaigns.
        metric: What counts, per contact whose first mail went.
        series: What its points are.
        first_day: Where it begins; of months the first day of one.
        points: How many points it has at most.
        horizon_days: Days after its first mail in which what a contact does counts.
        is_simulated: Mails to simulated inboxes in place of the others.
    """

    task: Task
    metric: Metric
    series: DriftSeries
    first_day: date
    points: int
    horizon_days: int
    is_simulated: bool


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """One complete month or round.

    Attributes:
        name: 2026-11, or the name of the campaign.
        kinds: How many companies had so many contacts do it, of so many mailed: (did, mailed, companies).
        low: Lower end of the 95 % interval of the share, by companies; None without mails. Likewise `high`.
    """

    name: str
    kinds: tuple[tuple[int, int, int], ...]
    low: float | None
    high: float | None

    @property
    def mails(self) -> int:
        """First mails that went."""
        return sum(mailed * companies for _, mailed, companies in self.kinds)

    @property
    def happened(self) -> int:
        """Contacts of them who did it."""
        return sum(did * companies for did, _, companies in self.kinds)

    @property
    def share(self) -> float | None:
        """Of the mailed, who did it; None without mails."""
        return self.happened / self.mails if self.mails else None


def read(terms: SeriesTerms, *, now: datetime) -> list[SeriesPoint]:
    """The complete points so far, from the first on without a gap. Three queries for each campaign of them."""
    if terms.series == DriftSeries.ROUNDS:
        return [_point(round_.name, _mailed(round_, terms)) for round_ in _complete_rounds(terms, now)]
    names = _complete_months(terms, now)
    by_month: dict[str, list[ContactOutcome]] = {name: [] for name in names}
    for campaign in _launched(terms).filter(_sent_between(terms.first_day, month_after(terms.first_day, len(names)))):
        for outcome in _mailed(campaign, terms):
            if outcome.sent_at is not None and (month := f"{outcome.sent_at.astimezone(UTC):%Y-%m}") in by_month:
                by_month[month].append(outcome)
    return [_point(name, outcomes) for name, outcomes in by_month.items()]


def complete(terms: SeriesTerms, *, now: datetime) -> int:
    """How many points `read` would return; looks at no contact."""
    if terms.series == DriftSeries.ROUNDS:
        return len(_complete_rounds(terms, now))
    return len(_complete_months(terms, now))


def completed_on(terms: SeriesTerms, number: int) -> date | None:
    """From which day on a month of the series, counted from 1, is complete; None of a round, which ends when it does."""
    if terms.series == DriftSeries.ROUNDS:
        return None
    return month_after(terms.first_day, number) + timedelta(days=terms.horizon_days)


def month_after(first: date, months: int) -> date:
    """The first day of the month so many months after that of `first`; before it where negative."""
    ordinal = first.year * MONTHS + first.month - 1 + months
    return date(ordinal // MONTHS, ordinal % MONTHS + 1, 1)


def data_sha256(points: Iterable[SeriesPoint]) -> str:
    """Hash of all that a look is computed from: the counts of each point, as canonical JSON."""
    counts = [[point.name, [list(kind) for kind in point.kinds]] for point in points]
    return hashlib.sha256(canonical_json(counts).encode()).hexdigest()


def _complete_months(terms: SeriesTerms, now: datetime) -> list[str]:
    ends = (month_after(terms.first_day, number + 1) for number in range(terms.points))
    answered = timedelta(days=terms.horizon_days)
    whole = [end for end in ends if datetime.combine(end, time(), UTC) + answered <= now]
    return [f"{month_after(end, -1):%Y-%m}" for end in whole]


def _launched(terms: SeriesTerms) -> QuerySet[Campaign]:
    rows = Campaign.objects.filter(task=terms.task, is_simulated=terms.is_simulated, launched_at__isnull=False)
    return rows.order_by("launched_at", "pk")


def _sent_between(first: date, last: date) -> Exists:
    """The condition that a campaign sent mails from one day on and before another."""
    begins, ends = (datetime.combine(day, time(), UTC) for day in (first, last))
    return Exists(Message.objects.filter(campaign=OuterRef("pk"), sent_at__gte=begins, sent_at__lt=ends))


def _complete_rounds(terms: SeriesTerms, now: datetime) -> list[Campaign]:
    """Campaigns whose first mails all went long enough ago, up to the first that has not got there."""
    begins, answered, found = datetime.combine(terms.first_day, time(), UTC), timedelta(days=terms.horizon_days), []
    for campaign in _launched(terms):
        if campaign.launched_at is None or campaign.launched_at < begins:
            continue
        first = Message.objects.filter(campaign=campaign, step__number=1)
        newest = first.filter(sent_at__isnull=False).order_by("-sent_at").values_list("sent_at", flat=True).first()
        has_ended = campaign.state == CampaignState.ENDED
        if newest is None and has_ended:
            continue
        if newest is None or newest + answered > now or (not has_ended and first.filter(state__in=_MAY_GO).exists()):
            break
        found.append(campaign)
        if len(found) == terms.points:
            break
    return found


def _mailed(campaign: Campaign, terms: SeriesTerms) -> Iterator[ContactOutcome]:
    outcomes = of_contacts(campaign, metric=terms.metric, horizon_days=terms.horizon_days)
    return (outcome for outcome in outcomes if outcome.sent_at is not None)


def _point(name: str, outcomes: Iterable[ContactOutcome]) -> SeriesPoint:
    rows = [(outcome.cluster.casefold(), outcome.outcome) for outcome in outcomes]
    mailed, did = Counter(company for company, _ in rows), Counter(company for company, outcome in rows if outcome)
    kinds = Counter((did[company], size) for company, size in mailed.items())
    ends = shares.clustered([outcome for _, outcome in rows], [company for company, _ in rows]) if rows else None
    return SeriesPoint(
        name=name,
        kinds=tuple(sorted((*kind, companies) for kind, companies in kinds.items())),
        low=ends.low if ends else None,
        high=ends.high if ends else None,
    )
