"""The objective a recipe names, with its teacher loaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accelerate import Accelerator

from training.engine.data import kept_text
from training.engine.model.loading import LoadedStudent
from training.engine.objectives.distillation import Distillation, teacher_network
from training.engine.objectives.dpo import Dpo
from training.engine.objectives.kto import Kto
from training.engine.objectives.sft import Sft
from training.recipes.schema import Recipe


def make_objective(
    recipe: Recipe, student: LoadedStudent, accelerator: Accelerator, *, teacher: Callable[[], LoadedStudent]
) -> Any:
    """The objective of a recipe.

    Args:
        teacher: Loads the model to learn from; called for distillation only.

    Raises:
        TrainError: The teacher cannot be loaded.
    """
    chat = student.chat
    if recipe.objective == "dpo":
        return Dpo(recipe.beta, recipe.anchor)
    if recipe.objective == "kto":
        return Kto(recipe.beta, recipe.anchor, recipe.desirable_weight, recipe.undesirable_weight)
    if recipe.objective == "distil":
        network = teacher_network(
            teacher(),
            student,
            accelerator.device,
            autocast=lambda model: accelerator.prepare_model(model, evaluation_mode=True),
        )
        return Distillation(kept_text.width_of(chat.tokenizer), network, recipe.kl, recipe.temperature)
    return Sft(chat)
