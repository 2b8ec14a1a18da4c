"""AdamW and the learning rate over a run."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import nn
from torch.optim import AdamW, Optimizer

from training.recipes.schema import Recipe


def adamw(parameters: Iterable[nn.Parameter], recipe: Recipe) -> AdamW:
    """AdamW in its fused form where the device has one; vectors (norms, biases) are not decayed."""
    tuned = [parameter for parameter in parameters if parameter.requires_grad]
    groups = [
        {"params": [p for p in tuned if p.ndim >= 2], "weight_decay": recipe.weight_decay},
        {"params": [p for p in tuned if p.ndim < 2], "weight_decay": 0.0},
    ]
    fused = all(p.device.type in ("cpu", "cuda") and torch.is_floating_point(p) for p in tuned)
    return AdamW(
        [group for group in groups if group["params"]], lr=recipe.learning_rate, betas=recipe.betas, fused=fused
    )


def rate_at(step: int, *, total: int, recipe: Recipe) -> float:
    """Learning rate of optimiser step `step` (from 0): a linear warm-up, then half a cosine down to zero."""
    warmup = math.ceil(recipe.warmup_ratio * total)
    if step < warmup:
        return recipe.learning_rate * (step + 1) / warmup
    done = (step - warmup) / max(1, total - warmup)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


def set_rate(optimizer: AdamW, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


def change_weights(optimizer: Optimizer, scaler: torch.amp.GradScaler | None) -> bool:
    """Take the optimiser's step; whether fp16's loss scaler skipped it, since gradients had overflowed.

    A fused optimiser is called all the same and leaves weights alone by itself, so that whether it was called, which is
    what accelerate goes by (`step_was_skipped`), says nothing. The scale does: it falls at an overflow and never else.
    """
    before = scaler.get_scale() if scaler else 0.0
    optimizer.step()
    return scaler is not None and scaler.get_scale() < before


def scaling(scaler: torch.amp.GradScaler | None, *, skipped_steps: int) -> dict[str, float]:
    """Under fp16 what losses are multiplied by, and how many steps overflowing gradients skipped; else empty."""
    return {} if scaler is None else {"loss_scale": float(scaler.get_scale()), "skipped_steps": float(skipped_steps)}
