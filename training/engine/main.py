"""One run from its spec to its artefact: set up, resumed where an earlier attempt left off, trained, written."""

from __future__ import annotations

from jobs.rundir import RunDir
from training.engine import autotune, loop, resuming, summary
from training.engine.checkpoints import checkpoint
from training.engine.context import TrainContext
from training.engine.contracts import TrainSpec, TrainSummary
from training.engine.distributed import fsdp, hosts
from training.engine.export import artefacts
from training.engine.model import compilation, loading, lora, merged_lora
from training.engine.model.placement import accelerator as accelerator_of
from training.engine.preflight import check
from training.engine.report.observer import observe
from training.engine.setup import measure_reference, placement_of, set_up
from training.engine.state import TrainState
from training.engine.trials import CompileTrial


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
    context, rows, bare = setup.context, inputs.rows, setup.context.bare
    merged_lora.use_merged_forward(bare)
    compiled = compilation.compile_mode(recipe.compile, is_sharded=is_sharded)
    if compiled == "on":
        compilation.compile_layers(bare, accelerator.device)
    context.model, context.optimizer = fsdp.prepare(accelerator, bare, context.optimizer)
    tuned = lora.tuned_parameters(bare)
    observer = observe(
        context.emit,
        bare,
        rows,
        device=accelerator.device,
        dtype=placement.dtype_name,
        processes=accelerator.num_processes,
        is_supervised=recipe.objective == "sft",
    )
    context.emit = observer.emit
    autotune.choose_row_layout(context)
    if compiled == "auto" and compilation.is_worthwhile(accelerator.device):
        context.trials.append(_compile_trial(context))
    folders = [run.path, *run.earlier()]
    weights_hash = f"{loading.identity_of(inputs.source)}{setup.begins}{placement.dtype_name}"
    measure_reference(context, [*rows, *inputs.validation], weights=weights_hash, folders=folders)
    resuming.share_newest(context, folders)
    with fsdp.one_at_a_time(accelerator, is_sharded=is_sharded):
        resumed = resuming.resume(context, tuned, folders)
        state = resumed or TrainState()
    resumed_from = state.step if state.step else None
    trainable, total = setup.parameters
    tuning = f"{trainable:,} of {total:,} parameters tuned"
    if recipe.method == "lora":
        tuning += f" by adapters that reach {lora.reach(bare):.0%} of the matrices"
        if lora.experts_of(bare) and recipe.dropout:
            tuning += ", without dropout, which experts cannot have"
    summary.log_start(context, placement, len(rows), tuning, resumed_from=resumed_from)
    loop.train(context, state, tuned)
    observer.end()

    if hosts.are_several():
        hosts.share([context.best_file] if is_main and context.best_file.exists() else [], to=context.folder)
    if context.best_file.exists():
        artefacts.restore_weights(bare, tuned, checkpoint.read_weights(context.best_file))
    # All processes of a sharded model bring their parts together; the first one writes.
    weights = artefacts.whole_weights(bare, tuned, recipe.method, keep=is_main)
    files: list[str] = []
    if is_main:
        files = artefacts.write(
            run.path, bare, setup.student, recipe.method, spec.student, before=inputs.before, weights=weights
        )
    return summary.summarise(
        spec,
        context,
        state,
        placement,
        rank=setup.rank,
        parameters=setup.parameters,
        rows=len(rows),
        rows_left_out=inputs.left_out,
        resumed_from_step=resumed_from,
        measures=state.best_measures,
    ), files


def _compile_trial(context: TrainContext) -> CompileTrial:
    def tell(line: str) -> None:
        context.emit("log", level="info", message=line)

    return CompileTrial(lambda: compilation.compile_layers(context.bare, context.accelerator.device), tell)
