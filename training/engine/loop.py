"""The training loop: steps, validation, samples, checkpoints, and stopping at any of them without losing a step.

It is told what to tune and reports through a callback; it does not know files of data, students' folders, or jobs.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch.optim import AdamW

from training.engine import checkpoint, generation, optim, shortage
from training.engine.chat import Chat
from training.engine.checkpoint import Standing
from training.engine.contracts import SamplePrompt, TrainError
from training.engine.course import Course
from training.engine.curve import Curve, Step
from training.engine.loss import SupervisedHead
from training.engine.objectives.contracts import Measures, Network, Objective, added, means
from training.engine.sharding import split, whole
from training.engine.watch import Diverged, watch


class Stopped(Exception):  # noqa: N818  (no error: someone asked)
    """The run was asked to stop; what was done so far stands in `Standing`."""


@dataclass
class Tuning:
    """All the loop works with.

    `model` is what accelerate prepared (it may be wrapped), `bare` the same model unwrapped. `emit` reports an event,
    `should_stop` is asked before every batch, token and validation batch. `passes` lays the batches of a step out to the
    passes of all processes, the same rows in another shape; `reading` is entered while the model reads them; `expect`
    hears of the passes this process will come to next.
    """

    accelerator: Accelerator
    model: Any
    bare: Any
    chat: Chat
    optimizer: AdamW
    course: Course
    objective: Objective[Any]
    validation: Sequence[Any]
    samples: Sequence[SamplePrompt]
    sample_max_new_tokens: int
    sampling: generation.Sampling
    head: SupervisedHead
    folder: Path
    fingerprint: str
    keep_checkpoints: int
    emit: Callable[..., object]
    should_stop: Callable[[], bool]
    extra_inputs: Callable[[torch.Tensor], dict[str, torch.Tensor]] = field(default=lambda _: {})
    passes: Callable[[list[list[Any]]], list[list[Any]]] = field(default=lambda batches: batches)
    reading: AbstractContextManager[object] = field(default_factory=nullcontext)
    expect: Callable[[list[list[Any]]], None] = field(default=lambda _: None)

    @property
    def network(self) -> Network:
        """The model as the objective sees it."""
        return Network(self.model, self.head, self.chat.pad, self.accelerator.device, self.extra_inputs)

    @property
    def best_file(self) -> Path:
        """Where the weights with the lowest validation loss are kept."""
        return self.folder / "best" / checkpoint.WEIGHTS

    @property
    def checkpoints(self) -> Path:
        """Where checkpoints are kept."""
        return self.folder / "checkpoints"


def train(tuning: Tuning, standing: Standing, tuned: dict[str, torch.Tensor]) -> None:
    """Run from where `standing` says to the end; keeps `standing` up to date.

    Args:
        tuning: What to tune and how to report.
        standing: Start of the run, or of a resumed one; changed in place.
        tuned: Tuned parameters by name, the very tensors the optimiser changes.

    Raises:
        Stopped: It was asked to stop; a checkpoint has been written.
        TrainError: The loss diverged, or the disk is full.
    """
    curve = Curve(tuning.emit, tuning.course, tuning.accelerator.device)
    try:
        _duties(tuning, standing, tuned)
        while standing.step < tuning.course.total_steps:
            began = time.perf_counter()
            step = _optimise_in_memory(tuning, standing)
            _account(tuning, standing, step, time.perf_counter() - began)
            step.measures.update(optim.scaling(tuning.accelerator.scaler, skipped_steps=standing.skipped_steps))
            curve.add(standing, step)
            _duties(tuning, standing, tuned)
    except Stopped:
        _save(tuning, standing, tuned)
        raise


def _optimise_in_memory(tuning: Tuning, standing: Standing) -> Step:
    """One optimiser step, in smaller batches from here on where memory runs out."""

    def give_way(reason: str) -> None:
        tuning.optimizer.zero_grad(set_to_none=True)
        _halve(tuning, standing, reason)

    return shortage.mended(lambda: optimise(tuning, standing.step, halvings=standing.halvings), give_way=give_way)


def _halve(tuning: Tuning, standing: Standing, reason: str) -> None:
    rows = shortage.widest(_laid(tuning, standing.step, standing.halvings))
    # Others would wait for this process's gradients; KTO tells drift from the other rows of a batch.
    if rows == 1 or tuning.accelerator.num_processes > 1 or tuning.course.recipe.objective == "kto":
        raise shortage.out_of_memory(f"at step {standing.step + 1}, in batches of {rows}: {reason}")
    standing.halvings += 1
    rows = shortage.widest(_laid(tuning, standing.step, standing.halvings))
    message = f"step {standing.step + 1}: memory ran out; batches have {rows} rows at most from here on, steps as many as before"
    tuning.emit("log", level="warning", message=message)
    tuning.emit("metric", step=standing.step, micro_batch=rows)


def _laid(tuning: Tuning, number: int, halvings: int) -> list[list[Any]]:
    """The passes of all processes in a step."""
    return shortage.split(tuning.passes(tuning.course.batches_of(number)), halvings)


def validate(tuning: Tuning, *, halvings: int = 0) -> tuple[float, dict[str, float]]:
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
    return total / tuning.objective.normaliser(rows), means(added(measured))


def optimise(tuning: Tuning, number: int, *, halvings: int = 0) -> Step:
    """One optimiser step: forward and backward over its batches, clip, change the weights.

    Batches are halved so many times. Memory that runs out before weights are changed leaves nothing but gradients.
    """
    accelerator, course = tuning.accelerator, tuning.course
    laid = _laid(tuning, number, halvings)
    rows = [row for items in laid for row in items]
    share = tuning.objective.normaliser(rows)
    mine = laid[accelerator.process_index :: accelerator.num_processes]
    _look_ahead(tuning, mine, number + 1, halvings)
    # Every process passes equally often; one that has run out repeats a batch that counts for nothing.
    passes = math.ceil(len(laid) / accelerator.num_processes)
    optim.set_rate(tuning.optimizer, optim.rate_at(number, total=course.total_steps, recipe=course.recipe))
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
    with shortage.too_late():
        tuning.optimizer.step()
    tuning.optimizer.zero_grad(set_to_none=True)
    reduced = accelerator.reduce(torch.stack(losses).sum(), "sum")
    return Step(
        float(reduced), float(whole.tensor(norm)), sum(row.length for row in rows), sum(row.supervised for row in rows),
        _means(tuning, added(measured)),
    )  # fmt: skip


def _look_ahead(tuning: Tuning, mine: list[list[Any]], following: int, halvings: int) -> None:
    course, accelerator = tuning.course, tuning.accelerator
    laid = _laid(tuning, following, halvings) if following < course.total_steps else []
    tuning.expect([*mine, *laid[accelerator.process_index :: accelerator.num_processes]])


def _means(tuning: Tuning, measures: Measures) -> dict[str, float]:
    """Over all processes; measures have the same names on each."""
    return means({name: tuning.accelerator.reduce(value, "sum") for name, value in measures.items()})


def _account(tuning: Tuning, standing: Standing, step: Step, seconds: float) -> None:
    skipped = bool(getattr(tuning.optimizer, "step_was_skipped", False))
    try:
        watch(standing, step.loss, step.grad_norm, skipped=skipped)
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


def _duties(tuning: Tuning, standing: Standing, tuned: dict[str, torch.Tensor]) -> None:
    """Validate, sample and save where that is due now and not done yet."""
    course, step = tuning.course, standing.step
    if tuning.validation and course.validates_after(step) and standing.validated_step < step:
        _validate_now(tuning, standing, tuned)
    if tuning.samples and step and course.samples_after(step) and standing.sampled_step < step:
        _sample_now(tuning, standing)
    if step and course.saves_after(step):
        _save(tuning, standing, tuned)


def _validate_now(tuning: Tuning, standing: Standing, tuned: dict[str, torch.Tensor]) -> None:
    loss, measures = shortage.mended(
        lambda: validate(tuning, halvings=standing.halvings), give_way=lambda why: _halve(tuning, standing, why)
    )
    if not math.isfinite(loss):
        raise _diverged(standing.step, f"the validation loss is {loss}")
    standing.validated_step, standing.validation_loss = standing.step, loss
    if standing.step == 0:
        standing.validation_loss_before = loss
    elif standing.best_loss is None or loss < standing.best_loss:
        standing.best_loss, standing.best_step, standing.best_measures = loss, standing.step, measures
        if best := whole.tensors(tuned, keep=tuning.accelerator.is_main_process):
            checkpoint.write_weights(tuning.best_file, best)
    measured = {f"val_{name}": value for name, value in measures.items()}
    tuning.emit("metric", step=standing.step, epoch=tuning.course.epoch_at(standing.step), val_loss=loss, **measured)


def _sample_now(tuning: Tuning, standing: Standing) -> None:
    prompts = [[message.model_dump() for message in sample.messages] for sample in tuning.samples]
    # The processes of a sharded model write each token together, and leave off together; else the first writes alone.
    is_shared = split.is_sharded(tuning.bare)
    stops = (lambda: _is_asked(tuning)) if is_shared else tuning.should_stop
    answers = generation.write(
        tuning.bare, tuning.chat, prompts,
        max_new_tokens=tuning.sample_max_new_tokens, sampling=tuning.sampling, should_stop=stops,
    )  # fmt: skip
    for answer in answers if is_shared or tuning.accelerator.is_main_process else ():
        tuning.emit("sample", step=standing.step, id=tuning.samples[answer.index].id, text=answer.text)
    stop_if_asked(tuning)
    standing.sampled_step = standing.step


def _save(tuning: Tuning, standing: Standing, tuned: dict[str, torch.Tensor]) -> None:
    is_main, scaler = tuning.accelerator.is_main_process, tuning.accelerator.scaler
    weights, adamw = whole.tensors(tuned, keep=is_main), whole.state(tuning.optimizer.state_dict(), keep=is_main)
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


def stop_if_asked(tuning: Tuning) -> None:
    """Leave the run where it stands, on all processes at once, when it has been asked to stop.

    Raises:
        Stopped: It has.
    """
    if _is_asked(tuning):
        raise Stopped


def _is_asked(tuning: Tuning) -> bool:
    asked = tuning.should_stop()
    if tuning.accelerator.num_processes > 1:
        # All processes must leave the same step, or the ones that stay wait for ever.
        asked = bool(tuning.accelerator.reduce(torch.tensor(int(asked), device=tuning.accelerator.device), "sum"))
    return asked
