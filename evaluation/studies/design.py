"""Requests, inputs and designs of studies: presets, limits, arms. Does not know datasets or runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Self

from evaluation.states import StudyKind, StudyMetric
from training.states import SampleOf
from training.students.shipped import ShippedStudent

MIN_SEEDS: Final = 2
# A study of sizes names the smallest student: three runs of each tell an unstable one from a worse one.
MIN_SEEDS_OF_STUDENTS: Final = 3
MAX_CELLS: Final = 60
MAX_EPOCHS: Final = 20
# Records that score a cell: more give narrower intervals, and each costs a forward pass in every cell.
SCORED_RECORDS: Final = 40
# Outputs that each cell writes: few, because writing costs far more than reading, unless outputs are judged.
WRITTEN_RECORDS: Final = 8
MAX_NEW_TOKENS: Final = 256
SMALL, NORMAL = "small", "normal"
PRESETS: Final = {SMALL: "Small: minutes on the demo student", NORMAL: "Normal: more sizes, seeds and epochs"}
# Shares of a version's records: doubling, so that a power law is a straight line in both logarithms.
SHARES: Final = {SMALL: (1 / 8, 1 / 4, 1 / 2, 1.0), NORMAL: (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)}
# Arms that a request names a recipe for; a kind reads those of its own arms.
TUNED_ARMS: Final = ("lora", "full", "encoder", "dpo", "kto")
# Limit of the small preset, which takes minutes on any version.
SMALL_RECORDS: Final = 160
MIN_RECORDS: Final = 10


@dataclass(frozen=True)
class StudyArm:
    """One way of tuning.

    Attributes:
        of: Kind of rows that its samples are drawn from.
        records: Size of its own; None for the grid's sizes.
        student: Slug of a student of its own; empty for the study's.
        family: Family of its student, where students of several families are compared.
        changes: Values of the recipe of its own.
        version: Id of a dataset version of its own; empty for the study's.
        is_base: Whether nothing is tuned: the untuned student, which is scored once.
        one_each: Whether each record gives one row only, so that arms of one size have as many texts.
        teacher: Slug of the student whose logits it learns; empty for imitation.
        answer_alone: Whether it is tuned on the version without the reasoning.
        reads: Format of its rows: texts to imitate, pairs or labelled texts.
        after: Name of the arm whose run of the same seed it continues; empty for the student itself.
        with_miniature: Whether half of its minutes are spent on a miniature's own drafts.
        fact: Fact that routes records to an expert behind a router.
        says: Values of that fact in the expert's own records.
        scores: Validation records that are routed to it, where it is not scored on all.
    """

    name: str
    recipe: str
    of: SampleOf = SampleOf.ACCEPTED_OR_EDITED
    records: int | None = None
    student: str = ""
    one_each: bool = False
    family: str = ""
    changes: tuple[tuple[str, int | str], ...] = ()
    version: str = ""
    is_base: bool = False
    teacher: str = ""
    answer_alone: bool = False
    reads: str = "sft"
    after: str = ""
    with_miniature: bool = False
    fact: str = ""
    says: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()


@dataclass(frozen=True)
class StudyInputs:
    """Inputs of a grid.

    Attributes:
        records: Number of training records by kind of rows in the version.
        students: Slugs of the students to tune, the largest last; the study's alone unless students are compared.
        shipped: Students that come with the product and have recipes of their own.
        encoders: Slugs of the students that predict labels and write no text.
        context_length: Tokens that the study's student reads, where known.
        versions: Id of the dataset version of each task of a transfer, the study's own first.
        minutes: Whole minutes spent on judging the teachers' drafts, for equal expert minutes.
        own_minutes: Whole minutes spent on judging a miniature's drafts.
        trained_segments: Value of the routing fact in each training record with a gold.
        scored_segments: Value of the routing fact in each validation record.
    """

    records: Mapping[SampleOf, int]
    students: tuple[str, ...]
    shipped: Mapping[str, ShippedStudent] = field(default_factory=dict)
    families: Mapping[str, str] = field(default_factory=dict)
    encoders: frozenset[str] = frozenset()
    context_length: int | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    minutes: int = 0
    own_minutes: int = 0
    trained_segments: Mapping[str, str] = field(default_factory=dict)
    scored_segments: Mapping[str, str] = field(default_factory=dict)

    @property
    def common(self) -> int:
        return min(self.records.values())


@dataclass(frozen=True)
class StudyDesign:
    """Grid: every arm at every size with every seed. Sizes count records, not rows, or else expert minutes."""

    kind: StudyKind
    question: str
    arms: tuple[StudyArm, ...]
    sizes: tuple[int, ...]
    seeds: tuple[int, ...]
    epochs: int
    metric: StudyMetric = StudyMetric.NLL
    scored_records: int = SCORED_RECORDS
    written_records: int = WRITTEN_RECORDS

    @property
    def places(self) -> list[tuple[StudyArm, int, int]]:
        """Return arm, size and seed of each cell; small sizes first, so that early cells end early."""
        return [
            (arm, 0 if arm.is_base else arm.records or size, seed)
            for size in self.sizes
            for seed in self.seeds
            for arm in self.arms
            if not arm.is_base or seed == self.seeds[0]
        ]


@dataclass(frozen=True)
class StudyRequest:
    """Request for a study; the preset fills what is left empty."""

    kind: str
    preset: str = SMALL
    question: str = ""
    sizes: tuple[int, ...] = ()
    seeds: tuple[int, ...] = ()
    epochs: int | None = None
    metric: str = StudyMetric.NLL.value
    recipes: Mapping[str, str] = field(default_factory=dict)
    students: tuple[str, ...] = ()
    teacher: str = ""
    answers_version: str = ""
    minutes: int | None = None
    beside_sft: tuple[str, ...] = ()
    segment: str = ""
    raw: bool = False

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """Build a request from the values of a form or a call."""
        taken: dict[str, Any] = {
            each.name: tuple(value) if isinstance(value, list) else value
            for each in fields(cls)
            if (value := values.get(each.name)) is not None
        }
        return cls(**taken)


class DesignError(ValueError):
    """Design that cannot be run, with the problems of each field."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(next(iter(errors.values()))[0])
        self.errors = errors
