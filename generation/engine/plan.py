"""Calls of an order: the same list in every attempt. Pure; knows no network and no journal."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, lcm

from generation.engine.contracts import GenerationSpec, Mix, RecordIn


def apportioned(shares: Sequence[float], count: int) -> list[int]:
    """Whole numbers in proportion to shares that sum to `count`, by largest remainder (Hamilton); ties go to the first.

    Args:
        shares: Above 0, in any unit.
    """
    whole = sum(shares)
    exact = [share * count / whole for share in shares]
    dealt = [floor(quota + 1e-9) for quota in exact]
    by_remainder = sorted(range(len(shares)), key=lambda place: (dealt[place] - exact[place], place))
    for place in by_remainder[: count - sum(dealt)]:
        dealt[place] += 1
    return dealt


def interleaved(counts: Sequence[int]) -> list[int]:
    """Each place as often as its count says, spread evenly: any beginning holds about the same shares as the whole."""
    placed = [((turn + 0.5) / count, place) for place, count in enumerate(counts) for turn in range(count)]
    return [place for _, place in sorted(placed)]


def combined(sizes: Sequence[int], turn: int) -> list[int]:
    """The `turn`-th combination of one index per list, each list taken in turn.

    The first `lcm` turns step all lists at once; then one list is shifted, and so on, so that after as many turns as
    there are combinations each has come once.
    """
    indices, period = [], 1
    for size in sizes:
        within = turn % (period * size)
        indices.append((within + within // lcm(period, size)) % size)
        period *= size
    return indices


@dataclass(frozen=True)
class PlannedCall:
    """One draft to ask for.

    Attributes:
        id: UUIDv5 of the order and the index, so that a later attempt knows it again in an older journal.
        repeat: 0 for a record's first draft, 1 for its second, and so on.
        seed: For providers that take one.
        teacher: Its teacher's place in the mix.
        temperature: What the mix wants; None leaves it to the teacher's parameters.
        persona: Who writes; empty for nobody in particular.
        angle: How the text begins; empty for any.
    """

    id: str
    index: int
    record: RecordIn
    repeat: int
    seed: int
    teacher: int = 0
    temperature: float | None = None
    persona: str = ""
    angle: str = ""


def plan(spec: GenerationSpec) -> list[PlannedCall]:
    """Spread `count` drafts over the records, round-robin, and over the mix as its shares say.

    Drafts of one record go to different teachers as far as shares allow, and what is asked first is as mixed as the
    whole: an order that ends early has kept its shares, as far as its teachers answer at their share's speed.
    """
    order, casts = uuid.UUID(spec.order), _teacher_turns(spec.mix, spec.count, len(spec.records))
    return [_planned(spec, order, index, casts[index]) for index in range(spec.count)]


@dataclass(frozen=True)
class _TeacherTurn:
    """Turn of a teacher: who is asked, and the how-many-th call of that teacher it is."""

    teacher: int
    turn: int


def _teacher_turns(mix: Mix, count: int, size: int) -> list[_TeacherTurn]:
    """Teachers by index of the call. A record's drafts take neighbouring turns, beginning with another each time."""
    teachers = interleaved(apportioned([mixed.share for mixed in mix.teachers] or [1.0], count))
    repeats = ceil(count / size)
    ranked = sorted(range(count), key=lambda index: (index % size, (index // size + index % size) % repeats))
    casts, had = [_TeacherTurn(0, 0)] * count, [0] * max(1, len(mix.teachers))
    for index, teacher in zip(ranked, teachers, strict=True):
        casts[index] = _TeacherTurn(teacher, had[teacher])
        had[teacher] += 1
    return casts


def call_id(order: uuid.UUID, index: int) -> str:
    """The id of a call: the same in every attempt at its order."""
    return str(uuid.uuid5(order, str(index)))


def _planned(spec: GenerationSpec, order: uuid.UUID, index: int, cast: _TeacherTurn) -> PlannedCall:
    mix, record = spec.mix, spec.records[index % len(spec.records)]
    temperatures = mix.teachers[cast.teacher].temperatures if mix.teachers else []
    angle, persona, degree = combined(
        [max(1, len(mix.angles)), max(1, len(mix.personas)), max(1, len(temperatures))], cast.turn + cast.teacher
    )
    if mix.angles and mix.angles[angle] == record.not_angle:
        angle = (angle + 1) % len(mix.angles)
    return PlannedCall(
        id=call_id(order, index),
        index=index,
        record=record,
        repeat=index // len(spec.records),
        seed=spec.seed + index,
        teacher=cast.teacher,
        temperature=temperatures[degree] if temperatures else None,
        persona=mix.personas[persona] if mix.personas else "",
        angle=mix.angles[angle] if mix.angles else "",
    )


def to_runs(indices: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of each run of neighbouring numbers: 1, 2, 3, 7 are (1, 3), (7, 7)."""
    runs: list[tuple[int, int]] = []
    for index in sorted(indices):
        if runs and index == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], index)
        else:
            runs.append((index, index))
    return runs


def expand_runs(positions: Iterable[tuple[int, int]]) -> list[int]:
    return [index for first, last in positions for index in range(first, last + 1)]
