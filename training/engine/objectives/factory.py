"""The objective a recipe names, made ready: its teacher loaded, what its reference says measured.

It does not know steps or checkpoints.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from accelerate import Accelerator

from training.engine.loss.supervised_head import Network
from training.engine.model.loading import LoadedStudent
from training.engine.objectives.base import Objective
from training.engine.objectives.distillation import Distillation, teacher_network
from training.engine.objectives.dpo import Dpo
from training.engine.objectives.kto import Kto
from training.engine.objectives.prompt_sharing import can_share_prompts
from training.engine.objectives.reference import adapter_switched_off
from training.engine.objectives.sft import Sft
from training.recipes.schema import Recipe

# Without gradients a forward pass has room for this many times the completions of a step's.
REFERENCE_BATCHES: Final = 4


def make_objective(
    recipe: Recipe, student: LoadedStudent, accelerator: Accelerator, *, teacher: Callable[[], LoadedStudent]
) -> Any:
    """The objective of a recipe.

    Args:
        recipe: What is wanted.
        student: What is tuned.
        accelerator: Where it computes.
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
        asked = teacher_network(
            teacher(),
            student,
            accelerator.device,
            autocast=lambda model: accelerator.prepare_model(model, evaluation_mode=True),
        )
        return Distillation(chat, asked, recipe.kl, recipe.temperature)
    return Sft(chat)


def measure_reference(
    objective: Objective[Any],
    network: Network,
    accelerator: Accelerator,
    items: Sequence[Any],
    *,
    batch_size: int,
    weights: str,
    folders: Sequence[Path],
    emit: Callable[..., object],
    stop_if_asked: Callable[[], None],
) -> None:
    """Measure what an objective's reference says, while the tuned model is as it was at the start.

    Call it on every process before a checkpoint is taken up: a student tuned as a whole has no adapter to switch off.

    Args:
        objective: Of the run; one without a reference needs nothing.
        network: The tuned model.
        accelerator: The processes.
        items: All items of the run, validation included.
        batch_size: Items in one forward pass of a step.
        weights: Hash of what the model starts from.
        folders: Run directories of this attempt and those before it.
        emit: Reports an event.
        stop_if_asked: Raises when the run is asked to stop.
    """
    if not isinstance(objective, Dpo | Kto):
        return
    rows = objective.referenced(items)
    began = time.perf_counter()
    with adapter_switched_off(network.model):
        is_new = objective.references.measure(
            network,
            accelerator,
            rows,
            batch_size=REFERENCE_BATCHES * batch_size,
            weights=weights,
            folders=folders,
            stop_if_asked=stop_if_asked,
        )
    how = f"measured in {time.perf_counter() - began:.1f} s" if is_new else "read from the attempt before"
    emit("log", level="info", message=f"what the reference says of {len(rows)} texts was {how}")
    if isinstance(objective, Dpo):
        objective.share = can_share_prompts(network, longest=max(item.length for item in items))
