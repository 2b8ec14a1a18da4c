"""`python -m training.engine RUN_DIR`: tune one student by one recipe on one dataset file.

Reads top to bottom. Works by hand, under a supervisor and under `accelerate launch`.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from pydantic import ValidationError
from transformers.utils import logging as transformers_logging

from jobs.rundir import EngineError, RunDir
from training import recipes
from training.engine import (
    artefacts,
    checkpoint,
    compiling,
    disk,
    fingerprint,
    generation,
    launching,
    loading,
    loop,
    lora,
    lost_device,
    memory,
    merged,
    optim,
    speed,
)
from training.engine.checkpoint import Standing
from training.engine.contracts import HUB_TOKEN, StudentRef, TrainError, TrainSpec, TrainSummary
from training.engine.course import Course
from training.engine.device import Placement, place
from training.engine.loading import Student
from training.engine.loss import SupervisedHead
from training.engine.objectives import start
from training.engine.objectives.choose import choose, prepare
from training.engine.observing import observe
from training.engine.resume import resume
from training.engine.sharding import split


def main(run: RunDir) -> int:
    """Tune, and end the attempt as it went; returns the process's exit status."""
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        spec = TrainSpec.model_validate(run.spec.body)
        if launching.is_wanted(spec):
            return launching.launch(run, spec, on_cpu=_places(spec).device.type == "cpu")
        summary, files = tune(run, spec)
    except loop.Stopped:
        _finish(run, "stopped")
        return 0
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        return _fail(run, TrainError("bad_spec", f"the spec cannot be read: {wrong}"))
    except recipes.RecipeError as error:
        return _fail(run, TrainError("bad_recipe", str(error), " ".join(p.hint for p in error.problems)))
    except (MemoryError, torch.OutOfMemoryError) as error:
        hint = "Lower batch_size and raise accumulation, or turn on gradient checkpointing."
        return _fail(run, TrainError("out_of_memory", f"memory ran out: {error}", hint))
    except TrainError as error:
        return _fail(run, error)
    except RuntimeError as error:
        if not lost_device.is_lost(error):
            raise
        return _fail(run, lost_device.told(error))
    except OSError as error:
        if error.errno not in disk.FULL:
            raise
        return _fail(run, disk.disk_full(f"the disk filled up: {error}"))
    _finish(run, "succeeded", summary.model_dump(), files)
    return 0


