"""The shorter way through a decoder says what transformers' modules say, for each family and number format."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from peft import LoraConfig
from torch import Tensor, nn
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from serving.engine import cpu_decoder, cpu_linear
from serving.engine.cpu_decoder import CpuDecoder, decoder_of
from serving.engine.cpu_states import CpuStates
from serving.engine.kv_cache import SPARE_TOKENS
from serving.engine.multi_lora import Adapter, AdapterStack
from serving.engine.row_states import DecoderStates
from tests.training.engine.conftest import make_model

pytestmark = pytest.mark.engine
SHAPE: dict[str, Any] = {
    "vocab_size": 99, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 16, "initializer_range": 0.3,
}  # fmt: skip
TURNED = {"rope_type": "llama3", "rope_theta": 1e4, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
MODELS = {
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**SHAPE, tie_word_embeddings=True)),
    "llama-turned": lambda: LlamaForCausalLM(
        LlamaConfig(**SHAPE, attention_bias=True, rope_parameters=TURNED | {"original_max_position_embeddings": 16})
    ),
    "mistral": lambda: MistralForCausalLM(MistralConfig(**SHAPE, sliding_window=None)),
    "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(**SHAPE | {"head_dim": 8})),
    "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(**SHAPE)),
}
PROMPTS = [list(range(3, 3 + length)) for length in (1, 40, 7, 21)]


@dataclass(frozen=True)
class Waiting:
    """What states read of a row."""

    prompt: list[int]
    slot: int = 0
    limit: int = 30
    fingerprint: str = ""

    @property
    def reach(self) -> int:
        return len(self.prompt) + self.limit


def model_of(name: str, *, bf16: bool = False) -> Any:
    torch.manual_seed(3)
    model = MODELS[name]().eval()
    for parameter in model.parameters():
        if parameter.dim() == 1:
            nn.init.normal_(parameter, 0.5)
    return (model.bfloat16() if bf16 else model).float()


def adapter_for(
    model: Any, seed: int, rank: int, names: Sequence[str] = ("q_proj", "v_proj", "up_proj", "o_proj")
) -> Adapter:
    dice = torch.Generator().manual_seed(seed)
    pairs = {
        name: (
            torch.randn(linear.in_features, rank, generator=dice) * 0.2,
            torch.randn(rank, linear.out_features, generator=dice) * 0.2,
        )
        for name, linear in model.named_modules()
        if isinstance(linear, nn.Linear) and name.rpartition(".")[2] in names
    }
    return Adapter(pairs, 0, LoraConfig(target_modules=list(names)))


def taken_in(model: Any) -> CpuDecoder:
    decoder = decoder_of(model)
    assert decoder is not None
    return decoder


def both(model: Any, adapters: Sequence[Adapter] = ()) -> tuple[DecoderStates, CpuStates]:
    """States by transformers' modules and by the shorter way, with the same adapters in the same slots."""
    stack, decoder = AdapterStack(copy.deepcopy(model)), taken_in(model)
    for adapter in adapters:
        assert stack.put(adapter) == decoder.put(adapter)
    plain: Any = stack._model
    return DecoderStates(plain, pad=0, route=stack.route), CpuStates(decoder)


@torch.inference_mode()
def assert_alike(plain: DecoderStates, short: CpuStates, rows: Sequence[Any], steps: int = 6) -> None:
    """Rows that join one after another and leave say the same, token by token."""
    here: list[Any] = []
    last: list[int] = []

    def same(expected: Tensor, scores: Tensor) -> list[int]:
        assert torch.allclose(scores, expected, atol=2e-4, rtol=1e-4)
        return scores.argmax(dim=1).tolist()

    for row in rows:
        (expected, fresh), (scores, mine) = plain.read([row]), short.read([row])
        plain.lay_beside(fresh)
        short.lay_beside(mine)
        here, last = [*here, row], [*last, *same(expected, scores)]
        last = same(plain.next(here, last), short.next(here, last))
    staying = list(range(1, len(rows)))
    for states in (plain, short):
        states.keep(staying)
    here, last = [here[at] for at in staying], [last[at] for at in staying]
    for _ in range(steps):
        last = same(plain.next(here, last), short.next(here, last))


