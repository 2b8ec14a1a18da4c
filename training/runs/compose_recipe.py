"""A preset with its overrides, checked as far as it can be without a model: what a run is to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.models import Student
from training.recipes import presets, schema
from training.recipes.schema import Recipe, RecipeError
from web.errors import Refusal


def compose(recipe: str, overrides: Mapping[str, Any] | None, student: Student | None = None) -> Recipe:
    """A preset with its overrides, checked against the student.

    Raises:
        Refusal: 400, with the problem of each field.
    """
    try:
        composed = presets.compose(recipe, overrides)
        if student is not None:
            schema.check_student(composed, student.model_type)
    except RecipeError as error:
        raise _as_refusal(error) from error
    return composed


def changed_values(recipe: str, composed: Recipe) -> dict[str, Any]:
    """Values in which a recipe departs from its preset."""
    preset = presets.PRESETS[recipe].recipe.model_dump(mode="json")
    return {name: value for name, value in composed.model_dump(mode="json").items() if value != preset.get(name)}


def _as_refusal(error: RecipeError) -> Refusal:
    errors: dict[str, list[str]] = {}
    for problem in error.problems:
        words = problem.message if problem.message[:1].isupper() else f"{problem.field} {problem.message}"
        errors.setdefault(problem.field, []).append(f"{words}. {problem.hint}".strip())
    first = error.problems[0]
    return Refusal(
        "bad_recipe",
        f"The recipe cannot be run: {first.field}: {first.message}.",
        hint=first.hint,
        status=400,
        errors=errors,
    )
