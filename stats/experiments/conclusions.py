"""A comparison in one sentence: better, not worse by more than the margin, worse, or still open.

The words are for a reader without statistics; the numbers stand beside them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from stats.experiments.number_wording import NumberWording, capitalised, wording_for
from stats.intervals.effects import Interval


class ConclusionKind(StrEnum):
    """Kind of conclusion that a comparison allows."""

    BETTER = "better"
    NOT_WORSE = "not_worse"
    WORSE = "worse"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A finding in words.

    Attributes:
        sentence: Verdict and rounded numbers; complete in itself.
        remark: What a careful reader should also know; may be empty.
        is_beyond: Whether it is worse by more than the margin.
    """

    finding: ConclusionKind
    sentence: str
    remark: str
    is_beyond: bool = False


@dataclass(frozen=True, slots=True)
class ComparedArms:
    """Everything a verdict is made from.

    Attributes:
        treatment: Name of the arm as a sentence says it, such as "miniature A".
        control: Name of the control, such as "the teacher".
        treatment_mean: Share (0 to 1) or mean.
        control_mean: Share (0 to 1) or mean.
        interval: Two-sided, for treatment minus control.
        is_share: Whether per cent and points are the words.
        margin: How much worse is still acceptable; None where superiority was planned.
        higher_is_better: False for a metric like unsubscriptions.
        p_value: Against no difference, adjusted if several arms are compared; None leaves the decision to the interval.
        p_margin: One-sided, against "worse by the margin or more", adjusted likewise.
        p_beyond: One-sided, against "worse by the margin at most", adjusted likewise.
        unit: Of a metric that is no share.
    """

    treatment: str
    control: str
    treatment_mean: float
    control_mean: float
    interval: Interval
    is_share: bool
    margin: float | None = None
    higher_is_better: bool = True
    p_value: float | None = None
    p_margin: float | None = None
    p_beyond: float | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        check_margin(self.margin)
        numbers = self.treatment_mean, self.control_mean, self.interval.low, self.interval.high
        if any(math.isnan(number) for number in numbers):
            raise ValueError("A verdict needs numbers; one of them is NaN.")

    @property
    def alpha(self) -> float:
        """Two-sided error rate; a margin is tested on one side at half of it."""
        return 1 - self.interval.level

    @property
    def gain(self) -> Interval:
        """The interval turned so that more is better."""
        if self.higher_is_better:
            return self.interval
        return Interval(-self.interval.high, -self.interval.low, self.interval.level)

    @property
    def is_clear(self) -> bool:
        """Return whether the interval's verdict about 0 holds: no adjusted p-value exists, or it is below alpha."""
        return self.p_value is None or self.p_value < self.alpha

    @property
    def is_clear_of_margin(self) -> bool:
        return self.p_margin is None or self.p_margin < self.alpha / 2

    @property
    def is_beyond(self) -> bool:
        """Return whether the treatment is worse by more than the margin."""
        is_past = self.margin is not None and self.gain.high < -self.margin
        return is_past and self.is_clear and (self.p_beyond is None or self.p_beyond < self.alpha / 2)


def check_margin(margin: float | None) -> None:
    """Refuse a margin without sense.

    Raises:
        ValueError: Unless it is None or a finite number above 0.
    """
    if margin is not None and not (math.isfinite(margin) and margin > 0):
        raise ValueError("A margin must be above 0: how much worse would still be acceptable.")


def conclude(compared: ComparedArms) -> Conclusion:
    """Say what the comparison shows.

    Better if the whole interval is above 0; not worse if its lower bound is above minus the margin (one-sided at half
    the two-sided error rate: 97.5 % for a 95 % interval); worse if the whole interval is below 0; else open.
    The hierarchy is closed, so testing both margin and superiority costs no error rate (Morikawa and Yoshida 1995,
    Journal of Biopharmaceutical Statistics 5(3)).
    """
    finding = _kind_of(compared)
    words = _words(compared)
    sentence = f"{_claim(compared, finding, words)}: {_numbers(compared, words)}"
    return Conclusion(finding, capitalised(sentence), _remark(compared, finding, words), compared.is_beyond)


def _kind_of(compared: ComparedArms) -> ConclusionKind:
    gain = compared.gain
    if gain.low > 0 and compared.is_clear:
        return ConclusionKind.BETTER
    if compared.margin is not None and gain.low > -compared.margin and compared.is_clear_of_margin:
        return ConclusionKind.NOT_WORSE
    if gain.high < 0 and compared.is_clear:
        return ConclusionKind.WORSE
    return ConclusionKind.INCONCLUSIVE


def _words(compared: ComparedArms) -> NumberWording:
    interval = compared.interval
    lines = [0.0] if compared.margin is None else [0.0, compared.margin, -compared.margin]
    return wording_for(
        (interval.high - interval.low) / 2,
        is_share=compared.is_share,
        unit=compared.unit,
        bounds=(interval.low, interval.high),
        lines=lines,
    )


def _claim(compared: ComparedArms, finding: ConclusionKind, words: NumberWording) -> str:
    treatment, control, margin = compared.treatment, compared.control, compared.margin
    if finding == ConclusionKind.BETTER:
        return f"{treatment} did better than {control}"
    if finding == ConclusionKind.NOT_WORSE and margin is not None:
        return f"{treatment} did not do worse than {control} by more than {words.margin(margin)}"
    if finding == ConclusionKind.WORSE:
        return f"{treatment} did worse than {control}" + (
            f" by more than {words.margin(margin or 0)}" if compared.is_beyond else ""
        )
    if margin is not None:
        return f"it is still open whether {treatment} did worse than {control} by more than {words.margin(margin)}"
    return f"no clear difference between {treatment} and {control} so far"


def _numbers(compared: ComparedArms, words: NumberWording) -> str:
    interval = compared.interval
    gap = words.difference(compared.treatment_mean, compared.control_mean, (interval.low, interval.high))
    bounds = f"{interval.level * 100:.4g} % {words.number(interval.low)} to {words.number(interval.high)}"
    means = f"{words.level(compared.treatment_mean)} against {words.level(compared.control_mean)}"
    return f"{means}, difference {words.gap(gap)} ({bounds})"


def _remark(compared: ComparedArms, finding: ConclusionKind, words: NumberWording) -> str:
    gain, margin = compared.gain, compared.margin
    if finding == ConclusionKind.NOT_WORSE and gain.high < 0 and compared.is_clear and margin is not None:
        return f"The result is worse, but by less than the {words.margin(margin)} agreed beforehand."
    if finding == ConclusionKind.WORSE and margin is not None and not compared.is_beyond:
        return f"Whether by more than the {words.margin(margin)} agreed beforehand is still open."
    if finding == ConclusionKind.INCONCLUSIVE:
        return _why_open(compared)
    return ""


def _why_open(compared: ComparedArms) -> str:
    gain, margin = compared.gain, compared.margin
    by_itself = gain.low > 0 or gain.high < 0 or (margin is not None and gain.low > -margin)
    if by_itself:
        return "By itself this interval would decide, but several arms were compared, and together they do not."
    return "The interval includes both acceptable and unacceptable results; more mails would narrow it."
