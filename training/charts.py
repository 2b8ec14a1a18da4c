"""Metrics as the shapes the chart module draws. Pure; knows no row and no page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

Metrics = Sequence[Mapping[str, Any]]


def losses(metrics: Metrics) -> dict[str, Any]:
    """Training and validation loss over steps, nats per supervised token."""
    series = [
        {"name": "train", "points": points(metrics, "loss")},
        {"name": "validation", "points": points(metrics, "val_loss")},
    ]
    return {"series": series, "x": {"label": "step"}, "y": {"label": "nats per token", "zero": False}}


def learning_rate(metrics: Metrics) -> dict[str, Any]:
    """Learning rate over steps."""
    series = [{"name": "learning rate", "points": points(metrics, "lr")}]
    return {"series": series, "x": {"label": "step"}, "y": {"label": "learning rate", "zero": True}}


def overlay(runs: Mapping[str, Metrics], key: str, label: str) -> dict[str, Any]:
    """One figure of several runs over the epoch, so that runs of different batch sizes lie on one another."""
    series = [{"name": name, "points": points(metrics, key, at="epoch")} for name, metrics in runs.items()]
    return {"series": series, "x": {"label": "epoch"}, "y": {"label": f"{label}, nats per token", "zero": False}}


def points(metrics: Metrics, key: str, *, at: str = "step") -> list[list[float]]:
    """Pairs of (step or epoch, value) where both are known and finite."""
    pairs = ((row.get(at), row.get(key)) for row in metrics)
    return [[x, y] for x, y in pairs if x is not None and y is not None and math.isfinite(y)]
