"""Forecast of each part before anything is paid: its study, its cells, hours and dollars, or why it cannot run.

Writes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from evaluation.paper.parts import EPOCHS, FULL, LORA, SEEDS, PaperPart
from evaluation.states import StudyKind
from evaluation.studies import registration
from evaluation.studies.design import NORMAL, StudyRequest
from evaluation.studies.kinds import KINDS
from evaluation.studies.registration import SCORING_S
from generation.models import Teacher
from generation.money.figures import time_usd
from review.datasets import queries as datasets
from review.datasets.exports import UNJUDGED
from review.models import DatasetVersion
from review.states import Split
from training.costs import run_cost
from training.inputs import samples
from training.models import Student
from training.recipes.presets import PRESETS
from training.runs import host_memory, isolating
from training.runs.estimate import StudentSizes, estimate_run
from training.runs.forecast import HUB_NUMBER_BYTES
from training.sizing.profile import DeviceKind
from training.states import SampleOf
from training.students import catalogue
from web.errors import Refusal

# Assumed where nothing can be counted: tokens of a text with its prompt, and seconds of an evaluation and of an
# isolation.
ROW_TOKENS: Final = 700
EVALUATION_S: Final = 600.0
ISOLATION_S: Final = 3600.0
# Kinds that take all rows which every arm has.
WHOLE: Final = (StudyKind.FILTER, StudyKind.MINUTES, StudyKind.TRANSFER)


@dataclass(frozen=True)
class PaperData:
    """Rows and students of an order.

    Attributes:
        version: Frozen version of the order's task; None while its texts are still to be written or judged.
        others: Frozen versions of other tasks.
        absent: Hub ids that are not tuned, with the reason.
    """

    version: DatasetVersion | None
    others: tuple[DatasetVersion, ...] = ()
    absent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PaperRequest:
    """Choices of who orders a reproduction.

    Attributes:
        parts: Names of parts; all where empty.
        version: Frozen version; None to have the teacher's texts judged first.
        others: Frozen versions of other tasks, for parts that need one.
        left_out: Hub ids of students that are not tuned.
        judged_by_machine: Whether texts that a judge accepted under a rule count as approved.
    """

    budget_usd: Decimal
    parts: tuple[str, ...] = ()
    version: DatasetVersion | None = None
    teacher: Teacher | None = None
    others: tuple[DatasetVersion, ...] = ()
    left_out: tuple[str, ...] = ()
    judged_by_machine: bool = False

    @property
    def writes(self) -> bool:
        """Return whether a teacher writes texts first."""
        return self.version is None and self.teacher is not None

    @property
    def data(self) -> PaperData:
        return PaperData(self.version, self.others, dict.fromkeys(self.left_out, "left out by who ordered it."))


@dataclass(frozen=True)
class PartPlan:
    """Forecast of a part.

    Attributes:
        problem: Why it cannot run; empty where it can.
        to_fetch: Hub ids of students that are not registered yet.
        mixture: Mixture whose experts are not isolated yet.
        fingerprints: Cells that are not measured yet.
        seconds: Hours of a host, in seconds; None where only the engine can know.
    """

    part: PaperPart
    problem: str = ""
    to_fetch: tuple[str, ...] = ()
    mixture: Student | None = None
    request: StudyRequest | None = None
    version: DatasetVersion | None = None
    student: Student | None = None
    cells: int = 0
    fingerprints: frozenset[str] = frozenset()
    seconds: float | None = 0.0
    usd_per_hour: Decimal | None = None

    @property
    def usd(self) -> Decimal | None:
        """Return the dollars of its hours; None where the hours or a host's price are unknown."""
        if self.seconds is None or self.usd_per_hour is None:
            return None
        return time_usd(self.seconds, self.usd_per_hour)

    @property
    def reused(self) -> int:
        return self.cells - len(self.fingerprints) if self.request else 0


def forecast(parts: Sequence[PaperPart], data: PaperData) -> list[PartPlan]:
    """Forecast parts in their order; a cell that an earlier one measures is counted once."""
    counted: set[str] = set()
    plans = []
    for part in parts:
        plans.append(plan_part(part, data, counted=counted))
        counted |= plans[-1].fingerprints
    return plans


