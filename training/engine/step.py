"""One step: forward and backward over its batches on every process, clip, change the weights.

Batches are halved where memory runs out.
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


def optimise_in_memory(context: TrainContext, state: TrainState) -> StepResult:
    """One optimiser step, in smaller batches from here on where memory runs out."""

    def give_way(reason: str) -> None:
        context.optimizer.zero_grad(set_to_none=True)
        halve(context, state, reason)

    return oom.retry_smaller(lambda: optimise(context, state.step, halvings=state.halvings), give_way=give_way)


def halve(context: TrainContext, state: TrainState, reason: str) -> None:
    """Have all steps from here on use batches of half as many rows.

    Raises:
        TrainError: They cannot be halved.
    """
    rows = oom.widest(_batches_of_step(context, state.step, state.halvings))
    # Others would wait for this process's gradients; KTO estimates drift from the other rows of a batch.
    if rows == 1 or context.accelerator.num_processes > 1 or context.schedule.recipe.objective == "kto":
        raise oom.out_of_memory(f"at step {state.step + 1}, in batches of {rows}: {reason}")
    state.halvings += 1
    rows = oom.widest(_batches_of_step(context, state.step, state.halvings))
    message = (
        f"step {state.step + 1}: memory ran out; batches have {rows} rows at most from here on, steps as many as before"
    )
    context.emit("log", level="warning", message=message)
    context.emit("metric", step=state.step, micro_batch=rows)


def _batches_of_step(context: TrainContext, number: int, halvings: int) -> list[list[Any]]:
    return oom.split_batches(context.passes(context.schedule.batches_of(number)), halvings)


def optimise(context: TrainContext, number: int, *, halvings: int = 0) -> StepResult:
    """One optimiser step: forward and backward over its batches, clip, change the weights.

    Batches are halved so many times. Memory that runs out before weights are changed leaves nothing but gradients.
    """
    accelerator, schedule = context.accelerator, context.schedule
    laid = _batches_of_step(context, number, halvings)
    rows = [row for items in laid for row in items]
    share = context.objective.normaliser(rows)
    mine = laid[accelerator.process_index :: accelerator.num_processes]
    _expect_next(context, mine, number + 1, halvings)
    # Every process passes equally often; one that has run out repeats a batch that counts for nothing.
    passes = math.ceil(len(laid) / accelerator.num_processes)
    optimization.set_rate(
        context.optimizer, optimization.rate_at(number, total=schedule.total_steps, recipe=schedule.recipe)
    )
    context.model.train()
    # Dropout depends on the step alone: a step that was stopped halfway is drawn again as it was.
    torch.manual_seed(schedule.seed_of(number, accelerator.process_index))
    losses, measured = [], []
    for turn in range(passes):
        stop_if_asked(context)
        weight = 1.0 if turn < len(mine) else 0.0
        is_last = turn == passes - 1
        with context.reading, nullcontext() if is_last else accelerator.no_sync(context.model):
            total, measures = context.objective.loss(context.network, mine[turn] if weight else laid[0])
            loss = total * (weight / share)
            # Gradients are averaged over processes; the loss is a sum over all of them.
            accelerator.backward(loss * accelerator.num_processes)
        losses.append(loss.detach())
        measured.append({name: value * weight for name, value in measures.items()})
    norm = accelerator.clip_grad_norm_(context.bare.parameters(), schedule.recipe.max_grad_norm)
    with oom.cannot_retry():
        was_skipped = optimization.change_weights(context.optimizer, accelerator.scaler)
    context.optimizer.zero_grad(set_to_none=True)
    reduced = accelerator.reduce(torch.stack(losses).sum(), "sum")
    return StepResult(
        float(reduced),
        float(gather.full_tensor(norm)),
        sum(row.length for row in rows),
        sum(row.supervised for row in rows),
        _means(context, add_measures(measured)),
        was_skipped,
    )


def _expect_next(context: TrainContext, mine: list[list[Any]], following: int, halvings: int) -> None:
    schedule, accelerator = context.schedule, context.accelerator
    laid = _batches_of_step(context, following, halvings) if following < schedule.total_steps else []
    context.expect([*mine, *laid[accelerator.process_index :: accelerator.num_processes]])


def _means(context: TrainContext, measures: Measures) -> dict[str, float]:
    """Means over all processes; measures have the same names on each."""
    return mean_measures({name: context.accelerator.reduce(value, "sum") for name, value in measures.items()})
