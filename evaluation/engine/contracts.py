"""Input of the evaluation engine (`spec.body`) and its report (`result.summary`, `outputs.jsonl`).

Paths of files are relative to the run directory; a student's folder is absolute. Pydantic only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

from pydantic import Field

from review.spec.task_spec import TaskSpec
from training.engine.contracts import Part, StudentRef

# Raised when a model is asked, or a score is taken, in another way: older texts and scores are not set beside newer
# ones.
SCORING_VERSION: Final = 2


class HeldOutRecord(Part):
    """A record held out of training; `company` is the one it is about, empty where the record stands for itself."""

    id: str
    company: str = ""
    facts: dict[str, Any]


class GoldText(Part):
    """Text that an expert let stand for a held-out record: the reference of the scores that need one."""

    record: str
    completion: str


def first_texts(golds: Sequence[GoldText]) -> dict[str, str]:
    """Return the text that counts for each record: its first."""
    return {gold.record: gold.completion for gold in reversed(golds)}


class ShownExample(Part):
    """A record that was trained on, and what an expert let stand for it."""

    facts: dict[str, Any]
    fields: dict[str, Any]


class ShownExamples(Part):
    """Examples that a prompt for one record may show, the most alike first."""

    record: str
    examples: list[ShownExample]


class System(Part):
    """One model that writes for the records: a base alone, or a base with what a run made of it.

    `tuned` is a folder inside the run directory: adapter files for `lora`, a whole model for `full`. A base that is a
    baseline is asked with the teacher's prompt, and with examples where `shown` has some; it is told apart from the
    bare base by its kind, and has no likelihood of golds.
    """

    name: str
    student: StudentRef
    method: Literal["base", "lora", "full"]
    tuned: str | None = None
    kind: Literal["", "baseline"] = ""
    audience: Literal["student", "teacher"] = "student"
    shown: list[ShownExamples] = Field(default_factory=list)


class ExistingText(Part):
    """A text that exists already: of the teacher, or of a system that another evaluation had write.

    `text` is what was written where it had not the task's shape. `scores` holds what only the model itself could tell,
    such as `gold_nll_per_byte`; the rest is scored again.
    """

    record: str
    fields: dict[str, Any] | None = None
    text: str = ""
    error: str = ""
    seconds: float = 0.0
    cost_usd: float = 0.0
    tokens: int = 0
    scores: dict[str, float] = Field(default_factory=dict)


class ExistingSystem(Part):
    """A system whose texts exist already; it is scored, not run."""

    name: str
    method: Literal["teacher", "base", "lora", "full", "baseline"]
    outputs: list[ExistingText]
    general_nll_per_byte: float | None = None
    general_passages: list[float] = Field(default_factory=list)


class EvaluationSpec(Part):
    task: TaskSpec
    records: list[HeldOutRecord] = Field(min_length=1)
    golds: list[GoldText] = Field(default_factory=list)
    systems: list[System] = Field(min_length=1)
    written: list[ExistingSystem] = Field(default_factory=list)
    max_new_tokens: int = Field(512, ge=1, le=8192)
    batch_size: int = Field(32, ge=1, le=1024)
    draws: int = Field(2000, ge=100, le=100_000)
    # Of every interval of a metric and of a difference; precision and recall by label stay at 0.95.
    level: float = Field(0.95, ge=0.95, lt=1)
    # Whether no verdict may be read off it: a look at the test split beyond those that were planned.
    is_exploratory: bool = False
    seed: int = Field(1, ge=0)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    # What an hour of this host costs; a local output costs its share of it.
    host_usd_per_hour: float = Field(0.0, ge=0)
    allowed_roots: list[str] = Field(default_factory=list)
    # What a reader must know of the inputs, in sentences.
    notes: list[str] = Field(default_factory=list)


class GeneralLoss(Part):
    """The loss on a plain text: nats per byte, and nats by passage, empty where the tokenizer does not tell places."""

    nll_per_byte: float
    passages: list[float] = Field(default_factory=list)


class ScoredOutput(Part):
    """One line of `outputs.jsonl`: what a system wrote for a record, with its scores."""

    system: str
    record: str
    text: str
    fields: dict[str, Any] | None
    error: str
    marks: list[dict[str, Any]]
    seconds: float
    cost_usd: float
    tokens: int
    scores: dict[str, float]
    # Whether the prompt left no room for an answer in the student's context, or the answer ran into its end.
    is_unfit: bool = False
    is_cut: bool = False


class MetricInterval(Part):
    """A mean with its 95 % interval over n records of so many companies; without one when they are too few."""

    mean: float
    low: float | None
    high: float | None
    n: int
    companies: int | None = None


class Difference(Part):
    """`of` minus `against`, on the records both have."""

    of: str
    against: str
    metric: str
    value: MetricInterval


class LabelRow(Part):
    """Scores of one label of a field: precision and recall with their intervals, absent where nothing counts."""

    label: str
    support: int
    predicted: int
    precision: MetricInterval | None
    recall: MetricInterval | None
    f1: float


class LabelReport(Part):
    """Report of how a system tells the labels of one field.

    `counts[i][j]` outputs said label j where label i is right; the last column counts those that said none.
    """

    field: str
    labels: list[str]
    counts: list[list[int]]
    rows: list[LabelRow]


class EvaluationReport(Part):
    """`result.summary`: every metric of every system, and the differences that matter."""

    records: int
    with_gold: int
    systems: dict[str, dict[str, MetricInterval]]
    # NLL per byte on a fixed general text: what a system forgot shows here.
    general_nll_per_byte: dict[str, float]
    # Nats on each passage of that text, by system; what an interval of the change rests on. Absent where places of
    # tokens are not told.
    general_passages: dict[str, list[float]] = Field(default_factory=dict)
    distinct: dict[str, dict[str, float]]
    differences: list[Difference]
    # By system; a report for each field that says one of several labels.
    labels: dict[str, list[LabelReport]] = Field(default_factory=dict)
    seconds: float
    # Prompts that a local system had in hand at once: its outputs' seconds are shares of that time.
    batch_size: int | None = None
    # Where each system wrote in this evaluation: `cpu` or `cuda`; what another evaluation wrote is not in it.
    devices: dict[str, str] = Field(default_factory=dict)
    # What a reader must know of how it was measured, in sentences.
    notes: list[str] = Field(default_factory=list)
    level: float = 0.95
    is_exploratory: bool = False
    measured_as: int = SCORING_VERSION
