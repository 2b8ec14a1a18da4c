"""The grid of a sweep: which values it tries, in which order, and what cannot be tried.

Knows recipes, not rows or runs.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from training.recipes.schema import Recipe

MAX_CELLS: Final = 60
MAX_AT_ONCE: Final = 16
AXES: Final[dict[str, str]] = {
    "learning_rate": "Learning rate",
    "rank": "LoRA rank",
    "epochs": "Epochs",
    "share": "Share of the data",
}


@dataclass(frozen=True)
class GridPoint:
    """One place of a grid: the values tried there, `share` of the training records in (0, 1]."""

    learning_rate: float
    rank: int | None
    epochs: int
    share: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class SweepAxes:
    """Values to try, axis by axis; an empty axis keeps the recipe's own value, and all training records."""

    learning_rate: tuple[float, ...] = ()
    rank: tuple[int, ...] = ()
    epochs: tuple[int, ...] = ()
    share: tuple[float, ...] = ()


@dataclass(frozen=True)
class SweepBudget:
    """Budget of a sweep: hours of hosts, US dollars, or both."""

    hours: float | None = None
    usd: float | None = None


@dataclass(frozen=True)
class SweepRequest:
    """All a person says about a sweep beside its data and its student."""

    recipe: str
    wishes: SweepAxes
    budget: SweepBudget
    at_once: int = 1
    overrides: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> SweepRequest:
        """Read the checked values of a form or a body."""
        axes = {name: tuple(values.get(name) or ()) for name in AXES}
        usd = values.get("max_usd")
        budget = SweepBudget(values.get("max_hours"), None if usd is None else float(usd))
        return cls(values["recipe"], SweepAxes(**axes), budget, values["at_once"], values.get("overrides", {}))


class GridError(ValueError):
    """A grid that cannot be run, with the problems of each field."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(next(iter(errors.values()))[0])
        self.errors = errors


def grid_points(grid: SweepAxes, recipe: Recipe) -> tuple[GridPoint, ...]:
    """Every combination, the cheapest first: what ends early tells what the others will take.

    Args:
        recipe: Gives the value of every axis that is left empty.

    Raises:
        GridError: Names every field that cannot be as it is.
    """
    if errors := _errors(grid, recipe):
        raise GridError(errors)
    axes = (
        grid.learning_rate or (recipe.learning_rate,),
        grid.rank or (recipe.rank,),
        grid.epochs or (recipe.epochs,),
        grid.share or (1.0,),
    )
    points = [GridPoint(*values) for values in itertools.product(*axes)]
    # The sort is stable: of equal work the smaller rate, then the smaller rank, comes first.
    return tuple(sorted(points, key=lambda place: place.epochs * place.share))


def overrides_of(place: GridPoint, recipe: Recipe) -> dict[str, Any]:
    values = {"learning_rate": place.learning_rate, "rank": place.rank, "epochs": place.epochs}
    return {name: value for name, value in values.items() if value != getattr(recipe, name)}


def label(values: Mapping[str, Any], *, tried: Mapping[str, list[Any]]) -> str:
    """A cell in a few words: the values that differ within its sweep."""
    words = []
    for name in AXES:
        if len(tried.get(name, [])) > 1:
            value = values[name]
            words.append(f"{value * 100:g} %" if name == "share" else f"{_short(name)} {value:g}")
    return ", ".join(words) or "the recipe"


def _short(name: str) -> str:
    return {"learning_rate": "rate", "rank": "rank", "epochs": "epochs"}[name]


def _errors(grid: SweepAxes, recipe: Recipe) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    cells = 1
    for name in AXES:
        values = getattr(grid, name)
        cells *= len(values) or 1
        if len(set(values)) != len(values):
            errors[name] = ["Each value once: the same run twice adds nothing."]
    if any(not 0 < share <= 1 for share in grid.share):
        errors["share"] = ["A share is more than 0 % and at most 100 % of the training records."]
    if grid.rank and recipe.method == "full":
        errors["rank"] = ["Full fine-tuning has no rank: leave it empty, or choose a LoRA recipe."]
    if cells > MAX_CELLS:
        errors.setdefault("learning_rate", []).append(f"The grid has {cells} runs; a sweep takes at most {MAX_CELLS}.")
    return errors
