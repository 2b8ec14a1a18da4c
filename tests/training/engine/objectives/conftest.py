"""A tiny student with an adapter that has learnt something, and pairs, verdicts and rows in its tokens."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import torch

    from training.engine.data.labelled import LabelledAnswer
    from training.engine.data.pairs import AnswerPair
    from training.engine.data.sft_rows import TokenRow
    from training.engine.loss.supervised_head import Network
    from training.engine.objectives.reference import ReferenceLogProbs

VOCABULARY = 97
SHAPE: dict[str, Any] = {
    "vocab_size": VOCABULARY, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 256, "pad_token_id": 0,
    "eos_token_id": 1, "bos_token_id": None,
}  # fmt: skip


@pytest.fixture
def model() -> Callable[..., Any]:
    """A model of a family, the same each time; with an adapter away from where it began unless asked for a bare one."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import (
        Gemma3ForCausalLM,
        Gemma3TextConfig,
        LlamaConfig,
        LlamaForCausalLM,
        Qwen3Config,
        Qwen3ForCausalLM,
    )

    def make(family: str = "llama", *, bare: bool = False, seed: int = 3, width: int = VOCABULARY) -> Any:
        torch.manual_seed(seed)
        shape = {**SHAPE, "vocab_size": width}
        base: Any
        if family == "llama":
            base = LlamaForCausalLM(LlamaConfig(tie_word_embeddings=True, **shape))
            base.get_input_embeddings().weight.data.mul_(20)
        elif family == "qwen":
            base = Qwen3ForCausalLM(Qwen3Config(head_dim=8, **shape))
        else:
            text = Gemma3TextConfig(head_dim=8, query_pre_attn_scalar=8, sliding_window=16,
                                    final_logit_softcapping=30.0, **shape)  # fmt: skip
            base = Gemma3ForCausalLM(text)
        if bare:
            return base
        tuned = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=8, target_modules="all-linear"))
        torch.manual_seed(seed + 1)
        for name, parameter in tuned.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=0.3)
        return tuned

    return make


@pytest.fixture
def network() -> Callable[[Any], Network]:
    """A model as objectives see it, on the CPU."""
    import torch

    from training.engine.loss.supervised_head import Network, SupervisedHead

    def make(model: Any) -> Network:
        return Network(model, SupervisedHead(model), 0, torch.device("cpu"), lambda _: {})

    return make


@pytest.fixture
def sequence() -> Callable[..., TokenRow]:
    """A row of random tokens, the same for the same numbers."""
    import torch

    from training.engine.data.sft_rows import TokenRow

    def make(number: int, prompt: int, completion: int, prompt_seed: int | None = None) -> TokenRow:
        given = torch.Generator().manual_seed(1000 + (number if prompt_seed is None else prompt_seed))
        said = torch.Generator().manual_seed(number)
        ids = torch.randint(2, VOCABULARY, (prompt,), generator=given).tolist()
        return TokenRow(
            f"r{number}", ids + torch.randint(2, VOCABULARY, (completion,), generator=said).tolist(), prompt
        )

    return make


@pytest.fixture
def pairs(sequence: Callable[..., TokenRow]) -> list[AnswerPair]:
    """Pairs of different lengths."""
    from training.engine.data.pairs import AnswerPair

    shapes = [(7, 5, 9), (12, 8, 3), (4, 11, 11), (9, 1, 6)]
    return [
        AnswerPair(f"p{n}", sequence(n, prompt, good, n), sequence(50 + n, prompt, bad, n))
        for n, (prompt, good, bad) in enumerate(shapes)
    ]


@pytest.fixture
def verdicts(sequence: Callable[..., TokenRow]) -> list[LabelledAnswer]:
    """Good and bad answers, each with the answer of the one before it."""
    from training.engine.data.labelled import LabelledAnswer
    from training.engine.data.sft_rows import TokenRow

    rows = [
        sequence(n, prompt, length) for n, (prompt, length) in enumerate([(7, 5), (12, 8), (4, 11), (9, 6), (5, 7)])
    ]
    before = [rows[-1], *rows[:-1]]
    return [
        LabelledAnswer(row.id, row, n % 2 == 0, TokenRow("s",
            row.ids[: row.prompt_length] + other.ids[other.prompt_length :],
                                             row.prompt_length))
        for n, (row, other) in enumerate(zip(rows, before, strict=True))
    ]  # fmt: skip


@pytest.fixture
def measured(tmp_path: Any) -> Callable[..., None]:
    """Measure what the model without its adapter says of rows."""
    from accelerate import Accelerator

    from training.engine.objectives.reference import adapter_switched_off

    def measure(references: ReferenceLogProbs, network: Network, rows: list[TokenRow]) -> None:
        with adapter_switched_off(network.model):
            references.measure(
                network, Accelerator(cpu=True), rows, batch_size=3, weights="w", folders=[tmp_path],
                stop_if_asked=lambda: None,
            )  # fmt: skip

    return measure


def gradients(model: Any) -> dict[str, torch.Tensor]:
    """Gradients of all that is tuned, by name."""
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.requires_grad and p.grad is not None}


def twin(model: Any) -> Any:
    """An equal model of its own."""
    return copy.deepcopy(model)
