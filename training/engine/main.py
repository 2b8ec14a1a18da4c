"""One run from its spec to its artefact: set up, resumed where an earlier attempt left off, trained, written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accelerate import Accelerator
from torch.optim import AdamW

from jobs.rundir import RunDir
from training.engine import autotune, loop, optimization, resuming
from training.engine.checkpoints import checkpoint
from training.engine.context import TrainContext
from training.engine.contracts import TrainSpec, TrainSummary
from training.engine.distributed import fsdp
from training.engine.export import artefacts
from training.engine.memory import memory_plan
from training.engine.model import compilation, generate, loading, lora, merged_lora
from training.engine.model.placement import Placement
from training.engine.model.placement import accelerator as accelerator_of
from training.engine.preflight import check
from training.engine.report import environment
from training.engine.report.observer import Emit, observe
from training.engine.setup import RunSetup, measure_reference, placement_of, set_up
from training.engine.state import TrainState
from training.engine.trials import CompileTrial

if TYPE_CHECKING:
    from training.engine.model_types import CausalModel


def tune(run: RunDir, spec: TrainSpec) -> tuple[TrainSummary, list[str]]:
    """Tune; returns what is told of the run, and the paths of its artefact's files (the first process's alone).

    Raises:
        Stopped: Asked to stop; a checkpoint has been written.
        TrainError: It cannot start or go on.
    """
    recipe, placement = spec.recipe, placement_of(spec)
    inputs = check(run, spec)
    accelerator = accelerator_of(placement)
    is_main, is_sharded = accelerator.is_main_process, recipe.shards > 1
    setup = set_up(run, spec, inputs, placement, accelerator)
    bare, rows = setup.bare, setup.rows
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
    context = _context(run, spec, setup, accelerator, model, prepared, observer.emit)
    autotune.choose_row_layout(context)
    if compiled == "auto" and compilation.is_worthwhile(accelerator.device):
        context.trials.append(_compile_trial(context))
    folders = [run.path, *run.earlier()]
    weights_hash = f"{loading.identity_of(setup.source)}{setup.begins}{placement.dtype_name}"
    measure_reference(context, [*rows, *setup.validation], weights=weights_hash, folders=folders)
    with fsdp.one_at_a_time(accelerator, is_sharded=is_sharded):
        resumed = resuming.resume(context, tuned, folders, as_before=lambda: setup.fingerprint_before(recipe))
        state = resumed or TrainState()
    resumed_from = state.step if state.step else None
    context.emit("log", level="info", message=_first_log_line(setup, placement, resumed_from))
    loop.train(context, state, tuned)
    observer.end()

    if context.best_file.exists():
        artefacts.restore_weights(bare, tuned, checkpoint.read_weights(context.best_file))
    # All processes of a sharded model bring their parts together; the first one writes.
    weights = artefacts.whole_weights(bare, tuned, recipe.method, keep=is_main)
    files: list[str] = []
    if is_main:
        files = artefacts.write(
            run.path, bare, setup.student, recipe.method, spec.student, before=setup.before, weights=weights
        )
    return _summary(spec, setup, state, placement, accelerator.num_processes, resumed_from), files


def _context(
    run: RunDir,
    spec: TrainSpec,
    setup: RunSetup,
    accelerator: Accelerator,
    model: CausalModel,
    optimizer: AdamW,
    emit: Emit,
) -> TrainContext:
    return TrainContext(
        accelerator=accelerator,
        model=model,
        bare=setup.bare,
        chat=setup.student.chat,
        optimizer=optimizer,
        schedule=setup.schedule,
        objective=setup.objective,
        validation=setup.validation,
        samples=spec.sample_prompts,
        sample_max_new_tokens=spec.sample_max_new_tokens,
        sampling=generate.Sampling(no_repeat_ngram=spec.sample_no_repeat_ngram),
        head=setup.head,
        folder=run.path,
        fingerprint=setup.fingerprint(spec.recipe),
        keep_checkpoints=spec.keep_checkpoints,
        emit=emit,
        should_stop=lambda: run.stop_requested,
        context_length=setup.student.context_length,
        extra_inputs=setup.student.extra_inputs,
    )


def _compile_trial(context: TrainContext) -> CompileTrial:
    def tell(line: str) -> None:
        context.emit("log", level="info", message=line)

    return CompileTrial(lambda: compilation.compile_layers(context.bare, context.accelerator.device), tell)


def _summary(
    spec: TrainSpec,
    setup: RunSetup,
    state: TrainState,
    placement: Placement,
    processes: int,
    resumed_from: int | None,
) -> TrainSummary:
    recipe = spec.recipe
    return TrainSummary(
        method=recipe.method,
        artefact="adapter" if recipe.method == "lora" else "model",
        rank=setup.rank,
        steps=state.step,
        epochs=setup.schedule.epoch_at(state.step),
        rows=len(setup.rows),
        rows_left_out=setup.left_out,
        train_loss=state.train_loss,
        validation_loss=state.best_loss,
        validation_loss_before=state.validation_loss_before,
        best_step=state.best_step if state.best_loss is not None else state.step,
        trainable_parameters=setup.trainable,
        total_parameters=setup.total,
        tokens=state.tokens,
        supervised_tokens=state.supervised_tokens,
        seconds=state.seconds,
        tokens_per_s=state.tokens / state.seconds if state.seconds else 0.0,
        peak_memory_gib=memory_plan.peak_gib(placement.device),
        device=str(placement.device),
        dtype=placement.dtype_name,
        resumed_from_step=resumed_from,
        objective=recipe.objective,
        measures=state.best_measures,
        processes=processes,
        environment=environment.read(),
    )


def _first_log_line(setup: RunSetup, placement: Placement, resumed_from: int | None) -> str:
    start = f"resumed at step {resumed_from}" if resumed_from else "started"
    return (
        f"{start}: {len(setup.rows)} rows, {setup.schedule.total_steps} steps on {placement.device} "
        f"in {placement.dtype_name}; {setup.trainable:,} of {setup.total:,} parameters tuned"
    )
