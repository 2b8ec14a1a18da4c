"""Events of a running run: a curve thinned to be readable, and its progress."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import torch

from training.engine import optimization
from training.engine.memory.memory_plan import peak_gib
from training.engine.schedule import Schedule
from training.engine.state import TrainState

# At most so many points on a run's curve, and a progress report at most so often.
CURVE_POINTS: Final = 500
PROGRESS_EVERY_S: Final = 1.0
# What stands at a moment, and has no mean over the steps between two points.
NOT_AVERAGED: Final = frozenset({"loss_scale", "skipped_steps"})


@dataclass(frozen=True)
class StepResult:
    """Outcome of one optimiser step, over all processes; `measures` are the objective's own.

    `was_skipped`: gradients overflowed in fp16, and weights are as they were.
    """

    loss: float
    grad_norm: float
    tokens: int
    supervised: int
    measures: dict[str, float] = field(default_factory=dict)
    was_skipped: bool = False


class MetricReporter:
    """Reports steps as metric events, thinned to a readable curve, and progress at most once a second.

    Speed is of steps alone, and the time left is by the steps of this attempt: the one before may have had another
    machine.
    """

    def __init__(
        self, emit: Callable[..., object], schedule: Schedule, device: torch.device, begun: TrainState
    ) -> None:
        """Report a run that begins or resumes at `begun`, which may change later."""
        self._emit, self._course, self._device = emit, schedule, device
        self._every = max(1, schedule.total_steps // CURVE_POINTS)
        self._losses: list[float] = []
        self._measures: list[dict[str, float]] = []
        self._tokens = 0
        self._begun = begun.step, begun.seconds
        self._told_s, self._reported = begun.seconds, time.perf_counter()

    def add(self, state: TrainState, step: StepResult) -> None:
        self._losses.append(step.loss)
        self._measures.append(step.measures)
        self._tokens += step.tokens
        schedule, total = self._course, self._course.total_steps
        now = time.perf_counter()
        if state.step % self._every == 0 or state.step == total:
            self._emit(
                "metric",
                step=state.step,
                epoch=schedule.epoch_at(state.step),
                loss=sum(self._losses) / len(self._losses),
                lr=optimization.rate_at(state.step - 1, total=total, recipe=schedule.recipe),
                grad_norm=step.grad_norm if math.isfinite(step.grad_norm) else None,
                tokens_per_s=self._tokens / (state.seconds - self._told_s),
                peak_memory_gib=peak_gib(self._device),
                **_mean_of(self._measures),
            )
            self._losses, self._measures, self._tokens, self._told_s = [], [], 0, state.seconds
        if now - self._reported >= PROGRESS_EVERY_S or state.step == total:
            self._reported = now
            rate = (state.step - self._begun[0]) / (state.seconds - self._begun[1])
            self._emit(
                "progress",
                done=state.step,
                total=total,
                unit="steps",
                rate_per_s=rate,
                eta_s=(total - state.step) / rate,
            )


def _mean_of(steps: Sequence[dict[str, float]]) -> dict[str, float]:
    """Mean of each measure over steps that have it; the newest value where a mean makes no sense."""
    names = {name for step in steps for name in step}
    by_name = {name: [step[name] for step in steps if name in step] for name in sorted(names)}
    return {name: values[-1] if name in NOT_AVERAGED else sum(values) / len(values) for name, values in by_name.items()}
