"""Tasks of the demo whose right answers are known. Pure Python."""

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
    """Facts of a record, and the fields that a careful expert would write."""

    facts: Facts
    fields: Fields


# Puts a fault into an answer; returns the new answer and the fault's name.
Spoil = Callable[[TaskSpec, AnsweredRecord, random.Random], tuple[Fields, str]]


def other_value(spec: TaskSpec, record: AnsweredRecord, rng: random.Random) -> tuple[Fields, str]:
    """Replace one right label by another, or yes by no.

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
    """Task of the demo other than the mails.

    Attributes:
        summary: One sentence on input and output, for the demo's list.
        records: Function that draws the same records with their answers each time.
        teacher_defects: Share of the offline teacher's answers with a deliberate fault, 0 to 1.
        judged_share: Share of the drafts that the demo's members have judged, 0 to 1; the rest waits on the desk.
        spoil: Function that puts a fault into an answer.
        side: Function from a group to its split; None draws it.
        in_bulk: Whether members accept right drafts in bulk, and judge one by one only wrong or held-out ones.
        newer: Function that draws the last records, for training only, whose drafts are unjudged.
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
    newer: Callable[[], Sequence[AnsweredRecord]] = tuple

    @property
    def seed(self) -> str:
        """Return the fixed seed of the splits."""
        return hashlib.sha256(self.slug.encode()).hexdigest()[:32]

    def split_of(self, record: AnsweredRecord) -> str:
        """Return the split of a record: `train`, `validation` or `test`."""
        group = self.spec.facts_with_role("group") or self.spec.facts_with_role("title")
        name = str(record.facts[group or ""])
        return self.side(name) if self.side else side_of(name, self.seed, TRAIN_FRACTION, VALIDATION_FRACTION)


def side_of(group: str, seed: str, train: float, validation: float) -> str:
    """Return the split of a group in the demo's files, fixed because recordings depend on it.

    Args:
        group: Company, or another group of the task.
        train: Share of groups for training.
        validation: Share of groups for validation; the rest is for tests.
    """
    lot = hmac.digest(seed.encode(), normal_group(group).encode(), "sha256")
    place = int.from_bytes(lot[:8]) / 2**64
    if place < train:
        return "train"
    return "validation" if place < train + validation else "test"


def key_of(facts: Facts) -> str:
    """Return the key of a record: SHA-256 of its facts without blank ones, in hex."""
    stated: dict[str, Any] = {name: value for name, value in facts.items() if value not in ("", None, [], {})}
    return hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()
