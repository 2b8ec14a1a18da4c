"""One run from its spec to its artefact: set up, resumed where an earlier attempt left off, trained, written.

Reads top to bottom. It does not know how a run is reported as ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from accelerate import Accelerator
from torch import Tensor

from jobs.rundir import RunDir
from training.engine import autotune, loop, optimization
from training.engine.checkpoints import checkpoint
from training.engine.context import TrainContext, stop_if_asked
from training.engine.contracts import TrainSpec, TrainSummary
from training.engine.distributed import fsdp, gather
from training.engine.export import artefacts
from training.engine.memory import memory_plan
from training.engine.model import compilation, generate, loading, lora, merged_lora
from training.engine.model.placement import Placement
from training.engine.model.placement import accelerator as accelerator_of
from training.engine.objectives.factory import measure_reference
from training.engine.preflight import check
from training.engine.report.observer import observe
from training.engine.setup import RunSetup, placement_of, set_up
from training.engine.state import TrainState
from training.engine.trials import CompileTrial


def resume(
    tuning: TrainContext,
    tuned: dict[str, Tensor],
    folders: Iterable[Path],
    *,
    as_before: Callable[[], str | None] | None = None,
) -> TrainState | None:
    """Put a run back to the newest whole checkpoint found in the first folder that has one.

    Weights, optimiser, loss scaler, random states and best weights are as they were, so that the run ends where the
    uninterrupted one would: bit for bit in fp32 on a CPU. Damaged checkpoints are passed over and reported.

    Args:
        tuning: The run, freshly prepared.
        tuned: Its tuned parameters; changed in place.
        folders: Run directories of this attempt and the ones before it, newest first.
        as_before: What an earlier release called this run's checkpoints; asked only where one of another name is met.

    Returns:
        Where the run stands, or None when there is nothing to take up.

    Raises:
        TrainError: The checkpoint belongs to another recipe, student or data.
    """
    for folder in folders:
        saved, damaged = checkpoint.newest(folder / "checkpoints", fingerprint=tuning.fingerprint, as_before=as_before)
        for name in damaged:
            tuning.emit("log", level="warning", message=f"checkpoint {name} is damaged and was passed over")
        if saved is None:
            continue
        artefacts.restore_weights(tuning.bare, tuned, saved.weights)
        tuning.optimizer.load_state_dict(gather.local_state(saved.optimiser["adamw"], tuning.optimizer))
        if tuning.accelerator.scaler and saved.optimiser["scaler"]:
            tuning.accelerator.scaler.load_state_dict(saved.optimiser["scaler"])
        if tuning.accelerator.is_main_process and (saved.path / checkpoint.BEST).exists():
            tuning.best_file.parent.mkdir(exist_ok=True)
            checkpoint.link(saved.path / checkpoint.BEST, tuning.best_file)
        checkpoint.restore_random(saved.path)
        return saved.standing
    return None


def tune(run: RunDir, spec: TrainSpec) -> tuple[TrainSummary, list[str]]:
    """Tune; returns what is told of the run, and the paths of its artefact's files (the first process's alone).

    Raises:
        Stopped: Asked to stop; a checkpoint has been written.
        TrainError: It cannot start or go on.
    """
    recipe, placement = spec.recipe, placement_of(spec)
    known = check(run, spec)
    accelerator = accelerator_of(placement)
    is_main, is_sharded = accelerator.is_main_process, recipe.shards > 1
    setting = set_up(run, spec, known, placement, accelerator)
    bare, rows = setting.bare, setting.rows
    merged_lora.use_merged_forward(bare)
    compiled = compilation.compile_mode(recipe.compile, is_sharded=is_sharded)
    if compiled == "on":
        compilation.compile_layers(bare, accelerator.device)
    model, prepared = fsdp.prepare(accelerator, bare, optimization.adamw(bare.parameters(), recipe))
    tuned = lora.tuned_parameters(bare)
    observer = observe(
        run.emit if is_main else lambda *_, **__: None,
        bare,
        rows,
        device=accelerator.device,
        dtype=placement.dtype_name,
        processes=accelerator.num_processes,
        is_supervised=recipe.objective == "sft",
    )
    tuning = _context(run, spec, setting, accelerator, model, prepared, observer.emit)
    autotune.choose_row_layout(tuning)
    if compiled == "auto" and compilation.is_worthwhile(accelerator.device):
        tuning.trials.append(_compile_trial(tuning))
    folders = [run.path, *run.earlier()]
    measure_reference(
        setting.objective,
        tuning.network,
        accelerator,
        [*rows, *setting.validation],
        batch_size=recipe.batch_size,
        weights=f"{loading.identity_of(setting.source)}{setting.begins}{placement.dtype_name}",
        folders=folders,
        emit=tuning.emit,
        stop_if_asked=lambda: stop_if_asked(tuning),
    )
    with fsdp.one_at_a_time(accelerator, is_sharded=is_sharded):
        resumed = resume(tuning, tuned, folders, as_before=lambda: setting.fingerprint_before(recipe))
        standing = resumed or TrainState()
    resumed_from = standing.step if standing.step else None
    tuning.emit("log", level="info", message=_first_log_line(setting, placement, resumed_from))
    loop.train(tuning, standing, tuned)
    observer.end()

    if tuning.best_file.exists():
        artefacts.restore_weights(bare, tuned, checkpoint.read_weights(tuning.best_file))
    # All processes of a sharded model bring their parts together; the first one writes.
    weights = artefacts.whole_weights(bare, tuned, recipe.method, keep=is_main)
    files: list[str] = []
    if is_main:
        files = artefacts.write(
            run.path, bare, setting.student, recipe.method, spec.student, before=setting.before, weights=weights
        )
    return _summary(spec, setting, standing, placement, accelerator.num_processes, resumed_from), files


def _context(
    run: RunDir, spec: TrainSpec, setting: RunSetup, accelerator: Accelerator, model: Any, optimizer: Any, emit: Any
) -> TrainContext:
    return TrainContext(
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
        sampling=generate.Sampling(no_repeat_ngram=spec.sample_no_repeat_ngram),
        head=setting.head,
        folder=run.path,
        fingerprint=setting.fingerprint(spec.recipe),
        keep_checkpoints=spec.keep_checkpoints,
        emit=emit,
        should_stop=lambda: run.stop_requested,
        context_length=setting.student.context_length,
        extra_inputs=setting.student.extra_inputs,
    )


def _compile_trial(tuning: TrainContext) -> CompileTrial:
    def tell(line: str) -> None:
        tuning.emit("log", level="info", message=line)

    return CompileTrial(lambda: compilation.compile_layers(tuning.bare, tuning.accelerator.device), tell)


def _summary(
    spec: TrainSpec,
    setting: RunSetup,
    standing: TrainState,
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
        peak_memory_gib=memory_plan.peak_gib(placement.device),
        device=str(placement.device),
        dtype=placement.dtype_name,
        resumed_from_step=resumed_from,
        objective=recipe.objective,
        measures=standing.best_measures,
        processes=processes,
    )


def _first_log_line(setting: RunSetup, placement: Placement, resumed_from: int | None) -> str:
    start = f"resumed at step {resumed_from}" if resumed_from else "started"
    return (
        f"{start}: {len(setting.rows)} rows, {setting.course.total_steps} steps on {placement.device} "
        f"in {placement.dtype_name}; {setting.trainable:,} of {setting.total:,} parameters tuned"
    )
