"""From words to figures: one pass over the drafts, then statistics over counts. Touches no row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np

from review.agreement import chance, krippendorff, pairs
from review.agreement.estimate import Estimate, estimate, point
from review.agreement.pairs import Kappa
from review.agreement.shares import agreeing
from review.agreement.tallies import Floats, Tally
from review.selectors.agreement.columns import SIZES, Columns, same_texts, tally

# Under so many drafts no figure is put before anybody.
ENOUGH = 10
PAIRS_SHOWN = 30
WEEKS_SHOWN = 26


class Counts:
    """What was said of drafts, counted: by what is compared, by week, and by two reviewers."""

    def __init__(self, said: Columns) -> None:
        self.units = said.units
        self.verdict = tally(said.unit, said.verdict, (0, 1, 2))
        self.usable = tally(said.unit, (said.verdict == 2).astype(np.int64), (0, 1))
        self.size = tally(said.unit, said.size, SIZES)
        self.text = same_texts(said.unit, said.text)
        self.ratings = {name: tally(said.unit, met, (0, 1)) for name, met in said.ratings().items()}
        weeks = list(said.by_week())[-WEEKS_SHOWN:]
        self.weeks = {monday: tally(said.unit[of_it], said.verdict[of_it], (0, 1, 2)) for monday, of_it in weeks}
        people = [UUID(hex=key) for key in said.reviewers]
        self.reviewers = set(people)
        self.tables = {(people[one], people[other]): cells for (one, other), cells in said.tables().items()}


@dataclass(frozen=True, slots=True)
class Figures:
    """How far reviewers agree on one thing.

    Attributes:
        key: A stable name for programs.
        name: What is compared, in words.
        metric: What it means for two to differ.
        alpha: Krippendorff's.
        kappa: Fleiss', for categories; None for amounts.
        same: Share of pairs that say the same; None for amounts.
    """

    key: str
    name: str
    metric: str
    alpha: Estimate
    kappa: Estimate | None
    same: Estimate | None

    @property
    def is_enough(self) -> bool:
        """Whether it stands on enough drafts to be put before anybody."""
        return self.alpha.units >= ENOUGH


@dataclass(frozen=True, slots=True)
class Pair:
    """Two reviewers: Cohen's kappa with its large-sample interval and with that of the bootstrap, and how often they say the same."""

    one: UUID
    other: UUID
    units: int
    same: Estimate
    kappa: Estimate
    by_formula: Kappa

    @property
    def is_enough(self) -> bool:
        return self.units >= ENOUGH


@dataclass(frozen=True, slots=True)
class Week:
    """Agreement on drafts whose last word came in one week, named by its Monday."""

    monday: date
    alpha: Estimate


def figures(counts: Counts, requirements: Iterable[str]) -> list[Figures]:
    """Every comparison, the verdict first, requirements of the rubric last."""
    verdict, text = counts.verdict, counts.text
    lines = [
        _of_names("verdict", "Verdict", verdict),
        _of_names("usable", "To be used, as it is or edited, or not", counts.usable),
        Figures("ordinal", "Verdict by degrees: accept, edit, reject", "ordinal",
                estimate(verdict, krippendorff.alpha("ordinal")), None, None),
        Figures("edit_size", "Size of the edit; an accept changes nothing", "interval",
                estimate(counts.size, krippendorff.interval_alpha()), None, None),
        Figures("text", "The final text, word for word", "nominal", Estimate(None, units=text.units, ratings=text.ratings),
                None, agreeing(text)),
    ]  # fmt: skip
    named = [*dict.fromkeys([*requirements, *sorted(counts.ratings)])]
    return lines + [_of_names(f"rating:{name}", name, counts.ratings[name]) for name in named if name in counts.ratings]


def pairs_of(counts: Counts) -> list[Pair]:
    """Pairs that judged the same drafts, those with the most first; `PAIRS_SHOWN` at most."""
    most = sorted(counts.tables.items(), key=lambda item: (-item[1].sum(), item[0]))[:PAIRS_SHOWN]
    return [_pair(one, other, table) for (one, other), table in most]


def weeks_of(counts: Counts) -> list[Week]:
    """The last `WEEKS_SHOWN` weeks with enough drafts, in order."""
    found = []
    for monday, of_week in counts.weeks.items():
        alpha = estimate(of_week, krippendorff.alpha())
        if alpha.units >= ENOUGH and alpha.value is not None:
            found.append(Week(monday, alpha))
    return found


def with_others(counts: Counts, reviewer: UUID) -> tuple[Estimate, float | None]:
    """How often a reviewer says the same as whoever judged beside them, and Cohen's kappa against those taken together."""
    table = np.zeros((3, 3))
    for (one, other), cells in counts.tables.items():
        if reviewer == one:
            table += cells
        elif reviewer == other:
            table += cells.T
    cells_drawn = pairs.as_tally(table)
    return agreeing(cells_drawn), point(cells_drawn, pairs.kappa(3)) if table.sum() else None


def _of_names(key: str, name: str, of: Tally) -> Figures:
    return Figures(
        key, name, "nominal", estimate(of, krippendorff.alpha()), estimate(of, chance.fleiss()),
        agreeing(of),
    )  # fmt: skip


def _pair(one: UUID, other: UUID, table: Floats) -> Pair:
    cells = pairs.as_tally(table)
    return Pair(
        one, other, int(table.sum()), agreeing(cells), estimate(cells, pairs.kappa(len(table))),
        pairs.cohen(table),
    )  # fmt: skip
