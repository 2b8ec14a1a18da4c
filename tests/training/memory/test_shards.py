"""Memory of a model that several processes hold in parts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.fake_step import peak_bytes, processes_that_answer_nothing, shape_of_config
from tests.training.memory.shapes import llama
from tests.training.memory.test_fitting import GIB, LLAMA_1B, ROWS
from training.recipes.schema import Recipe
from training.sizing import fit
from training.sizing.profile import step_profile
from training.sizing.step import StepProfile
from training.sizing.step import peak_bytes as peak

TWO_LAYERS = {"tied": llama(), "untied": llama(vocabulary=32000, is_tied=False)}
FULL = StepProfile(tokens=1024, supervised=1024, rank=None, holds_gradients=True)
ADAPTERS = replace(FULL, rank=16)


@pytest.mark.parametrize("reading", [FULL, ADAPTERS])
def test_moments_and_gradients_are_cut_up_and_what_is_gathered_is_not(reading):
    whole, half, eighth = (peak(LLAMA_1B, replace(reading, shards=count)) for count in (1, 2, 8))

    for part, count in ((half, 2), (eighth, 8)):
        assert part.optimiser == pytest.approx(whole.optimiser / count, abs=1)
        assert part.gradients == pytest.approx(whole.gradients / count, abs=1)
    # Of the weights, embeddings stay whole beside each process's part.
    outside = LLAMA_1B.embedding * (4 if reading.rank is None else 2)
    assert half.weights == pytest.approx(whole.weights / 2 + outside, abs=1)
    assert eighth.weights == pytest.approx(whole.weights / 8 + outside, abs=1)


@pytest.mark.slow(after_first=True)
@pytest.mark.engine
@pytest.mark.parametrize("embedding", TWO_LAYERS)
@pytest.mark.parametrize(("method", "tokens"), [("full", 1024), ("full", 8192), ("lora", 8192)])
def test_the_formula_is_within_a_tenth_of_what_one_process_of_four_holds(embedding, method, tokens):
    config = TWO_LAYERS[embedding]
    recipe = Recipe(method=method, rank=16, dtype="bf16", gradient_checkpointing="off", processes=4, strategy="fsdp2")
    reading = StepProfile(
        tokens=tokens, supervised=tokens // 2, rank=16 if method == "lora" else None, holds_gradients=True, shards=4
    )

    guess = peak(shape_of_config(config), reading).total
    with processes_that_answer_nothing(4) as mesh:
        counted = peak_bytes(config, recipe, tokens, tokens // 2, passes=2, mesh=mesh)

    assert guess == pytest.approx(counted, rel=0.1)


def test_more_processes_never_need_more_memory_each():
    totals = [peak(LLAMA_1B, replace(FULL, shards=count)).total for count in (2, 4, 8, 16)]

    assert totals == sorted(totals, reverse=True)
    assert totals[0] < peak(LLAMA_1B, FULL).total


def test_only_a_sharded_recipe_is_cut_up():
    recipes = [Recipe(processes=4, strategy=strategy) for strategy in ("ddp", "fsdp2")]

    assert [step_profile(LLAMA_1B, r, ROWS, "cuda", checkpoints=False).shards for r in recipes] == [1, 4]


def test_a_model_that_is_too_large_for_each_process_is_cut_up_before_adapters_are_named():
    recipe = Recipe(method="full", learning_rate=2e-5, processes=8, strategy="ddp", gradient_checkpointing="on")

    found = fit.nearest_recipe(LLAMA_1B, recipe, ROWS, "cuda", 14 * GIB)

    assert found.strategy == "fsdp2"
    assert (found.method, found.rows_per_step) == ("full", recipe.rows_per_step)


def test_a_recipe_that_is_named_can_be_run():
    recipe = Recipe(method="full", learning_rate=2e-5, processes=2, strategy="fsdp2")

    found = fit.nearest_recipe(LLAMA_1B, recipe, ROWS, "cuda", int(3.3 * GIB))

    assert found.quantise == "nf4"
    assert Recipe.model_validate(found.model_dump()) == found
