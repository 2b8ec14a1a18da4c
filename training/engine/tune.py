"""One run from its spec to its artefact: set up, resumed where an earlier attempt left off, trained, written.

Reads top to bottom. It does not know how a run is reported as ended.
"""

from __future__ import annotations

from typing import Any

from accelerate import Accelerator

from jobs.rundir import RunDir
from training.engine import (
    artefacts,
    checkpoint,
    compiling,
    generation,
    loading,
    loop,
    lora,
    memory,
    merged,
    optim,
    speed,
)
from training.engine.before_weights import know
from training.engine.checkpoint import Standing
from training.engine.contracts import TrainSpec, TrainSummary
from training.engine.device import Placement
from training.engine.device import accelerator as accelerator_of
from training.engine.objectives.choose import prepare
from training.engine.observing import observe
from training.engine.resume import resume
from training.engine.setting import Setting, places, set_up
from training.engine.sharding import split
from training.engine.trial import CompileTrial
from training.engine.tuning import Tuning, stop_if_asked


def tune(run: RunDir, spec: TrainSpec) -> tuple[TrainSummary, list[str]]:
    """Tune; returns what is told of the run, and the paths of its artefact's files (the first process's alone).

    Raises:
        Stopped: Asked to stop; a checkpoint has been written.
        TrainError: It cannot start or go on.
    """
    recipe, placement = spec.recipe, places(spec)
    known = know(run, spec)
    accelerator = accelerator_of(placement)
    is_main, is_sharded = accelerator.is_main_process, recipe.shards > 1
    setting = set_up(run, spec, known, placement, accelerator)
    bare, rows = setting.bare, setting.rows
    merged.speed_up(bare)
    compiled = compiling.choice(recipe.compile, is_sharded=is_sharded)
    if compiled == "on":
        compiling.compile_layers(bare, accelerator.device)
    model, prepared = split.prepare(accelerator, bare, optim.adamw(bare.parameters(), recipe))
    tuned = lora.tuned_parameters(bare)
    observer = observe(
        run.emit if is_main else lambda *_, **__: None, bare, rows, device=accelerator.device,
        dtype=placement.dtype_name, processes=accelerator.num_processes, is_supervised=recipe.objective == "sft",
    )  # fmt: skip
    tuning = _tuning(run, spec, setting, accelerator, model, prepared, observer.emit)
    speed.speed_up(tuning)
    if compiled == "auto" and compiling.may_pay(accelerator.device):
        tuning.trials.append(_compile_trial(tuning))
    folders = [run.path, *run.earlier()]
    prepare(
        setting.objective, tuning.network, accelerator, [*rows, *setting.validation], batch_size=recipe.batch_size,
        weights=f"{loading.identity_of(setting.source)}{setting.begins}{placement.dtype_name}",
        folders=folders, emit=tuning.emit, stop_if_asked=lambda: stop_if_asked(tuning),
    )  # fmt: skip
    with split.in_turn(accelerator, is_sharded=is_sharded):
        found = resume(tuning, tuned, folders, as_before=lambda: setting.fingerprint_before(recipe))
        standing = found or Standing()
    resumed_from = standing.step if standing.step else None
    tuning.emit("log", level="info", message=_opening(setting, placement, resumed_from))
    loop.train(tuning, standing, tuned)
    observer.end()

    if tuning.best_file.exists():
        artefacts.put_back(bare, tuned, checkpoint.read_weights(tuning.best_file))
    # All processes of a sharded model bring their parts together; the first one writes.
    weights = artefacts.whole_weights(bare, tuned, recipe.method, keep=is_main)
    files: list[str] = []
    if is_main:
        files = artefacts.write(
            run.path, bare, setting.student, recipe.method, spec.student, before=setting.before, weights=weights
        )
    return _summary(spec, setting, standing, placement, accelerator.num_processes, resumed_from), files


def _tuning(
    run: RunDir, spec: TrainSpec, setting: Setting, accelerator: Accelerator, model: Any, optimizer: Any, emit: Any
) -> Tuning:
    return Tuning(
        accelerator=accelerator,
        model=model,
        bare=setting.bare,
        chat=setting.student.chat,
        optimizer=optimizer,
        course=setting.course,
        objective=setting.objective,
        validation=setting.validation,
        samples=spec.sample_prompts,
        sample_max_new_tokens=spec.sample_max_new_tokens,
        sampling=generation.Sampling(no_repeat_ngram=spec.sample_no_repeat_ngram),
        head=setting.head,
        folder=run.path,
        fingerprint=setting.fingerprint(spec.recipe),
        keep_checkpoints=spec.keep_checkpoints,
        emit=emit,
        should_stop=lambda: run.stop_requested,
        context_length=setting.student.context_length,
        extra_inputs=setting.student.extra_inputs,
    )


def _compile_trial(tuning: Tuning) -> CompileTrial:
    def tell(line: str) -> None:
        tuning.emit("log", level="info", message=line)

    return CompileTrial(lambda: compiling.compile_layers(tuning.bare, tuning.accelerator.device), tell)


def _summary(
    spec: TrainSpec,
    setting: Setting,
    standing: Standing,
    placement: Placement,
    processes: int,
    resumed_from: int | None,
) -> TrainSummary:
    recipe = spec.recipe
    return TrainSummary(
        method=recipe.method,
        artefact="adapter" if recipe.method == "lora" else "model",
        rank=setting.rank,
        steps=standing.step,
        epochs=setting.course.epoch_at(standing.step),
        rows=len(setting.rows),
        train_loss=standing.train_loss,
        validation_loss=standing.best_loss,
        validation_loss_before=standing.validation_loss_before,
        best_step=standing.best_step if standing.best_loss is not None else standing.step,
        trainable_parameters=setting.trainable,
        total_parameters=setting.total,
        tokens=standing.tokens,
        supervised_tokens=standing.supervised_tokens,
        seconds=standing.seconds,
        tokens_per_s=standing.tokens / standing.seconds if standing.seconds else 0.0,
        peak_memory_gib=memory.peak_gib(placement.device),
        device=str(placement.device),
        dtype=placement.dtype_name,
        resumed_from_step=resumed_from,
        objective=recipe.objective,
        measures=standing.best_measures,
        processes=processes,
    )


def _opening(setting: Setting, placement: Placement, resumed_from: int | None) -> str:
    start = f"resumed at step {resumed_from}" if resumed_from else "started"
    return (
        f"{start}: {len(setting.rows)} rows, {setting.course.total_steps} steps on {placement.device} "
        f"in {placement.dtype_name}; {setting.trainable:,} of {setting.total:,} parameters tuned"
    )
