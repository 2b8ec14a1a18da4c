"""Forecast of a run, before it is launched: parameters, memory, time, disk; and how each is known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from jobs.rundir.machine import GIB
from training.inputs import tuning_data
from training.inputs.tuning_data import RowOutline
from training.models import Student, TrainingRun
from training.recipes.schema import Recipe, Toggle
from training.runs import compose_recipe, host_memory, preflight
from training.runs.estimate import START_S, RunEstimate, StudentSizes, devices_of, estimate_run, sizes_of
from training.runs.run_request import RunRequest
from training.sizing.profile import DeviceKind as Place
from training.states import Device
from training.students import queries as student_selectors
from training.students import registration
from web.errors import Refusal

# English in a vocabulary of some thousand pieces, with its template; measured runs of the student replace it.
TOKENS_PER_CHARACTER: Final = 0.36
UNKNOWN_DISK_BYTES: Final = 1 << 30
# Students in common use are published in bf16.
HUB_NUMBER_BYTES: Final = 2
MEASURED_RUNS: Final = 5
RUNS_CONSIDERED: Final = 50
RECOMPUTED: Final = "Activations are recomputed on the way back, to save memory: about 30 % slower."


@dataclass(frozen=True)
class Forecast:
    """Forecast of what a run would take; None where only the engine can know. `notes` say how it is known.

    `memory_gib` is what the run will measure of itself on `memory_on` (`cpu` or `cuda`), `needed_gib` what that device
    must have for it, `fp32_memory_gib` what the same run would measure in fp32, where it is not to compute in that.
    """

    rows: int
    epochs: int
    steps: int
    tokens: int
    characters: int
    trainable_parameters: int | None
    total_parameters: int | None
    memory_gib: float | None
    needed_gib: float | None
    fp32_memory_gib: float | None
    memory_on: str
    seconds: float | None
    disk_bytes: int
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        total, trainable = self.total_parameters, self.trainable_parameters
        share = trainable / total if total and trainable is not None else None
        return {**asdict(self), "trainable_fraction": share}


def forecast_of_form(request: RunRequest, *, recipe: str, overrides: Mapping[str, Any] | None = None) -> Forecast:
    """Forecast what the run of a launch form would take.

    Raises:
        Refusal: What `launch_run.launch` would refuse of the recipe and the rows.
    """
    composed = compose_recipe.compose(recipe, overrides, request.student)
    preflight.require_device(request.device)
    preflight.require_quantising(composed, request.device)
    preflight.require_rows(request.dataset_version, composed.reads)
    return forecast(request, recipe=composed)


def forecast(request: RunRequest, *, recipe: Recipe, rows: Sequence[RowOutline] | None = None) -> Forecast:
    """Forecast what a run on a frozen version, or on some of its training rows, would take.

    Raises:
        Refusal: The version is not frozen, the student's folder is not there any more, or no host's memory holds the
            run: with the nearest recipe that fits.
    """
    version, student, teacher = request.dataset_version, request.student, request.teacher
    files = tuning_data.tuning_data_of(version, recipe.reads)
    if files is None:
        raise Refusal("not_frozen", f"{version} is not frozen yet.", status=409)
    lengths = [row.characters for row in (tuning_data.outlines(files.train) if rows is None else rows)]
    earlier = _measured(student, recipe)
    row_tokens, length_note = _tokens_of(lengths, earlier)
    place = _place(recipe, request.device)
    # Without a pass no token is read, and no speed tells the time.
    measured = earlier if recipe.epochs else []
    timed = [run for run in measured if run.summary["device"] == place or _may_be_elsewhere(place, request.device)]
    # Of the newest runs on as many devices the longest: one of a few steps has hardly warmed up when it ends.
    like = max(timed, key=lambda run: (_processes(run) == recipe.processes, int(run.summary["tokens"])), default=None)
    speed = _speed_on(like, recipe) if like else None
    plan = _EstimateInputs(
        student, recipe, row_tokens, request.device, place, teacher if recipe.objective == "distil" else None
    )
    guess, guess_note = _estimate(plan, tokens_per_s=speed)
    plain = _in_fp32(plan) if guess else None
    tokens = sum(row_tokens) * recipe.epochs
    around_s = _around_steps_s(like, tokens) if like else 0.0
    seconds = around_s + tokens / speed if speed else guess.seconds if guess else None
    return Forecast(
        rows=len(lengths),
        epochs=recipe.epochs,
        steps=math.ceil(len(lengths) / recipe.rows_per_step) * recipe.epochs,
        tokens=tokens,
        characters=sum(lengths),
        trainable_parameters=guess.trainable_parameters if guess else None,
        total_parameters=guess.total_parameters if guess else student.parameters,
        memory_gib=guess.peak_gib if guess else None,
        needed_gib=guess.needed_bytes / GIB if guess else None,
        fp32_memory_gib=plain.peak_gib if plain else None,
        memory_on=place,
        seconds=seconds,
        disk_bytes=guess.disk_bytes if guess else UNKNOWN_DISK_BYTES,
        notes=[
            note
            for note in (
                _too_long(row_tokens, recipe, [student] if teacher is None else [student, teacher]),
                _time_note(like, place, guess, around_s),
                length_note,
                guess_note,
                _published_note(student),
                _teacher_note(recipe, teacher),
            )
            if note
        ],
    )


def _too_long(row_tokens: Sequence[int], recipe: Recipe, readers: Sequence[Student]) -> str:
    """Warn of rows that look too long by characters; the engine counts tokens and names them."""
    longest = max(row_tokens, default=0)
    context = min((reader.context_length for reader in readers if reader.context_length), default=longest)
    most = min(recipe.max_length, context)
    if longest <= most:
        return ""
    more = "Choose a student that reads more" if len(readers) == 1 else "Choose a student and a teacher that read more"
    way_out = "Raise max_length" if most < context else more
    count = sum(tokens > most for tokens in row_tokens)
    return (
        f"{count:,} of {len(row_tokens):,} rows look longer than {most:,} tokens, the longest about {longest:,}. "
        f"Nothing is cut: the run would refuse to begin. {way_out}, or leave these rows out."
    )


def _measured(student: Student, recipe: Recipe) -> list[TrainingRun]:
    """Earlier successful runs of this student, by this method and objective, newest first."""
    runs = TrainingRun.objects.filter(student_id=student.pk, recipe__method=recipe.method).exclude(summary={})
    newest = runs.select_related("task").order_by("-created_at")[:RUNS_CONSIDERED]
    return [run for run in newest if run.objective == recipe.objective and run.summary["tokens"]][:MEASURED_RUNS]


def _processes(run: TrainingRun) -> int:
    return int(run.summary.get("processes") or 1)


def _speed_on(run: TrainingRun, recipe: Recipe) -> float:
    """Return tokens a second of a recipe on its own devices, by what an earlier run measured on its devices."""
    device = run.summary["device"]
    measured = devices_of(device, processes=_processes(run), hosts=run.recipe.get("hosts", 1))
    devices = devices_of(device, processes=recipe.processes, hosts=recipe.hosts)
    return float(run.summary["tokens_per_s"]) / measured * devices


def _around_steps_s(run: TrainingRun, tokens: int) -> float:
    """Seconds that a host is held beside the steps: a start, and validating and writing, which grow with the tokens."""
    measured = int(run.summary["tokens"])
    held_s = float(run.cost.get("host_seconds") or 0) / int(run.recipe.get("hosts", 1))
    more_s = max(0.0, held_s - START_S - measured / float(run.summary["tokens_per_s"]))
    return START_S + more_s * tokens / measured


def _tokens_of(lengths: Sequence[int], earlier: Sequence[TrainingRun]) -> tuple[list[int], str]:
    per_character, note = TOKENS_PER_CHARACTER, "Tokens are guessed from characters, until this student has had a run."
    for run in earlier:
        tokens, epochs, characters = run.summary["tokens"], run.summary["epochs"], run.estimate.get("characters")
        if epochs and characters:
            per_character, note = tokens / epochs / characters, ""
            break
    return [max(1, round(length * per_character)) for length in lengths], note


@dataclass(frozen=True)
class _EstimateInputs:
    student: Student
    recipe: Recipe
    row_tokens: Sequence[int]
    device: str
    place: Place
    teacher: Student | None

    def estimate(self, sizes: StudentSizes, *, tokens_per_s: float | None = None) -> RunEstimate:
        return estimate_run(
            sizes,
            self.recipe,
            self.row_tokens,
            device=self.place,
            tokens_per_s=tokens_per_s,
            memory_bytes=host_memory.largest_memories(self.device).get(self.place),
            beside_bytes=host_memory.teacher_bytes(self.teacher, self.recipe, self.place),
        )


def _place(recipe: Recipe, device: str) -> Place:
    """GPU, if required or on every host; else a CPU, which takes longest."""
    if device == Device.CPU:
        return "cpu"
    takes_gpu = device == Device.CUDA or recipe.quantise != "none" or recipe.dtype == "fp16"
    return "cuda" if takes_gpu or host_memory.has_gpus_everywhere() else "cpu"


def _may_be_elsewhere(place: Place, device: str) -> bool:
    """Return whether a run that is forecast for a CPU may come to a GPU, as far as hosts are known."""
    memories = host_memory.largest_memories(device)
    return place == "cpu" and device == Device.AUTO and (not memories or "cuda" in memories)


def _estimate(plan: _EstimateInputs, *, tokens_per_s: float | None) -> tuple[RunEstimate | None, str]:
    try:
        sizes = _sizes_of(plan.student)
        if sizes is None:
            return None, "Memory and time of this hub model are known once a run has downloaded it."
        shape, device, teacher = sizes.shape, plan.device, plan.teacher
        host_memory.require_memory(shape, plan.recipe, plan.row_tokens, device=device, teacher=teacher)
        guess = plan.estimate(sizes, tokens_per_s=tokens_per_s)
        return guess, RECOMPUTED if guess.checkpoints else ""
    except (OSError, ValueError) as error:
        return None, f"Memory and time cannot be estimated: {error}."


def _sizes_of(student: Student) -> StudentSizes | None:
    """Sizes by a student's folder, or by the published shape of a hub student in common use; None for any other."""
    if (folder := registration.folder_of(student)) is not None:
        return sizes_of(folder)
    published = student_selectors.known_student(student)
    return StudentSizes(published.shape, HUB_NUMBER_BYTES) if published else None


