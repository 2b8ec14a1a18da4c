"""Plain wording of agreement figures. Pure; knows figures and nothing of pages."""

from __future__ import annotations

from review.adjudication.agreement.figures import ENOUGH, AgreementFigures, ReviewerPair
from stats.agreement.estimates import IntervalEstimate


def of_figures(line: AgreementFigures) -> str:
    """One sentence on one comparison."""
    if line.key == "text":
        return _of_texts(line)
    return _of_alpha(line.alpha)


def of_pair(pair: ReviewerPair) -> str:
    """One sentence on two reviewers."""
    return _of_alpha(pair.kappa)


def of_weeks(count: int) -> str:
    """Return the caption of the chart, or the reason why there is none."""
    if count:
        return "Agreement on drafts whose last verdict came in that week, with its likely range."
    return f"A week needs {ENOUGH} drafts to be drawn."


def _of_alpha(figure: IntervalEstimate) -> str:
    if figure.units < ENOUGH:
        return _too_few(figure.units)
    if figure.value is None:
        return "Every reviewer gave the same verdict every time, so agreement cannot be distinguished from chance."
    if figure.low is not None and figure.high is not None and figure.low <= 0 <= figure.high:
        return "This may be chance."
    if figure.value < 0:
        return "They disagree more often than by chance: they may read the guideline differently."
    if figure.value >= 1:
        return "They never disagreed."
    return f"They differ {100 - figure.value * 100:.0f} % as often as people who judged by chance would."


def _of_texts(line: AgreementFigures) -> str:
    same = line.same
    if same is None or same.units < ENOUGH:
        return _too_few(0 if same is None else same.units)
    return f"{(same.value or 0) * 100:.0f} % of the pairs of final texts are the same to the letter."


def _too_few(units: int) -> str:
    cards = "No draft was" if units == 0 else "One draft was" if units == 1 else f"{units} drafts were"
    return f"Too few: {cards} judged by more than one here; a figure needs {ENOUGH}."
