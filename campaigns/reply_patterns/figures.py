"""Which traits of accepted drafts go with replies, and whether the reply rate changed from month to month. Pure.

A trait is looked at among mails that have it and mails that lack it, by companies, whose contacts answer alike. Many traits are
looked at together, so their p-values are adjusted (Benjamini-Hochberg). None of this is an experiment: who got which text
was not drawn by lot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median
from typing import Final

from stats.change_point import ChangePoint, change_point
from stats.intervals import multiplicity, shares, two_clustered
from stats.intervals.samples import ClusteredSample

# Fewer companies on one side say nothing of a trait.
FEWEST_CLUSTERS: Final = 30
LEVEL: Final = 0.95
ERROR_RATE: Final = 0.05
# The same answer on every look.
SEED: Final = 20_260_901


@dataclass(frozen=True, slots=True)
class FirstMailSent:
    """The first mail to a contact, long enough ago that an answer would have come.

    Attributes:
        cluster: Company of its reader.
        sent_at: When it went.
        replied: Whether a person answered it.
        traits: What its draft was like, by name; traits that cannot be told of it are absent.
        words: Length of its text.
        is_accepted: Whether a person accepted the draft, as it was or edited.
    """

    cluster: str
    sent_at: datetime
    replied: bool
    traits: Mapping[str, bool]
    words: int
    is_accepted: bool


@dataclass(frozen=True, slots=True)
class ReplyPattern:
    """A trait and the replies to mails with and without it; shares are 0 to 1.

    Attributes:
        trait: In words.
        mails: Mails with it; `others` those without.
        share: Replied, of those with it; `other_share` of those without.
        difference: Of the two, with its 95 % interval from `low` to `high`.
        q_value: Adjusted for all traits that were looked at.
    """

    trait: str
    mails: int
    others: int
    share: float
    other_share: float
    difference: float
    low: float
    high: float
    q_value: float

    @property
    def is_clear(self) -> bool:
        """Whether it stands out after the adjustment."""
        return self.q_value <= ERROR_RATE


@dataclass(frozen=True, slots=True)
class MonthOfReplies:
    """Mails that went in a month, and the share that was answered with its 95 % interval."""

    month: str
    mails: int
    replied: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ReplyPatterns:
    """What the first mails of a task say.

    Attributes:
        mails: How many there are; `accepted` of them have a draft that a person accepted.
        replied: How many were answered.
        patterns: Traits with enough companies on both sides, the clearest first.
        months: By month, the earliest first.
        change: The most likely change of the rate; None where none could be seen.
        changed_in: The first month after it; empty where the change is not clear.
    """

    mails: int
    accepted: int
    replied: int
    patterns: Sequence[ReplyPattern]
    months: Sequence[MonthOfReplies]
    change: ChangePoint | None
    changed_in: str = ""


def reply_patterns(mails: Sequence[FirstMailSent]) -> ReplyPatterns:
    """Patterns of the accepted drafts among first mails, and the course of all of them."""
    accepted = [mail for mail in mails if mail.is_accepted]
    months = _months(mails)
    change = _change(mails, [month.month for month in months])
    is_clear = change is not None and change.p_value <= ERROR_RATE
    return ReplyPatterns(
        mails=len(mails),
        accepted=len(accepted),
        replied=sum(mail.replied for mail in mails),
        patterns=_patterns(accepted),
        months=months,
        change=change,
        changed_in=months[change.first_after].month if change is not None and is_clear else "",
    )


def _patterns(mails: Sequence[FirstMailSent]) -> list[ReplyPattern]:
    middle = median(mail.words for mail in mails) if mails else 0
    longer = f"more than {middle:g} words (half of the accepted drafts)"
    told = [{**mail.traits, longer: mail.words > middle} for mail in mails]
    names = sorted({name for traits in told for name in traits})
    looked_at = [compared for name in names if (compared := _compare(name, mails, told))]
    adjusted = multiplicity.benjamini_hochberg([pattern.q_value for pattern in looked_at])
    found = [replace(pattern, q_value=q_value) for pattern, q_value in zip(looked_at, adjusted, strict=True)]
    return sorted(found, key=lambda pattern: (pattern.q_value, -abs(pattern.difference), pattern.trait))


def _compare(name: str, mails: Sequence[FirstMailSent], told: Sequence[Mapping[str, bool]]) -> ReplyPattern | None:
    """A trait with its p-value not yet adjusted; None with too few companies on a side, or where nothing varies."""
    sides = [
        _by_cluster(mail for mail, traits in zip(mails, told, strict=True) if traits.get(name) is has)
        for has in (True, False)
    ]
    if min(len(side) for side in sides) < FEWEST_CLUSTERS:
        return None
    with_it, without = (_sample(side) for side in sides)
    try:
        effect = two_clustered.difference(without, with_it, level=LEVEL)
    except ValueError:
        return None
    if effect.p_value is None:
        return None
    return ReplyPattern(
        trait=name,
        mails=int(with_it.n),
        others=int(without.n),
        share=with_it.mean,
        other_share=without.mean,
        difference=effect.estimate,
        low=effect.interval.low,
        high=effect.interval.high,
        q_value=effect.p_value,
    )


def _by_cluster(mails: Iterable[FirstMailSent]) -> dict[str, list[bool]]:
    by_cluster: dict[str, list[bool]] = defaultdict(list)
    for mail in mails:
        by_cluster[mail.cluster.casefold()].append(mail.replied)
    return by_cluster


def _sample(side: Mapping[str, Sequence[bool]]) -> ClusteredSample:
    replies = list(side.values())
    return ClusteredSample.of_clusters([len(row) for row in replies], [sum(row) for row in replies], is_binary=True)


def _months(mails: Sequence[FirstMailSent]) -> list[MonthOfReplies]:
    by_month: dict[str, list[FirstMailSent]] = defaultdict(list)
    for mail in mails:
        by_month[f"{mail.sent_at:%Y-%m}"].append(mail)
    return [_month(name, rows) for name, rows in sorted(by_month.items())]


def _month(name: str, rows: Sequence[FirstMailSent]) -> MonthOfReplies:
    replied = [float(row.replied) for row in rows]
    interval = shares.clustered(replied, [row.cluster.casefold() for row in rows], level=LEVEL)
    count = int(sum(replied))
    return MonthOfReplies(name, len(rows), count, count / len(rows), interval.low, interval.high)


def _change(mails: Sequence[FirstMailSent], months: Sequence[str]) -> ChangePoint | None:
    place = {month: index for index, month in enumerate(months)}
    clusters: dict[tuple[int, str], list[bool]] = defaultdict(list)
    for mail in mails:
        clusters[place[f"{mail.sent_at:%Y-%m}"], mail.cluster.casefold()].append(mail.replied)
    ordered = sorted(clusters.items())
    return change_point(
        [month for (month, _), _ in ordered],
        [sum(replies) for _, replies in ordered],
        [len(replies) for _, replies in ordered],
        seed=SEED,
    )
