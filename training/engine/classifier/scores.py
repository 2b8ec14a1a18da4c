"""Scores of predictions against their targets: accuracy, macro-F1, mean absolute error, and whole answers."""

from __future__ import annotations

from collections.abc import Sequence

from stats import classification
from training.engine.classifier.fields import HeadSet

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
