"""Fingerprint of a checkpoint: recipe, student, beginning and the very tokens, as one hash.

It must come out the same after an update of the product, or a paused run could not be taken up: so values of a recipe
that say nothing are left out (`training.recipes.identity`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from training.engine.contracts import StudentRef
from training.engine.data.sft_rows import Item
from training.engine.model import loading
from training.recipes import identity
from training.recipes.schema import Recipe

# Defaults of the first fields as they stood when checkpoints began to leave them out; they stay so here.
_DEFAULTS: Final[dict[str, Any]] = {
    "method": "lora",
    "rank": None,
    "alpha": 32.0,
    "dropout": 0.0,
    "target": "all-linear",
    "learning_rate": 2e-4,
    "schedule": "cosine",
    "warmup_ratio": 0.03,
    "epochs": 3,
    "batch_size": 8,
    "accumulation": 1,
    "max_length": 8192,
    "weight_decay": 0.0,
    "betas": (0.9, 0.999),
    "max_grad_norm": 1.0,
    "dtype": "auto",
    "seed": 1,
    "eval_every_steps": 0,
    "sample_every_steps": 0,
    "checkpoint_every_steps": 0,
}


def fingerprint_of(recipe: Recipe, source: StudentRef, rows: Sequence[Item], begins: str) -> str:
    """The hash a checkpoint is written with.

    Whether activations are recomputed does not count: it may be another on a host with other memory, and changes no
    result.

    Args:
        source: The student as it is loaded; known by its content, wherever it lies.
        rows: Training rows, in the order of their file.
        begins: Identity of the miniature it starts from; empty without one.
    """
    digest = hashlib.sha256(f"{_changed_values(recipe)}{loading.identity_of(source)}{begins}".encode())
    for row in rows:
        digest.update(row.identity().encode())
    return digest.hexdigest()


def _changed_values(recipe: Recipe) -> str:
    first = {name for name, default in _DEFAULTS.items() if getattr(recipe, name) != default}
    return recipe.model_dump_json(include=first | set(identity.later_fields(recipe)))
