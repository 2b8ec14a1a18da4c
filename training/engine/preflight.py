"""Inputs that a run knows before it reads a weight: its student's config and tokenizer, its teacher's, and its rows.

It takes no device: what cannot work is refused here, for nothing. A recipe that the student cannot follow is refused
before rows are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jobs.rundir import RunDir
from training.engine.contracts import HUB_TOKEN, StudentRef, TrainError, TrainSpec
from training.engine.data import kept_text, labelled, pairs, sft_rows, token_cache
from training.engine.data.token_cache import TokenCache
from training.engine.model.unloaded import UnloadedStudent, open_student, require_servable
from training.engine.objectives.distillation import require_same_tokens
from training.engine.seq2seq import encoding as apart
from training.recipes import schema


@dataclass(frozen=True, slots=True)
class RunInputs:
    """A run that can be set up, as far as this tells.

    Attributes:
        source: Where the weights lie that it begins with.
        before: Folder of the adapter it starts from; None where there is none, or it starts from whole weights.
        teacher: Whom it learns from, if anyone.
        left_out: Rows too long to be learnt, of a run that leaves such out.
    """

    source: StudentRef
    before: Path | None
    student: UnloadedStudent
    teacher: UnloadedStudent | None
    rows: Sequence[Any]
    validation: Sequence[Any]
    left_out: int = 0


def check(run: RunDir, spec: TrainSpec) -> RunInputs:
    """Read all that a run needs but weights.

    Raises:
        TrainError: The student could not be served; student, teacher or rows cannot be read; rows are too long (each is
            named; nothing is cut); no pair differs; the teacher has another tokenizer; the recipe is for decoders
            alone.
        RecipeError: The student cannot be tuned by this recipe.
    """
    source, before, allowed_roots = _beginning(run, spec)
    token = run.secrets().get(HUB_TOKEN)
    student = open_student(source, token=token, allowed_roots=allowed_roots)
    require_servable(student)
    if student.chat.is_apart:
        _require_for_encoder_decoder(schema.encoder_decoder_problem(spec.recipe))
    schema.check_student(spec.recipe, student.model_type)
    teacher = None
    if spec.teacher is not None:
        teacher = open_student(spec.teacher.below(run.path), token=token, allowed_roots=spec.allowed_roots)
        if teacher.chat.is_apart:
            message = f"{Path(teacher.source).name} is an encoder–decoder, whose scores a decoder cannot learn"
            _require_for_encoder_decoder(schema.Problem("teacher", message, "Choose a teacher that is a decoder."))
        require_same_tokens(teacher.chat, student.chat)
        student = _read_with(student, teacher)
    longest = _longest(spec.recipe, [student] if teacher is None else [student, teacher])
    left_out = 0
    train, validated = run.path / spec.train_file, run.path / spec.validation_file if spec.validation_file else None
    if spec.leaves_out_too_long:
        train, left_out = sft_rows.leave_out_too_long(train, student.chat, max_length=longest)
        validated = validated and sft_rows.leave_out_too_long(validated, student.chat, max_length=longest)[0]
    rows = _rows(spec, train, student, longest, spec.max_rows)
    if not rows:
        message = f"the two texts of every pair in {train.name} are the same to the student's tokenizer"
        raise TrainError("no_rows", message, "Freeze a version with other pairs, or choose another student.")
    validation = _rows(spec, validated, student, longest, lenders=rows) if validated else []
    if student.chat.is_apart:
        for part in (rows, validation):
            apart.require_fitting(part, student.context_length)
    return RunInputs(source, before, student, teacher, rows, validation, left_out)


def _require_for_encoder_decoder(problem: schema.Problem | None) -> None:
    if problem is not None:
        raise TrainError("not_for_encoder_decoders", problem.message, problem.hint)


def _read_with(student: UnloadedStudent, teacher: UnloadedStudent) -> UnloadedStudent:
    """The student with a chat that gives no token without an embedding in either of the two."""
    kept_text.require_within([student.chat.pad], teacher.chat.vocabulary)
    widths = [chat.vocabulary for chat in (student.chat, teacher.chat) if chat.vocabulary is not None]
    return replace(student, chat=replace(student.chat, vocabulary=min(widths, default=None)))


def _beginning(run: RunDir, spec: TrainSpec) -> tuple[StudentRef, Path | None, list[str]]:
    before = run.path / spec.start.path if spec.start else None
    if spec.start is not None and spec.start.method == "full":
        return StudentRef(path=str(before), ways=spec.student.ways), None, []
    return spec.student.below(run.path), before, spec.allowed_roots


def _longest(recipe: schema.Recipe, readers: Sequence[UnloadedStudent]) -> int:
    # An encoder–decoder reads prompt and answer each in a context of its own.
    contexts = [each.context_length for each in readers if each.context_length and not each.chat.is_apart]
    return min([recipe.max_length, *contexts])


def _rows(
    spec: TrainSpec,
    path: Path,
    student: UnloadedStudent,
    longest: int,
    max_rows: int | None = None,
    lenders: Sequence[Any] = (),
) -> Sequence[Any]:
    """Rows of a run's objective; `lenders` are those of another file, of which KTO may borrow answers."""
    chat, objective = student.chat, spec.recipe.objective
    if objective == "dpo":
        return pairs.read(path, chat, max_length=longest, max_rows=max_rows)
    if objective == "kto":
        lent = [each.row for each in lenders]
        return labelled.read(path, chat, max_length=longest, max_rows=max_rows, lenders=lent)
    cache = TokenCache(Path(spec.token_cache)) if spec.token_cache else None
    return token_cache.read_cached(path, chat, max_length=longest, max_rows=max_rows, cache=cache)
