"""Which calls an order consists of: the same list in every attempt. Pure; knows no network and no journal."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from generation.engine.contracts import GenerationSpec, RecordIn


@dataclass(frozen=True)
class PlannedCall:
    """One draft to ask for. `repeat` is 0 for a record's first draft, 1 for its second, and so on."""

    id: str
    index: int
    record: RecordIn
    repeat: int
    seed: int


def plan(spec: GenerationSpec) -> list[PlannedCall]:
    """Spread `count` drafts over the records, round-robin, each with an id and a seed of its own.

    Ids are UUIDv5 of the order and the index, so that a later attempt knows a call again in an older journal.
    """
    order = uuid.UUID(spec.order)
    size = len(spec.records)
    return [
        PlannedCall(
            id=str(uuid.uuid5(order, str(index))),
            index=index,
            record=spec.records[index % size],
            repeat=index // size,
            seed=spec.seed + index,
        )
        for index in range(spec.count)
    ]
