"""The training loop: steps, validation, samples, checkpoints, and stopping at any of them without losing a step.

It is told what to tune and reports through a callback; it does not know files of data, students' folders, or jobs.
"""

from __future__ import annotations

import math
import time

import torch

from training.engine import optimization, trials
from training.engine.checkpoints import checkpoint
from training.engine.context import Stopped, TrainContext, stop_if_asked, stop_is_asked
from training.engine.contracts import TrainError
from training.engine.distributed import fsdp, gather
from training.engine.memory import oom
from training.engine.model import generate
from training.engine.objectives.base import add_measures, mean_measures
from training.engine.report.curve import MetricReporter, StepResult
from training.engine.state import Diverged, TrainState, check_divergence
from training.engine.step import halve, optimise_in_memory


def train(tuning: TrainContext, standing: TrainState, tuned: dict[str, torch.Tensor]) -> None:
    """Run from where `standing` says to the end; keeps `standing` up to date.

    Args:
        tuning: What to tune and how to report.
        standing: Start of the run, or of a resumed one; changed in place.
        tuned: Tuned parameters by name, the very tensors the optimiser changes.

    Raises:
        Stopped: It was asked to stop; a checkpoint has been written.
        TrainError: The loss diverged, or the disk is full.
    """
    curve = MetricReporter(tuning.emit, tuning.course, tuning.accelerator.device)
    trials.began(tuning.trials, standing, tuning.course.total_steps)
    try:
        _duties(tuning, standing, tuned)
        while standing.step < tuning.course.total_steps:
            began = time.perf_counter()
            step = optimise_in_memory(tuning, standing)
            seconds = time.perf_counter() - began
            _account(tuning, standing, step, seconds)
            trials.stepped(tuning.trials, standing, step.tokens, seconds)
            step.measures.update(optimization.scaling(tuning.accelerator.scaler, skipped_steps=standing.skipped_steps))
            curve.add(standing, step)
            _duties(tuning, standing, tuned)
    except Stopped:
        _save(tuning, standing, tuned)
        raise


def validate(tuning: TrainContext, *, halvings: int = 0) -> tuple[float, dict[str, float]]:
    """Mean loss over the validation items (of SFT: nats per supervised token), and the objective's measures."""
    rows = sorted(tuning.validation, key=lambda row: row.length)
    size = max(1, 2 * tuning.course.recipe.batch_size >> halvings)
    total, measured = 0.0, []
    tuning.model.eval()
    with torch.no_grad(), tuning.reading:
        for start in range(0, len(rows), size):
            stop_if_asked(tuning)
            loss, measures = tuning.objective.loss(tuning.network, rows[start : start + size])
            total += float(loss)
            measured.append(measures)
    tuning.model.train()
    return total / tuning.objective.normaliser(rows), mean_measures(add_measures(measured))


def _account(tuning: TrainContext, standing: TrainState, step: StepResult, seconds: float) -> None:
    skipped = bool(getattr(tuning.optimizer, "step_was_skipped", False))
    try:
        check_divergence(standing, step.loss, step.grad_norm, skipped=skipped)
    except Diverged as diverged:
        raise _diverged(standing.step + 1, str(diverged)) from None
    standing.step += 1
    standing.skipped_steps += skipped
    standing.train_loss = step.loss
    standing.tokens += step.tokens
    standing.supervised_tokens += step.supervised
    standing.seconds += seconds


def _diverged(step: int, what: str) -> TrainError:
    return TrainError("diverged", f"step {step}: {what}", "Lower the learning rate, or use bf16 or fp32.")


def _duties(tuning: TrainContext, standing: TrainState, tuned: dict[str, torch.Tensor]) -> None:
    """Validate, sample and save where that is due now and not done yet."""
    course, step = tuning.course, standing.step
    if tuning.validation and course.validates_after(step) and standing.validated_step < step:
        _validate_now(tuning, standing, tuned)
    if tuning.samples and step and course.samples_after(step) and standing.sampled_step < step:
        _sample_now(tuning, standing)
    if step and course.saves_after(step):
        _save(tuning, standing, tuned)


def _validate_now(tuning: TrainContext, standing: TrainState, tuned: dict[str, torch.Tensor]) -> None:
    loss, measures = oom.retry_smaller(
        lambda: validate(tuning, halvings=standing.halvings), give_way=lambda why: halve(tuning, standing, why)
    )
    if not math.isfinite(loss):
        raise _diverged(standing.step, f"the validation loss is {loss}")
    standing.validated_step, standing.validation_loss = standing.step, loss
    if standing.step == 0:
        standing.validation_loss_before = loss
    elif standing.best_loss is None or loss < standing.best_loss:
        standing.best_loss, standing.best_step, standing.best_measures = loss, standing.step, measures
        if best := gather.full_tensors(tuned, keep=tuning.accelerator.is_main_process):
            checkpoint.write_weights(tuning.best_file, best)
    measured = {f"val_{name}": value for name, value in measures.items()}
    tuning.emit("metric", step=standing.step, epoch=tuning.course.epoch_at(standing.step), val_loss=loss, **measured)


def _sample_now(tuning: TrainContext, standing: TrainState) -> None:
    prompts = [[message.model_dump() for message in sample.messages] for sample in tuning.samples]
    # The processes of a sharded model write each token together, and leave off together; else the first writes alone.
    is_shared = fsdp.is_sharded(tuning.bare)
    stops = (lambda: stop_is_asked(tuning)) if is_shared else tuning.should_stop
    answers = generate.generate(
        tuning.bare,
        tuning.chat,
        prompts,
        max_new_tokens=tuning.sample_max_new_tokens,
        sampling=tuning.sampling,
        should_stop=stops,
        context_length=tuning.context_length,
    )
    for answer in answers if is_shared or tuning.accelerator.is_main_process else ():
        tuning.emit(
            "sample",
            step=standing.step,
            id=tuning.samples[answer.index].id,
            text=answer.unfinished if answer.is_unfit else answer.text,
        )
    stop_if_asked(tuning)
    standing.sampled_step = standing.step


def _save(tuning: TrainContext, standing: TrainState, tuned: dict[str, torch.Tensor]) -> None:
    is_main, scaler = tuning.accelerator.is_main_process, tuning.accelerator.scaler
    weights, adamw = (
        gather.full_tensors(tuned, keep=is_main),
        gather.full_state(tuning.optimizer.state_dict(), keep=is_main),
    )
    if not is_main:
        return
    state = {"adamw": adamw, "scaler": scaler.state_dict() if scaler else None}
    path = checkpoint.save(
        tuning.checkpoints,
        standing=standing,
        weights=weights,
        optimiser=state,
        best=tuning.best_file if tuning.best_file.exists() else None,
        fingerprint=tuning.fingerprint,
        keep=tuning.keep_checkpoints,
    )
    tuning.emit("checkpoint", step=standing.step, path=str(path.relative_to(tuning.folder)))
