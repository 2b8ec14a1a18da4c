"""Task of the demo whose records come with their right answers. Pure Python."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from demo.offline_teacher import values
from review.spec.schema import Facts, Fields
from review.spec.splits import normal_group
from review.spec.task_spec import TaskSpec

TRAIN_FRACTION, VALIDATION_FRACTION = 0.6, 0.1


class AnsweredRecord(NamedTuple):
    """A record as it is imported, and what a careful expert would answer."""

    facts: Facts
    fields: Fields


# Puts a fault into an answer; returns the answer with it, and the fault's name.
Spoil = Callable[[TaskSpec, AnsweredRecord, random.Random], tuple[Fields, str]]


def other_value(spec: TaskSpec, record: AnsweredRecord, rng: random.Random) -> tuple[Fields, str]:
    """Put another label, or the other of yes and no, in place of one right value.

    Raises:
        ValueError: The task has neither.
    """
    schemas = [each.model_dump(mode="json") for each in spec.output_schema]
    fields = dict(record.fields)
    done = values.spoil(fields, schemas, rng)
    if not done:
        raise ValueError("The task has no value that could be another; give it a fault of its own.")
    return fields, done[0]


@dataclass(frozen=True)
class DemoTask:
    """Task of the demo beside the mails.

    Attributes:
        summary: One sentence of what is sorted or written, and from what, for the demo's list.
        records: Draws its records with their answers, always the same ones.
        teacher_defects: Share of the offline teacher's answers that have a fault on purpose, 0 to 1.
        judged_share: Share of the drafts that the demo's members have judged, 0 to 1; the rest waits on the desk.
        spoil: How an answer gets its fault.
        side: Names the split of a group; None draws it.
        in_bulk: Members accept right drafts in bulk, and judge one by one what is wrong or held out.
    """

    slug: str
    name: str
    summary: str
    spec: TaskSpec
    records: Callable[[], Sequence[AnsweredRecord]]
    teacher_defects: float = 0.15
    judged_share: float = 0.8
    spoil: Spoil = other_value
    side: Callable[[str], str] | None = None
    in_bulk: bool = False

    @property
    def seed(self) -> str:
        """Return what decides which records are held out: fixed, so that every demo is the same."""
        return hashlib.sha256(self.slug.encode()).hexdigest()[:32]

    def held_out(self) -> list[AnsweredRecord]:
        """The records that no student of the demo is trained on."""
        return [each for each in self.records() if self.split_of(each) == "test"]

    def split_of(self, record: AnsweredRecord) -> str:
        """Return the split of a record: `train`, `validation` or `test`."""
        group = self.spec.facts_with_role("group") or self.spec.facts_with_role("title")
        name = str(record.facts[group or ""])
        return self.side(name) if self.side else side_of(name, self.seed, TRAIN_FRACTION, VALIDATION_FRACTION)


def side_of(group: str, seed: str, train: float, validation: float) -> str:
    """The split that the demo's files name for a group: always the same, for what was recorded on its golds.

    Args:
        group: The company, or whatever the task groups by.
        train: Share of groups that train.
        validation: Share that validates; the rest tests.
    """
    lot = hmac.digest(seed.encode(), normal_group(group).encode(), "sha256")
    place = int.from_bytes(lot[:8]) / 2**64
    if place < train:
        return "train"
    return "validation" if place < train + validation else "test"


def key_of(facts: Facts) -> str:
    """Return what a record is known by: SHA-256 of its facts, hex, blank ones aside."""
    stated: dict[str, Any] = {name: value for name, value in facts.items() if value not in ("", None, [], {})}
    return hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()
