"""Words on drafts as columns of numbers, and the patterns in them. Knows no row of the database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from review.states import Verdict
from stats.agreement.tallies import Floats, RatingTally

Ints = NDArray[np.int64]
VERDICTS = (Verdict.ACCEPT.value, Verdict.EDIT.value, Verdict.REJECT.value)
_PLACE = {verdict: place for place, verdict in enumerate(VERDICTS)}
# Edit sizes are compared in steps of two per cent.
STEPS = 50
SIZES = tuple(step / STEPS for step in range(STEPS + 1))
NONE = -1


class VerdictColumns:
    """One entry a word, those of a draft side by side; several columns of the same length."""

    def __init__(self) -> None:
        self.units = 0
        self.reviewers: dict[str, int] = {}
        # Ids of the words in hex.
        self.decisions: list[str] = []
        self._unit: list[int] = []
        self._who: list[int] = []
        self._verdict: list[int] = []
        self._week: list[int] = []
        self._size: list[int] = []
        self._text: list[int] = []
        self._ratings: list[int] = []
        self._weeks: dict[str, int] = {}
        self._rated: dict[str, int] = {}

    def new_unit(self) -> int:
        self.units += 1
        return self.units - 1

    def add(
        self,
        unit: int,
        who: str,
        verdict: str,
        *,
        day: str,
        size: float | None,
        ratings: str,
        text: str,
        decision: str = "",
    ) -> None:
        """Note a word on the draft begun last; `day` is an ISO date, `ratings` JSON text, `decision` its id in hex."""
        self.decisions.append(decision)
        self._unit.append(unit)
        self._who.append(self.reviewers.setdefault(who, len(self.reviewers)))
        self._verdict.append(_PLACE[verdict])
        week = self._weeks.get(day)
        if week is None:
            on = date.fromisoformat(day)
            week = self._weeks[day] = (on - timedelta(days=on.weekday())).toordinal()
        self._week.append(week)
        self._size.append(NONE if size is None else round(size * STEPS))
        # Texts are kept as numbers: a hundred thousand edits need not lie in memory.
        self._text.append(NONE if not text else hash(text) & 0x7FFF_FFFF_FFFF_FFFF)
        self._ratings.append(self._rated.setdefault(ratings, len(self._rated)))

    @cached_property
    def unit(self) -> Ints:
        return np.asarray(self._unit, np.int64)

    @cached_property
    def who(self) -> Ints:
        return np.asarray(self._who, np.int64)

    @cached_property
    def verdict(self) -> Ints:
        return np.asarray(self._verdict, np.int64)

    @cached_property
    def size(self) -> Ints:
        return np.asarray(self._size, np.int64)

    @cached_property
    def text(self) -> Ints:
        return np.asarray(self._text, np.int64)

    def by_week(self) -> Iterator[tuple[date, NDArray[np.bool_]]]:
        """Yield each Monday, in order, with a mask of the verdicts on drafts whose last verdict came in that week."""
        last = np.full(self.units, 0)
        np.maximum.at(last, self.unit, np.asarray(self._week, np.int64))
        for monday in np.unique(last):
            yield date.fromordinal(int(monday)), (last == monday)[self.unit]

    def ratings(self) -> dict[str, Ints]:
        """Return ratings by rubric requirement, one a verdict: 1 where met, 0 where not, `NONE` where not rated."""
        kinds = [json.loads(text) or {} for text in self._rated]
        place = np.asarray(self._ratings, np.int64)
        names = sorted({name for kind in kinds for name in kind})
        return {
            name: np.asarray([int(bool(kind[name])) if name in kind else NONE for kind in kinds], np.int64)[place]
            for name in names
        }

    def tables(self) -> dict[tuple[int, int], Floats]:
        """For each two reviewers (by number, the smaller first) how often they gave which two verdicts, (3, 3)."""
        order = np.lexsort((self.who, self.unit))
        unit, who, verdict = self.unit[order], self.who[order], self.verdict[order]
        by_pair: dict[tuple[int, int], Floats] = {}
        for apart in range(1, int(np.bincount(unit).max()) if len(unit) else 1):
            is_same_unit = unit[apart:] == unit[:-apart]
            people = who[:-apart] * len(self.reviewers) + who[apart:]
            kinds, times = np.unique(
                (people * 9 + verdict[:-apart] * 3 + verdict[apart:])[is_same_unit], return_counts=True
            )
            for kind, count in zip(kinds.tolist(), times.tolist(), strict=True):
                pair = divmod(kind // 9, len(self.reviewers))
                by_pair.setdefault(pair, np.zeros((3, 3)))[divmod(kind % 9, 3)] += count
        return by_pair


def tally(unit: Ints, place: Ints, values: tuple[float, ...]) -> RatingTally:
    """Patterns of places within units; a place of `NONE` is left out.

    Args:
        unit: Of each word its draft.
        place: Of each word its category.
        values: The number each category stands for.
    """
    patterns, times = _patterns(unit[place != NONE], place[place != NONE])
    counts = np.zeros((len(patterns), len(values)))
    rows, columns = np.nonzero(patterns != NONE)
    np.add.at(counts, (rows, patterns[rows, columns]), 1)
    return RatingTally(counts, times, np.asarray(values, float))


def same_texts(unit: Ints, text: Ints) -> RatingTally:
    """Patterns of how many words on a draft end with the same text: (2, 1) where two of three do."""
    unit, text = unit[text != NONE], text[text != NONE]
    order = np.lexsort((text, unit))
    unit, text = unit[order], text[order]
    starts = np.flatnonzero(np.r_[True, (unit[1:] != unit[:-1]) | (text[1:] != text[:-1])]) if len(unit) else unit
    patterns, times = _patterns(unit[starts], np.diff(np.r_[starts, len(unit)]))
    counts = np.where(patterns == NONE, 0, patterns).astype(float)
    return RatingTally(counts, times, np.arange(counts.shape[1], dtype=float))


def _patterns(unit: Ints, place: Ints) -> tuple[Ints, Floats]:
    """Distinct multisets of places within units, one a row and filled up with `NONE`, and how often each comes."""
    if not len(unit):
        return np.zeros((0, 1), np.int64), np.zeros(0)
    order = np.lexsort((place, unit))
    unit, place = unit[order], place[order]
    starts = np.flatnonzero(np.r_[True, unit[1:] != unit[:-1]])
    lengths = np.diff(np.r_[starts, len(unit)])
    column = np.arange(len(unit)) - np.repeat(starts, lengths)
    rows = np.full((len(starts), int(lengths.max())), NONE, np.int64)
    rows[np.repeat(np.arange(len(starts)), lengths), column] = place
    base, width = int(place.max()) + 2, rows.shape[1]
    if base**width > np.iinfo(np.int64).max:
        kinds, times = np.unique(rows, axis=0, return_counts=True)
        return kinds, times.astype(float)
    # Numbers sort many times faster than rows.
    keys = (rows + 1) @ (base ** np.arange(width, dtype=np.int64))
    _, first, times = np.unique(keys, return_index=True, return_counts=True)
    return rows[first], times.astype(float)
