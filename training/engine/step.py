"""One step: forward and backward over its batches on every process, clip, change the weights; smaller where memory runs out.

It does not know what comes before or after a step: validation, checkpoints and reports are the loop's.
"""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import Any

import torch

from training.engine import optimization
from training.engine.context import TrainContext, stop_if_asked
from training.engine.distributed import gather
from training.engine.memory import oom
from training.engine.objectives.base import Measures, add_measures, mean_measures
from training.engine.report.curve import StepResult
from training.engine.state import TrainState


def optimise_in_memory(tuning: TrainContext, standing: TrainState) -> StepResult:
    """One optimiser step, in smaller batches from here on where memory runs out."""

    def give_way(reason: str) -> None:
        tuning.optimizer.zero_grad(set_to_none=True)
        halve(tuning, standing, reason)

    return oom.retry_smaller(lambda: optimise(tuning, standing.step, halvings=standing.halvings), give_way=give_way)


def halve(tuning: TrainContext, standing: TrainState, reason: str) -> None:
    """Have all steps from here on use batches of half as many rows.

    Raises:
        TrainError: They cannot be halved.
    """
    rows = oom.widest(_batches_of_step(tuning, standing.step, standing.halvings))
    # Others would wait for this process's gradients; KTO tells drift from the other rows of a batch.
    if rows == 1 or tuning.accelerator.num_processes > 1 or tuning.course.recipe.objective == "kto":
        raise oom.out_of_memory(f"at step {standing.step + 1}, in batches of {rows}: {reason}")
    standing.halvings += 1
    rows = oom.widest(_batches_of_step(tuning, standing.step, standing.halvings))
    message = f"step {standing.step + 1}: memory ran out; batches have {rows} rows at most from here on, steps as many as before"
    tuning.emit("log", level="warning", message=message)
    tuning.emit("metric", step=standing.step, micro_batch=rows)


def _batches_of_step(tuning: TrainContext, number: int, halvings: int) -> list[list[Any]]:
    """The passes of all processes in a step."""
    return oom.split_batches(tuning.passes(tuning.course.batches_of(number)), halvings)


def optimise(tuning: TrainContext, number: int, *, halvings: int = 0) -> StepResult:
    """One optimiser step: forward and backward over its batches, clip, change the weights.

    Batches are halved so many times. Memory that runs out before weights are changed leaves nothing but gradients.
    """
    accelerator, course = tuning.accelerator, tuning.course
    laid = _batches_of_step(tuning, number, halvings)
    rows = [row for items in laid for row in items]
    share = tuning.objective.normaliser(rows)
    mine = laid[accelerator.process_index :: accelerator.num_processes]
    _expect_next(tuning, mine, number + 1, halvings)
    # Every process passes equally often; one that has run out repeats a batch that counts for nothing.
    passes = math.ceil(len(laid) / accelerator.num_processes)
    optimization.set_rate(
        tuning.optimizer, optimization.rate_at(number, total=course.total_steps, recipe=course.recipe)
    )
    tuning.model.train()
    # Dropout depends on the step alone: a step that was stopped halfway is drawn again as it was.
    torch.manual_seed(course.seed_of(number, accelerator.process_index))
    losses, measured = [], []
    for turn in range(passes):
        stop_if_asked(tuning)
        weight = 1.0 if turn < len(mine) else 0.0
        is_last = turn == passes - 1
        with tuning.reading, nullcontext() if is_last else accelerator.no_sync(tuning.model):
            total, measures = tuning.objective.loss(tuning.network, mine[turn] if weight else laid[0])
            loss = total * (weight / share)
            # Gradients are averaged over processes; the loss is a sum over all of them.
            accelerator.backward(loss * accelerator.num_processes)
        losses.append(loss.detach())
        measured.append({name: value * weight for name, value in measures.items()})
    norm = accelerator.clip_grad_norm_(tuning.bare.parameters(), course.recipe.max_grad_norm)
    with oom.cannot_retry():
        tuning.optimizer.step()
    tuning.optimizer.zero_grad(set_to_none=True)
    reduced = accelerator.reduce(torch.stack(losses).sum(), "sum")
    return StepResult(
        float(reduced),
        float(gather.full_tensor(norm)),
        sum(row.length for row in rows),
        sum(row.supervised for row in rows),
        _means(tuning, add_measures(measured)),
    )


def _expect_next(tuning: TrainContext, mine: list[list[Any]], following: int, halvings: int) -> None:
    course, accelerator = tuning.course, tuning.accelerator
    laid = _batches_of_step(tuning, following, halvings) if following < course.total_steps else []
    tuning.expect([*mine, *laid[accelerator.process_index :: accelerator.num_processes]])


def _means(tuning: TrainContext, measures: Measures) -> dict[str, float]:
    """Over all processes; measures have the same names on each."""
    return mean_measures({name: tuning.accelerator.reduce(value, "sum") for name, value in measures.items()})
