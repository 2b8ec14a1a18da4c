"""Figures of a judge's verdicts and comparisons.

Of verdicts: how far the judge agrees with experts, and each writer's corrected share of texts that pass. Of
comparisons: one system's win share over another, and the sway of place and length.

No share is told by a judge that too few verdicts stand beside, or that agrees too little: its number would say more of
the judge than of the texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np

from generation.models import JudgedPair, JudgedText, Judging
from stats.agreement.cohen import Kappa, cohen
from stats.intervals import shares, two_clustered
from stats.intervals.judged_shares import CorrectedShare, JudgedVerdicts, Worth, post_stratified, rogan_gladen
from stats.intervals.samples import ClusteredSample
from stats.intervals.shares import ShareInterval, clustered
from stats.pair_preferences import JudgedTwice, PairPreference, preference

# What a judge has to reach before its numbers are told: verdicts of experts beside it, of each kind, and Cohen's kappa
# with them. 0.4 is where Landis and Koch (1977, Biometrics 33(1)) begin to speak of moderate agreement.
LEAST_VERDICTS, LEAST_OF_A_KIND, LEAST_KAPPA = 30, 5, 0.4
# An expert's own sample of a group, from which its share is told without leaning on others.
LEAST_OWN = 30
_COLUMNS = ("judging", "group", "words", "expert_passes", "passes", "expert_meets", "meets", "record__group")
_WHOLE = "Passes unchanged"
_PAIR_COLUMNS = ("judging", "as_is", "swapped", "longer", "record__group")


@dataclass(frozen=True)
class RightShare:
    """Share of texts of one kind about which a judge is right."""

    right: int
    of: int
    interval: ShareInterval | None


@dataclass(frozen=True)
class Agreement:
    """A judge beside experts, on one question.

    Attributes:
        name: A requirement's name, or that of the whole verdict.
        sensitivity: Of texts that experts passed, those the judge passed.
        specificity: Of texts that experts failed, those the judge failed.
        kappa: Cohen's, with its 95 % interval; None where either has only one word.
    """

    name: str
    verdicts: JudgedVerdicts
    sensitivity: RightShare
    specificity: RightShare
    kappa: Kappa | None

    @property
    def sides(self) -> tuple[RightShare, RightShare]:
        return self.sensitivity, self.specificity


@dataclass(frozen=True)
class GroupShare:
    """One writer's texts.

    Attributes:
        judged: Texts with the judge's verdict; `passed` of them by its word alone.
        corrected: The share that passes, corrected; None where it cannot be told.
        by_own: Corrected by experts' verdicts on these very texts, not on others.
        without_shape: Answers of this writer that were left out, since they do not have the task's shape.
    """

    name: str
    judged: int
    passed: int
    own_verdicts: int
    corrected: CorrectedShare | None
    by_own: bool
    without_shape: int = 0


@dataclass(frozen=True)
class JudgingReport:
    """All that stands on a page of verdicts.

    Attributes:
        texts: Texts that were ordered; `answered` of them the judge has judged.
        longer: How much oftener the judge passes what experts fail among the longer half of texts than among the
            shorter, in shares, with its interval; None where it cannot be told.
        withheld: Why no share is told; empty where they are.
    """

    texts: int
    answered: int
    whole: Agreement
    requirements: list[Agreement]
    longer: tuple[float, float, float] | None
    groups: list[GroupShare]
    withheld: str


def report(judging: Judging, *, with_shares: bool = True) -> JudgingReport:
    """Return what its verdicts come to so far; without shares, what it says of drafts that wait stays untold."""
    rows = list(JudgedText.objects.filter(judging=judging).select_related("record").order_by("place").only(*_COLUMNS))
    answered = [row for row in rows if row.passes is not None]
    pairs = [row for row in answered if row.expert_passes is not None]
    whole = _agreement(_WHOLE, [(bool(row.expert_passes), bool(row.passes)) for row in pairs], _companies(pairs))
    shapeless: dict[str, int] = judging.without_shape or {}
    groups = dict.fromkeys([*(row.group for row in rows if row.group), *shapeless])
    withheld = _why_withheld(whole)
    return JudgingReport(
        len(rows),
        len(answered),
        whole,
        _requirements(pairs),
        _length_bias(pairs),
        [
            replace(_share(name, answered, whole, is_measured=not withheld), without_shape=shapeless.get(name, 0))
            for name in groups
            if with_shares
        ],
        withheld,
    )


def _requirements(pairs: Sequence[JudgedText]) -> list[Agreement]:
    names = dict.fromkeys(name for row in pairs for name in row.expert_meets)
    agreements = []
    for name in names:
        rated = [row for row in pairs if name in row.expert_meets and name in row.meets]
        if rated:
            both = [(row.expert_meets[name], row.meets[name]) for row in rated]
            agreements.append(_agreement(name, both, _companies(rated)))
    return agreements


def _agreement(name: str, pairs: Sequence[tuple[bool, bool]], companies: Sequence[str]) -> Agreement:
    verdicts = _verdicts(pairs)
    return Agreement(
        name,
        verdicts,
        _right(pairs, companies, of=True),
        _right(pairs, companies, of=False),
        _kappa(verdicts),
    )


def _verdicts(pairs: Sequence[tuple[bool, bool]]) -> JudgedVerdicts:
    counts = Counter(pairs)
    return JudgedVerdicts(*(counts[pair] for pair in ((True, True), (True, False), (False, True), (False, False))))


def _kappa(verdicts: JudgedVerdicts) -> Kappa | None:
    if not verdicts.n:
        return None
    table = np.array([[verdicts.both, verdicts.experts_alone], [verdicts.judge_alone, verdicts.neither]], dtype=float)
    kappa = cohen(table)
    return kappa if isfinite(kappa.value) else None


def _right(pairs: Sequence[tuple[bool, bool]], companies: Sequence[str], *, of: bool) -> RightShare:
    kept = [(judge == of, company) for (expert, judge), company in zip(pairs, companies, strict=True) if expert is of]
    right = [float(is_right) for is_right, _ in kept]
    interval = clustered(right, [company for _, company in kept]) if kept else None
    return RightShare(round(sum(right)), len(kept), interval)


def _companies(rows: Sequence[JudgedText]) -> list[str]:
    """Keys of companies; a record of no company stands for itself."""
    return [row.record.group or str(row.record_id) for row in rows]


def _length_bias(pairs: Sequence[JudgedText]) -> tuple[float, float, float] | None:
    if len(pairs) < LEAST_VERDICTS:
        return None
    by_length = sorted(pairs, key=lambda row: (row.words, str(row.pk)))
    half = len(pairs) // 2
    shorter, longer = (
        ClusteredSample.of_rows(
            [float(bool(row.passes)) - float(bool(row.expert_passes)) for row in part], _companies(part)
        )
        for part in (by_length[:half], by_length[half:])
    )
    try:
        difference = two_clustered.difference(shorter, longer)
    except ValueError:
        # One company, or a judge and experts of one mind.
        return None
    return difference.estimate, difference.interval.low, difference.interval.high


def _why_withheld(whole: Agreement) -> str:
    verdicts = whole.verdicts
    if verdicts.n < LEAST_VERDICTS or min(verdicts.good, verdicts.bad) < LEAST_OF_A_KIND:
        return (
            f"Experts judged {verdicts.n} of these texts, {verdicts.good} good and {verdicts.bad} not. At least "
            f"{LEAST_VERDICTS} are needed, {LEAST_OF_A_KIND} of each kind, before a judge's numbers can be corrected."
        )
    kappa = whole.kappa.value if whole.kappa else 0.0
    if kappa < LEAST_KAPPA:
        return (
            f"The judge agrees too little with experts: kappa {kappa:.2f}, at least {LEAST_KAPPA:.2f} is required. "
            "Its numbers would say more about the judge than about the texts."
        )
    return ""


def _share(name: str, answered: Sequence[JudgedText], whole: Agreement, *, is_measured: bool) -> GroupShare:
    rows = [row for row in answered if row.group == name]
    passed, pairs = sum(bool(row.passes) for row in rows), [row for row in answered if row.expert_passes is not None]
    of_own = [row for row in pairs if row.group == name]
    own = _verdicts([(bool(row.expert_passes), bool(row.passes)) for row in of_own])
    corrected: CorrectedShare | None = None
    if is_measured and own.n >= LEAST_OWN:
        parts = ([row for row in of_own if bool(row.passes) is is_one] for is_one in (True, False))
        worth = Worth(_worth(rows, "passes"), *(_worth(part, "expert_passes") for part in parts))
        corrected = post_stratified(own, passed, len(rows), worth=worth)
    by_own = corrected is not None
    if is_measured and not by_own:
        parts = ([row for row in pairs if bool(row.expert_passes) is is_one] for is_one in (True, False))
        worth = Worth(_worth(rows, "passes"), *(_worth(part, "passes") for part in parts))
        corrected = rogan_gladen(whole.verdicts, passed, len(rows), worth=worth)
    return GroupShare(name, len(rows), passed, own.n, corrected, by_own)


def _worth(rows: Sequence[JudgedText], verdict: str) -> float:
    """Return how many independent texts tell as much of a verdict's share."""
    return shares.worth([float(bool(getattr(row, verdict))) for row in rows], _companies(rows)) if rows else 0.0


@dataclass(frozen=True)
class PairReport:
    """All that stands on a page of comparisons.

    Attributes:
        pairs: Pairs that were ordered; `answered` of them have an answer in both orders, and only these count.
        preferred: What they come to; None without one.
    """

    pairs: int
    answered: int
    preferred: PairPreference | None


def pair_report(judging: Judging) -> PairReport:
    """Return what its comparisons come to, as far as they are there."""
    rows = list(
        JudgedPair.objects.filter(judging=judging).select_related("record").order_by("place").only(*_PAIR_COLUMNS)
    )
    both = [
        JudgedTwice(row.as_is, row.swapped, row.longer, row.record.group or str(row.record_id))
        for row in rows
        if row.as_is and row.swapped
    ]
    return PairReport(len(rows), len(both), preference(both))
