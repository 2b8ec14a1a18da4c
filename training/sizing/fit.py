"""The recipe nearest to one that does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from training.recipes.schema import Recipe, encoder_decoder_problem
from training.sizing.profile import DeviceKind, needed_bytes, step_profile, will_checkpoint
from training.sizing.shape import Shape


def required_bytes(
    shape: Shape, recipe: Recipe, rows_tokens: Sequence[int], device: DeviceKind, memory_bytes: int | None = None
) -> int:
    """Bytes of memory a run must find, allowances included; of a device with `memory_bytes`, where that is known."""
    checkpoints = will_checkpoint(shape, recipe, rows_tokens, device, memory_bytes)
    return needed_bytes(shape, step_profile(shape, recipe, rows_tokens, device, checkpoints=checkpoints), device)


def nearest_recipe(
    shape: Shape, recipe: Recipe, rows_tokens: Sequence[int], device: DeviceKind, memory_bytes: int
) -> Recipe | None:
    """The recipe that differs least from this one and fits in `memory_bytes`; None where none does.

    First what computes the same: smaller batches with more accumulation, then recomputed activations. Then adapters
    instead of all weights, and last a base in 4 bits, on a GPU. A model that several processes hold whole is cut up for
    them before anything but the batches changes.
    """
    for candidate in _nearer_first(recipe, device):
        if shape.is_encoder_decoder and encoder_decoder_problem(candidate):
            continue
        if required_bytes(shape, candidate, rows_tokens, device, memory_bytes) <= memory_bytes:
            return candidate
    return None


def recipe_difference(recipe: Recipe, other: Recipe) -> dict[str, object]:
    """Values in which the second recipe departs from the first."""
    before, after = recipe.model_dump(mode="json"), other.model_dump(mode="json")
    return {name: value for name, value in after.items() if before.get(name) != value}


def _nearer_first(recipe: Recipe, device: DeviceKind) -> Iterator[Recipe]:
    ways = [recipe]
    if recipe.strategy == "ddp" and recipe.quantise == "none" and recipe.dtype != "fp16":
        ways.append(recipe.model_copy(update={"strategy": "fsdp2"}))
    if recipe.method == "full":
        # Adapters want ten times the rate of all weights (LoRA Without Regret, 2025).
        ways.append(
            ways[-1].model_copy(update={"method": "lora", "learning_rate": min(0.1, 10 * recipe.learning_rate)})
        )
    if device == "cuda" and ways[-1].quantise == "none":
        # What is packed in 4 bits cannot be cut into parts.
        strategy = "ddp" if recipe.processes > 1 else "none"
        ways.append(ways[-1].model_copy(update={"quantise": "nf4", "strategy": strategy}))
    for way in ways:
        yield from _halved(way)
        if way.gradient_checkpointing == "off":
            yield from _halved(way.model_copy(update={"gradient_checkpointing": "on"}))


def _halved(recipe: Recipe) -> Iterator[Recipe]:
    """Halve the batch again and again, with the same rows in a step."""
    yield recipe
    # KTO tells drift from the rows of a batch: with fewer of them it is another run.
    while recipe.objective != "kto" and recipe.batch_size % 2 == 0 and recipe.accumulation <= 512:
        recipe = recipe.model_copy(
            update={"batch_size": recipe.batch_size // 2, "accumulation": recipe.accumulation * 2}
        )
        yield recipe
