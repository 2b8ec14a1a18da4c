"""Did each arm get its share? A sample ratio that is off says that drawing, sending or counting is broken.

What must be counted is what was drawn: clusters where arms are drawn by cluster.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stats.intervals import distributions
from stats.intervals.effects import StatisticalMethod

CHI_SQUARE = StatisticalMethod("chi-square goodness of fit", "Pearson 1900, Philosophical Magazine 50(302)")
# The rule of practice: a mismatch is believed below one in a thousand (Kohavi, Tang and Xu 2020, Trustworthy Online
# Controlled Experiments, ch. 21).
ALARM_BELOW = 0.001
# Weight of the prior around the planned split, in draws: mismatches of some per cent are found soonest.
CONCENTRATION = 1000.0


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """Counts against the planned split.

    Attributes:
        chi2: Pearson's statistic, with `df` = arms - 1.
        p_value: For one look.
        always_valid_p: May be looked at after every draw; an alarm by it is false in at most one experiment of a
            thousand (Lindon and Malek 2022, Anytime-Valid Inference for Multinomial Count Data).
        is_alarm: One look: p below .001.
        is_alarm_when_watched: Any number of looks: always-valid p below .001.
    """

    counts: tuple[int, ...]
    expected: tuple[float, ...]
    chi2: float
    df: int
    p_value: float
    always_valid_p: float
    method: StatisticalMethod = CHI_SQUARE

    @property
    def is_alarm(self) -> bool:
        return self.p_value < ALARM_BELOW

    @property
    def is_alarm_when_watched(self) -> bool:
        return self.always_valid_p < ALARM_BELOW


def check(counts: Sequence[int], weights: Sequence[float] | None = None) -> SampleRatio:
    """Compare counts with the planned split; equal shares unless weights are given.

    chi2 = sum of (observed - expected)^2 / expected.

    Args:
        counts: Units, or clusters, of each arm.
        weights: Planned shares in any unit, one for each arm, each above 0.

    Raises:
        ValueError: If there are fewer than two arms, nothing was counted, or a number has no sense.
    """
    shares = _shares(counts, weights)
    total = sum(counts)
    expected = tuple(total * share for share in shares)
    chi2 = sum((count - mean) ** 2 / mean for count, mean in zip(counts, expected, strict=True))
    df = len(counts) - 1
    p_value = distributions.chi2_tail(chi2, df)
    return SampleRatio(tuple(counts), expected, chi2, df, p_value, _always_valid_p(counts, shares))


def _shares(counts: Sequence[int], weights: Sequence[float] | None) -> list[float]:
    if len(counts) < 2:
        raise ValueError("A sample ratio needs at least two arms.")
    if any(isinstance(count, bool) or not isinstance(count, int) or count < 0 for count in counts):
        raise ValueError("Counts must be whole numbers of 0 or more.")
    if not sum(counts):
        raise ValueError("Nothing was counted in any arm.")
    if weights is None:
        return [1 / len(counts)] * len(counts)
    if len(weights) != len(counts):
        raise ValueError(f"There are {len(counts)} counts but {len(weights)} weights.")
    if any(isinstance(weight, bool) or not _is_positive(weight) for weight in weights):
        raise ValueError("Weights must be numbers above 0.")
    shares = [weight / sum(weights) for weight in weights]
    if not all(shares):
        raise ValueError("Weights differ so much that an arm would get nothing.")
    return shares


def _is_positive(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value) and value > 0


def _always_valid_p(counts: Sequence[int], shares: Sequence[float]) -> float:
    """1 over the Bayes factor of "some other split" (Dirichlet around the plan) against the plan, at most 1.

    Under the plan the factor is a martingale of mean 1, so by Ville it exceeds 1/a at any time with chance a at most.
    """
    prior = [CONCENTRATION * share for share in shares]
    log_factor = math.lgamma(CONCENTRATION) - math.lgamma(CONCENTRATION + sum(counts))
    for count, weight, share in zip(counts, prior, shares, strict=True):
        log_factor += math.lgamma(weight + count) - math.lgamma(weight) - count * math.log(share)
    return min(1.0, math.exp(-max(log_factor, 0.0)))


@dataclass(frozen=True, slots=True)
class SampleRatioLine:
    id: Any
    chi2: float
    p_value: float

    def as_json(self) -> str:
        data = {"id": self.id, "chi2": self.chi2, "p_value": self.p_value}
        return json.dumps(data, ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True, slots=True)
class UnreadableLine:
    """A line that holds no check, and why."""

    number: int
    reason: str


def checked_lines(lines: Iterable[str]) -> Iterator[SampleRatioLine | UnreadableLine]:
    """Check every line by itself, so that a bad one does not keep the others from their answer.

    Empty lines are passed.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield _answer(line)
        except (ValueError, RecursionError, OverflowError) as error:
            yield UnreadableLine(number, str(error) or type(error).__name__)


def _answer(line: str) -> SampleRatioLine:
    try:
        sample = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"This is not JSON: {error}") from None
    if not isinstance(sample, dict) or "id" not in sample or "counts" not in sample:
        raise ValueError('A line must be an object with "id" and "counts".')
    counts, weights = _aligned(sample["counts"], sample.get("weights"))
    ratio = check(counts, weights)
    answer = SampleRatioLine(sample["id"], ratio.chi2, ratio.p_value)
    try:
        answer.as_json().encode()
    except ValueError:
        raise ValueError("The id or the chi-square is nothing that UTF-8 JSON can hold.") from None
    return answer


def _aligned(counts: object, weights: object) -> tuple[list[Any], list[Any] | None]:
    if isinstance(counts, dict):
        if weights is not None and (not isinstance(weights, dict) or weights.keys() != counts.keys()):
            raise ValueError("Counts are by arm, so weights must name the same arms.")
        return list(counts.values()), None if weights is None else [weights[arm] for arm in counts]
    if not isinstance(counts, list) or not (weights is None or isinstance(weights, list)):
        raise ValueError("Counts and weights must be lists, or both objects by arm.")
    return counts, weights