@pytest.mark.parametrize("bf16", [False, True], ids=["fp32", "bf16"])
@pytest.mark.parametrize("name", MODELS)
def test_scores_are_those_of_the_model_s_own_modules(name: str, bf16: bool) -> None:
    plain, short = both(model_of(name, bf16=bf16))

    assert_alike(plain, short, [Waiting(prompt) for prompt in PROMPTS])


@pytest.mark.parametrize("slots", [[1, 1, 1, 1], [1, 0, 2, 1], [2, 1, 2, 2], [0, 0, 0, 0]])
@pytest.mark.parametrize("name", ["llama", "qwen3"])
def test_each_row_goes_through_its_own_adapter(name: str, slots: list[int]) -> None:
    model = model_of(name, bf16=True)
    adapters = [adapter_for(model, 1, 4), adapter_for(model, 2, 7, ("k_proj", "gate_proj", "down_proj", "v_proj"))]
    plain, short = both(model, adapters)

    assert_alike(plain, short, [Waiting(prompt, slot) for prompt, slot in zip(PROMPTS, slots, strict=True)])


def test_large_models_go_through_the_product_of_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_decoder, "SMALL_PARAMETERS", 0)
    plain, short = both(model_of("llama-turned", bf16=True))

    assert_alike(plain, short, [Waiting(prompt) for prompt in PROMPTS])


@pytest.mark.parametrize("has_onednn", [True, False])
def test_without_half_products_weights_stay_in_fp32(monkeypatch: pytest.MonkeyPatch, has_onednn: bool) -> None:
    monkeypatch.setattr(cpu_linear, "_lone_half_product", None)
    monkeypatch.setattr(torch.backends.quantized.__class__, "supported_engines", ["qnnpack"])
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: has_onednn)
    plain, short = both(model_of("qwen2", bf16=True))

    assert_alike(plain, short, [Waiting(prompt) for prompt in PROMPTS])


def test_a_dropped_adapter_leaves_nothing_behind_for_the_next_in_its_slot() -> None:
    model = model_of("llama")
    first, second = adapter_for(model, 1, 4), adapter_for(model, 2, 4, ("k_proj",))
    plain, short = both(model, [first])
    short._decoder.drop(1)

    assert short._decoder.put(second) == 1
    assert plain._route is not None
    stack, _ = both(model_of("llama"), [second])
    assert_alike(stack, short, [Waiting(PROMPTS[1], 1), Waiting(PROMPTS[2], 0)])


def test_weights_of_bf16_take_two_bytes_and_others_four() -> None:
    for bf16, size in ((True, 2), (False, 4)):
        model = model_of("qwen3", bf16=bf16)
        count = sum(p.numel() for name, p in model.named_parameters() if "norm" not in name)

        assert taken_in(model).bytes == count * size
        assert all("norm" in name for name, p in model.named_parameters() if p.numel())


