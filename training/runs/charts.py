"""Metrics as the shapes the chart module draws. Pure; knows no row and no page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

Metrics = Sequence[Mapping[str, Any]]


# What a loss is divided by, by objective.
LOSS_UNITS = {
    "sft": "nats per token",
    "distil": "nats per token off the teacher",
    "dpo": "loss per pair",
    "kto": "loss per text",
    "classify": "loss per row",
}


def losses(metrics: Metrics, objective: str = "sft") -> dict[str, Any]:
    """Training and validation loss over steps, in the unit of the run's objective."""
    return _train_and_validation(metrics, "loss", LOSS_UNITS[objective])


def rewards(metrics: Metrics) -> dict[str, Any]:
    """Lead of preferred texts over the others, in units of the reward, and the share that is ahead."""
    series = [
        {"name": "margin", "points": points(metrics, "reward_margin")},
        {"name": "validation margin", "points": points(metrics, "val_reward_margin")},
        {"name": "validation accuracy", "points": points(metrics, "val_accuracy")},
    ]
    return {"series": series, "x": {"label": "step"}, "y": {"label": "reward", "zero": True}}


def log_probabilities(metrics: Metrics) -> dict[str, Any]:
    """Return how likely good and bad texts are, nats per text: anchored runs keep the good ones up."""
    series = [
        {"name": "good", "points": points(metrics, "logp_chosen")},
        {"name": "bad", "points": points(metrics, "logp_rejected")},
    ]
    return {"series": series, "x": {"label": "step"}, "y": {"label": "nats per text", "zero": False}}


def agreement(metrics: Metrics) -> dict[str, Any]:
    """Share of tokens at which a distilled student and its teacher find the same one likeliest."""
    return _train_and_validation(metrics, "agreement", "share of tokens")


def texts(metrics: Metrics) -> dict[str, Any]:
    """Loss of a distilled student on the texts themselves, which it does not minimise."""
    return _train_and_validation(metrics, "nll", "nats per token")


def accuracies(metrics: Metrics) -> dict[str, Any]:
    """Share of validation labels that a classifier tells right, a line for each field."""
    names = sorted(
        {name for metric in metrics for name in metric if name.startswith("val_") and name.endswith("accuracy")}
    )
    series = [
        {
            "name": name.removeprefix("val_").removesuffix("accuracy").strip("_") or "accuracy",
            "points": points(metrics, name),
        }
        for name in names
    ]
    return {"series": series, "x": {"label": "step"}, "y": {"label": "share of validation rows", "zero": True}}


def learning_rate(metrics: Metrics) -> dict[str, Any]:
    return _over_steps(metrics, {"lr": "learning rate"}, "learning rate")


def gradients(metrics: Metrics) -> dict[str, Any]:
    """Norm of the gradient before clipping, over steps."""
    return _over_steps(metrics, {"grad_norm": "gradient norm"}, "norm")


def speed(metrics: Metrics) -> dict[str, Any]:
    """Tokens a second over steps."""
    return _over_steps(metrics, {"tokens_per_s": "tokens a second"}, "tokens a second")


def utilisation(metrics: Metrics) -> dict[str, Any]:
    """Share of the device's peak that the model's operations make up, and the GPUs' own word for it."""
    names = {"mfu": "model FLOPs (MFU)", "gpu_utilisation": "GPU busy"}
    return _over_steps(metrics, names, "share of the device")


def tells_use(metrics: Metrics) -> bool:
    """Return whether anything is known of how far the device is used: nothing is where its peak is not."""
    return bool(points(metrics, "mfu") or points(metrics, "gpu_utilisation"))


def memory(metrics: Metrics) -> dict[str, Any]:
    """Memory of the process at its peak so far, and of the GPUs now, GiB."""
    return _over_steps(metrics, {"peak_memory_gib": "peak", "gpu_memory_gib": "GPUs now"}, "GiB")


def scaling(metrics: Metrics) -> dict[str, Any] | None:
    """The factor that fp16 losses are scaled by, over steps; None in other formats."""
    scales = points(metrics, "loss_scale")
    return _over_steps(metrics, {"loss_scale": "loss scale"}, "factor") if scales else None


def unit_of(objectives: Sequence[str]) -> str:
    """The unit of losses laid over one another; runs of several objectives have none in common."""
    units = {LOSS_UNITS.get(objective, "nats per token") for objective in objectives}
    return units.pop() if len(units) == 1 else "each objective its own"


# What runs may be laid over one another by, beside their losses: the figure, how pages call it, its unit.
OVERLAYS: Final[dict[str, tuple[str, str]]] = {
    "grad_norm": ("Gradient norm", "norm"),
    "tokens_per_s": ("Tokens a second", "tokens a second"),
    "lr": ("Learning rate", "learning rate"),
    "mfu": ("Utilisation (MFU)", "share of the peak"),
    "peak_memory_gib": ("Peak memory", "GiB"),
    "gpu_utilisation": ("GPU busy", "share of the time"),
    "gpu_power_w": ("GPU power", "W"),
}


def overlay(runs: Mapping[str, Metrics], key: str, label: str) -> dict[str, Any]:
    """One figure of several runs over the epoch, so that runs of different batch sizes lie on one another."""
    series = [{"name": name, "points": points(metrics, key, at="epoch")} for name, metrics in runs.items()]
    return {"series": series, "x": {"label": "epoch"}, "y": {"label": label, "zero": False}}


def _train_and_validation(metrics: Metrics, key: str, label: str) -> dict[str, Any]:
    series = [
        {"name": "train", "points": points(metrics, key)},
        {"name": "validation", "points": points(metrics, f"val_{key}")},
    ]
    return {"series": series, "x": {"label": "step"}, "y": {"label": label, "zero": False}}


def _over_steps(metrics: Metrics, names: Mapping[str, str], label: str) -> dict[str, Any]:
    """Figures over steps; lines without values are left out, all but the first."""
    drawn = [{"name": name, "points": points(metrics, key)} for key, name in names.items()]
    series = [each for place, each in enumerate(drawn) if place == 0 or each["points"]]
    return {"series": series, "x": {"label": "step"}, "y": {"label": label, "zero": True}}


def points(metrics: Metrics, key: str, *, at: str = "step") -> list[list[float]]:
    """Pairs of (step or epoch, value) where both are known and finite."""
    pairs = ((row.get(at), row.get(key)) for row in metrics)
    return [[x, y] for x, y in pairs if x is not None and y is not None and math.isfinite(y)]
