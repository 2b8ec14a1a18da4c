"""Tells a run that has gone wrong from one that is merely noisy. It knows numbers only."""

from __future__ import annotations

import math
from typing import Final

from training.engine.checkpoints.checkpoint import TrainState

# Weight of the newest loss in the smoothed one: about the last twenty steps.
SMOOTHING: Final = 0.1
# A smoothed loss this far above the first one, in nats per token, is no noise: a uniform guess costs about ten.
RISE_NATS: Final = 3.0
# The loss scaler begins at 2 to the 16th and halves at each overflow: after so many in a row scaling is not what is wrong.
MAX_SKIPPED_IN_A_ROW: Final = 30


class Diverged(Exception):  # noqa: N818  (a finding, turned into a TrainError by the loop)
    """The loss is no number, or has risen far above where it began."""


def check_divergence(standing: TrainState, loss: float, grad_norm: float, *, skipped: bool) -> None:
    """Take note of a step's loss.

    Args:
        standing: Holds the first and the smoothed loss; changed in place.
        loss: Nats per supervised token.
        grad_norm: Before clipping.
        skipped: Whether fp16's loss scaler skipped the step, which it does on purpose when gradients overflow.

    Raises:
        Diverged: With what was seen.
    """
    if not math.isfinite(loss):
        raise Diverged(f"the loss is {loss}")
    standing.skipped_in_a_row = standing.skipped_in_a_row + 1 if skipped else 0
    if standing.skipped_in_a_row >= MAX_SKIPPED_IN_A_ROW:
        raise Diverged(
            f"gradients have overflowed in fp16 {MAX_SKIPPED_IN_A_ROW} steps in a row, and no weight has changed"
        )
    if not math.isfinite(grad_norm) and not skipped:
        raise Diverged(f"the norm of the gradient is {grad_norm}")
    if standing.first_loss is None or standing.smoothed_loss is None:
        standing.first_loss = standing.smoothed_loss = loss
        return
    standing.smoothed_loss += SMOOTHING * (loss - standing.smoothed_loss)
    if standing.smoothed_loss > standing.first_loss + RISE_NATS:
        raise Diverged(f"the loss has risen from {standing.first_loss:.2f} to {standing.smoothed_loss:.2f}")
