"""The grid of a sweep: every combination once, the cheapest first, and what cannot be tried is said by field."""

from __future__ import annotations

import pytest

from training.recipes.presets import PRESETS
from training.sweeps.grid import GridError, SweepAxes, grid_points, label, overrides_of

RECIPE = PRESETS["demo"].recipe


def test_every_combination_is_one_place_and_the_cheapest_come_first():
    wishes = SweepAxes(learning_rate=(1e-3, 1e-4), rank=(8, 16), epochs=(3, 1), share=(1.0, 0.5))

    found = grid_points(wishes, RECIPE)

    assert len(found) == len(set(found)) == 16
    assert [place.epochs * place.share for place in found] == sorted(place.epochs * place.share for place in found)
    assert (found[0].epochs, found[0].share) == (1, 0.5)


def test_an_empty_axis_keeps_the_recipes_own_value():
    (place,) = grid_points(SweepAxes(), RECIPE)

    assert (place.learning_rate, place.rank, place.epochs, place.share) == (
        RECIPE.learning_rate, RECIPE.rank, RECIPE.epochs, 1.0,
    )  # fmt: skip
    assert overrides_of(place, RECIPE) == {}


def test_a_place_changes_only_what_departs_from_the_recipe():
    (place,) = grid_points(SweepAxes(learning_rate=(1e-3,), share=(0.5,)), RECIPE)

    assert overrides_of(place, RECIPE) == {"learning_rate": 1e-3}


@pytest.mark.parametrize(
    ("wishes", "field"),
    [
        (SweepAxes(learning_rate=(1e-3, 1e-3)), "learning_rate"),
        (SweepAxes(share=(1.5,)), "share"),
        (SweepAxes(share=(0.0,)), "share"),
        (SweepAxes(learning_rate=tuple(n / 1000 for n in range(1, 21)), epochs=(1, 2, 3, 4)), "learning_rate"),
    ],
)
def test_what_cannot_be_tried_is_said_beside_its_field(wishes, field):
    with pytest.raises(GridError) as refused:
        grid_points(wishes, RECIPE)

    assert list(refused.value.errors) == [field]


def test_full_fine_tuning_has_no_rank_to_sweep():
    with pytest.raises(GridError, match="no rank"):
        grid_points(SweepAxes(rank=(8,)), PRESETS["demo-full"].recipe)


def test_a_cell_is_named_by_what_differs_within_its_sweep():
    tried = {"learning_rate": [1e-3, 1e-4], "rank": [8], "epochs": [1], "share": [0.5, 1.0]}

    named = label({"learning_rate": 1e-3, "rank": 8, "epochs": 1, "share": 0.5}, tried=tried)

    assert named == "rate 0.001, 50 %"
