"""Recipes as a person reads them: each value with what it means and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args, get_origin

from training.recipes.schema import Preset, Recipe

# What a person may want to change first; the rest stands below.
SHOWN_FIRST = (
    "learning_rate",
    "beta",
    "anchor",
    "desirable_weight",
    "undesirable_weight",
    "temperature",
    "kl",
    "class_weights",
    "epochs",
    "batch_size",
    "accumulation",
    "rank",
    "alpha",
    "dropout",
    "max_length",
    "seed",
    "dtype",
)
HIDDEN = frozenset({"method", "objective", "target", "schedule"})
# Values that only some objectives read.
OBJECTIVES_OF_VALUE = {
    "beta": ("dpo", "kto"),
    "anchor": ("dpo", "kto"),
    "desirable_weight": ("kto",),
    "undesirable_weight": ("kto",),
    "temperature": ("distil",),
    "kl": ("distil",),
    "class_weights": ("classify",),
}
LABELS = {
    "method": "Method",
    "objective": "Objective",
    "beta": "Beta",
    "anchor": "SFT anchor weight",
    "desirable_weight": "Weight of accepted texts",
    "undesirable_weight": "Weight of rejected texts",
    "temperature": "Temperature",
    "kl": "Divergence",
    "class_weights": "Class weights",
    "rank": "LoRA rank",
    "alpha": "LoRA alpha",
    "dropout": "LoRA dropout",
    "rslora": "Rank-stabilised scale",
    "quantise": "Base precision",
    "target": "Adapted layers",
    "learning_rate": "Learning rate",
    "schedule": "Schedule",
    "warmup_ratio": "Warm-up",
    "epochs": "Epochs",
    "batch_size": "Batch size",
    "accumulation": "Accumulation",
    "max_length": "Maximum length",
    "weight_decay": "Weight decay",
    "betas": "AdamW betas",
    "max_grad_norm": "Gradient clipping",
    "dtype": "Precision",
    "seed": "Seed",
    "eval_every_steps": "Validate every",
    "sample_every_steps": "Sample every",
    "checkpoint_every_steps": "Save every",
    "packing": "Packing",
    "processes": "Devices",
    "hosts": "Hosts",
    "strategy": "Distribution strategy",
    "compile": "Compile",
    "gradient_checkpointing": "Gradient checkpointing",
}
UNITS = {
    "max_length": "tokens",
    "eval_every_steps": "steps",
    "sample_every_steps": "steps",
    "checkpoint_every_steps": "steps",
    "warmup_ratio": "of the steps",
    "batch_size": "rows",
    "accumulation": "batches",
}


@dataclass(frozen=True)
class RecipeValue:
    """One value of a recipe on a page.

    Attributes:
        unit: Of the value; may be empty.
        source: Where the preset's value comes from.
        choices: What it may be, where that is a short list.
        is_fixed: Whether the preset alone decides it.
    """

    name: str
    label: str
    value: str
    unit: str
    meaning: str
    source: str
    is_changed: bool
    choices: tuple[str, ...]
    is_fixed: bool


def recipe_values(
    preset: Preset, values: dict[str, Any] | None = None, *, has_hosts: bool = False
) -> list[RecipeValue]:
    """Every value of a recipe, the ones most often changed first.

    Args:
        values: The recipe's values as JSON; the preset's own by default.
        has_hosts: Whether there are several hosts to choose; else their number stands only where a run had several.
    """
    own = _all_values(preset.recipe)
    # A run of an earlier release lacks values that came later; it ran by their defaults.
    shown = own if values is None else {**_all_values(Recipe()), **values}
    unused = {"rank", "alpha", "dropout", "target"} if shown["method"] == "full" else set()
    if not has_hosts and shown["hosts"] == 1:
        unused.add("hosts")
    aim = shown.get("objective", "sft")
    unused |= {name for name, aims in OBJECTIVES_OF_VALUE.items() if aim not in aims}
    rest = [name for name in Recipe.model_fields if name not in SHOWN_FIRST]
    return [
        _line(name, shown[name], preset.sources.get(name, ""), is_changed=shown[name] != own[name])
        for name in (*SHOWN_FIRST, *rest)
        if name not in unused
    ]


def differing_values(recipes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Values in which recipes differ: the label, and the value of each in order."""
    one_host = {"hosts": 1}
    recipes = [one_host | recipe for recipe in recipes]
    return [
        {"label": LABELS[name], "values": [_text(recipe.get(name)) for recipe in recipes]}
        for name in Recipe.model_fields
        if len({_text(recipe.get(name)) for recipe in recipes}) > 1
    ]


def preset_json(preset: Preset) -> dict[str, Any]:
    own = _all_values(preset.recipe)
    return {
        "name": preset.name,
        "label": preset.label,
        "summary": preset.summary,
        "values": own,
        "sources": {name: preset.sources.get(name, "") for name in own},
    }


def _all_values(recipe: Recipe) -> dict[str, Any]:
    """Values of a recipe as JSON, the number of hosts too where it is one."""
    return {"hosts": recipe.hosts, **recipe.model_dump(mode="json")}


def _line(name: str, value: object, source: str, *, is_changed: bool) -> RecipeValue:
    field = Recipe.model_fields[name]
    literal = get_origin(field.annotation) is not None and all(
        isinstance(arg, str) for arg in get_args(field.annotation)
    )
    choices = tuple(get_args(field.annotation)) if literal else ("true", "false") if field.annotation is bool else ()
    return RecipeValue(
        name=name,
        label=LABELS[name],
        value="each epoch" if name.endswith("_every_steps") and not value else _text(value),
        unit="" if name.endswith("_every_steps") and not value else UNITS.get(name, ""),
        meaning=field.description or "",
        source=source,
        is_changed=is_changed,
        choices=choices,
        is_fixed=name in HIDDEN,
    )


def _text(value: object) -> str:
    if value is None:
        return "by size"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(_text(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
