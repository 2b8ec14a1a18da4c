"""What a run will need, against what PEFT counts and what a run measures."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from training.engine.model import lora
from training.recipes import presets
from training.recipes.schema import Recipe
from training.runs import estimate
from training.sizing import fit
from training.sizing.shape import shape_of
from training.sizing.step import StepProfile, activation_bytes

pytestmark = pytest.mark.engine
SHAPE = {
    "vocab_size": 300, "hidden_size": 64, "intermediate_size": 160, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2,
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(1)
    LlamaForCausalLM(LlamaConfig(**SHAPE, tie_word_embeddings=True)).save_pretrained(tmp_path)
    return tmp_path


@pytest.mark.parametrize("rank", [4, 16])
def test_parameters_are_those_peft_counts(folder, rank):
    model = lora.attach(AutoModelForCausalLM.from_pretrained(folder), rank=rank, alpha=8, dropout=0, seed=1)

    guess = estimate.estimate_run(folder, Recipe(rank=rank), [100])

    assert (guess.trainable_parameters, guess.total_parameters) == lora.count(model)
    assert guess.trainable_fraction == guess.trainable_parameters / guess.total_parameters


def test_full_fine_tuning_tunes_every_parameter(folder):
    guess = estimate.estimate_run(folder, presets.compose("demo-full"), [100])

    assert guess.trainable_parameters == guess.total_parameters
    assert guess.trainable_fraction == 1.0
    assert guess.optimiser_bytes == 8 * guess.total_parameters


def test_steps_tokens_and_time_follow_rows_and_speed(folder):
    recipe = Recipe(batch_size=4, accumulation=2, epochs=3)

    guess = estimate.estimate_run(folder, recipe, [10] * 17, tokens_per_s=51.0)

    assert (guess.steps, guess.tokens, guess.seconds, guess.is_measured) == (9, 510, estimate.START_S + 10.0, True)


def test_more_batch_needs_more_memory_and_checkpointing_needs_less(folder):
    rows = [500] * 64

    small, large, thrifty = (
        estimate.estimate_run(folder, recipe, rows).activations_bytes
        for recipe in (Recipe(batch_size=4), Recipe(batch_size=16), Recipe(batch_size=16, gradient_checkpointing="on"))
    )

    assert small < thrifty < large


def test_a_base_frozen_in_bf16_takes_half_the_memory_on_a_gpu(folder):
    on_gpu = estimate.estimate_run(folder, Recipe(rank=1), [100], device="cuda")
    on_cpu = estimate.estimate_run(folder, Recipe(rank=1), [100])

    assert on_gpu.weights_bytes < 0.6 * on_cpu.weights_bytes


def test_a_gpu_more_doubles_the_speed_and_a_process_more_on_one_cpu_does_not(folder):
    one, two = Recipe(rank=1), Recipe(rank=1, processes=2, strategy="ddp")
    on_gpu, on_cpu = (
        [estimate.estimate_run(folder, recipe, [100], device=device).tokens_per_s for recipe in (one, two)]
        for device in ("cuda", "cpu")
    )

    assert on_gpu[1] == pytest.approx(on_gpu[0] * 2) and on_cpu[1] == on_cpu[0]


def test_the_text_part_of_a_multimodal_config_is_read(folder):
    config = json.loads((folder / "config.json").read_text())
    weights = {"model.layers.0.q_proj.weight": (64, 64), "vision_tower.q_proj.weight": (32, 32)}

    shape = shape_of({"model_type": "gemma3", "text_config": config}, weights)

    assert (shape.hidden, shape.layers, shape.linear) == (64, 3, ((64, 64),))


BOTH_HALVES = {
    "t5": {"d_model": 64, "d_kv": 16, "d_ff": 96, "num_layers": 2, "num_decoder_layers": 3, "num_heads": 4},
    "bart": {"d_model": 64, "encoder_layers": 2, "decoder_layers": 3, "encoder_attention_heads": 2,
             "decoder_attention_heads": 4, "encoder_ffn_dim": 80, "decoder_ffn_dim": 96},
}  # fmt: skip


@pytest.mark.parametrize("family", BOTH_HALVES)
def test_an_encoder_decoder_is_counted_as_its_deeper_half_with_cross_attention(family):
    config = {"model_type": family, "is_encoder_decoder": True, "vocab_size": 320, **BOTH_HALVES[family]}
    weights = {"shared.weight": (320, 64), "decoder.layers.0.fc1.weight": (96, 64), "decoder.norm.weight": (64,)}

    shape = shape_of(config, weights)

    assert (shape.layers, shape.hidden, shape.head, shape.intermediate, shape.norms) == (3, 64, 16, 96, 3)
    assert (shape.queries, shape.key_value) == (128, 128)
    assert (shape.linear, shape.parameters) == (((96, 64),), 320 * 64 + 96 * 64 + 64)
    assert shape.is_tied


def test_the_nearest_recipe_of_an_encoder_decoder_is_one_it_can_be_tuned_by():
    config = {"model_type": "t5", "is_encoder_decoder": True, "vocab_size": 320, **BOTH_HALVES["t5"]}
    weights = {"shared.weight": (320, 64), "decoder.layers.0.fc1.weight": (400_000, 64)}
    both = shape_of(config, weights)
    alone = replace(both, is_encoder_decoder=False)
    recipe, rows = Recipe(batch_size=1, gradient_checkpointing="on"), [20]
    memory = fit.required_bytes(alone, recipe.model_copy(update={"quantise": "nf4"}), rows, "cuda")

    assert fit.nearest_recipe(alone, recipe, rows, "cuda", memory).quantise == "nf4"
    assert fit.nearest_recipe(both, recipe, rows, "cuda", memory) is None


def test_attention_scores_that_are_kept_grow_with_the_longest_row():
    config = {"model_type": "t5", "is_encoder_decoder": True, "vocab_size": 320, **BOTH_HALVES["t5"]}
    shape = shape_of(config, {"shared.weight": (320, 64)})

    short, long = (StepProfile(tokens=800, supervised=800, rank=4, is_half=False, longest=n) for n in (100, 400))

    assert shape.pairs == 3 * 4
    assert activation_bytes(shape, long) - activation_bytes(shape, short) == 3 * 4 * 4 * 800 * 300
    assert shape_of({**config, "d_kv": None}, {"shared.weight": (320, 64)}).head == 16


def test_a_config_without_sizes_is_refused():
    with pytest.raises(ValueError, match="hidden_size"):
        shape_of({"model_type": "mystery"}, {})
    with pytest.raises(ValueError, match="d_model"):
        shape_of({"model_type": "t5", "is_encoder_decoder": True}, {})


def test_no_rows_are_refused(folder):
    with pytest.raises(ValueError, match="no rows"):
        estimate.estimate_run(folder, Recipe(), [])
