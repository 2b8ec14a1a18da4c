"""Which traits of accepted drafts go with replies, and whether the reply rate changed from month to month. Pure.

A trait is looked at among mails that have it and mails that lack it, by companies, whose contacts answer alike. Many traits are
looked at together, so their p-values are adjusted (Benjamini-Hochberg). None of this is an experiment: who got which text
was not drawn by lot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stats.change_point import ChangePoint, change_point
from stats.intervals import multiplicity, shares, two_clustered
from stats.intervals.samples import ClusteredSample

# Fewer companies on one side say nothing of a trait.
FEWEST_CLUSTERS: Final = 30
LEVEL: Final = 0.95
ERROR_RATE: Final = 0.05
MONTHS: Final = 12
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
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


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """Mails in rows of numbers, (M,) each: their company, their month, and whether they were answered; months by name."""

    companies: Ints
    months: Ints
    replied: Ints
    names: Sequence[str]

    @classmethod
    def of(cls, mails: Sequence[FirstMailSent]) -> _Columns:
        numbers: dict[str, int] = {}
        companies = (numbers.setdefault(mail.cluster.casefold(), len(numbers)) for mail in mails)
        ordinals, months = np.unique(
            _row(mail.sent_at.year * MONTHS + mail.sent_at.month - 1 for mail in mails), return_inverse=True
        )
        names = [f"{ordinal // MONTHS}-{ordinal % MONTHS + 1:02}" for ordinal in ordinals]
        return cls(_row(companies), months, _row(mail.replied for mail in mails), names)

    def sample(self, chosen: Bools) -> ClusteredSample:
        """Answers to some of the mails, by company."""
        _, index = np.unique(self.companies[chosen], return_inverse=True)
        return ClusteredSample.of_numbered_rows(self.replied[chosen].astype(np.float64), index)


def reply_patterns(mails: Sequence[FirstMailSent]) -> ReplyPatterns:
    """Patterns of the accepted drafts among first mails, and the course of all of them."""
    accepted = [mail for mail in mails if mail.is_accepted]
    columns = _Columns.of(mails)
    change = _change(columns)
    is_clear = change is not None and change.p_value <= ERROR_RATE
    return ReplyPatterns(
        mails=len(mails),
        accepted=len(accepted),
        replied=int(columns.replied.sum()),
        patterns=_patterns(accepted),
        months=[_month(columns, at) for at in range(len(columns.names))],
        change=change,
        changed_in=columns.names[change.first_after] if change is not None and is_clear else "",
    )


def _patterns(mails: Sequence[FirstMailSent]) -> list[ReplyPattern]:
    columns = _Columns.of(mails)
    middle = median(mail.words for mail in mails) if mails else 0
    # 1 with the trait, 0 without it, -1 where it cannot be told.
    traits = {
        name: _row(mail.traits.get(name, -1) for mail in mails)
        for name in sorted({name for mail in mails for name in mail.traits})
    }
    traits[f"more than {middle:g} words (half of the accepted drafts)"] = _row(mail.words > middle for mail in mails)
    looked_at = [compared for name, has in traits.items() if (compared := _compare(name, columns, has))]
    adjusted = multiplicity.benjamini_hochberg([pattern.q_value for pattern in looked_at])
    found = [replace(pattern, q_value=q_value) for pattern, q_value in zip(looked_at, adjusted, strict=True)]
    return sorted(found, key=lambda pattern: (pattern.q_value, -abs(pattern.difference), pattern.trait))


def _compare(name: str, columns: _Columns, has: Ints) -> ReplyPattern | None:
    """A trait with its p-value not yet adjusted; None with too few companies on a side, or where nothing varies."""
    if not (has == 1).any() or not (has == 0).any():
        return None
    with_it, without = columns.sample(has == 1), columns.sample(has == 0)
    if min(with_it.clusters, without.clusters) < FEWEST_CLUSTERS:
        return None
    try:
        effect = two_clustered.difference(without, with_it, level=LEVEL)
    except ValueError:
        return None
    if effect.p_value is None:
        return None
    return ReplyPattern(
        trait=name,
        mails=with_it.n,
        others=without.n,
        share=with_it.mean,
        other_share=without.mean,
        difference=effect.estimate,
        low=effect.interval.low,
        high=effect.interval.high,
        q_value=effect.p_value,
    )


def _month(columns: _Columns, at: int) -> MonthOfReplies:
    within = columns.months == at
    replied = columns.replied[within].tolist()
    interval = shares.clustered(replied, columns.companies[within].tolist(), level=LEVEL)
    count = sum(replied)
    return MonthOfReplies(columns.names[at], len(replied), count, count / len(replied), interval.low, interval.high)


def _change(columns: _Columns) -> ChangePoint | None:
    """Over the companies of each month."""
    many = int(columns.companies.max(initial=0)) + 1
    clusters, index = np.unique(columns.months * many + columns.companies, return_inverse=True)
    replied = np.bincount(index, weights=columns.replied).astype(np.int64)
    return change_point((clusters // many).tolist(), replied.tolist(), np.bincount(index).tolist(), seed=SEED)


def _row(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)
