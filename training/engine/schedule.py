"""Schedule of a run: its length, the rows of each step, and when to validate, sample and save.

Pure arithmetic on row counts and a recipe.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from training.engine.data.sft_rows import plan_batches
from training.recipes.schema import Recipe


@dataclass(frozen=True)
class Schedule:
    """The steps of one run on `processes` devices; rows are items of the run's objective."""

    rows: Sequence[Any]
    recipe: Recipe
    processes: int = 1

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps in one pass over the rows; the last may be smaller."""
        return math.ceil(self._batches_per_epoch / (self.recipe.accumulation * self.processes))

    @property
    def total_steps(self) -> int:
        return self.steps_per_epoch * self.recipe.epochs

    @property
    def _batches_per_epoch(self) -> int:
        return math.ceil(len(self.rows) / self.recipe.batch_size)

    def epoch_at(self, step: int) -> float:
        """Return how many passes over the rows `step` steps make."""
        return step / self.steps_per_epoch

    def batches_of(self, step: int) -> list[list[Any]]:
        """The batches of optimiser step `step` (from 0), of all processes together."""
        epoch, within = divmod(step, self.steps_per_epoch)
        batches = self._plan_of(epoch)
        width = self.recipe.accumulation * self.processes
        return [[self.rows[index] for index in batch] for batch in batches[within * width : (within + 1) * width]]

    def seed_of(self, step: int, process: int) -> int:
        """Seed of all that a process draws in optimiser step `step` (from 0)."""
        text = f"{self.recipe.seed}:{step}:{process}"
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1

    def _plan_of(self, epoch: int) -> list[list[int]]:
        if epoch not in self._plans:
            # The next epoch is read ahead while the last steps of this one go on; older ones are not needed again.
            for old in [each for each in self._plans if each < epoch - 1]:
                del self._plans[old]
            self._plans[epoch] = plan_batches(
                self.rows, batch_size=self.recipe.batch_size, seed=self.recipe.seed, epoch=epoch
            )
        return self._plans[epoch]

    @cached_property
    def _plans(self) -> dict[int, list[list[int]]]:
        return {}

    def validates_after(self, step: int) -> bool:
        return self._is_due(step, self.recipe.eval_every_steps)

    def samples_after(self, step: int) -> bool:
        return self._is_due(step, self.recipe.sample_every_steps)

    def saves_after(self, step: int) -> bool:
        return self._is_due(step, self.recipe.checkpoint_every_steps)

    def _is_due(self, step: int, every: int) -> bool:
        return step == self.total_steps or step % (every or self.steps_per_epoch) == 0
