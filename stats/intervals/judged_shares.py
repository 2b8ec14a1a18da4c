"""Shares by a judge's word, corrected by experts' verdicts on some of the same texts, or on others like them.

A judge errs, so the share that it passes is not the share that passes. Where experts judged a random part of the very
texts, their verdicts say how many of those that the judge passed, and of those that it failed, really pass:
post-stratification, which for a judge of two words is prediction-powered inference at its best weight (Angelopoulos et
al. 2023, Science 382, 669-674). Where experts judged other texts, all that carries over is how often the judge is right
about good ones and about bad ones (Rogan and Gladen 1978, American Journal of Epidemiology 107(1), 71-76).
docs/statistics.md has the coverage measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from stats.intervals.distributions import normal_quantile
from stats.intervals.shares import LEVEL, ShareInterval, wilson


@dataclass(frozen=True, slots=True)
class JudgedVerdicts:
    """Texts that experts and a judge both judged, by what the two said.

    Attributes:
        experts_alone: Passed by experts, failed by the judge.
        judge_alone: Failed by experts, passed by the judge.
    """

    both: int = 0
    experts_alone: int = 0
    judge_alone: int = 0
    neither: int = 0

    @property
    def n(self) -> int:
        return self.both + self.experts_alone + self.judge_alone + self.neither

    @property
    def good(self) -> int:
        return self.both + self.experts_alone

    @property
    def bad(self) -> int:
        return self.judge_alone + self.neither


@dataclass(frozen=True, slots=True)
class Worth:
    """Effective numbers of texts, where those of one company resemble each other.

    Attributes:
        judged: Of the texts in question.
        first: Of those with both verdicts, of the ones that the judge passed; by Rogan and Gladen that experts passed.
        second: Of the others with both verdicts.
    """

    judged: float
    first: float
    second: float


@dataclass(frozen=True, slots=True)
class CorrectedShare:
    """A share that passes with its interval; 0 to 1."""

    share: float
    low: float
    high: float


def post_stratified(
    verdicts: JudgedVerdicts, passed: int, judged: int, *, worth: Worth | None = None
) -> CorrectedShare | None:
    """The share of texts that pass, where experts judged a random part of these very texts.

    The share is that among texts the judge passed and among those it failed, weighted by how many there are of each.
    Its ends are those of the three shares, squared and added (MOVER: Zou and Donner 2008, Statistics in Medicine
    27(10)).

    Args:
        verdicts: Texts with both verdicts.
        passed: Of all texts with the judge's verdict, those with the experts' included, how many it passed.
        judged: How many there are.
        worth: Effective numbers of texts; None where each stands for itself.

    Returns:
        The share, or None where experts judged none of the texts that the judge passed, or of those that it failed,
        while there are some.

    Raises:
        ValueError: More texts have both verdicts than have the judge's, or more passed than were judged.
    """
    passed_by_both, failed_by_judge = verdicts.both + verdicts.judge_alone, verdicts.experts_alone + verdicts.neither
    if not passed_by_both <= passed <= judged - failed_by_judge:
        raise ValueError("Each text with an expert's verdict counts among those with the judge's.")
    if not judged or (passed and not passed_by_both) or (passed < judged and not failed_by_judge):
        return None
    of = worth or Worth(judged, passed_by_both, failed_by_judge)
    weight, of_weight = _share(passed, judged, of.judged)
    good, of_good = _share(verdicts.both, passed_by_both, of.first)
    rest, of_rest = _share(verdicts.experts_alone, failed_by_judge, of.second)
    share, tilt = weight * good + (1 - weight) * rest, good - rest
    towards_low = of_weight.low if tilt > 0 else of_weight.high
    towards_high = of_weight.high if tilt > 0 else of_weight.low
    low = _reach(weight * (good - of_good.low), (1 - weight) * (rest - of_rest.low), tilt * (weight - towards_low))
    high = _reach(weight * (of_good.high - good), (1 - weight) * (of_rest.high - rest), tilt * (towards_high - weight))
    return CorrectedShare(share, max(0.0, share - low), min(1.0, share + high))


def rogan_gladen(
    verdicts: JudgedVerdicts, passed: int, judged: int, *, worth: Worth | None = None
) -> CorrectedShare | None:
    """The share of texts that pass, where experts judged others.

    It assumes that the judge is right about good and bad texts as often here as there.

    The ends are where a share could no more have brought what the judge passed, given what is known of it (Fieller's
    set: the two shares that it is right are estimated with a success and a failure more, so that a judge without a
    fault among few verdicts is not taken for infallible).

    Args:
        verdicts: Texts with both verdicts, others than those `judged`; a few of both only make the interval wider.
        passed: Of the texts in question, how many the judge passed.
        judged: How many there are.
        worth: Effective numbers of texts; None where each stands for itself.

    Returns:
        The share, or None where experts passed all or none, or the judge cannot tell good from bad: the ends would be 0
        and 1.
    """
    if not judged or not verdicts.good or not verdicts.bad:
        return None
    right, wrong = verdicts.both / verdicts.good, verdicts.judge_alone / verdicts.bad
    if right <= wrong:
        return None
    z2 = normal_quantile((1 + LEVEL) / 2) ** 2
    of = worth or Worth(judged, verdicts.good, verdicts.bad)
    judge_share, score = _share(passed, judged, of.judged)
    spread = ((score.high - score.low) / 2) ** 2 / z2
    of_right, of_wrong = _variance(right, of.first), _variance(wrong, of.second)
    # (judge_share - wrong - p (right - wrong))^2 = z^2 (spread + p^2 of_right + (1 - p)^2 of_wrong), a quadratic in p.
    above, gap = (score.high + score.low) / 2 - wrong, right - wrong
    a = gap**2 - z2 * (of_right + of_wrong)
    b = -2 * above * gap + 2 * z2 * of_wrong
    c = above**2 - z2 * (spread + of_wrong)
    if a <= 0 or b * b < 4 * a * c:
        return None
    root = sqrt(b * b - 4 * a * c)
    low, high = max(0.0, (-b - root) / (2 * a)), min(1.0, (-b + root) / (2 * a))
    share = min(1.0, max(0.0, (judge_share - wrong) / gap))
    return CorrectedShare(share, min(low, share), max(high, share))


def _share(count: int, of: int, worth: float) -> tuple[float, ShareInterval]:
    """A share with its interval; that of nothing weighs nothing."""
    share = count / of if of else 0.0
    return share, wilson(share * worth, worth) if of else ShareInterval(0.0, 0.0)


def _reach(*parts: float) -> float:
    return sqrt(sum(part * part for part in parts))


def _variance(share: float, worth: float) -> float:
    shrunk = (share * worth + 1) / (worth + 2)
    return shrunk * (1 - shrunk) / (worth + 2)
