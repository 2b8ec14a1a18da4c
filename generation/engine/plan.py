"""Which calls an order consists of: the same list in every attempt. Pure; knows no network and no journal."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from math import ceil

from generation.engine.contracts import GenerationSpec, Mix, RecordIn
from generation.engine.diversity import turns


@dataclass(frozen=True)
class PlannedCall:
    """One draft to ask for.

    Attributes:
        id: UUIDv5 of the order and the index, so that a later attempt knows it again in an older journal.
        index: Its place in the order.
        record: What to write for.
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
    order, casts = uuid.UUID(spec.order), _casts(spec.mix, spec.count, len(spec.records))
    return [_planned(spec, order, index, casts[index]) for index in range(spec.count)]


@dataclass(frozen=True)
class _Cast:
    """Who is asked, and the how-many-th call of that teacher it is."""

    teacher: int
    turn: int


def _casts(mix: Mix, count: int, size: int) -> list[_Cast]:
    """Teachers by index of the call. A record's drafts take neighbouring turns, beginning with another each time."""
    teachers = turns.interleaved(turns.apportioned([mixed.share for mixed in mix.teachers] or [1.0], count))
    repeats = ceil(count / size)
    ranked = sorted(range(count), key=lambda index: (index % size, (index // size + index % size) % repeats))
    casts, had = [_Cast(0, 0)] * count, [0] * max(1, len(mix.teachers))
    for index, teacher in zip(ranked, teachers, strict=True):
        casts[index] = _Cast(teacher, had[teacher])
        had[teacher] += 1
    return casts


def _planned(spec: GenerationSpec, order: uuid.UUID, index: int, cast: _Cast) -> PlannedCall:
    mix, record = spec.mix, spec.records[index % len(spec.records)]
    temperatures = mix.teachers[cast.teacher].temperatures if mix.teachers else []
    angle, persona, degree = turns.combined(
        [max(1, len(mix.angles)), max(1, len(mix.personas)), max(1, len(temperatures))], cast.turn + cast.teacher
    )
    if mix.angles and mix.angles[angle] == record.not_angle:
        angle = (angle + 1) % len(mix.angles)
    return PlannedCall(
        id=str(uuid.uuid5(order, str(index))),
        index=index,
        record=record,
        repeat=index // len(spec.records),
        seed=spec.seed + index,
        teacher=cast.teacher,
        temperature=temperatures[degree] if temperatures else None,
        persona=mix.personas[persona] if mix.personas else "",
        angle=mix.angles[angle] if mix.angles else "",
    )
