"""What a run stands on: the student as it is tuned, the rows, the objective, and the course through them.

Built on what was known before any weights (`before_weights`); room on the disk is asked for before the first step.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator

from jobs.rundir import RunDir
from training import recipes
from training.engine import allocator, artefacts, disk, fingerprint, loading, lora, memory
from training.engine.before_weights import Known
from training.engine.contracts import StudentRef, TrainError, TrainSpec
from training.engine.course import Course
from training.engine.device import Placement, place
from training.engine.loading import Student
from training.engine.loss import SupervisedHead
from training.engine.objectives import start
from training.engine.objectives.choose import choose
from training.engine.objectives.contracts import Objective
from training.engine.sharding import split


@dataclass(frozen=True, slots=True)
class Setting:
    """A run that could begin.

    Attributes:
        source: Where the weights came from that it begins with.
        begins: Identity of the miniature it goes on from, if any.
        before: Folder of the adapter it goes on from; None where it has none, or begins with whole weights.
        bare: The model that is tuned, on its device, sharded where the recipe says so.
        rank: Of the adapter; None where all weights are tuned.
        trainable: How many parameters are tuned.
        total: How many there are.
    """

    source: StudentRef
    begins: str
    before: Path | None
    student: Student
    objective: Objective[Any]
    rows: Sequence[Any]
    validation: Sequence[Any]
    course: Course
    bare: Any
    head: SupervisedHead
    rank: int | None
    trainable: int
    total: int

    def fingerprint(self, recipe: recipes.Recipe) -> str:
        """What a checkpoint must have been made by to be gone on from."""
        return fingerprint.of(recipe, self.source, self.rows, self.begins)

    def fingerprint_before(self, recipe: recipes.Recipe) -> str | None:
        """The same as the first release wrote it; None for what it could not do."""
        return fingerprint.of_first_release(recipe, self.source, self.rows, self.begins)


def places(spec: TrainSpec) -> Placement:
    """Where a run computes, and in which format."""
    recipe = spec.recipe
    return place(spec.device, recipe.dtype, recipe.method, recipe.quantise, processes=recipe.processes)


def set_up(run: RunDir, spec: TrainSpec, known: Known, placement: Placement, accelerator: Accelerator) -> Setting:
    """Load and build all that a run needs; processes of a sharded model do it one after the other.

    Raises:
        TrainError: Weights cannot be read, or the disk has no room for what will be written.
    """
    with split.in_turn(accelerator, is_sharded=spec.recipe.shards > 1):
        return _set_up(run, spec, known, placement, accelerator)


def _set_up(run: RunDir, spec: TrainSpec, known: Known, placement: Placement, accelerator: Accelerator) -> Setting:
    recipe, is_sharded = spec.recipe, spec.recipe.shards > 1
    rows, before = known.rows, known.before
    student = loading.load_weights(known.student, dtype=placement.weights, quantise=recipe.quantise)
    objective = choose(recipe, student, accelerator, teacher=lambda: _teacher(spec, known))
    course = Course(rows, recipe, accelerator.num_processes)
    begins = start.identity(spec.start, run.path)
    _seed(recipe.seed)
    rank = recipe.rank_for(student.parameters) if recipe.method == "lora" else None
    plan = memory.plan(student.model, recipe, [row.length for row in rows], accelerator.device)
    if plan.is_short:
        allocator.give_back_what_is_freed()
    bare = _prepare_student(student, recipe, rank, placement, before, recomputes=plan.recomputes)
    trainable, total = lora.count(bare)
    disk.require_room(run.path, artefacts.bytes_to_write(bare))
    if not is_sharded:
        bare.to(accelerator.device)
    head = SupervisedHead(bare)
    if is_sharded:
        split.shard(bare, accelerator, layers_in=_layers_in(recipe, placement))
    return Setting(
        known.source,
        begins,
        before,
        student,
        objective,
        rows,
        known.validation,
        course,
        bare,
        head,
        rank,
        trainable,
        total,
    )


def _layers_in(recipe: recipes.Recipe, placement: Placement) -> torch.dtype | None:
    """Format that sharded layers are gathered in: bf16 where whole weights are tuned in fp32 and computed with in bf16."""
    return torch.bfloat16 if recipe.method == "full" and placement.autocast == "bf16" else None


def _prepare_student(
    student: Student, recipe: recipes.Recipe, rank: int | None, placement: Placement, before: Path | None,
    *, recomputes: bool,
) -> Any:  # fmt: skip
    """What is tuned; `before` is the adapter of the miniature it goes on from."""
    is_merged = before is not None and start.merges(
        weights=placement.weights, is_full=rank is None, is_quantised=recipe.quantise != "none"
    )
    model = loading.load_tuned(student, before).model if before is not None and is_merged else student.model
    if rank is not None:
        model = lora.attach(model, rank=rank, alpha=recipe.alpha, dropout=recipe.dropout, seed=recipe.seed,
                            rslora=recipe.rslora)  # fmt: skip
        if before is not None and not is_merged:
            start.put_beside(model, before)
    else:
        # PEFT froze what an adapter was merged into.
        model.requires_grad_(True)
        lora.freeze_other_senses(model)
    if recomputes:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return model


def _teacher(spec: TrainSpec, known: Known) -> Student:
    """Whom a distilled student learns from, held as a frozen base is."""
    if known.teacher is None:
        raise TrainError("no_teacher", "distillation needs a teacher")
    return loading.load_weights(known.teacher, dtype=place(spec.device, spec.recipe.dtype, "lora").weights)


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
