"""Identity of recipes across releases: the values that change what a run comes to.

A field that came later counts only where it departs from the value that stands for its absence, which is fixed here the
day it comes: runs, cells of sweeps and measurements of studies that are older than a field stay what they were, and so
they do when a default changes. Knows recipes; does not know who compares them.
"""

from __future__ import annotations

from typing import Any, Final

from training.recipes.schema import Recipe

# Fields of the first release, in its order; each of them always counts.
FIRST_RELEASE_FIELDS: Final = (
    "method",
    "rank",
    "alpha",
    "dropout",
    "target",
    "learning_rate",
    "schedule",
    "warmup_ratio",
    "epochs",
    "batch_size",
    "accumulation",
    "max_length",
    "weight_decay",
    "betas",
    "max_grad_norm",
    "dtype",
    "seed",
    "eval_every_steps",
    "sample_every_steps",
    "checkpoint_every_steps",
    "gradient_checkpointing",
)
# Fields that came later, with what a recipe without them means.
VALUE_WHEN_ABSENT: Final[dict[str, Any]] = {
    "objective": "sft",
    "beta": 0.1,
    "anchor": 0.0,
    "desirable_weight": 1.0,
    "undesirable_weight": 1.0,
    "temperature": 1.0,
    "kl": "forward",
    "rslora": False,
    "quantise": "none",
    "packing": "auto",
    "compile": "auto",
    "processes": 1,
    "hosts": 1,
    "strategy": "none",
    "class_weights": "none",
}


def values_of(recipe: Recipe) -> dict[str, Any]:
    """Values that tell a recipe from others, the same in every release, as plain JSON."""
    values = recipe.model_dump(mode="json")
    # It was a switch at first; of the choices that came since only "on" says what the switch said.
    values["gradient_checkpointing"] = values["gradient_checkpointing"] == "on"
    return {name: values[name] for name in (*FIRST_RELEASE_FIELDS, *later_fields(recipe))}


def later_fields(recipe: Recipe) -> list[str]:
    """Fields that came after the first release and say something in this recipe, by name."""
    values, defaults = recipe.model_dump(mode="json"), Recipe.model_fields
    names = [name for name in values if name not in FIRST_RELEASE_FIELDS]
    return sorted(name for name in names if values[name] != VALUE_WHEN_ABSENT.get(name, defaults[name].default))


def is_same_recipe(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Return whether two stored recipes, perhaps of different releases, mean the same run.

    Raises:
        pydantic.ValidationError: One of them is none that this release reads.
    """
    return values_of(Recipe.model_validate(first)) == values_of(Recipe.model_validate(second))