def _published_note(student: Student) -> str:
    published = student_selectors.known_student(student)
    return f"{published.name}: {published.template}. Licence: {published.licence}." if published else ""


def _in_fp32(plan: _EstimateInputs) -> RunEstimate | None:
    """Estimate of the same run in fp32, with its recomputation; None where it is fp32."""
    sizes, recipe = _sizes_of(plan.student), plan.recipe
    is_half = recipe.dtype != "fp32" if plan.place == "cuda" else recipe.dtype == "bf16"
    if sizes is None or not is_half or recipe.quantise != "none":
        return None
    recomputes: Toggle = "on" if plan.estimate(sizes).checkpoints else "off"
    plain = recipe.model_copy(update={"dtype": "fp32", "gradient_checkpointing": recomputes})
    return replace(plan, recipe=plain).estimate(sizes)


def _teacher_note(recipe: Recipe, teacher: Student | None) -> str:
    if recipe.objective != "distil":
        return ""
    if teacher is None:
        return "The teacher's memory comes on top, once one is chosen."
    return "" if teacher.parameters else "The teacher's memory comes on top; it is known once a run has downloaded it."


def _time_note(like: TrainingRun | None, on: Place, guess: RunEstimate | None, around_s: float) -> str:
    if like:
        speed, where = like.summary["tokens_per_s"], like.summary["device"]
        return (
            f"Time from {like}: {speed:,.0f} tokens a second on {where}, and {around_s:,.0f} s to start, validate and "
            "write."
        )
    if guess is None:
        return ""
    place = "a GPU" if on == "cuda" else "two CPU cores"
    return f"Time is worked out for {place} and may be off by half, until this student has had a run."
