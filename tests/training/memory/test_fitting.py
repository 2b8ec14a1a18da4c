"""The recipe nearest to one that does not fit."""

from __future__ import annotations

import pytest

from training.recipes.schema import Recipe
from training.sizing import fit
from training.sizing.profile import needed_bytes, step_profile, will_checkpoint
from training.sizing.shape import Shape

GIB = 1 << 30
LLAMA_1B = Shape(
    parameters=1_235_814_400, text_parameters=1_235_814_400, layers=16, hidden=2048, key_value=512, queries=2048,
    intermediate=8192, vocabulary=128256, is_tied=True,
    linear=((2048, 2048), (512, 2048), (512, 2048), (2048, 2048), (8192, 2048), (8192, 2048), (2048, 8192)) * 16,
)  # fmt: skip
ROWS = [1024] * 64


def test_what_fits_stays_as_it_is():
    recipe = Recipe(method="lora")

    found = fit.nearest_recipe(LLAMA_1B, recipe, ROWS, "cuda", 80 * GIB)

    assert found == recipe


def test_the_nearest_recipe_keeps_the_rows_of_a_step():
    recipe = Recipe(method="lora", batch_size=8, gradient_checkpointing="off")

    found = fit.nearest_recipe(LLAMA_1B, recipe, ROWS, "cuda", 14 * GIB)

    assert fit.recipe_difference(recipe, found) == {"batch_size": 4, "accumulation": 2}
    assert found.rows_per_step == recipe.rows_per_step


def test_activations_are_recomputed_only_where_they_do_not_fit():
    recipe = Recipe(method="lora")

    chosen = [will_checkpoint(LLAMA_1B, recipe, ROWS, "cuda", size) for size in (None, 80 * GIB, 10 * GIB)]

    assert chosen == [False, False, True]


def test_whole_weights_become_adapters_before_a_base_in_four_bits():
    recipe = Recipe(method="full", learning_rate=2e-5)

    adapters, four_bits = (fit.nearest_recipe(LLAMA_1B, recipe, ROWS, "cuda", size * GIB) for size in (6, 3.5))

    assert (adapters.method, adapters.quantise, adapters.learning_rate) == ("lora", "none", pytest.approx(2e-4))
    assert (four_bits.method, four_bits.quantise) == ("lora", "nf4")


def test_no_recipe_fits_in_next_to_nothing():
    assert fit.nearest_recipe(LLAMA_1B, Recipe(), ROWS, "cuda", GIB) is None


def test_kto_keeps_its_batches():
    recipe = Recipe(objective="kto", batch_size=8, gradient_checkpointing="off")

    found = fit.nearest_recipe(LLAMA_1B, recipe, ROWS, "cuda", 10 * GIB)

    assert fit.recipe_difference(recipe, found) == {"gradient_checkpointing": "on"}


def test_every_recipe_that_is_offered_fits():
    for size in range(4, 40, 4):
        found = fit.nearest_recipe(LLAMA_1B, Recipe(method="full"), ROWS, "cuda", size * GIB)

        held = will_checkpoint(LLAMA_1B, found, ROWS, "cuda", size * GIB)
        reading = step_profile(LLAMA_1B, found, ROWS, "cuda", checkpoints=held)
        assert needed_bytes(LLAMA_1B, reading, "cuda") <= size * GIB
