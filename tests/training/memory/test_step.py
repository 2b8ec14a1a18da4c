"""The closed formula against the engine's own step on tensors without content."""

from __future__ import annotations

import pytest
from transformers import Gemma3TextConfig, Qwen3Config

from benchmarks.fake_step import peak_bytes, shape_of_config
from tests.training.memory.shapes import llama
from training.recipes.schema import Recipe
from training.sizing.step import StepProfile
from training.sizing.step import peak_bytes as peak

pytestmark = pytest.mark.engine
# Widths in the proportions of real students, few layers: what differs with depth is a sum over layers.
SHAPES = {
    "llama": llama(),
    "qwen": Qwen3Config(
        vocab_size=151936, hidden_size=2560, intermediate_size=9728, num_hidden_layers=2, num_attention_heads=32,
        num_key_value_heads=8, head_dim=128, tie_word_embeddings=False,
    ),
    "gemma": Gemma3TextConfig(
        vocab_size=262144, hidden_size=1152, intermediate_size=6912, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=1, head_dim=256,
    ),
}  # fmt: skip
RECIPES = {
    "lora": Recipe(method="lora", rank=16, dtype="bf16", gradient_checkpointing="off"),
    "lora with dropout": Recipe(method="lora", rank=16, dtype="bf16", dropout=0.05, gradient_checkpointing="off"),
    "lora recomputed": Recipe(method="lora", rank=16, dtype="bf16", dropout=0.05, gradient_checkpointing="on"),
    "lora in fp32": Recipe(method="lora", rank=16, dtype="fp32", gradient_checkpointing="off"),
    "full": Recipe(method="full", dtype="bf16", gradient_checkpointing="off"),
    "full recomputed": Recipe(method="full", dtype="bf16", gradient_checkpointing="on"),
    "full in fp32": Recipe(method="full", dtype="fp32", gradient_checkpointing="off"),
}


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("family", SHAPES)
@pytest.mark.parametrize("how", RECIPES)
def test_the_formula_is_within_a_tenth_of_what_a_step_holds(family, how):
    # Short steps peak where gradients are, long ones where activations are.
    tokens, passes = (512, 1) if family == "qwen" else (8192, 2)
    config, recipe = SHAPES[family], RECIPES[how]
    reading = StepProfile(
        tokens=tokens, supervised=tokens // 2, rank=recipe.rank if recipe.method == "lora" else None,
        is_half=recipe.dtype == "bf16", has_dropout=recipe.method == "lora" and recipe.dropout > 0,
        checkpoints=recipe.gradient_checkpointing == "on", holds_gradients=passes > 1,
    )  # fmt: skip

    guess = peak(shape_of_config(config), reading).total

    assert guess == pytest.approx(peak_bytes(config, recipe, tokens, tokens // 2, passes=passes), rel=0.1)
