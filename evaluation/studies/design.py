"""What a study can ask and the grid that answers it: kinds, presets, limits. Checks; does not know datasets or runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from evaluation.states import SHARE_METRICS, StudyKind, StudyMetric
from training.states import SampleOf

MIN_SEEDS: Final = 2
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
    StudyKind.EXPERTS: "Is an expert of a mixture a better student than a dense model?",
    StudyKind.CLONING: "Does a student learn more from a teacher's logits than from texts?",
}
# Shares of what a version holds: doubling, so that a power law shows as a straight line in both logarithms.
SHARES: Final = {SMALL: (1 / 8, 1 / 4, 1 / 2, 1.0), NORMAL: (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)}
# Arms of the filter's study: four of one size, and all that was written.
EDITED, ACCEPTED, UNFILTERED = "Accepted and edited", "Accepted", "Unfiltered"
LONGEST, EVERY = "Longest", "Everything written"
# Arms of an isolated expert against a dense student.
ISOLATED, DENSE = "Isolated expert", "Dense student"
# Arms of imitation against logits; the last where a version without the reasoning is named beside.
IMITATES, LOGITS, ANSWER_ALONE = "Imitates the texts", "Learns the logits", "Imitates the answers alone"
# The small preset never takes more, so that it stays a matter of minutes on any version.
SMALL_RECORDS: Final = 160
MIN_RECORDS: Final = 10


@dataclass(frozen=True)
class StudyArm:
    """One way of tuning.

    Attributes:
        name: What pages call it.
        recipe: The preset it takes its recipe from.
        of: Which rows its samples are drawn from.
        records: Of an arm with a size of its own; else the grid's sizes are its.
        student: Slug of an arm's own student; empty for the study's.
        one_each: Whether a record brings one of its rows alone, so that arms of one size have as many texts.
        teacher: Slug of the student whose logits it learns, by its recipe in all else; empty for imitation.
        answer_alone: Whether it is tuned on the version without the reasoning.
    """

    name: str
    recipe: str
    of: SampleOf = SampleOf.GOLDS
    records: int | None = None
    student: str = ""
    one_each: bool = False
    teacher: str = ""
    answer_alone: bool = False


@dataclass(frozen=True)
class StudyInputs:
    """What a grid is laid out from.

    Attributes:
        records: Training records of each kind of rows that the version holds.
        students: Slugs of the students that may be tuned, the largest last; the study's alone unless students are compared.
        demo: Which of them is the small one that comes with the product, which has recipes of its own.
    """

    records: Mapping[SampleOf, int]
    students: tuple[str, ...]
    demo: str = ""

    @property
    def common(self) -> int:
        """Records that each kind of rows has."""
        return min(self.records.values())


@dataclass(frozen=True)
class StudyDesign:
    """A grid: every arm at every size with every seed. Sizes count records, not rows."""

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
        return [(arm, arm.records or size, seed) for size in self.sizes for seed in self.seeds for arm in self.arms]


@dataclass(frozen=True)
class StudyRequest:
    """What a person asks for; what is left empty follows from the preset."""

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


class DesignError(ValueError):
    """A design that cannot be run, with the problems of each field."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(next(iter(errors.values()))[0])
        self.errors = errors


def design_study(wishes: StudyRequest, given: StudyInputs) -> StudyDesign:
    """The design of a preset with what was asked for in its place.

    Args:
        wishes: What was asked for.
        given: What the version holds, and which students there are.

    Raises:
        DesignError: Names every field that cannot be as it is.
    """
    if wishes.kind not in StudyKind.values or wishes.preset not in PRESETS or wishes.metric not in StudyMetric.values:
        raise DesignError(_unknown(wishes))
    kind, metric = StudyKind(wishes.kind), StudyMetric(wishes.metric)
    is_small = wishes.preset == SMALL
    design = StudyDesign(
        kind=kind,
        question=wishes.question.strip() or QUESTIONS[kind],
        arms=_arms(wishes, given),
        sizes=wishes.sizes or _sizes(kind, wishes.preset, given.common),
        seeds=wishes.seeds or ((1, 2) if is_small else (1, 2, 3)),
        epochs=wishes.epochs or (1 if is_small else 3),
        metric=metric,
    )
    if metric in SHARE_METRICS:
        design = replace(design, written_records=design.scored_records)
    if errors := _errors(design, given):
        raise DesignError(errors)
    return design


