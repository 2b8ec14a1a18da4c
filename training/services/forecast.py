"""What a run would take, said before it is launched: trainable parameters, memory, time, disk; and how each is known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from review.models import DatasetVersion
from training import student_folder
from training.models import Student, TrainingRun
from training.recipes import Recipe
from training.selectors import data as tuning_data
from training.services import plans, preflight, students
from web.errors import Refusal

# English in a vocabulary of some thousand pieces, with its template; measured runs of the student replace it.
TOKENS_PER_CHARACTER: Final = 0.36
UNKNOWN_DISK_BYTES: Final = 1 << 30
MEASURED_RUNS: Final = 5
BASE_BYTES: Final = 400 << 20
GIB: Final = 1 << 30
CPU_FLOPS: Final = 3e10


@dataclass(frozen=True)
class Forecast:
    """What a run would take; None where only the engine can know. `notes` say how it is known."""

    rows: int
    epochs: int
    steps: int
    tokens: int
    characters: int
    trainable_parameters: int | None
    total_parameters: int | None
    memory_gib: float | None
    seconds: float | None
    disk_bytes: int
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """As it is kept with the run, shown on pages and given by the API."""
        total, trainable = self.total_parameters, self.trainable_parameters
        share = trainable / total if total and trainable is not None else None
        return {**asdict(self), "trainable_fraction": share}


def of_choice(
    *, dataset_version: DatasetVersion, student: Student, recipe: str, overrides: Mapping[str, Any] | None = None
) -> Forecast:
    """What the run of a launch form would take.

    Raises:
        Refusal: What `runs.launch` would refuse of the recipe and the rows.
    """
    composed = plans.compose(recipe, overrides, student)
    preflight.require_rows(dataset_version)
    return forecast(dataset_version=dataset_version, student=student, recipe=composed)


def forecast(*, dataset_version: DatasetVersion, student: Student, recipe: Recipe) -> Forecast:
    """What a run on a frozen version would take.

    Raises:
        Refusal: The version is not frozen, or the student's folder is not there any more.
    """
    files = tuning_data.of(dataset_version)
    if files is None:
        raise Refusal("not_frozen", f"{dataset_version} is not frozen yet.", status=409)
    earlier = _measured(student, recipe.method)
    per_character, length_note = _tokens_per_character(earlier)
    lengths = tuning_data.characters(files.train)
    row_tokens = [max(1, round(length * per_character)) for length in lengths]
    size, size_note = _size(student, recipe, row_tokens)
    tokens = sum(row_tokens) * recipe.epochs
    seconds, time_note = _time(earlier, tokens, size)
    return Forecast(
        rows=len(lengths),
        epochs=recipe.epochs,
        steps=math.ceil(len(lengths) / recipe.rows_per_step) * recipe.epochs,
        tokens=tokens,
        characters=sum(lengths),
        trainable_parameters=size.trainable_parameters if size else None,
        total_parameters=size.total_parameters if size else student.parameters,
        memory_gib=size.memory_gib if size else None,
        seconds=seconds,
        disk_bytes=size.disk_bytes if size else UNKNOWN_DISK_BYTES,
        notes=[note for note in (time_note, length_note, size_note) if note],
    )


def _measured(student: Student, method: str) -> list[TrainingRun]:
    """Earlier runs of this student by this method that ended well, newest first."""
    runs = TrainingRun.objects.filter(student=student, recipe__method=method).exclude(summary={})
    return list(runs.order_by("-created_at")[:MEASURED_RUNS])


def _tokens_per_character(earlier: Sequence[TrainingRun]) -> tuple[float, str]:
    for run in earlier:
        tokens, epochs, characters = run.summary["tokens"], run.summary["epochs"], run.estimate.get("characters")
        if tokens and epochs and characters:
            return tokens / epochs / characters, ""
    return TOKENS_PER_CHARACTER, "Tokens are guessed from the number of characters, until this student has had a run."


def _time(earlier: Sequence[TrainingRun], tokens: int, size: Size | None) -> tuple[float | None, str]:
    if earlier:
        newest = earlier[0]
        note = f"Time from {newest.name}: {newest.summary['tokens_per_s']:,.0f} tokens a second on {newest.summary['device']}."
        return tokens / newest.summary["tokens_per_s"], note
    if size is None:
        return None, "Nothing is known of this student's size before its first run; the engine reports it."
    return tokens / size.guessed_tokens_per_s, (
        "Time is guessed for two CPU cores, until this student has had a run; a GPU is ten to a hundred times faster."
    )


@dataclass(frozen=True)
class Size:
    """What a student and a recipe take, from the folder alone."""

    trainable_parameters: int
    total_parameters: int
    memory_gib: float
    disk_bytes: int
    guessed_tokens_per_s: float


def _size(student: Student, recipe: Recipe, row_tokens: Sequence[int]) -> tuple[Size | None, str]:
    folder = students.folder_of(student)
    if folder is None:
        return None, "A hub model's size is known once its first run has fetched it."
    shapes = student_folder.weight_shapes(folder)
    total = sum(math.prod(shape) for shape in shapes.values())
    if recipe.method == "full":
        trainable = total
    else:
        rank = recipe.rank_for(total)
        linear = [s for name, s in shapes.items() if len(s) == 2 and "embed" not in name and "lm_head" not in name]
        trainable = sum(rank * sum(shape) for shape in linear)
        total += trainable
    weights = total * 4 + trainable * 12
    longest = max(row_tokens) * recipe.batch_size
    memory = BASE_BYTES + weights + longest * math.sqrt(total) * 12
    return Size(trainable, total, memory / GIB, trainable * 4 * 8, CPU_FLOPS / (6 * total)), ""
