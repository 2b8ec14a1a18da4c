"""Demands of the training loop on an objective: items of a file, their loss as a sum, and what that sum is divided by.

A sum over items and a count of what they hold let any split into batches, accumulation and processes give the same
step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

import torch
from torch import Tensor

from training.engine.data.sft_rows import Item
from training.engine.loss.supervised_head import Network

# By name: a pair of sum and count, fp64 (2), so that a mean over batches and processes is the mean over items.
Measures = dict[str, Tensor]
I = TypeVar("I", bound=Item, contravariant=True)  # noqa: E741  (an item)


class Objective(Protocol[I]):
    """One way to tune. Stateless towards steps: the same items give the same loss whenever they are asked."""

    def loss(self, network: Network, items: Sequence[I]) -> tuple[Tensor, Measures]:
        """Loss of one batch, summed (scalar, fp32), and what else is to be told of it; gradients as the caller has it.

        Every batch gives measures of the same names; batches without gradients may give more.
        """

    def normaliser(self, items: Sequence[I]) -> int:
        """Return what a sum of these items' losses is divided by; at least 1."""


def measure(values: Tensor, count: int | None = None) -> Tensor:
    """A measure of these values; `count` where the values are a sum of so many already."""
    total = values.detach().double().sum()
    return torch.stack([total, total.new_tensor(values.numel() if count is None else count)])


def add_measures(parts: Iterable[Measures]) -> Measures:
    """Measures of several batches together."""
    total: Measures = {}
    for part in parts:
        for name, value in part.items():
            total[name] = total[name] + value if name in total else value
    return total


def mean_measures(measures: Mapping[str, Tensor]) -> dict[str, float]:
    """The mean of each measure that was met at all."""
    return {name: float(value[0] / value[1]) for name, value in measures.items() if value[1] > 0}
