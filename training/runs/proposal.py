"""Proposal of a student for a task, with its reason: an encoder for labels, a small writer for text. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from jobs.rundir.machine import GIB
from jobs.secrets import store
from review.models import DatasetVersion, Task
from training.inputs import heads, tuning_data
from training.inputs.tuning_data import RowOutline
from training.models import Student, TrainingRun
from training.recipes.architecture import kind_of_family
from training.runs import forecast, host_memory
from training.runs.estimate import StudentSizes, estimate_run
from training.sizing.profile import DeviceKind
from training.states import Device, RunPurpose, StudentSource
from training.students import catalogue
from training.students import queries as student_queries
from training.students.catalogue import SMALL_WRITERS, KnownStudent
from training.students.registration import HUB_TOKEN
from training.students.shipped import SHIPPED, recipe_of

# Writers in the order of one published comparison of fifteen models on nine tasks, each tuned alike, and its address.
COMPARED: Final = (
    "Qwen/Qwen3-8B",
    "meta-llama/Llama-3.2-3B-Instruct",
    "Qwen/Qwen3-1.7B",
    "Qwen/Qwen3-0.6B",
)
COMPARISON: Final = "distillabs.ai/blog/what-small-language-model-is-best-for-fine-tuning"
# Encoders by published comparisons: of English alone, and of many languages (arXiv 2509.06888).
ENGLISH: Final = ("answerdotai/ModernBERT-base",)
OF_MANY_LANGUAGES: Final = ("jhu-clsp/mmBERT-base", "jhu-clsp/mmBERT-small", "FacebookAI/xlm-roberta-base")
# Longer than this nobody waits for a first miniature.
WITHIN_S: Final = 3600


@dataclass(frozen=True)
class StudentChoice:
    """A small writer of a hub, and what tuning it here on the rows of a version would take.

    Attributes:
        student: It, as registered here; None where it has to be downloaded first.
        seconds: Forecast of a run by its first recipe; None without rows.
        is_too_large: Whether no host has the memory.
        is_locked: Whether its licence must be accepted on the hub, and no token is set here.
    """

    known: KnownStudent
    student: Student | None
    download_bytes: int
    memory_gib: float | None
    seconds: float | None
    is_too_large: bool
    is_locked: bool

    @property
    def is_quick(self) -> bool:
        return not self.is_too_large and (self.seconds is None or self.seconds <= WITHIN_S)


@dataclass(frozen=True)
class Proposal:
    """The student that suits a task.

    Attributes:
        student: A registered one; None where `download` names one to fetch first, or nothing suits.
        recipe: Name of the preset that suits it.
        download: The choice to fetch.
        choices: Small writers to choose from, the smallest first; empty for a task of labels.
    """

    reason: str
    student: Student | None = None
    recipe: str = "paper-lora"
    download: StudentChoice | None = None
    choices: tuple[StudentChoice, ...] = ()


def propose(task: Task, version: DatasetVersion | None) -> Proposal:
    """Propose a student for a task.

    The student that comes with the product to write the demo's mails is proposed only where the task's last run tuned
    it.

    Args:
        version: A frozen version, whose rows time and memory are forecast for; None for no forecast.
    """
    newest = task.versions.order_by("-number").first()
    reason = heads.why_no_heads(newest.spec.without_reasoning()) if newest else ""
    last = TrainingRun.objects.filter(task=task, purpose=RunPurpose.MINIATURE).select_related("student").first()
    students = list(student_queries.all_students())
    if not reason:
        return _of_labels(students, last, newest.spec.language if newest else "en")
    choices = _choices(version, students)
    if last and not _is_encoder(last.student):
        recipe = recipe_of(last.student.slug) or "paper-lora"
        return Proposal("The last run of this task tuned it.", last.student, recipe, choices=choices)
    return _of_text(reason, students, choices, rows=len(_outlines(version)))


def _of_labels(students: Sequence[Student], last: TrainingRun | None, language: str) -> Proposal:
    reason = "All answers are labels, numbers, or yes and no: an encoder gives them at a small part of a writer's cost."
    encoders = [each for each in students if _is_encoder(each)]
    suited = ENGLISH if language.startswith("en") else OF_MANY_LANGUAGES
    encoders.sort(key=lambda e: (e != (last and last.student), e.hub_id not in suited, e.slug in SHIPPED))
    if not encoders:
        best = f"{suited[0]} did best in published comparisons for the task's language ({language})"
        return Proposal(f"{reason} Register one under Students; {best}.", recipe="classifier")
    return Proposal(reason, encoders[0], recipe_of(encoders[0].slug) or "classifier")


def _of_text(reason: str, students: Sequence[Student], choices: tuple[StudentChoice, ...], *, rows: int) -> Proposal:
    own = [each for each in students if not _is_encoder(each) and each.source != StudentSource.DEMO]
    if own:
        newest = max(own, key=lambda each: each.created_at)
        return Proposal("Some answers are text, and this student writes.", newest, choices=choices)
    open_ones = [each for each in choices if not each.is_locked]
    quick = [each for each in open_ones if each.is_quick]
    best = quick[-1] if quick else open_ones[0]
    size = "largest" if quick else "smallest"
    time = f" within an hour on your {rows:,} rows" if quick and rows else ""
    what = f"tunes{time}" if quick else "could tune at all"
    return Proposal(
        f"Some answers are text ({reason.rpartition(': ')[2]}), so the student must write. {best.known.name} is the "
        f"{size} of these small models that this machine {what}.{_compared()}",
        download=best,
        choices=choices,
    )


def _compared() -> str:
    """Name the best writer of a published comparison that a GPU here can tune; empty without a GPU."""
    memory_bytes = host_memory.largest_memories(Device.AUTO).get("cuda") or 0
    compared = (catalogue.find_known(hub_id=hub_id) for hub_id in COMPARED)
    best = next((each for each in compared if each and each.lora_gib[0] * GIB <= memory_bytes), None)
    return f" Of writers compared alike ({COMPARISON}), {best.name} is the best that a GPU here tunes." if best else ""


def _choices(version: DatasetVersion | None, students: Sequence[Student]) -> tuple[StudentChoice, ...]:
    by_hub_id = {each.hub_id: each for each in students if each.hub_id}
    known = (each for each in catalogue.KNOWN_STUDENTS if each.hub_id in SMALL_WRITERS)
    tokens = [max(1, round(row.characters * forecast.TOKENS_PER_CHARACTER)) for row in _outlines(version)]
    device: DeviceKind = "cuda" if tokens and host_memory.has_gpus_everywhere() else "cpu"
    memory_bytes = host_memory.largest_memories(Device.AUTO).get(device) if tokens else None
    has_token = store.is_set(HUB_TOKEN)
    choices = []
    for each in sorted(known, key=lambda student: student.parameters):
        sizes, recipe = StudentSizes(each.shape, forecast.HUB_NUMBER_BYTES), each.presets[0].recipe
        guess = estimate_run(sizes, recipe, tokens, device=device, memory_bytes=memory_bytes) if tokens else None
        choices.append(
            StudentChoice(
                each,
                by_hub_id.get(each.hub_id),
                SMALL_WRITERS[each.hub_id],
                memory_gib=guess.needed_bytes / GIB if guess else None,
                seconds=guess.seconds if guess else None,
                is_too_large=bool(guess and memory_bytes and guess.needed_bytes > memory_bytes),
                is_locked=each.is_gated and not has_token,
            )
        )
    return tuple(choices)


def _outlines(version: DatasetVersion | None) -> Sequence[RowOutline]:
    files = tuning_data.tuning_data_of(version) if version is not None else None
    return tuning_data.outlines(files.train) if files else ()


def _is_encoder(student: Student) -> bool:
    return kind_of_family(student.model_type) == "encoder"
