"""The claim that the engine's losses are TRL's, on a small student and few rows."""

from __future__ import annotations

import random
import warnings

import pytest
import torch

from benchmarks import training

pytestmark = [pytest.mark.engine, pytest.mark.slow]
WORDS = (
    *("depot", "loom", "ink", "harbour", "cold", "chain", "night", "shift", "order", "late", "paper", "ship", "plan"),
    *("the", "a", "of", "and", "to", "in"),
)


@pytest.mark.parametrize(("accumulation", "steps"), [(1, 20), (2, 6)])
def test_losses_equal_trls_step_by_step(tmp_path, accumulation, steps):
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    chance = random.Random(5)
    said = [" ".join(chance.choices(WORDS, k=chance.randint(3, 40))) for _ in range(2 * 170)]
    training.make_student(tmp_path, said, layers=2, vocabulary=512)
    raw = [
        {"instruction": ask, "input": "", "output": answer} for ask, answer in zip(said[::2], said[1::2], strict=True)
    ]
    rows = training.make_rows(tmp_path, raw)

    differences = training.parity(tmp_path, rows, steps, accumulation=accumulation)

    assert len(differences) == steps
    assert max(map(abs, differences)) < 1e-3
