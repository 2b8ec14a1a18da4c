"""The training loop: steps, validation, samples, checkpoints, and stopping at any of them without losing a step.

It is told what to tune and reports through a callback; it does not know files of data, students' folders, or jobs.
"""

from __future__ import annotations

import math
import time

import torch

from training.engine import optimization, trials
from training.engine.checkpoints import checkpoint
from training.engine.context import TrainContext, stop_if_asked, stop_is_asked
from training.engine.contracts import Stopped, TrainError
from training.engine.distributed import fsdp, gather
from training.engine.memory import oom
from training.engine.model import generate
from training.engine.objectives.base import add_measures, mean_measures
from training.engine.report.curve import MetricReporter, StepResult
from training.engine.state import Diverged, TrainState, check_divergence, check_rise
from training.engine.step import halve, optimise_in_memory


def train(context: TrainContext, state: TrainState, tuned: dict[str, torch.Tensor]) -> None:
    """Run from where `state` says to the end; keeps `state` up to date.

    Args:
        state: Start of the run, or of a resumed one; changed in place.
        tuned: Tuned parameters by name, the very tensors the optimiser changes.

    Raises:
        Stopped: It was asked to stop; a checkpoint has been written.
        TrainError: The loss diverged, or the disk is full.
    """
    curve = MetricReporter(context.emit, context.schedule, context.accelerator.device, state)
    trials.began(context.trials, state, context.schedule.total_steps)
    try:
        if total := context.schedule.total_steps:
            # What came before the steps has been reported too, and is over.
            context.emit("progress", done=state.step, total=total, unit="steps", rate_per_s=None, eta_s=None)
        _duties(context, state, tuned)
        while state.step < context.schedule.total_steps:
            began = time.perf_counter()
            step = optimise_in_memory(context, state)
            seconds = time.perf_counter() - began
            _account(context, state, step, seconds)
            trials.stepped(context.trials, state, step.tokens, seconds)
            step.measures.update(optimization.scaling(context.accelerator.scaler, skipped_steps=state.skipped_steps))
            curve.add(state, step)
            _duties(context, state, tuned)
    except Stopped:
        _save(context, state, tuned)
        raise


def validate(context: TrainContext, *, halvings: int = 0) -> tuple[float, dict[str, float]]:
    """Mean loss over the validation items (of SFT: nats per supervised token), and the objective's measures."""
    rows = sorted(context.validation, key=lambda row: row.length)
    size = max(1, 2 * context.schedule.recipe.batch_size >> halvings)
    total, measured = 0.0, []
    context.model.eval()
    with torch.no_grad(), context.reading:
        for start in range(0, len(rows), size):
            stop_if_asked(context)
            loss, measures = context.objective.loss(context.network, rows[start : start + size])
            total += float(loss)
            measured.append(measures)
    context.model.train()
    return total / context.objective.normaliser(rows), mean_measures(add_measures(measured))


def _account(context: TrainContext, state: TrainState, step: StepResult, seconds: float) -> None:
    try:
        check_divergence(state, step.loss, step.grad_norm, skipped=step.was_skipped)
        if context.schedule.recipe.objective in ("sft", "distil"):
            check_rise(state, step.loss)
    except Diverged as diverged:
        raise _diverged(state.step + 1, str(diverged)) from None
    state.step += 1
    state.skipped_steps += step.was_skipped
    state.train_loss = step.loss
    state.tokens += step.tokens
    state.supervised_tokens += step.supervised
    state.seconds += seconds


def _diverged(step: int, what: str) -> TrainError:
    return TrainError("diverged", f"step {step}: {what}", "Lower the learning rate, or use bf16 or fp32.")


def _duties(context: TrainContext, state: TrainState, tuned: dict[str, torch.Tensor]) -> None:
    schedule, step = context.schedule, state.step
    if context.validation and schedule.validates_after(step) and state.validated_step < step:
        _validate_now(context, state, tuned)
    if context.samples and step and schedule.samples_after(step) and state.sampled_step < step:
        _sample_now(context, state)
    if step and schedule.saves_after(step):
        _save(context, state, tuned)


def _validate_now(context: TrainContext, state: TrainState, tuned: dict[str, torch.Tensor]) -> None:
    loss, measures = oom.retry_smaller(
        lambda: validate(context, halvings=state.halvings), give_way=lambda why: halve(context, state, why)
    )
    if not math.isfinite(loss):
        raise _diverged(state.step, f"the validation loss is {loss}")
    state.validated_step, state.validation_loss = state.step, loss
    if state.step == 0:
        state.validation_loss_before = loss
    if _may_be_kept(context, state) and (state.best_loss is None or loss < state.best_loss):
        state.best_loss, state.best_step, state.best_measures = loss, state.step, measures
        if best := gather.full_tensors(tuned, keep=context.accelerator.is_main_process):
            checkpoint.write_weights(context.best_file, best)
    measured = {f"val_{name}": value for name, value in measures.items()}
    context.emit("metric", step=state.step, epoch=context.schedule.epoch_at(state.step), val_loss=loss, **measured)


def _may_be_kept(context: TrainContext, state: TrainState) -> bool:
    """Return whether the weights at hand may be the run's result: once a step was made, or none is planned."""
    return state.step > 0 or context.schedule.total_steps == 0


def _sample_now(context: TrainContext, state: TrainState) -> None:
    prompts = [[message.model_dump() for message in sample.messages] for sample in context.samples]
    # The processes of a sharded model write each token together, and leave off together; else the first writes alone.
    is_shared = fsdp.is_sharded(context.bare)
    stops = (lambda: stop_is_asked(context)) if is_shared else context.should_stop
    answers = generate.generate(
        context.bare,
        context.chat,
        prompts,
        max_new_tokens=context.sample_max_new_tokens,
        sampling=context.sampling,
        should_stop=stops,
        context_length=context.context_length,
    )
    for answer in answers if is_shared or context.accelerator.is_main_process else ():
        context.emit(
            "sample",
            step=state.step,
            id=context.samples[answer.index].id,
            text=answer.unfinished if answer.is_unfit else answer.text,
        )
    stop_if_asked(context)
    state.sampled_step = state.step


def _save(context: TrainContext, state: TrainState, tuned: dict[str, torch.Tensor]) -> None:
    is_main, scaler = context.accelerator.is_main_process, context.accelerator.scaler
    weights, adamw = (
        gather.full_tensors(tuned, keep=is_main),
        gather.full_state(context.optimizer.state_dict(), keep=is_main),
    )
    if not is_main:
        return
    optimiser = {"adamw": adamw, "scaler": scaler.state_dict() if scaler else None}
    path = checkpoint.save(
        context.checkpoints,
        state=state,
        weights=weights,
        optimiser=optimiser,
        best=context.best_file if context.best_file.exists() else None,
        fingerprint=context.fingerprint,
        keep=context.keep_checkpoints,
    )
    context.emit("checkpoint", step=state.step, path=str(path.relative_to(context.folder)))
