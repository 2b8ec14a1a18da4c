"""From words to figures: one pass over the drafts, then statistics over counts. Touches no row."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations
from uuid import UUID

import numpy as np

from review.agreement import chance, krippendorff, pairs, tallies
from review.agreement.estimate import Estimate, estimate, point
from review.agreement.pairs import Kappa
from review.agreement.tallies import Floats, Tally
from review.selectors.agreement.words import Word
from review.states import Verdict

VERDICTS = (Verdict.ACCEPT.value, Verdict.EDIT.value, Verdict.REJECT.value)
_PLACE = {verdict: place for place, verdict in enumerate(VERDICTS)}
# Edit sizes are compared in steps of one per cent.
SIZES = tuple(step / 100 for step in range(101))
# Under so many drafts no figure is put before anybody.
ENOUGH = 10
PAIRS_SHOWN = 30
WEEKS_SHOWN = 26

Pattern = tuple[int, ...]


@dataclass
class Counts:
    """Patterns of what was said of drafts, by what is compared."""

    verdict: Counter[Pattern] = field(default_factory=Counter)
    usable: Counter[Pattern] = field(default_factory=Counter)
    size: Counter[Pattern] = field(default_factory=Counter)
    text: Counter[Pattern] = field(default_factory=Counter)
    ratings: dict[str, Counter[Pattern]] = field(default_factory=lambda: defaultdict(Counter))
    weeks: dict[date, Counter[Pattern]] = field(default_factory=lambda: defaultdict(Counter))
    tables: dict[tuple[UUID, UUID], Floats] = field(default_factory=dict)
    reviewers: set[UUID] = field(default_factory=set)

    def add(self, words: Sequence[Word]) -> None:
        """Count one draft."""
        places = tuple(sorted(_PLACE[word.verdict] for word in words))
        self.verdict[places] += 1
        self.usable[tuple(sorted(int(place == 2) for place in places))] += 1
        self.size[tuple(sorted(round(word.edit_size * 100) for word in words if word.edit_size is not None))] += 1
        self.text[_classes(word.text for word in words if word.text)] += 1
        for name in {name for word in words for name in word.ratings}:
            self.ratings[name][tuple(sorted(int(w.ratings[name]) for w in words if name in w.ratings))] += 1
        last = max(word.at for word in words).date()
        self.weeks[last - timedelta(days=last.weekday())][places] += 1
        for one, other in combinations(sorted(words, key=lambda word: word.reviewer), 2):
            self.reviewers |= {one.reviewer, other.reviewer}
            table = self.tables.setdefault((one.reviewer, other.reviewer), np.zeros((3, 3)))
            table[_PLACE[one.verdict], _PLACE[other.verdict]] += 1


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
    verdict = tallies.of_patterns(counts.verdict, VERDICTS)
    text = _text_tally(counts.text)
    lines = [
        _of_names("verdict", "Verdict", verdict),
        _of_names("usable", "To be used, as it is or edited, or not", tallies.of_patterns(counts.usable, ("no", "yes"))),
        Figures("ordinal", "Verdict by degrees: accept, edit, reject", "ordinal",
                estimate(verdict, krippendorff.alpha("ordinal")), None, None),
        Figures("edit_size", "Size of the edit; an accept changes nothing", "interval",
                estimate(tallies.of_patterns(counts.size, SIZES), krippendorff.interval_alpha()), None, None),
        Figures("text", "The final text, word for word", "nominal", Estimate(None, units=text.units, ratings=text.ratings),
                None, estimate(text, chance.percent())),
    ]  # fmt: skip
    named = [*dict.fromkeys([*requirements, *sorted(counts.ratings)])]
    return lines + [
        _of_names(f"rating:{name}", name, tallies.of_patterns(counts.ratings[name], ("no", "yes")))
        for name in named
        if name in counts.ratings
    ]


def pairs_of(counts: Counts) -> list[Pair]:
    """Pairs that judged the same drafts, those with the most first; `PAIRS_SHOWN` at most."""
    most = sorted(counts.tables.items(), key=lambda item: (-item[1].sum(), item[0]))[:PAIRS_SHOWN]
    return [_pair(one, other, table) for (one, other), table in most]


def weeks_of(counts: Counts) -> list[Week]:
    """The last `WEEKS_SHOWN` weeks with enough drafts, in order."""
    found = []
    for monday in sorted(counts.weeks)[-WEEKS_SHOWN:]:
        alpha = estimate(tallies.of_patterns(counts.weeks[monday], VERDICTS), krippendorff.alpha())
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
    tally = pairs.as_tally(table)
    return estimate(tally, chance.percent()), point(tally, pairs.kappa(3)) if table.sum() else None


def _of_names(key: str, name: str, tally: Tally) -> Figures:
    return Figures(
        key, name, "nominal", estimate(tally, krippendorff.alpha()), estimate(tally, chance.fleiss()),
        estimate(tally, chance.percent()),
    )  # fmt: skip


def _pair(one: UUID, other: UUID, table: Floats) -> Pair:
    tally = pairs.as_tally(table)
    return Pair(
        one, other, int(table.sum()), estimate(tally, chance.percent()), estimate(tally, pairs.kappa(len(table))),
        pairs.cohen(table),
    )  # fmt: skip


def _classes(texts: Iterable[Hashable]) -> Pattern:
    """How many share each text, the largest group first: (2, 1) where two of three end with the same."""
    return tuple(sorted(Counter(texts).values(), reverse=True))


def _text_tally(patterns: Counter[Pattern]) -> Tally:
    widest = max((len(pattern) for pattern in patterns), default=1)
    counts = np.zeros((len(patterns), max(1, widest)))
    for row, pattern in enumerate(patterns):
        counts[row, : len(pattern)] = pattern
    return Tally(counts, np.fromiter(patterns.values(), float, len(patterns)), np.arange(counts.shape[1], dtype=float))
