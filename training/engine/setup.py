"""Set a run up: the student as it is tuned, the rows, the objective, and the schedule through them.

Built on what `preflight` read before any weights; room on the disk is asked for before the first step.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from accelerate import Accelerator

from jobs.rundir import RunDir
from training.engine import disk, optimization
from training.engine.checkpoints import fingerprint
from training.engine.context import TrainContext, stop_if_asked
from training.engine.contracts import TrainError, TrainSpec
from training.engine.data import kept_text
from training.engine.distributed import fsdp
from training.engine.export import artefacts
from training.engine.loss.supervised_head import SupervisedHead
from training.engine.memory import memory_plan
from training.engine.model import generate, loading, lora, start_adapter
from training.engine.model.loading import LoadedStudent
from training.engine.model.placement import Placement, place
from training.engine.objectives.distillation import Distillation, teacher_network
from training.engine.objectives.dpo import Dpo
from training.engine.objectives.kto import Kto
from training.engine.objectives.prompt_sharing import can_share_prompts
from training.engine.objectives.reference import adapter_switched_off
from training.engine.objectives.sft import Sft
from training.engine.preflight import RunInputs
from training.engine.schedule import Schedule
from training.recipes import schema

# Without gradients a forward pass has room for this many times the completions of a step's.
REFERENCE_BATCHES: Final = 4


@dataclass(frozen=True, slots=True)
class RunSetup:
    """A run that could begin.

    Attributes:
        context: The run, its model not yet prepared by accelerate.
        begins: Identity of the miniature it starts from, if any.
        rank: Of the adapter; None where all weights are tuned.
        parameters: Numbers of tuned ones and of all.
    """

    context: TrainContext
    student: LoadedStudent
    begins: str
    rank: int | None
    parameters: tuple[int, int]


def placement_of(spec: TrainSpec) -> Placement:
    recipe = spec.recipe
    return place(spec.device, recipe.dtype, recipe.method, recipe.quantise, processes=recipe.processes_per_host)


def set_up(run: RunDir, spec: TrainSpec, inputs: RunInputs, placement: Placement, accelerator: Accelerator) -> RunSetup:
    """Load and build all that a run needs; processes of a sharded model do it one after the other.

    Raises:
        TrainError: Weights cannot be read, or the disk has no room for what will be written.
    """
    with fsdp.one_at_a_time(accelerator, is_sharded=spec.recipe.shards > 1):
        return _set_up(run, spec, inputs, placement, accelerator)


def _set_up(
    run: RunDir, spec: TrainSpec, inputs: RunInputs, placement: Placement, accelerator: Accelerator
) -> RunSetup:
    recipe, is_sharded = spec.recipe, spec.recipe.shards > 1
    rows, before = inputs.rows, inputs.before
    student = loading.load_weights(inputs.student, dtype=placement.weights, quantise=recipe.quantise)
    objective = _objective(spec, inputs, student, accelerator)
    schedule = Schedule(rows, recipe, accelerator.num_processes)
    begins = start_adapter.identity(spec.start, run.path)
    seed(recipe.seed)
    rank = recipe.rank_for(student.parameters) if recipe.method == "lora" else None
    plan = memory_plan.plan_memory(student.model, recipe, [row.length for row in rows], accelerator.device)
    if plan.is_short:
        memory_plan.enable_trim()
    bare = _prepare_student(student, recipe, rank, placement, before, recomputes=plan.recomputes)
    parameters = lora.count(bare)
    disk.require_room(run.path, artefacts.bytes_to_write(bare))
    if not is_sharded:
        bare.to(accelerator.device)
    head = SupervisedHead(bare)
    if is_sharded:
        fsdp.shard(bare, accelerator, layers_in=_layers_in(recipe, placement))
    context = TrainContext(
        accelerator=accelerator,
        model=bare,
        bare=bare,
        chat=student.chat,
        optimizer=optimization.adamw(bare.parameters(), recipe),
        schedule=schedule,
        objective=objective,
        validation=inputs.validation,
        samples=spec.sample_prompts,
        sample_max_new_tokens=spec.sample_max_new_tokens,
        sampling=generate.Sampling(no_repeat_ngram=spec.sample_no_repeat_ngram),
        head=head,
        folder=run.path,
        fingerprint=fingerprint.fingerprint_of(recipe, inputs.source, rows, begins),
        keep_checkpoints=spec.keep_checkpoints,
        emit=run.emit if accelerator.is_main_process else lambda *_, **__: None,
        should_stop=lambda: run.stop_requested,
        context_length=student.context_length,
        extra_inputs=student.extra_inputs,
    )
    return RunSetup(context, student, begins, rank, parameters)


def measure_reference(context: TrainContext, items: Sequence[Any], *, weights: str, folders: Sequence[Path]) -> None:
    """Measure what an objective's reference says, while the tuned model is as it was at the start.

    Call it on every process before a checkpoint is taken up: a student tuned as a whole has no adapter to switch off.

    Args:
        context: The run; an objective without a reference needs nothing.
        items: All items of the run, validation included.
        weights: Hash of what the model starts from.
        folders: Run directories of this attempt and those before it.

    Raises:
        Stopped: The run was asked to stop.
    """
    objective, network = context.objective, context.network
    if not isinstance(objective, Dpo | Kto):
        return
    rows = objective.referenced(items)
    began = time.perf_counter()
    with adapter_switched_off(network.model):
        is_new = objective.references.measure(
            network,
            context.accelerator,
            rows,
            batch_size=REFERENCE_BATCHES * context.schedule.recipe.batch_size,
            weights=weights,
            folders=folders,
            stop_if_asked=lambda: stop_if_asked(context),
        )
    how = f"measured in {time.perf_counter() - began:.1f} s" if is_new else "read from the attempt before"
    context.emit("log", level="info", message=f"what the reference says of {len(rows)} texts was {how}")
    if isinstance(objective, Dpo):
        objective.share = can_share_prompts(network, longest=max(item.length for item in items))


def _layers_in(recipe: schema.Recipe, placement: Placement) -> torch.dtype | None:
    """Gather sharded layers in bf16 where fp32 weights are tuned and computed with in bf16."""
    return torch.bfloat16 if recipe.method == "full" and placement.autocast == "bf16" else None


def _prepare_student(
    student: LoadedStudent,
    recipe: schema.Recipe,
    rank: int | None,
    placement: Placement,
    before: Path | None,
    *,
    recomputes: bool,
) -> Any:
    """`before` is the adapter of the miniature it starts from."""
    is_merged = before is not None and start_adapter.is_merged(
        weights=placement.weights, is_full=rank is None, is_quantised=recipe.quantise != "none"
    )
    model = loading.load_tuned(student, before).model if before is not None and is_merged else student.model
    if rank is not None:
        model = lora.attach(
            model, rank=rank, alpha=recipe.alpha, dropout=recipe.dropout, seed=recipe.seed, rslora=recipe.rslora
        )
        if before is not None and not is_merged:
            start_adapter.load_beside(model, before)
    else:
        # PEFT froze what an adapter was merged into.
        model.requires_grad_(True)
        lora.freeze_non_text_towers(model)
    if recomputes:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return model


def _teacher(spec: TrainSpec, inputs: RunInputs) -> LoadedStudent:
    if inputs.teacher is None:
        raise TrainError("no_teacher", "distillation needs a teacher")
    return loading.load_weights(inputs.teacher, dtype=place(spec.device, spec.recipe.dtype, "lora").weights)


def seed(number: int) -> None:
    """Seed every generator that a run draws from."""
    random.seed(number)
    np.random.seed(number)
    torch.manual_seed(number)


def _objective(spec: TrainSpec, inputs: RunInputs, student: LoadedStudent, accelerator: Accelerator) -> Any:
    recipe, chat = spec.recipe, student.chat
    if recipe.objective == "dpo":
        return Dpo(recipe.beta, recipe.anchor)
    if recipe.objective == "kto":
        return Kto(recipe.beta, recipe.anchor, recipe.desirable_weight, recipe.undesirable_weight)
    if recipe.objective == "distil":
        network = teacher_network(
            _teacher(spec, inputs),
            student,
            accelerator.device,
            autocast=lambda model: accelerator.prepare_model(model, evaluation_mode=True),
        )
        return Distillation(kept_text.width_of(chat.tokenizer), network, recipe.kl, recipe.temperature)
    return Sft(chat)
