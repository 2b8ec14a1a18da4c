"""Parts of a kind of study: its grid, its rule, its words and its inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from evaluation.states import StudyMetric
from evaluation.studies import arms
from evaluation.studies.arm_sentences import Sentence
from evaluation.studies.cloning_inputs import CloningInputs
from evaluation.studies.design import (
    MIN_SEEDS,
    SCORED_RECORDS,
    SMALL,
    SMALL_RECORDS,
    StudyArm,
    StudyDesign,
    StudyInputs,
    StudyRequest,
)
from evaluation.studies.results import CellResult
from review.models import DatasetVersion
from review.spec.task_spec import TaskSpec
from training.models import Student
from training.students.shipped import ShippedStudent
from web.errors import Refusal

# Largest ratio of parameters of students that count as equal in size.
LIKE_SIZE: Final = 1.25
Errors = dict[str, list[str]]
Rule = Mapping[str, Any]
# Numbers in the rules of most kinds.
USUAL: Final[Rule] = {"unstable_above": 0.2, "draws": 2000, "level": 0.95, "seed": 1}
Conclusion = Callable[[Sequence[CellResult], Rule, Mapping[str, Any]], dict[str, Any]]


class Retrieval(NamedTuple):
    """Parts of a registration: `scoring` is copied into every cell's plan, `rule` into the decision rule."""

    scoring: Mapping[str, Any] = {}
    rule: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Grid:
    """Request and inputs that determine the arms."""

    request: StudyRequest
    inputs: StudyInputs

    @property
    def own(self) -> ShippedStudent | None:
        """Return the first shipped student that writes; it has recipes of its own."""
        inputs = self.inputs
        writers = (slug for slug in inputs.students if slug in inputs.shipped and slug not in inputs.encoders)
        return next((inputs.shipped[slug] for slug in writers), None)

    @property
    def lora(self) -> str:
        return self.request.recipes.get("lora") or (self.own.recipe if self.own else "modern-lora")

    @property
    def most(self) -> int:
        """Return the number of records of an arm of one size."""
        return min(self.inputs.common, SMALL_RECORDS) if self.request.preset == SMALL else self.inputs.common

    def lora_of(self, slug: str) -> str:
        own = self.inputs.shipped[slug].recipe if slug in self.inputs.shipped else ""
        if slug in self.inputs.encoders:
            return self.request.recipes.get("encoder") or own or "classifier-lora"
        return self.request.recipes.get("lora") or own or "modern-lora"


def by_size(students: list[Student]) -> list[Student]:
    """Sort students by size, the largest last."""
    return sorted(students, key=lambda each: (each.parameters or 0, each.slug))


def alike(students: list[Student]) -> list[Student]:
    """Put the study's own student last; refuse students over a quarter apart in parameters, for size would decide.

    Raises:
        Refusal: 400.
    """
    sizes = sorted(each.parameters or 0 for each in students)
    if sizes[-1] > LIKE_SIZE * sizes[0]:
        message = f"The students have {sizes[0]:,} and {sizes[-1]:,} parameters, so size would decide."
        hint = "Choose students within a quarter of each other's size."
        raise Refusal("unlike_sizes", message, hint=hint, status=400, errors={"students": [message]})
    return students[::-1]


def against_largest(design: StudyDesign) -> Rule:
    """Compare each arm with the last one, from the second largest downwards."""
    *smaller, largest = design.arms
    return {"comparisons": [[arm.name, largest.name] for arm in reversed(smaller)]}


def by_arms(sentence: Sentence, **how: Any) -> Conclusion:
    """Return a conclusion that compares arms in the registered order."""
    return lambda cells, rule, record: arms.conclude(cells, rule, sentence, **how)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of study.

    Attributes:
        axis: Heading over the columns of cells.
        arms: Function that returns the ways of tuning.
        rule: Registered rule, in words and numbers; `rule_of` returns the design's changes to it.
        share_text: Text of the rule for a share of outputs; empty where a sentence on shares is added instead.
        conclude: Function from finished cells, the registered rule and the whole registration to the verdict.
        findings: Findings that the paper reports.
        gain: Words on the gain to detect; where empty, `loses_nothing` holds a subject and a predicate.
        sizes: Sizes of the grid, where arms do not all have one size.
        errors: Function that returns messages by field.
        small_seeds: Seeds of the small grid; a request names at least `least_seeds`.
        metric: Only metric of the kind, where it has one.
        sides: Sides of a comparison that have seeds; `groups` counts groups of cells, where there are more.
        order_students: Order of several compared students; None where a single student is tuned.
        needs_rejected: Consequence of having no rejected draft, in words; empty where none is needed.
        more_inputs: Inputs of the grid that are read from the version.
        cloning: Further inputs that the request names.
        retrieve: Search of passages for each scored claim.
        sized_arms: Arms with one student each, for the paper's contradictions.
        note: Words added to the rule of a registration.
    """

    name: str
    question: str
    axis: str
    arms: Callable[[Grid], tuple[StudyArm, ...]]
    rule: Rule
    rule_of: Callable[[StudyDesign], Rule] = lambda design: {}
    share_text: str = ""
    conclude: Conclusion
    findings: tuple[str, ...] = ()
    gain: str = ""
    smallest: str = "gain"
    loses_nothing: tuple[str, str] = ("", "")
    beyond: str = ""
    sizes: Callable[[Grid], tuple[int, ...]] = lambda grid: grid.request.sizes or (grid.most,)
    errors: Callable[[Grid, StudyDesign], Errors] = lambda grid, design: {}
    small_seeds: tuple[int, ...] = (1, 2)
    least_seeds: int = MIN_SEEDS
    metric: StudyMetric | None = None
    scored_records: int = SCORED_RECORDS
    sides: int = 2
    groups: int | None = None
    is_by_size: bool = False
    is_by_minutes: bool = False
    is_across_tasks: bool = False
    counts_outputs: bool = False
    tells_scatter: bool = True
    order_students: Callable[[list[Student]], list[Student]] | None = None
    tunes_one_too: bool = False
    needs_rejected: str = ""
    takes_raw: bool = False
    more_inputs: Callable[[StudyRequest, DatasetVersion], Mapping[str, Any]] = lambda request, version: {}
    cloning: Callable[[StudyRequest, DatasetVersion, Student], CloningInputs] = lambda request, version, student: (
        CloningInputs()
    )
    retrieve: Callable[[DatasetVersion, TaskSpec, Sequence[str]], Retrieval] = lambda version, spec, scored: Retrieval()
    sized_arms: Callable[[Mapping[str, Any]], set[str]] | None = None
    note: Callable[[Rule], str] = lambda rule: ""
