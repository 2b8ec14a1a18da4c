"""Answers of an encoder with heads to prompts: values, how sure it is of each label, and the answer as text."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from training.engine.classifier.fields import HeadSet, Value
from training.engine.classifier.network import EncoderWithHeads, Scaler
from training.engine.classifier.rows import collate


@dataclass(frozen=True)
class Prediction:
    """An answer.

    Attributes:
        values: By field.
        probabilities: By field, of each label; a number has none.
        targets: The same values as numbers, in the order of the heads.
        seconds: Share of the time that its batch took.
    """

    values: dict[str, Value]
    probabilities: dict[str, dict[str, float]]
    targets: tuple[float, ...]
    seconds: float = 0.0
    tokens: int = 0

    def text(self, heads: HeadSet) -> str:
        return heads.answer(self.values)


@torch.no_grad()
def predict(
    model: Any,
    heads: HeadSet,
    prompts: Sequence[list[int]],
    *,
    pad: int,
    device: torch.device,
    batch_size: int = 32,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[Prediction]:
    """Predictions for prompts, in their order; fewer where it is told to stop. Prompts of like length share a batch.

    Args:
        model: An `EncoderWithHeads`, or a wrapper around one, in evaluation mode.
        prompts: Token ids of each prompt; at least one token each.
        pad: Token that fills batches; never seen.
        should_stop: Asked before each batch.
    """
    scalers = _bare(model).scalers
    order = sorted(range(len(prompts)), key=lambda at: len(prompts[at]))
    predictions: dict[int, Prediction] = {}
    for start in range(0, len(order), batch_size):
        if should_stop():
            break
        chosen, began = order[start : start + batch_size], time.perf_counter()
        input_ids, mask = collate([prompts[at] for at in chosen], pad, device)
        scores = [part.float().cpu() for part in model(input_ids=input_ids, attention_mask=mask)]
        each_s = (time.perf_counter() - began) / len(chosen)
        for row, at in enumerate(chosen):
            predictions[at] = _prediction(heads, scalers, [part[row] for part in scores], each_s, len(prompts[at]))
    return [predictions[at] for at in sorted(predictions)]


def _bare(model: object) -> EncoderWithHeads:
    bare = getattr(model, "module", model)
    if not isinstance(bare, EncoderWithHeads):
        raise TypeError(f"{type(bare).__name__} has no heads")
    return bare


def _prediction(
    heads: HeadSet, scalers: Mapping[str, Scaler], scores: list[torch.Tensor], seconds: float, tokens: int
) -> Prediction:
    values: dict[str, Value] = {}
    probabilities: dict[str, dict[str, float]] = {}
    targets: list[float] = []
    for field, own in zip(heads.fields, scores, strict=True):
        if field.is_number:
            scaler = scalers[field.name]
            target = float(own[0]) * scaler.deviation + scaler.mean
        else:
            shares = torch.softmax(own.double(), dim=0)
            target = float(shares.argmax())
            probabilities[field.name] = dict(zip(field.classes, map(float, shares), strict=True))
        value = field.value_of(target)
        values[field.name] = value
        targets.append(float(value) if field.is_number else target)
    return Prediction(values, probabilities, tuple(targets), seconds, tokens)