def plan_part(part: PaperPart, data: PaperData, *, counted: Collection[str] = ()) -> PartPlan:
    """Plan one part.

    Args:
        counted: Fingerprints of cells that earlier parts measure.
    """
    if part.kind is None:
        return PartPlan(part)
    hub_ids = tuple(hub_id for hub_id in part.hub_ids if hub_id not in data.absent)
    if problem := _problem(part, data, hub_ids):
        return PartPlan(part, problem)
    here, price = students_here(), run_cost.price_of()
    to_fetch = tuple(hub_id for hub_id in hub_ids if hub_id not in here)
    tuned = [hub_id for hub_id in part.students if hub_id in hub_ids]
    version = data.others[0] if part.elsewhere else data.version
    mixture = here.get(part.mixture)
    isolated = isolating.isolated(mixture, version) if mixture and version else []
    if to_fetch or version is None or (mixture and not isolated):
        cells, seconds = _guess(part, tuned)
        guess = PartPlan(part, to_fetch=to_fetch, cells=cells, seconds=seconds, usd_per_hour=price)
        return guess if to_fetch else replace(guess, version=version, mixture=mixture)
    students = [*isolated[:1], *(here[hub_id] for hub_id in tuned), *isolated[1:]]
    request = _request(part, version, [each.slug for each in students], here)
    student = students[0]
    try:
        laid = registration.plan_study(request, version=version, student=student, others=data.others)
    except Refusal as refusal:
        return PartPlan(part, f"{refusal.message} {refusal.hint}".strip())
    new = [cell for cell in laid.cells if cell.fingerprint not in laid.reused]
    times = [cell.train_s for cell in new if cell.fingerprint not in counted]
    evaluations_s = evaluations_of(part, tuned) * EVALUATION_S
    own_s = sum((each or 0.0) + SCORING_S for each in times)
    return PartPlan(
        part,
        request=request,
        version=version,
        student=student,
        cells=len(laid.cells),
        fingerprints=frozenset(cell.fingerprint for cell in new),
        seconds=None if None in times else own_s + evaluations_s,
        usd_per_hour=price,
    )


def students_here() -> dict[str, Student]:
    """Registered students by hub id, the newest of each.

    A folder of the same shape may hold other weights, so it stands for no model of a hub.
    """
    known = {model.hub_id.lower(): model.hub_id for model in catalogue.KNOWN_STUDENTS}
    students = Student.objects.exclude(hub_id="").order_by("created_at")
    return {known.get(student.hub_id.lower(), student.hub_id): student for student in students}


def compares_students(part: PaperPart) -> bool:
    return part.kind is not None and KINDS[part.kind].order_students is not None


def evaluations_of(part: PaperPart, tuned: Sequence[str]) -> int:
    """Count the runs of a part that are evaluated beside the teacher."""
    if not part.evaluates:
        return 0
    return len(part.arms) * (len(tuned) if compares_students(part) else 1)


def _problem(part: PaperPart, data: PaperData, hub_ids: Sequence[str]) -> str:
    if data.absent.keys() & {part.teacher, part.mixture} or not set(hub_ids) & set(part.students):
        reason = next(data.absent[hub_id] for hub_id in part.hub_ids if hub_id in data.absent)
        return f"No student of this part is here: {reason}"
    if (part.elsewhere or part.kind == StudyKind.TRANSFER) and not data.others:
        return "No frozen version of another task is named."
    return ""


def _request(
    part: PaperPart, version: DatasetVersion, slugs: Sequence[str], here: Mapping[str, Student]
) -> StudyRequest:
    assert part.kind is not None
    is_raw = part.kind == StudyKind.FILTER and datasets.file_of(version, Split.TRAIN, UNJUDGED) is not None
    return StudyRequest(
        kind=part.kind,
        preset=NORMAL,
        question=part.question,
        sizes=_sizes(part, version),
        seeds=SEEDS,
        epochs=EPOCHS,
        metric=part.metric,
        recipes={"lora": LORA, "full": FULL},
        students=tuple(slugs[1:]) if compares_students(part) else (),
        teacher=here[part.teacher].slug if part.teacher else "",
        raw=is_raw,
    )


def _sizes(part: PaperPart, version: DatasetVersion) -> tuple[int, ...]:
    """Sizes that the version holds, its whole in place of the first that it does not; empty for the study's own."""
    if part.kind in WHOLE:
        return ()
    try:
        rows = samples.rows_to_draw_from(version, SampleOf.ACCEPTED_OR_EDITED)
    except Refusal:
        return ()
    held = len({row.record for row in rows})
    most = min(held, part.sizes[-1])
    if part.kind != StudyKind.SAMPLES:
        return (most,)
    smaller = [size for size in part.sizes if size < most] or [most // 2]
    return (*smaller, most)


def _guess(part: PaperPart, tuned: Sequence[str]) -> tuple[int, float]:
    """Cells and seconds of a part whose texts or students are not here, from published shapes."""
    place: DeviceKind = "cuda" if host_memory.has_gpus_everywhere() else "cpu"
    cells, seconds = 0, evaluations_of(part, tuned) * EVALUATION_S + (ISOLATION_S if part.mixture else 0.0)
    for hub_id in tuned if compares_students(part) else tuned[:1]:
        model = catalogue.find_known(hub_id=hub_id)
        assert model is not None
        for preset in part.arms:
            for size in part.sizes:
                recipe = PRESETS[preset].recipe.model_copy(update={"epochs": EPOCHS})
                sizes = StudentSizes(model.shape, HUB_NUMBER_BYTES)
                run = estimate_run(sizes, recipe, [ROW_TOKENS] * size, device=place)
                cells += len(SEEDS)
                seconds += len(SEEDS) * (run.seconds + SCORING_S)
    return cells, seconds
