"""Answers of an encoder with heads to prompts: values, how sure it is of each label, and the answer as text."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from stats import classification
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


Targets = Sequence[float | None]


def accuracy(predicted: Sequence[int], actual: Sequence[int]) -> float:
    """Share of labels that are right."""
    return sum(map(int.__eq__, predicted, actual)) / len(actual)


def macro_f1(predicted: Sequence[int], actual: Sequence[int], *, classes: Sequence[str]) -> float:
    """Mean of F1 over the labels that were predicted or meant; one that is never hit counts 0."""
    right, predicted_names = ([classes[number] for number in numbers] for numbers in (actual, predicted))
    return float(classification.macro_f1(classification.confusion(classes, right, predicted_names)))


def mean_absolute_error(predicted: Sequence[float], actual: Sequence[float]) -> float:
    """In the unit of the field."""
    return sum(abs(own - meant) for own, meant in zip(predicted, actual, strict=True)) / len(actual)


def scores_of(heads: HeadSet, predicted: Sequence[Targets], actual: Sequence[Targets]) -> dict[str, float]:
    """Score predictions: `accuracy` and `macro_f1` of labels, `mae` of numbers.

    Where there are several fields each stands behind its field's name, and `exact` is the share of rows in which every
    label and every number is right.

    Args:
        predicted: Targets predicted for each row, numbers as they are written in an answer.
        actual: Targets of each row; fields that it says nothing of are left out.
    """
    measured: dict[str, float] = {}
    for number, field in enumerate(heads.fields):
        pairs = [
            (float(own[number] or 0), target)
            for own, row in zip(predicted, actual, strict=True)
            if (target := row[number]) is not None
        ]
        if not pairs:
            continue
        stem = f"{field.name}_" if len(heads.fields) > 1 else ""
        own, meant = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        if field.is_number:
            measured[f"{stem}mae"] = mean_absolute_error(own, meant)
        else:
            classes = [int(each) for each in own], [int(each) for each in meant]
            measured[f"{stem}accuracy"] = accuracy(*classes)
            measured[f"{stem}macro_f1"] = macro_f1(*classes, classes=field.classes)
    if len(heads.fields) > 1 and actual:
        right = [
            all(meant is None or answer == meant for answer, meant in zip(own, row, strict=True))
            for own, row in zip(predicted, actual, strict=True)
        ]
        measured["exact"] = sum(right) / len(right)
    return measured
