"""State of a run, and what tells a run that has gone wrong from one that is merely noisy. It knows numbers only."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

# Weight of the newest loss in the smoothed one: about the last twenty steps.
SMOOTHING: Final = 0.1
# A smoothed loss this far above the first one, in nats per token, is no noise: a uniform guess costs about ten.
RISE_NATS: Final = 3.0
# The loss scaler begins at 2 to the 16th and halves at each overflow: after so many in a row scaling is not what is
# wrong.
MAX_SKIPPED_IN_A_ROW: Final = 30


@dataclass
class TrainState:
    """State of a run after `step` optimiser steps. Losses are in the unit of its objective.

    `validated_step` and `sampled_step` tell which of the duties that fall due at a step have been done, so that a run
    stopped in the middle of them takes them up again. `smoothed_loss` and `first_loss` watch for divergence. `halvings`
    is how often batches have been halved because memory ran out, `skipped_steps` how often fp16's gradients overflowed,
    `skipped_in_a_row` how often since weights last changed. `layout` is how rows are laid out where that was chosen by
    timing; empty where it was not.
    """

    step: int = 0
    validated_step: int = -1
    sampled_step: int = -1
    train_loss: float | None = None
    validation_loss: float | None = None
    validation_loss_before: float | None = None
    best_loss: float | None = None
    best_step: int = 0
    best_measures: dict[str, float] = field(default_factory=dict)
    smoothed_loss: float | None = None
    first_loss: float | None = None
    tokens: int = 0
    supervised_tokens: int = 0
    seconds: float = 0.0
    halvings: int = 0
    skipped_steps: int = 0
    skipped_in_a_row: int = 0
    layout: str = ""


class Diverged(Exception):  # noqa: N818  (a finding, turned into a TrainError by the loop)
    """The loss is no number, or has risen far above where it began."""


def check_divergence(state: TrainState, loss: float, grad_norm: float, *, skipped: bool) -> None:
    """Refuse a step that left no number behind.

    Args:
        state: Counts skipped steps; changed in place.
        loss: In the unit of the objective.
        grad_norm: Before clipping.
        skipped: Whether fp16's loss scaler skipped the step, which it does on purpose when gradients overflow.

    Raises:
        Diverged: With what was seen.
    """
    if not math.isfinite(loss):
        raise Diverged(f"the loss is {loss}")
    state.skipped_in_a_row = state.skipped_in_a_row + 1 if skipped else 0
    if state.skipped_in_a_row >= MAX_SKIPPED_IN_A_ROW:
        raise Diverged(
            f"gradients have overflowed in fp16 {MAX_SKIPPED_IN_A_ROW} steps in a row, and no weight has changed"
        )
    if not math.isfinite(grad_norm) and not skipped:
        raise Diverged(f"the norm of the gradient is {grad_norm}")


def check_rise(state: TrainState, loss: float) -> None:
    """Take note of a step's loss per token, and refuse one that has risen for good.

    A loss per row or per pair has no such bound: one rare label, or one number far out, raises it a hundredfold.

    Args:
        state: Holds the first and the smoothed loss; changed in place.
        loss: Nats per supervised token.

    Raises:
        Diverged: With what was seen.
    """
    if state.first_loss is None or state.smoothed_loss is None:
        state.first_loss = state.smoothed_loss = loss
        return
    state.smoothed_loss += SMOOTHING * (loss - state.smoothed_loss)
    if state.smoothed_loss > state.first_loss + RISE_NATS:
        raise Diverged(f"the loss has risen from {state.first_loss:.2f} to {state.smoothed_loss:.2f}")
