"""One run of an encoder with heads, from its spec to its artefact, by the loop that decoders are tuned by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import torch
from accelerate import Accelerator

from jobs.rundir import RunDir
from training.engine import disk, loop, optimization, resuming, summary
from training.engine.checkpoints import checkpoint, fingerprint
from training.engine.classifier import loading, objective, rows
from training.engine.classifier.fields import HeadSet
from training.engine.classifier.loading import UnloadedEncoder
from training.engine.classifier.network import EncoderWithHeads, attach_adapter
from training.engine.classifier.objective import Classification
from training.engine.classifier.prediction import Prediction, predict, scores_of
from training.engine.classifier.rows import TargetRow
from training.engine.classifier.words import STEPS, WordVotes
from training.engine.context import TrainContext
from training.engine.contracts import HUB_TOKEN, TrainError, TrainSpec, TrainSummary
from training.engine.data.chat import Chat
from training.engine.export import artefacts
from training.engine.loss.supervised_head import SupervisedHead
from training.engine.memory import memory_plan
from training.engine.model import generate, lora, merged_lora
from training.engine.model.placement import Placement, place
from training.engine.model.placement import accelerator as accelerator_of
from training.engine.report.observer import Emit, observe
from training.engine.schedule import Schedule
from training.engine.setup import seed
from training.engine.state import TrainState
from training.recipes import schema

PREDICTIONS: Final = "predictions.jsonl"


@dataclass(frozen=True)
class ClassifierInputs:
    """Inputs that a run knows before it reads a weight."""

    opened: UnloadedEncoder
    heads: HeadSet
    train: list[TargetRow]
    validation: list[TargetRow]


def check(run: RunDir, spec: TrainSpec) -> ClassifierInputs:
    """Read all that a run needs but weights.

    Raises:
        TrainError: The student is no encoder or cannot be read; rows cannot be read, are too long (each is named;
            nothing is cut), or have answers that are none of the heads'.
        RecipeError: The student cannot be tuned by this recipe.
    """
    if spec.heads is None:
        raise TrainError("bad_spec", "a classifier needs the heads it is to have")
    token = run.secrets().get(HUB_TOKEN)
    opened = loading.open_encoder(spec.student.below(run.path), token=token, allowed_roots=spec.allowed_roots)
    schema.check_student(spec.recipe, str(opened.config.model_type))
    longest = min(spec.recipe.max_length, opened.context_length or spec.recipe.max_length)

    def read(file: str, max_rows: int | None = None) -> list[TargetRow]:
        return rows.read(run.path / file, opened.tokenizer, heads, max_length=longest, max_rows=max_rows)

    heads = spec.heads
    train = read(spec.train_file, spec.max_rows)
    _require_variety(heads, train)
    return ClassifierInputs(opened, heads, train, read(spec.validation_file) if spec.validation_file else [])


def tune(run: RunDir, spec: TrainSpec) -> tuple[TrainSummary, list[str]]:
    """Tune; returns what is told of the run, and the paths of its artefact's files.

    Raises:
        Stopped: Asked to stop; a checkpoint has been written.
        TrainError: It cannot start or go on.
    """
    recipe = spec.recipe
    placement = place(spec.device, recipe.dtype, recipe.method)
    inputs = check(run, spec)
    accelerator = accelerator_of(placement)
    bare, rank = _prepare(run, spec, inputs, placement, accelerator)
    optimizer = optimization.adamw(bare.parameters(), recipe)
    model, prepared = accelerator.prepare(bare, optimizer)
    observer = observe(
        run.emit,
        cast(Any, bare),
        inputs.train,
        device=accelerator.device,
        dtype=placement.dtype_name,
        is_supervised=False,
    )
    context = _context(run, spec, inputs, accelerator, model, bare, prepared, observer.emit)
    tuned = lora.tuned_parameters(cast(Any, bare))
    state = resuming.resume(context, tuned, [run.path, *run.earlier()]) or TrainState()
    resumed_from = state.step or None
    named = ", ".join(field.name for field in inputs.heads.fields)
    tuning = f"an encoder with a head for {named}"
    summary.log_start(context, placement, len(inputs.train), tuning, resumed_from=resumed_from)
    loop.train(context, state, tuned)
    observer.end()
    if context.best_file.exists():
        artefacts.restore_weights(cast(Any, bare), tuned, checkpoint.read_weights(context.best_file))
    measures = _measure(run, inputs, context)
    files = _write(run.path, bare, inputs.opened, spec)
    return summary.summarise(
        spec,
        context,
        state,
        placement,
        rank=rank,
        parameters=lora.count(cast(Any, bare)),
        before_s=bare.words.fit_s if bare.words else 0.0,
        rows=len(inputs.train),
        resumed_from_step=resumed_from,
        measures=measures,
    ), files


def _require_variety(heads: HeadSet, train: Sequence[TargetRow]) -> None:
    """Refuse rows with one and the same value of a field: there is nothing to learn."""
    for number, field in enumerate(heads.fields):
        values = {row.targets[number] for row in train} - {None}
        if len(values) < 2:
            value = field.value_of(values.pop() or 0) if values else "nothing"
            raise TrainError(
                "one_label",
                f"all training rows say {value!r} of the field '{field.name}', so there is nothing to distinguish",
                "Freeze a version with approved examples of at least two labels.",
            )


def _prepare(
    run: RunDir, spec: TrainSpec, inputs: ClassifierInputs, placement: Placement, accelerator: Accelerator
) -> tuple[EncoderWithHeads, int | None]:
    """Place the encoder with its heads on its device; returns it with the rank of its adapter."""
    recipe = spec.recipe
    seed(recipe.seed)
    encoder = loading.load_encoder(inputs.opened, dtype=placement.weights)
    lengths = [row.length for row in inputs.train]
    plan = memory_plan.plan_memory(encoder, recipe, lengths, accelerator.device)
    if plan.is_short:
        memory_plan.enable_trim()
    if plan.recomputes:
        encoder.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    rank = recipe.rank_for(lora.count(encoder)[1]) if recipe.method == "lora" else None
    if rank is not None:
        encoder = attach_adapter(encoder, recipe, rank)
    scalers = objective.scalers_of(inputs.heads, inputs.train)
    words = None
    if not all(field.is_number for field in inputs.heads.fields):
        words = WordVotes.fit(
            inputs.opened.tokenizer,
            inputs.train,
            inputs.heads.fields,
            seed=recipe.seed,
            report=lambda done: _report(run, done, STEPS, "steps on words"),
        )
    bare = EncoderWithHeads(encoder, inputs.heads, scalers, words=words, seed=recipe.seed)
    if not recipe.epochs:
        _require_words(words, inputs.heads)
        bare.mute_encoder()
    disk.require_room(run.path, artefacts.bytes_to_write(cast(Any, bare)))
    bare.to(accelerator.device)
    merged_lora.use_merged_forward(cast(Any, bare))
    return bare, rank


def _require_words(words: WordVotes | None, heads: HeadSet) -> None:
    if words is None:
        named = ", ".join(field.name for field in heads.fields)
        raise TrainError(
            "no_pass",
            f"words alone tell labels, and {named} holds numbers: without a pass nothing is learnt",
            "Choose a recipe with one epoch or more.",
        )


def _context(
    run: RunDir,
    spec: TrainSpec,
    inputs: ClassifierInputs,
    accelerator: Accelerator,
    model: Any,
    bare: EncoderWithHeads,
    optimizer: torch.optim.AdamW,
    emit: Emit,
) -> TrainContext:
    recipe, opened = spec.recipe, inputs.opened
    weights = objective.balanced_weights(inputs.heads, inputs.train) if recipe.class_weights == "balanced" else {}
    source = spec.student.below(run.path)
    heads = inputs.heads.model_dump_json()
    return TrainContext(
        accelerator=accelerator,
        model=model,
        bare=bare,
        # An encoder has no turns; the loop asks for what fills batches alone.
        chat=Chat(opened.tokenizer, end_of_turn=opened.pad, stops=frozenset(), pad=opened.pad),
        optimizer=optimizer,
        schedule=Schedule(inputs.train, recipe),
        objective=Classification(inputs.heads, bare.scalers, weights),
        validation=inputs.validation,
        samples=[],
        sample_max_new_tokens=spec.sample_max_new_tokens,
        sampling=generate.Sampling(),
        # Nor has it an output layer to watch.
        head=cast(SupervisedHead, None),
        folder=run.path,
        fingerprint=fingerprint.fingerprint_of(recipe, source, inputs.train, heads),
        keep_checkpoints=spec.keep_checkpoints,
        emit=emit,
        should_stop=lambda: run.stop_requested,
        context_length=opened.context_length,
    )


def _report(run: RunDir, done: int, total: int, unit: str) -> None:
    """Report a stage without the rate of the one before, which the job still holds."""
    run.emit("progress", done=done, total=total, unit=unit, rate_per_s=None, eta_s=None)


def _measure(run: RunDir, inputs: ClassifierInputs, context: TrainContext) -> dict[str, float]:
    _report(run, 0, len(inputs.validation), "validation rows")
    predictions = predict(
        context.model.eval(),
        inputs.heads,
        [row.ids for row in inputs.validation],
        pad=inputs.opened.pad,
        device=context.accelerator.device,
        batch_size=2 * context.schedule.recipe.batch_size,
    )
    lines = [_line(row, each, inputs.heads) for row, each in zip(inputs.validation, predictions, strict=True)]
    (run.path / PREDICTIONS).write_text("".join(lines), encoding="utf-8")
    _report(run, len(predictions), len(inputs.validation), "validation rows")
    targets = [row.targets for row in inputs.validation]
    return scores_of(inputs.heads, [each.targets for each in predictions], targets)


def _line(row: TargetRow, prediction: Prediction, heads: HeadSet) -> str:
    gold = {
        field.name: field.value_of(target)
        for field, target in zip(heads.fields, row.targets, strict=True)
        if target is not None
    }
    values = {"id": row.id, "gold": gold, "fields": prediction.values, "probabilities": prediction.probabilities}
    return json.dumps(values, ensure_ascii=False) + "\n"


def _write(folder: Path, bare: EncoderWithHeads, opened: UnloadedEncoder, spec: TrainSpec) -> list[str]:
    """Write `adapter/` or `model/`; return paths relative to `folder`. Heads are fp32, weights as their base."""
    is_adapter = spec.recipe.method == "lora"
    target = folder / ("adapter" if is_adapter else "model")
    if not is_adapter and isinstance(opened.config.dtype, torch.dtype):
        bare.encoder.to(opened.config.dtype)
    bare.save_pretrained(str(target))
    opened.tokenizer.save_pretrained(target)
    if is_adapter:
        artefacts.name_base(target / "adapter_config.json", spec.student)
        (target / "README.md").unlink(missing_ok=True)
    return sorted(str(file.relative_to(folder)) for file in target.rglob("*") if file.is_file())
