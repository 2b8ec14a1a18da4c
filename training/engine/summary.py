"""Figures that a run is told by: its first line in the log, and the summary at its end."""

from __future__ import annotations

from typing import Any

from training.engine.context import TrainContext
from training.engine.contracts import TrainSpec, TrainSummary
from training.engine.memory import memory_plan
from training.engine.model.placement import Placement
from training.engine.report import environment
from training.engine.state import TrainState


def log_start(context: TrainContext, placement: Placement, rows: int, tuning: str, *, resumed_from: int | None) -> None:
    """Log a run's beginning: its rows and steps, its device, and what is tuned."""
    start = f"resumed at step {resumed_from}" if resumed_from else "started"
    steps = f"{context.schedule.total_steps} steps on {placement.device} in {placement.dtype_name}"
    context.emit("log", level="info", message=f"{start}: {rows} rows, {steps}; {tuning}")


def summarise(
    spec: TrainSpec,
    context: TrainContext,
    state: TrainState,
    placement: Placement,
    *,
    parameters: tuple[int, int],
    before_s: float = 0.0,
    **figures: Any,
) -> TrainSummary:
    """Summarise a run that has ended.

    Args:
        parameters: Numbers of tuned ones and of all.
        before_s: Seconds of learning before the first step.
        figures: Further fields of the summary.
    """
    recipe = spec.recipe
    return TrainSummary(
        method=recipe.method,
        artefact="adapter" if recipe.method == "lora" else "model",
        steps=state.step,
        epochs=context.schedule.epoch_at(state.step),
        train_loss=state.train_loss,
        validation_loss=state.best_loss,
        validation_loss_before=state.validation_loss_before,
        best_step=state.best_step if state.best_loss is not None else state.step,
        trainable_parameters=parameters[0],
        total_parameters=parameters[1],
        tokens=state.tokens,
        supervised_tokens=state.supervised_tokens,
        seconds=before_s + state.seconds,
        tokens_per_s=state.tokens / state.seconds if state.seconds else 0.0,
        peak_memory_gib=memory_plan.peak_gib(placement.device),
        device=str(placement.device),
        dtype=placement.dtype_name,
        objective=recipe.objective,
        processes=context.accelerator.num_processes,
        environment=environment.read(),
        **figures,
    )
