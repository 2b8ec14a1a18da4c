"""Operations a token takes, against figures worked out by hand and against PyTorch's own counter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from training.engine.model import lora
from training.engine.model.attention_layers import AttentionLayer
from training.engine.report.flops import ModelShape, arithmetic_of, flops_per_token

pytestmark = pytest.mark.engine


def attends(width: int, *, window: int = 0) -> tuple[AttentionLayer, ...]:
    return (AttentionLayer(width, width, window, keeps=True),)


# Llama-3.2-1B by its published shape: 16 layers, width 2048, 32 heads of 64, 8 key-value heads, 8192 inside.
LAYER = 2048 * 2048 * 2 + 2048 * 512 * 2 + 3 * 2048 * 8192
ONE_B = ModelShape(0, 16 * LAYER, 128_256 * 2048, head_is_tuned=True, attention=attends(2048) * 16)


def test_full_tuning_takes_six_operations_a_weight_and_attention_beside():
    # 16 layers of 60,817,408 weights and an output layer of 262,668,288; 512.5 positions back on the average of 1,024.
    by_hand = 6 * (16 * 60_817_408 + 262_668_288) + 12 * 16 * 2048 * 512.5

    assert flops_per_token(ONE_B, [1024, 1024], 2048) == pytest.approx(by_hand)
    assert by_hand == pytest.approx(7.616e9, rel=1e-3)


def test_unscored_tokens_pass_the_output_layer_by():
    half = flops_per_token(ONE_B, [100], 50)
    all_of_it = flops_per_token(ONE_B, [100], 100)

    assert all_of_it - half == pytest.approx(6 * ONE_B.head / 2)


def test_a_frozen_weight_takes_four_and_an_adapter_six():
    model = ModelShape(1000, 10, 0, head_is_tuned=False, attention=())

    assert flops_per_token(model, [7], 3) == 4 * 1000 + 6 * 10


def test_a_window_bounds_how_far_tokens_look_back():
    far = ModelShape(0, 0, 0, head_is_tuned=False, attention=attends(1))
    near = ModelShape(0, 0, 0, head_is_tuned=False, attention=attends(1, window=4))

    # Rows of 6: 1+2+3+4+5+6 positions, and 1+2+3+4+4+4 within four.
    assert flops_per_token(far, [6], 1) == pytest.approx(12 * 21 / 6)
    assert flops_per_token(near, [6], 1) == pytest.approx(12 * 18 / 6)
    assert flops_per_token(near, [3], 1) == flops_per_token(far, [3], 1)


def test_without_tokens_there_is_nothing_to_count():
    with pytest.raises(ValueError, match="no tokens"):
        flops_per_token(ONE_B, [], 0)


@pytest.mark.parametrize("family", ["llama", "qwen", "gemma", "gemma-vision"])
def test_every_matrix_product_of_a_family_is_counted_once(student: Callable[..., Path], family: str):
    from training.engine.contracts import StudentRef
    from training.engine.model import loading

    model = loading.load(StudentRef(path=str(student(family))), dtype=torch.float32).model

    shape = arithmetic_of(model)

    layer = 64 * 64 * 2 + 64 * 32 * 2 + 3 * 64 * 128
    assert shape is not None
    assert shape.tuned == 2 * layer
    assert shape.head == model.get_output_embeddings().weight.numel()
    assert [layer.queries for layer in shape.attention] == [64, 64]


def test_an_adapter_is_tuned_and_what_it_stands_on_is_frozen(student: Callable[..., Path]):
    model = AutoModelForCausalLM.from_pretrained(student("llama"))
    whole = arithmetic_of(model)

    adapted = arithmetic_of(lora.attach(model, rank=4, alpha=8, dropout=0.0, seed=1))

    layer = 4 * (4 * 64 + 2 * 64 + 2 * 32 + 2 * (64 + 128) + (128 + 64))
    assert whole is not None
    assert adapted is not None
    assert adapted.frozen == whole.tuned
    assert adapted.tuned == 2 * layer
    assert not adapted.head_is_tuned


def test_full_tuning_comes_out_as_pytorchs_counter_says():
    shape = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=97, num_key_value_heads=2, attn_implementation="eager", **shape))
    ids = torch.arange(32).unsqueeze(0)
    counter = FlopCounterMode(display=False)

    with counter:
        model(ids, labels=ids).loss.backward()

    counted = arithmetic_of(model)
    assert counted is not None
    ours = flops_per_token(counted, [32], 32) * 32
    # Eager attention multiplies what lies ahead too, which is masked: as much again, less the diagonal.
    ahead = 12 * 64 * 2 * (32 * 32 - 32 * 33 / 2)
    # And nothing flows back into token ids: the first layer's inputs take a gradient all the same.
    assert ours + ahead == pytest.approx(counter.get_total_flops(), rel=0.01)


def test_a_model_that_linear_layers_do_not_account_for_is_not_guessed_at():
    model = LlamaForCausalLM(LlamaConfig(vocab_size=97, hidden_size=64, intermediate_size=128, num_hidden_layers=1,
                                         num_attention_heads=4))  # fmt: skip
    model.register_parameter("experts", torch.nn.Parameter(torch.zeros(8, 64, 512)))

    assert arithmetic_of(model) is None
