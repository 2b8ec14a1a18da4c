"""What a run would take, said before it is launched: parameters, memory, time, disk; and how each is known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from review.models import DatasetVersion
from training.estimate import Estimate, estimate
from training.models import Student, TrainingRun
from training.recipes import Recipe
from training.selectors import data as tuning_data
from training.selectors.data import RowOutline
from training.services import plans, preflight, room, students
from training.states import Device
from web.errors import Refusal

# English in a vocabulary of some thousand pieces, with its template; measured runs of the student replace it.
TOKENS_PER_CHARACTER: Final = 0.36
UNKNOWN_DISK_BYTES: Final = 1 << 30
MEASURED_RUNS: Final = 5
LOOKED_AT_RUNS: Final = 50
RECOMPUTED: Final = "Activations are recomputed on the way back, to save memory: about 30 % slower."


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
    *,
    dataset_version: DatasetVersion,
    student: Student,
    recipe: str,
    overrides: Mapping[str, Any] | None = None,
    device: str = Device.AUTO,
) -> Forecast:
    """What the run of a launch form would take.

    Raises:
        Refusal: What `runs.launch` would refuse of the recipe and the rows.
    """
    composed = plans.compose(recipe, overrides, student)
    preflight.require_device(device)
    preflight.require_quantising(composed, device)
    preflight.require_rows(dataset_version, composed.reads)
    return forecast(dataset_version=dataset_version, student=student, recipe=composed, device=device)


def forecast(
    *,
    dataset_version: DatasetVersion,
    student: Student,
    recipe: Recipe,
    device: str = Device.AUTO,
    rows: Sequence[RowOutline] | None = None,
) -> Forecast:
    """What a run on a frozen version, or on some of its training rows, would take.

    Raises:
        Refusal: The version is not frozen, the student's folder is not there any more, or no host's memory holds the
            run: with the nearest recipe that fits.
    """
    files = tuning_data.of(dataset_version, recipe.reads)
    if files is None:
        raise Refusal("not_frozen", f"{dataset_version} is not frozen yet.", status=409)
    lengths = [row.characters for row in (tuning_data.outlines(files.train) if rows is None else rows)]
    earlier = _measured(student, recipe)
    row_tokens, length_note = _tokens_of(lengths, earlier)
    # Of the newest runs the longest: one of a few steps has hardly warmed up when it ends.
    like = max(earlier, key=lambda run: int(run.summary["tokens"]), default=None)
    speed = like.summary["tokens_per_s"] if like else None
    guess, guess_note = _estimate(student, recipe, row_tokens, device=device, tokens_per_s=speed)
    tokens = sum(row_tokens) * recipe.epochs
    seconds = tokens / speed if speed else guess.seconds if guess else None
    return Forecast(
        rows=len(lengths),
        epochs=recipe.epochs,
        steps=math.ceil(len(lengths) / recipe.rows_per_step) * recipe.epochs,
        tokens=tokens,
        characters=sum(lengths),
        trainable_parameters=guess.trainable_parameters if guess else None,
        total_parameters=guess.total_parameters if guess else student.parameters,
        memory_gib=guess.peak_gib if guess else None,
        seconds=seconds,
        disk_bytes=guess.disk_bytes if guess else UNKNOWN_DISK_BYTES,
        notes=[
            note
            for note in (
                _too_long(row_tokens, recipe, student),
                _time_note(like, device, guess),
                length_note,
                guess_note,
            )
            if note
        ],
    )


def _too_long(row_tokens: Sequence[int], recipe: Recipe, student: Student) -> str:
    """A word about rows that the run would refuse, as far as characters tell; the engine counts tokens and names them."""
    longest = max(row_tokens, default=0)
    most = min(recipe.max_length, student.context_length or recipe.max_length)
    if longest <= most:
        return ""
    way_out = "Raise max_length" if most < (student.context_length or longest) else "Choose a student that reads more"
    count = sum(tokens > most for tokens in row_tokens)
    return (
        f"{count:,} of {len(row_tokens):,} rows look longer than {most:,} tokens, the longest about {longest:,}. Nothing "
        f"is cut: the run would refuse to begin. {way_out}, or leave these rows out."
    )


def _measured(student: Student, recipe: Recipe) -> list[TrainingRun]:
    """Earlier runs of this student, by this method and objective, that ended well, newest first."""
    runs = TrainingRun.objects.filter(student=student, recipe__method=recipe.method).exclude(summary={})
    newest = runs.order_by("-created_at")[:LOOKED_AT_RUNS]
    return [run for run in newest if run.objective == recipe.objective][:MEASURED_RUNS]


def _tokens_of(lengths: Sequence[int], earlier: Sequence[TrainingRun]) -> tuple[list[int], str]:
    """Tokens of each row, from its characters; and how the one follows from the other."""
    per_character, note = TOKENS_PER_CHARACTER, "Tokens are guessed from characters, until this student has had a run."
    for run in earlier:
        tokens, epochs, characters = run.summary["tokens"], run.summary["epochs"], run.estimate.get("characters")
        if tokens and epochs and characters:
            per_character, note = tokens / epochs / characters, ""
            break
    return [max(1, round(length * per_character)) for length in lengths], note


def _estimate(
    student: Student, recipe: Recipe, row_tokens: Sequence[int], *, device: str, tokens_per_s: float | None
) -> tuple[Estimate | None, str]:
    folder = students.folder_of(student)
    if folder is None:
        return None, "A hub model's memory and time are known once a run has fetched it."
    try:
        # Where a GPU will be taken is not known here; on a CPU a run needs most time and no less memory.
        on: Literal["cpu", "cuda"] = "cuda" if device == Device.CUDA else "cpu"
        room.require(folder, recipe, row_tokens, device=device)
        memory = room.places(device).get(on)
        guess = estimate(folder, recipe, row_tokens, device=on, tokens_per_s=tokens_per_s, memory_bytes=memory)
        return guess, RECOMPUTED if guess.checkpoints else ""
    except (OSError, ValueError) as error:
        return None, f"Memory and time cannot be told beforehand: {error}."


def _time_note(like: TrainingRun | None, device: str, guess: Estimate | None) -> str:
    if like:
        speed, where = like.summary["tokens_per_s"], like.summary["device"]
        return f"Time from {like.name}: {speed:,.0f} tokens a second on {where}."
    if guess is None:
        return ""
    place = "a GPU" if device == Device.CUDA else "two CPU cores"
    return f"Time is worked out for {place} and may be off by half, until this student has had a run."