def _arms(wishes: StudyRequest, given: StudyInputs) -> tuple[StudyArm, ...]:
    kind, recipes = wishes.kind, wishes.recipes
    is_demo = given.demo in given.students
    lora = recipes.get("lora") or ("demo" if is_demo else "modern-lora")
    if kind == StudyKind.METHODS:
        return StudyArm("LoRA", lora), StudyArm(
            "Full", recipes.get("full") or ("demo-full" if is_demo else "paper-full")
        )
    if kind == StudyKind.FILTER:
        every = given.records.get(SampleOf.WRITTEN)
        return (
            StudyArm(EDITED, lora, one_each=True),
            StudyArm(ACCEPTED, lora, of=SampleOf.ACCEPTED, one_each=True),
            StudyArm(UNFILTERED, lora, of=SampleOf.WRITTEN, one_each=True),
            StudyArm(LONGEST, lora, of=SampleOf.LONGEST),
            StudyArm(EVERY, lora, of=SampleOf.WRITTEN, records=every),
        )
    if kind == StudyKind.STUDENTS:
        own = {slug: "demo" if slug == given.demo else "modern-lora" for slug in given.students}
        return tuple(StudyArm(slug, recipes.get("lora") or own[slug], student=slug) for slug in given.students)
    if kind == StudyKind.EXPERTS:
        names = (DENSE, ISOLATED)
        return tuple(StudyArm(name, lora, student=slug) for name, slug in zip(names, given.students, strict=False))
    if kind == StudyKind.CLONING:
        alone = (StudyArm(ANSWER_ALONE, lora, answer_alone=True),) if wishes.answers_version else ()
        return StudyArm(LOGITS, lora, teacher=wishes.teacher), StudyArm(IMITATES, lora), *alone
    return (StudyArm("LoRA", lora),)


def _sizes(kind: StudyKind, preset: str, available: int) -> tuple[int, ...]:
    most = min(available, SMALL_RECORDS) if preset == SMALL else available
    if kind != StudyKind.SAMPLES:
        return (most,)
    sizes = {max(MIN_RECORDS, round(most * share)) for share in SHARES[preset]}
    return tuple(sorted(size for size in sizes if size <= most)) or (most,)


def _unknown(wishes: StudyRequest) -> dict[str, list[str]]:
    choices = {"kind": StudyKind.values, "preset": list(PRESETS), "metric": StudyMetric.values}
    return {
        name: [f"There is no {name} '{getattr(wishes, name)}'; choose one of {', '.join(values)}."]
        for name, values in choices.items()
        if getattr(wishes, name) not in values
    }


def _errors(design: StudyDesign, given: StudyInputs) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    available = given.common
    sizes, seeds = design.sizes, design.seeds
    if list(sizes) != sorted(set(sizes)):
        errors["sizes"] = [f"Sizes must increase: {_listed(sizes)} do not."]
    elif sizes[0] < 1 or sizes[-1] > available:
        of_each = "" if design.kind != StudyKind.FILTER else " of each kind"
        errors["sizes"] = [
            f"The version holds {available} training records{of_each}; {_listed(sizes)} do not fit into it."
        ]
    elif design.kind == StudyKind.SAMPLES and len(sizes) < 2:
        errors["sizes"] = ["How many samples can be told from two sizes on; four and more give a curve."]
    elif design.kind != StudyKind.SAMPLES and len(sizes) != 1:
        errors["sizes"] = ["All are compared at one size: name one."]
    if design.kind == StudyKind.STUDENTS and len(design.arms) < 2:
        errors["students"] = ["Name two students or more: one alone cannot be the smallest that holds."]
    errors |= _cloning_errors(design)
    if design.kind == StudyKind.EXPERTS and (len(given.students) != 2 or len(design.arms) != 2):
        errors["students"] = ["Name one dense student beside the isolated expert, about as large."]
    if len(seeds) < MIN_SEEDS or len(set(seeds)) != len(seeds):
        errors["seeds"] = [
            f"Name at least {MIN_SEEDS} different seeds: one run cannot tell a difference from its own luck."
        ]
    elif not all(0 <= seed < 2**32 for seed in seeds):
        errors["seeds"] = ["A seed is a whole number from 0 to 4,294,967,295."]
    if not 1 <= design.epochs <= MAX_EPOCHS:
        errors["epochs"] = [f"Epochs are 1 to {MAX_EPOCHS}."]
    if len(design.places) > MAX_CELLS:
        errors["sizes"] = [f"The grid has {len(design.places)} cells; a study takes at most {MAX_CELLS}."]
    return errors


def _cloning_errors(design: StudyDesign) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if design.kind != StudyKind.CLONING:
        return errors
    if not any(arm.teacher for arm in design.arms):
        errors["teacher"] = ["Name the student whose logits are learnt: a larger one with the same tokenizer."]
    if design.metric == StudyMetric.NLL and any(arm.answer_alone for arm in design.arms):
        errors["metric"] = [
            "Texts with reasoning and without cannot be compared by their loss: score by values that are right."
        ]
    return errors


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(str(number) for number in numbers)
