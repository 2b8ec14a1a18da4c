"""Agreement figures: one pass over the drafts, then statistics over counts. Reads no row of the database.

Each figure has its wording here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import numpy as np

from review.adjudication.agreement.columns import SIZES, VerdictColumns, same_texts, tally
from stats.agreement import cohen, fleiss, krippendorff
from stats.agreement.estimates import IntervalEstimate, estimate, point
from stats.agreement.shares import agreeing_share
from stats.agreement.tallies import Floats, RatingTally

# Under so many drafts no figure is put before anybody.
ENOUGH = 10
PAIRS_SHOWN = 30
WEEKS_SHOWN = 26


class AgreementCounts:
    """Counts of verdicts on drafts: by measure, by week, and by pair of reviewers."""

    def __init__(self, columns: VerdictColumns) -> None:
        self.units = columns.units
        self.verdict = tally(columns.unit, columns.verdict, (0, 1, 2))
        self.usable = tally(columns.unit, (columns.verdict == 2).astype(np.int64), (0, 1))
        self.size = tally(columns.unit, columns.size, SIZES)
        self.text = same_texts(columns.unit, columns.text)
        self.ratings = {name: tally(columns.unit, met, (0, 1)) for name, met in columns.ratings().items()}
        weeks = list(columns.by_week())[-WEEKS_SHOWN:]
        self.weeks = {monday: tally(columns.unit[of_it], columns.verdict[of_it], (0, 1, 2)) for monday, of_it in weeks}
        people = [UUID(hex=key) for key in columns.reviewers]
        self.reviewers = set(people)
        self.tables = {(people[first], people[other]): cells for (first, other), cells in columns.tables().items()}


@dataclass(frozen=True, slots=True)
class AgreementFigures:
    """Agreement of reviewers on one thing.

    Attributes:
        key: A stable name for programs.
        metric: What it means for two to differ.
        alpha: Krippendorff's.
        kappa: Fleiss', for categories; None for amounts.
        same: Share of pairs that say the same; None for amounts.
    """

    key: str
    name: str
    metric: str
    alpha: IntervalEstimate
    kappa: IntervalEstimate | None
    same: IntervalEstimate | None

    @property
    def is_enough(self) -> bool:
        return self.alpha.units >= ENOUGH


@dataclass(frozen=True, slots=True)
class ReviewerPair:
    """Two reviewers: Cohen's kappa, and how often they say the same."""

    one: UUID
    other: UUID
    units: int
    same: IntervalEstimate
    kappa: IntervalEstimate

    @property
    def is_enough(self) -> bool:
        return self.units >= ENOUGH


@dataclass(frozen=True, slots=True)
class AgreementWeek:
    """Agreement on drafts whose last word came in one week, named by its Monday."""

    monday: date
    alpha: IntervalEstimate


def figures(counts: AgreementCounts, requirements: Iterable[str]) -> list[AgreementFigures]:
    """Every comparison, the verdict first, requirements of the rubric last."""
    verdict, text = counts.verdict, counts.text
    lines = [
        of_names("verdict", "Verdict", verdict),
        of_names("usable", "Usable (accepted or edited) or not", counts.usable),
        AgreementFigures(
            "ordinal",
            "Verdict as an ordinal scale: accept, edit, reject",
            "ordinal",
            estimate(verdict, krippendorff.alpha("ordinal")),
            None,
            None,
        ),
        of_amounts("edit_size", "Size of the edit (an accept is 0)", counts.size),
        AgreementFigures(
            "text",
            "Final text, word for word",
            "nominal",
            IntervalEstimate(None, units=text.units, ratings=text.ratings),
            None,
            agreeing_share(text),
        ),
    ]
    named = [*dict.fromkeys([*requirements, *sorted(counts.ratings)])]
    return lines + [of_names(f"rating:{name}", name, counts.ratings[name]) for name in named if name in counts.ratings]


def pairs_of(counts: AgreementCounts) -> list[ReviewerPair]:
    """Pairs that judged the same drafts, those with the most first; `PAIRS_SHOWN` at most."""
    most = sorted(counts.tables.items(), key=lambda item: (-item[1].sum(), item[0]))[:PAIRS_SHOWN]
    return [_pair(first, other, table) for (first, other), table in most]


def weeks_of(counts: AgreementCounts) -> list[AgreementWeek]:
    """The last `WEEKS_SHOWN` weeks with enough drafts, in order."""
    weeks = []
    for monday, of_week in counts.weeks.items():
        alpha = estimate(of_week, krippendorff.alpha())
        if alpha.units >= ENOUGH and alpha.value is not None:
            weeks.append(AgreementWeek(monday, alpha))
    return weeks


def with_others(counts: AgreementCounts, reviewer: UUID) -> tuple[IntervalEstimate, float | None]:
    """Measure how often a reviewer agrees with others on the same drafts, and Cohen's kappa against them together."""
    table = np.zeros((3, 3))
    for (first, other), cells in counts.tables.items():
        if reviewer == first:
            table += cells
        elif reviewer == other:
            table += cells.T
    cells_drawn = cohen.as_tally(table)
    return agreeing_share(cells_drawn), point(cells_drawn, cohen.kappa(3)) if table.sum() else None


def of_names(key: str, name: str, of: RatingTally) -> AgreementFigures:
    """Agreement on something that is one of several names."""
    return AgreementFigures(
        key,
        name,
        "nominal",
        estimate(of, krippendorff.alpha()),
        estimate(of, fleiss.fleiss()),
        agreeing_share(of),
    )


def of_ranks(key: str, name: str, of: RatingTally) -> AgreementFigures:
    """Agreement on one of several names in order: how many ratings lie between two counts."""
    return replace(of_names(key, name, of), metric="ordinal", alpha=estimate(of, krippendorff.alpha("ordinal")))


def of_amounts(key: str, name: str, of: RatingTally) -> AgreementFigures:
    """Agreement on an amount: how far apart two are counts."""
    return AgreementFigures(key, name, "interval", estimate(of, krippendorff.interval_alpha()), None, None)


def _pair(first: UUID, second: UUID, table: Floats) -> ReviewerPair:
    cells = cohen.as_tally(table)
    return ReviewerPair(
        first,
        second,
        int(table.sum()),
        agreeing_share(cells),
        estimate(cells, cohen.kappa(len(table))),
    )


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
