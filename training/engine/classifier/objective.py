"""The loss of heads: cross-entropy of labels, squared error of standardised numbers, summed over fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from training.engine.classifier.fields import HeadField, HeadSet
from training.engine.classifier.network import Scaler
from training.engine.classifier.rows import TargetRow, collate
from training.engine.loss.supervised_head import Network
from training.engine.objectives.base import Measures, measure


@dataclass(frozen=True)
class Classification:
    """Tuning an encoder on `sft` files.

    Attributes:
        class_weights: By field, a weight for each class; a field without any weighs all classes alike.
    """

    heads: HeadSet
    scalers: Mapping[str, Scaler]
    class_weights: Mapping[str, tuple[float, ...]]

    def loss(self, network: Network, items: Sequence[TargetRow]) -> tuple[Tensor, Measures]:
        """Loss of the rows, summed over rows and fields; what a row says nothing of counts for nothing."""
        input_ids, mask = collate([item.ids for item in items], network.pad, network.device)
        scores = network.model(input_ids=input_ids, attention_mask=mask)
        total = torch.zeros((), device=network.device)
        measures: Measures = {}
        for number, field in enumerate(self.heads.fields):
            places = [at for at, item in enumerate(items) if item.targets[number] is not None]
            aims = torch.tensor([float(items[at].targets[number] or 0) for at in places], device=network.device)
            loss, named = self._of_field(field, scores[number][places].float(), aims)
            total = total + loss
            stem = f"{field.name}_" if len(self.heads.fields) > 1 else ""
            measures |= {f"{stem}{name}": value for name, value in named.items()}
        return total, measures

    def normaliser(self, items: Sequence[TargetRow]) -> int:
        return len(items)

    def _of_field(self, field: HeadField, scores: Tensor, targets: Tensor) -> tuple[Tensor, Measures]:
        if field.is_number:
            scaler = self.scalers[field.name]
            scaled_targets = (targets - scaler.mean) / scaler.deviation
            errors = scores.squeeze(1) - scaled_targets
            return errors.square().sum(), {"mae": measure(errors.abs() * scaler.deviation)}
        classes = targets.long()
        weights = self.class_weights.get(field.name)
        weight = None if weights is None else torch.tensor(weights, device=scores.device)
        loss = functional.cross_entropy(scores, classes, weight=weight, reduction="sum")
        return loss, {"accuracy": measure((scores.argmax(dim=1) == classes).float())}


def scalers_of(heads: HeadSet, rows: Sequence[TargetRow]) -> dict[str, Scaler]:
    """Return how each number is standardised, by field."""
    return {
        field.name: Scaler.over([target for row in rows if (target := row.targets[number]) is not None])
        for number, field in enumerate(heads.fields)
        if field.is_number
    }


def balanced_weights(heads: HeadSet, rows: Sequence[TargetRow]) -> dict[str, tuple[float, ...]]:
    """For each label n / (k * n_label), by field, so that rare ones count as much as common ones.

    A label that is not met has 1.

    Over the rows they were counted on these weights have a mean of 1.
    """
    weights = {}
    for number, field in enumerate(heads.fields):
        if field.is_number:
            continue
        counts = Counter(int(target) for row in rows if (target := row.targets[number]) is not None)
        share = counts.total() / max(1, len(counts))
        weights[field.name] = tuple(share / counts[at] if counts[at] else 1.0 for at in range(field.scores))
    return weights