def tune(run: RunDir, spec: TrainSpec) -> tuple[TrainSummary, list[str]]:
    """One run from its spec to its artefact, resumed where an earlier attempt left off.

    Raises:
        loop.Stopped: Asked to stop; a checkpoint has been written.
        TrainError: It cannot start or go on.
    """
    recipe = spec.recipe
    placement = _places(spec)
    before = run.path / spec.start.path if spec.start else None
    starts_whole = spec.start is not None and spec.start.method == "full"
    source = StudentRef(path=str(before)) if starts_whole else spec.student.below(run.path)
    accelerator = Accelerator(cpu=placement.device.type == "cpu", mixed_precision=placement.autocast)
    is_sharded = recipe.shards > 1
    with split.in_turn(accelerator, is_sharded=is_sharded):
        student = loading.load(
            source,
            dtype=placement.weights,
            token=run.secrets().get(HUB_TOKEN),
            allowed_roots=[] if starts_whole else spec.allowed_roots,
            quantise=recipe.quantise,
        )
        recipes.check_student(recipe, student.model_type)

        longest = min(recipe.max_length, student.context_length or recipe.max_length)
        objective = choose(recipe, student, accelerator, teacher=lambda: _teacher(run, spec))
        objective = speed.share_tokens(objective, spec.token_cache)
        rows = objective.read(run.path / spec.train_file, max_length=longest, max_rows=spec.max_rows)
        validation = objective.read(run.path / spec.validation_file, max_length=longest) if spec.validation_file else []
        course = Course(rows, recipe, accelerator.num_processes)

        begins = start.identity(spec.start, run.path)
        _seed(recipe.seed)
        rank = recipe.rank_for(student.parameters) if recipe.method == "lora" else None
        recomputes = memory.must_recompute(student.model, recipe, [row.length for row in rows], accelerator.device)
        bare = _prepare_student(
            student, recipe, rank, placement, before if not starts_whole else None, recomputes=recomputes
        )
        trainable, total = lora.count(bare)
        disk.require_room(run.path, artefacts.bytes_to_write(bare))
        if not is_sharded:
            bare.to(accelerator.device)
        head = SupervisedHead(bare)
        if is_sharded:
            split.shard(bare, accelerator, layers_in=_layers_in(recipe, placement))
    merged.speed_up(bare)
    compiled = compiling.choice(recipe.compile, is_sharded=is_sharded)
    compiling.compile_layers(bare, compiled, accelerator.device, course.total_steps)
    model, prepared = split.prepare(accelerator, bare, optim.adamw(bare.parameters(), recipe))
    tuned = lora.tuned_parameters(bare)

    is_main = accelerator.is_main_process
    observer = observe(
        run.emit if is_main else lambda *_, **__: None, bare, rows, device=accelerator.device,
        dtype=placement.dtype_name, processes=accelerator.num_processes, is_supervised=recipe.objective == "sft",
    )  # fmt: skip
    tuning = loop.Tuning(
        accelerator=accelerator,
        model=model,
        bare=bare,
        chat=student.chat,
        optimizer=prepared,
        course=course,
        objective=objective,
        validation=validation,
        samples=spec.sample_prompts,
        sample_max_new_tokens=spec.sample_max_new_tokens,
        sampling=generation.Sampling(no_repeat_ngram=spec.sample_no_repeat_ngram),
        head=head,
        folder=run.path,
        fingerprint=fingerprint.of(recipe, source, rows, begins),
        keep_checkpoints=spec.keep_checkpoints,
        emit=observer.emit,
        should_stop=lambda: run.stop_requested,
        extra_inputs=student.extra_inputs,
    )
    speed.speed_up(tuning)
    folders = [run.path, *run.earlier()]
    prepare(
        objective, tuning.network, accelerator, [*rows, *validation],
        batch_size=recipe.batch_size, weights=f"{loading.identity_of(source)}{begins}{placement.dtype_name}",
        folders=folders, emit=tuning.emit, stop_if_asked=lambda: loop.stop_if_asked(tuning),
    )  # fmt: skip
    with split.in_turn(accelerator, is_sharded=is_sharded):
        standing = (
            resume(tuning, tuned, folders, as_before=lambda: fingerprint.of_first_release(recipe, source, rows, begins))
            or Standing()
        )
    resumed_from = standing.step if standing.step else None
    tuning.emit("log", level="info", message=_opening(course, placement, trainable, total, resumed_from))
    loop.train(tuning, standing, tuned)
    observer.end()

    if tuning.best_file.exists():
        artefacts.put_back(bare, tuned, checkpoint.read_weights(tuning.best_file))
    weights = artefacts.whole_weights(bare, tuned, recipe.method, keep=is_main)
    files = (
        artefacts.write(run.path, bare, student, recipe.method, spec.student, before=before, weights=weights)
        if is_main
        else []
    )
    summary = TrainSummary(
        method=recipe.method,
        artefact="adapter" if recipe.method == "lora" else "model",
        rank=rank,
        steps=standing.step,
        epochs=course.epoch_at(standing.step),
        rows=len(rows),
        train_loss=standing.train_loss,
        validation_loss=standing.best_loss,
        validation_loss_before=standing.validation_loss_before,
        best_step=standing.best_step if standing.best_loss is not None else standing.step,
        trainable_parameters=trainable,
        total_parameters=total,
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
        processes=accelerator.num_processes,
    )
    return summary, files


def _places(spec: TrainSpec) -> Placement:
    recipe = spec.recipe
    return place(spec.device, recipe.dtype, recipe.method, recipe.quantise, processes=recipe.processes)


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


def _teacher(run: RunDir, spec: TrainSpec) -> Student:
    """Whom a distilled student learns from, held as a frozen base is."""
    if spec.teacher is None:
        raise TrainError("no_teacher", "distillation needs a teacher")
    held = place(spec.device, spec.recipe.dtype, "lora")
    return loading.load(
        spec.teacher.below(run.path), dtype=held.weights, token=run.secrets().get(HUB_TOKEN),
        allowed_roots=spec.allowed_roots,
    )  # fmt: skip


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def _opening(course: Course, placement: Placement, trainable: int, total: int, resumed_from: int | None) -> str:
    start = f"resumed at step {resumed_from}" if resumed_from else "started"
    return (
        f"{start}: {len(course.rows)} rows, {course.total_steps} steps on {placement.device} "
        f"in {placement.dtype_name}; {trainable:,} of {total:,} parameters tuned"
    )


def _fail(run: RunDir, error: TrainError) -> int:
    _finish(run, "failed", error=EngineError(code=error.code, message=error.message, hint=error.hint))
    return 1


def _finish(run: RunDir, outcome: Any, summary: Any = None, files: Any = (), error: EngineError | None = None) -> None:
    # Under `accelerate launch` every process has this number, and only the first reports.
    if os.environ.get(launching.RANK, "0") == "0":
        run.finish(outcome, summary=summary, artefacts=files, error=error)
    elif error is not None:
        launching.fail_quietly(run, error)


if __name__ == "__main__":
    sys.exit(main(launching.opened(Path(sys.argv[1]))))