@pytest.mark.parametrize(
    ("config", "family"),
    [
        (lambda: MistralConfig(**SHAPE, sliding_window=8), MistralForCausalLM),
        (lambda: Qwen2Config(**SHAPE | {"head_dim": 8}, use_sliding_window=True, sliding_window=8, max_window_layers=1),
            Qwen2ForCausalLM),
        (lambda: LlamaConfig(**SHAPE, rope_parameters={"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}),
            LlamaForCausalLM),
        (lambda: LlamaConfig(**SHAPE, hidden_act="gelu"), LlamaForCausalLM),
    ],
    ids=["sliding mistral", "sliding qwen2", "dynamic positions", "another activation"],
)  # fmt: skip
def test_a_model_that_is_not_plain_is_left_whole(config: Any, family: Any) -> None:
    model = family(config())

    assert decoder_of(model) is None
    assert all(parameter.numel() for parameter in model.parameters())


def test_other_families_and_formats_are_left_whole() -> None:
    assert decoder_of(make_model("gemma", 99)) is None
    assert decoder_of(model_of("llama").bfloat16()) is None


@torch.inference_mode()
def test_what_a_prompt_begins_with_as_another_under_way_is_not_read_again() -> None:
    model = model_of("llama", bf16=True)
    adapters = [adapter_for(model, 1, 4), adapter_for(model, 2, 4)]
    plain, short = both(model, adapters)
    prompts = [list(range(5, 35)), [*range(5, 25), 1, 2], list(range(5, 35)), [*range(5, 25), 7], [5]]
    rows = [Waiting(prompt, slot) for prompt, slot in zip(prompts, (1, 1, 1, 2, 1), strict=True)]
    linear, widths = short._decoder._layers[0].mixed, list[int]()
    real = linear._product
    linear._product = lambda x: (widths.append(len(x)), real(x))[1]

    assert_alike(plain, short, rows)

    assert [widths[at] for at in (0, 2, 4, 6, 8)] == [30, 2, 1, 21, 1]


@torch.inference_mode()
def test_what_the_last_two_prompts_began_with_is_not_read_again_by_those_that_come_later() -> None:
    model = model_of("llama", bf16=True)
    plain, short = both(model, [adapter_for(model, 1, 4)])
    task, linear, widths = list(range(5, 45)), short._decoder._layers[0].mixed, list[int]()
    real = linear._product
    linear._product = lambda x: (widths.append(len(x)), real(x))[1]

    def read(tail: list[int], slot: int = 1, fingerprint: str = "a") -> int:
        row: Any = Waiting([*task, *tail], slot, fingerprint=fingerprint)
        # The next row takes the place of this one.
        assert torch.allclose(short.read([row])[0], plain.read([row])[0], atol=2e-4, rtol=1e-4)
        return widths[-1]

    assert [read([50, 51]), read([60, 61, 62]), read([50, 51]), read([])] == [42, 43, 2, 1]
    # Another miniature's adapter in the same slot, and no adapter.
    assert [read([50], fingerprint="b"), read([60], slot=0), read([70, 71])] == [41, 41, 2]
    # A question of another kind comes between: the two that follow are read whole.
    task[:] = reversed(task)
    assert [read([50]), read([60]), read([70])] == [41, 41, 1]
    short.restore(0, [])
    assert read([50]) == 41


@torch.inference_mode()
def test_room_is_never_more_than_what_the_rows_that_are_here_may_come_to() -> None:
    states = CpuStates(taken_in(model_of("llama")))
    rows = [Waiting(PROMPTS[0], limit=1), Waiting([5] * 300, limit=10), *[Waiting(PROMPTS[2], limit=4)] * 3]

    def room() -> int:
        return states._room.shape[2] * states._room.shape[4]

    def most(here: Sequence[Waiting]) -> int:
        return len(here) * (max(row.reach for row in here) + SPARE_TOKENS)

    _, fresh = states.read(rows)
    states.lay_beside(fresh)
    assert room() <= most(rows)
    states.keep([0, 2, 3])
    assert room() <= most([rows[0], rows[2], rows[3]])
    states.keep([1])
    assert room() <= most([rows[2]])


@torch.inference_mode()
@pytest.mark.parametrize("broken_at", range(3))
def test_rows_are_taken_back_to_where_they_stood_before_a_step_that_failed(broken_at: int) -> None:
    plain, short = both(model_of("qwen3"))
    rows: list[Any] = [Waiting(prompt) for prompt in PROMPTS[:2]]
    for states in (plain, short):
        states.lay_beside(states.read(rows)[1])
    linear = short._decoder._layers[broken_at].narrow
    real = linear._product

    def no_room(x: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    linear._product = no_room
    mark = short.mark()
    with pytest.raises(torch.OutOfMemoryError):
        short.read([Waiting([9] * 200)])  # type: ignore[list-item]
    short.restore(2, mark)
    with pytest.raises(torch.OutOfMemoryError):
        short.next(rows, [4, 5])
    short.restore(2, mark)
    linear._product = real

    assert torch.allclose(short.next(rows, [4, 5]), plain.next(rows, [4, 5]), atol=2e-4, rtol=1e-4)
