"""Recipes: limits, presets and the sources of their values."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from training.recipes import display, presets, schema
from training.recipes.presets import PRESETS
from training.recipes.schema import Recipe
from training.runs.compose_recipe import changed_values


@pytest.mark.parametrize("name", PRESETS)
def test_every_value_of_a_preset_names_its_source(name):
    preset = PRESETS[name]

    assert set(preset.sources) == set(schema.Recipe.model_fields)
    assert all(preset.sources.values())


def test_the_papers_lora_recipe_is_the_papers():
    recipe = PRESETS["paper-lora"].recipe

    assert (recipe.alpha, recipe.dropout, recipe.learning_rate, recipe.schedule) == (32, 0.05, 2e-4, "cosine")
    assert 3 <= recipe.epochs <= 5
    assert recipe.rank_for(1_000_000_000) == 16
    assert recipe.rank_for(3_000_000_000) == 16
    assert recipe.rank_for(4_000_000_000) == 32


def test_the_papers_full_recipe_keeps_to_its_range_of_rates():
    assert 1e-5 <= PRESETS["paper-full"].recipe.learning_rate <= 5e-5


def test_overrides_replace_a_presets_values():
    recipe = presets.compose("demo", {"rank": 8, "seed": 5})

    assert (recipe.rank, recipe.seed, recipe.alpha) == (8, 5, 64)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rank", 0),
        ("learning_rate", 0),
        ("learning_rate", float("nan")),
        ("learning_rate", 1),
        ("dropout", 1),
        ("epochs", 0),
        ("batch_size", 0),
        ("schedule", "linear"),
        ("dtype", "int8"),
        ("seed", -1),
        ("momentum", 0.9),
    ],
)
def test_a_value_out_of_range_is_named(field, value):
    with pytest.raises(schema.RecipeError) as refused:
        presets.compose("demo", {field: value})

    assert [problem.field for problem in refused.value.problems] == [field]
    assert refused.value.problems[0].message


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("preset", "change", "field"),
    [
        ("demo", {"betas": [2, 3]}, "betas"),
        ("demo", {"epochs": 0}, "epochs"),
        ("demo", {"processes": 2}, "strategy"),
        ("kto", {"batch_size": 1}, "batch_size"),
        ("paper-full", {"quantise": "nf4"}, "quantise"),
        ("demo", {"processes": 2, "strategy": "fsdp2", "dtype": "fp16"}, "dtype"),
        ("qlora", {"processes": 2, "strategy": "fsdp2"}, "quantise"),
    ],
)
def test_values_that_do_not_go_together_are_told_where_they_are_mended(preset, change, field):
    with pytest.raises(schema.RecipeError) as refused:
        presets.compose(preset, change)

    (problem,) = refused.value.problems
    assert problem.field == field
    # Not the whole recipe, which says nothing of what is wrong.
    assert "given" not in problem.message and "warmup_ratio" not in problem.message


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(schema.RecipeError) as refused:
        presets.compose("galore")

    assert "paper-lora" in refused.value.problems[0].hint


@pytest.mark.parametrize("family", ["gemma3_text", "t5", "mt5"])
def test_a_family_that_diverges_in_fp16_is_refused_it(family):
    recipe = presets.compose("paper-lora", {"dtype": "fp16"})

    with pytest.raises(schema.RecipeError, match="diverges"):
        schema.check_student(recipe, family)
    schema.check_student(recipe, "qwen3")
    schema.check_student(recipe, "bart")


@pytest.mark.parametrize(
    ("preset", "values", "field"),
    [
        ("dpo", {}, "objective"),
        ("kto", {}, "objective"),
        ("distil", {}, "objective"),
        ("paper-lora", {"strategy": "fsdp2", "processes": 2}, "strategy"),
        ("qlora", {}, "quantise"),
    ],
)
def test_an_encoder_decoder_is_refused_what_is_made_for_decoders(preset, values, field):
    recipe = presets.compose(preset, values)

    with pytest.raises(schema.RecipeError) as refused:
        schema.check_student(recipe, "t5")

    assert [problem.field for problem in refused.value.problems] == [field]
    assert refused.value.problems[0].hint
    schema.check_student(recipe, "qwen3")


def test_an_encoder_decoder_takes_adapters_and_full_fine_tuning():
    for preset in ("paper-lora", "paper-full"):
        schema.check_student(presets.compose(preset), "bart")


def test_qlora_is_lora_on_a_base_in_four_bits():
    recipe = presets.compose("qlora")

    assert (recipe.method, recipe.quantise) == ("lora", "nf4")
    assert "2305.14314" in presets.PRESETS["qlora"].sources["quantise"]


@pytest.mark.parametrize(("field", "value", "way_out"), [("quantise", "nf4", "'none'"), ("dtype", "fp16", "'bf16'")])
def test_what_cannot_be_cut_into_parts_is_refused_with_a_way_out(field, value, way_out):
    with pytest.raises(schema.RecipeError, match=way_out) as refused:
        schema.parse({"processes": 2, "strategy": "fsdp2", field: value})

    assert [problem.field for problem in refused.value.problems] == [field]


def test_hosts_are_kept_only_where_they_are_several_and_share_the_devices_evenly():
    several = Recipe(hosts=2, processes=4, strategy="fsdp2")

    assert "hosts" not in Recipe().model_dump(mode="json")
    assert (several.model_dump(mode="json")["hosts"], several.processes_per_host, several.shards) == (2, 2, 4)
    assert changed_values("demo", PRESETS["demo"].recipe.model_copy(update={"hosts": 2})) == {"hosts": 2}
    with pytest.raises(ValidationError, match="cannot be shared out to 2 hosts"):
        Recipe(hosts=2, processes=3, strategy="ddp")


def test_hosts_are_listed_where_there_are_several_to_choose_or_a_run_had_several():
    preset = PRESETS["demo"]

    assert "hosts" not in {line.name for line in display.recipe_values(preset)}
    for lines in (
        display.recipe_values(preset, has_hosts=True),
        display.recipe_values(preset, {"hosts": 2, "method": "lora"}),
    ):
        assert [line.value for line in lines if line.name == "hosts"] in (["1"], ["2"])
    one, two = Recipe().model_dump(mode="json"), Recipe(hosts=2, processes=2, strategy="ddp").model_dump(mode="json")
    assert {"label": "Hosts", "values": ["1", "2"]} in display.differing_values([one, two])
