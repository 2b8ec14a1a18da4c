"""Questions of a study and the grid that answers it: kinds, presets, limits, arms. Does not know datasets or runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from evaluation.states import StudyKind, StudyMetric
from training.states import SampleOf
from training.students.shipped import ShippedStudent

MIN_SEEDS: Final = 2
# Where arms share a budget, the noise between seeds is what decides, and two tell too little of it.
MIN_SEEDS_OF_MINUTES: Final = 3
# Of students of several sizes a small one is named: three runs of each tell one that is unsteady from one that is worse.
MIN_SEEDS_OF_STUDENTS: Final = 3
MAX_CELLS: Final = 60
MAX_EPOCHS: Final = 20
# Records that cells are scored on: more give narrower intervals and cost a forward pass each, in every cell.
SCORED_RECORDS: Final = 40
# Outputs that each cell writes: writing costs far more than reading, so a few, unless outputs are what is judged.
WRITTEN_RECORDS: Final = 8
MAX_NEW_TOKENS: Final = 256
SMALL, NORMAL = "small", "normal"
PRESETS: Final = {SMALL: "Small: minutes on the demo student", NORMAL: "Normal: more sizes, seeds and epochs"}
QUESTIONS: Final[dict[str, str]] = {
    StudyKind.SAMPLES: "How many approved samples does this task need?",
    StudyKind.METHODS: "Is LoRA as good as full fine-tuning for this task?",
    StudyKind.FILTER: "Does the human filter make a better student?",
    StudyKind.STUDENTS: "Which is the smallest student that holds?",
    StudyKind.TRANSFER: "Does tuning on one task help or hurt another?",
    StudyKind.CONTEXT: "Does a shorter context lose anything?",
    StudyKind.EXPERTS: "Is an expert of a mixture a better student than a dense model?",
    StudyKind.CLONING: "Does a student learn more from a teacher's logits than from texts?",
    StudyKind.MINUTES: "What makes the most of the same expert minutes?",
    StudyKind.ROUTER: "Are several small experts behind a router as good as one larger student?",
    StudyKind.RETRIEVAL: "Does a miniature tell supported claims from others by the passages a search finds?",
}
# Tokens of the longer recipe, the paper's; the shorter has half.
LONG_CONTEXT: Final = 16_384
# Kinds that tune several students, once more than one is named.
COMPARES_STUDENTS: Final = (StudyKind.STUDENTS, StudyKind.METHODS, StudyKind.EXPERTS, StudyKind.ROUTER)
# Shares of what a version holds: doubling, so that a power law shows as a straight line in both logarithms.
SHARES: Final = {SMALL: (1 / 8, 1 / 4, 1 / 2, 1.0), NORMAL: (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)}
# Arms of the filter's study: four of one size, and all that was written; the raw one, of the same size, where asked for.
EDITED, ACCEPTED, UNFILTERED = "Accepted and edited", "Accepted", "Unfiltered"
LONGEST, EVERY, RAW = "Longest", "Everything written", "Raw"
# The arm of a transfer that is not tuned; no task has a short name like it. Studies registered before call it by the second.
BASE: Final = "as it came"
BASE_BEFORE: Final = "base"
# Arms of an isolated expert against a dense student.
ISOLATED, DENSE = "Isolated expert", "Dense student"
# Arms of imitation against logits; the last where a version without the reasoning is named beside.
IMITATES, LOGITS, ANSWER_ALONE = "Imitates the texts", "Learns the logits", "Imitates the answers alone"
# Arms of equal expert minutes: golds imitated; then preferences on top of that; or golds of a miniature's own drafts among them.
SFT, SFT_DPO, SFT_KTO, ON_POLICY = "SFT", "SFT, then DPO", "SFT, then KTO", "SFT, on-policy"
# How a request names those beside SFT.
BESIDE_SFT: Final = {"dpo": SFT_DPO, "kto": SFT_KTO, "on_policy": ON_POLICY}
SMALL_MINUTES: Final = 60
# Arms of experts behind a router: a verdict holds all experts together against the larger student.
ROUTED, LARGER = "Experts behind a router", "One larger student"
# Arms of a miniature that vets retrieved passages; the other two have no cells, their answers stand in the record.
MINIATURE, BY_RULES, ONE_ANSWER = "Miniature", "Rules", "One answer to all"
# The small preset never takes more, so that it stays a matter of minutes on any version.
SMALL_RECORDS: Final = 160
MIN_RECORDS: Final = 10


@dataclass(frozen=True)
class StudyArm:
    """One way of tuning.

    Attributes:
        of: Which rows its samples are drawn from.
        records: Of an arm with a size of its own; else the grid's sizes are its.
        student: Slug of an arm's own student; empty for the study's.
        family: Of its student, where students of several families are compared.
        changes: Values of the recipe that are the arm's own.
        version: Id of an arm's own dataset version; empty for the study's.
        is_base: Whether nothing is tuned: the student as it came, which is scored once.
        one_each: Whether a record brings one of its rows alone, so that arms of one size have as many texts.
        teacher: Slug of the student whose logits it learns, by its recipe in all else; empty for imitation.
        answer_alone: Whether it is tuned on the version without the reasoning.
        reads: Format of its rows: texts to imitate, pairs or labelled texts.
        after: Name of the arm whose run it goes on from, of the same seed; empty for the student itself.
        with_miniature: Whether half of its minutes are spent on a miniature's own drafts.
        fact: Of an expert behind a router, the fact by which records are routed.
        says: What that fact says of the records that are its own.
        scores: Validation records that are routed to it, where it is not scored on all.
    """

    name: str
    recipe: str
    of: SampleOf = SampleOf.ACCEPTED_OR_EDITED
    records: int | None = None
    student: str = ""
    one_each: bool = False
    family: str = ""
    changes: tuple[tuple[str, int], ...] = ()
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
    """Inputs that a grid is laid out from.

    Attributes:
        records: Training records of each kind of rows that the version holds.
        students: Slugs of the students that may be tuned, the largest last; the study's alone unless students are compared.
        shipped: Those of them that come with the product, which have recipes of their own.
        encoders: Those of the students that write no text, but tell labels.
        context_length: Tokens that the study's student reads, where that is known.
        versions: Of a transfer, each task with the id of its dataset version, the study's own first.
        minutes: Whole minutes that judging the teachers' drafts took; of equal expert minutes alone.
        own_minutes: The same of drafts that a miniature wrote.
        trained_segments: Of each training record with a gold what the fact says by which is routed.
        scored_segments: The same of each validation record.
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
    """A grid: every arm at every size with every seed. Sizes count records, not rows; of equal expert minutes, minutes."""

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
        """Arm, size and seed of each cell; small sizes first, so that early cells end early."""
        return [
            (arm, 0 if arm.is_base else arm.records or size, seed)
            for size in self.sizes
            for seed in self.seeds
            for arm in self.arms
            if not arm.is_base or seed == self.seeds[0]
        ]


@dataclass(frozen=True)
class StudyRequest:
    """Request of a person for a study; what is left empty follows from the preset."""

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


class DesignError(ValueError):
    """A design that cannot be run, with the problems of each field."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(next(iter(errors.values()))[0])
        self.errors = errors
