"""Architectures of the students in use, each as a tiny model made from its config; the list that tests go through."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import transformers

from tests.training.engine import chats
from tests.training.engine.seq2seq.conftest import make_seq2seq, make_seq2seq_tokenizer

SMALL = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 512,
}  # fmt: skip
WINDOWED: dict[str, Any] = {"layer_types": ["sliding_attention", "full_attention"], "sliding_window": 16}
GEMMA = {**WINDOWED, "query_pre_attn_scalar": 8}
EXPERTS = {"num_experts": 4, "num_local_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}
# What a picture is read with: never tuned, and as small as each family lets it be.
SIGLIP = {
    "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 28,
    "patch_size": 14,
}  # fmt: skip
LINEAR = {
    "layer_types": ["linear_attention", "full_attention"], "linear_num_key_heads": 2, "linear_num_value_heads": 4,
    "linear_key_head_dim": 8, "linear_value_head_dim": 8,
}  # fmt: skip
MAMBA = {
    "layer_types": ["mamba", "attention"], "mamba_n_heads": 8, "mamba_d_head": 8, "mamba_d_state": 8,
    "mamba_n_groups": 1, "shared_intermediate_size": 64, "mamba_chunk_size": 16,
}  # fmt: skip
NO_EXPERTS = {"num_local_experts": 0, "num_experts_per_tok": 0}
# The last layers read keys and values of earlier ones, and every layer has an embedding of its own.
SHARED = {
    "num_hidden_layers": 4, "layer_types": WINDOWED["layer_types"] * 2, "sliding_window": 16, "num_kv_shared_layers": 2,
    "vocab_size_per_layer_input": 330, "hidden_size_per_layer_input": 8,
}  # fmt: skip


@dataclass(frozen=True)
class Architecture:
    """An architecture: the class of its config, what a tiny one says, and whose template it speaks by.

    Attributes:
        text: Values of its config, or of its text part where `parts` has others.
        parts: Configs beside the text's, for what sees or hears.
    """

    config: str
    text: dict[str, Any] = field(default_factory=dict)
    template: str = chats.DATED
    parts: dict[str, Any] | None = None

    @property
    def has_running_states(self) -> bool:
        return bool({"conv", "linear_attention", "mamba"}.intersection(self.text.get("layer_types", ())))

    @property
    def is_merged(self) -> bool:
        """Return whether an adapter changes more than linear layers,
        so that serving folds it into weights of its own.
        """
        return self.text.get("num_experts", 0) > 0 or self.config == "GPT2"


# By the name people know the family by.
ARCHITECTURES: dict[str, Architecture] = {
    "Llama 3": Architecture("Llama"),
    "Mistral": Architecture("Mistral", {"sliding_window": 16}, chats.SYSTEM_LAST),
    "Ministral": Architecture("Ministral", WINDOWED, chats.SYSTEM_LAST),
    "Ministral 3": Architecture(
        "Mistral3",
        {"model_type": "ministral3", "rope_parameters": {
            "rope_type": "yarn", "rope_theta": 1e6, "factor": 16.0, "original_max_position_embeddings": 64,
            "beta_fast": 32.0, "beta_slow": 1.0, "mscale": 1.0, "mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.1,
        }},
        chats.SYSTEM_LAST,
        {"vision_config": {"model_type": "pixtral", **SIGLIP, "head_dim": 8}, "image_token_index": 4},
    ),
    "Qwen 2.5": Architecture("Qwen2"),
    "Qwen 3": Architecture("Qwen3", {}, chats.SWITCHED),
    "Qwen 3 MoE": Architecture("Qwen3Moe", EXPERTS, chats.SWITCHED),
    "Qwen 3.5": Architecture(
        "Qwen3_5", LINEAR, chats.SWITCHED,
        {"vision_config": {"depth": 1, "hidden_size": 16, "intermediate_size": 32, "num_heads": 2,
            "out_hidden_size": 32}},
    ),
    "Qwen 3.5, text alone": Architecture("Qwen3_5Text", LINEAR, chats.SWITCHED),
    "Qwen 3.5 MoE": Architecture("Qwen3_5MoeText", {**LINEAR, **EXPERTS, "shared_expert_intermediate_size": 16},
        chats.SWITCHED),
    "Gemma 2": Architecture("Gemma2", {**GEMMA, "final_logit_softcapping": 30.0}, chats.NO_SYSTEM),
    "Gemma 3": Architecture("Gemma3", GEMMA, chats.NO_SYSTEM,
                            {"vision_config": SIGLIP, "mm_tokens_per_image": 4, "image_token_index": 4}),
    "Gemma 3, text alone": Architecture("Gemma3Text", GEMMA, chats.NO_SYSTEM),
    "Gemma 3n": Architecture("Gemma3nText", {
        **SHARED, "intermediate_size": 64, "laurel_rank": 4, "activation_sparsity_pattern": [0.95, 0.95, 0.0, 0.0],
        "altup_num_inputs": 2,
    }, chats.NO_SYSTEM),
    "Gemma 4": Architecture("Gemma4", {**SHARED, "global_head_dim": 16}, chats.DATED, {}),
    "Gemma 4, text alone": Architecture("Gemma4Text", {**SHARED, "global_head_dim": 16}),
    "Phi 3 and 4": Architecture("Phi3", {}, chats.SYSTEM_LAST),
    "SmolLM 3": Architecture("SmolLM3", {}, chats.SWITCHED),
    "OLMo 2": Architecture("Olmo2"),
    "OLMo 3": Architecture("Olmo3", WINDOWED),
    "Granite 3": Architecture("Granite"),
    "Granite 3 MoE": Architecture("GraniteMoe", EXPERTS),
    "Granite 4": Architecture("GraniteMoeHybrid", {**MAMBA, **NO_EXPERTS, "layer_types": ["attention", "attention"]}),
    "Granite 4-H": Architecture("GraniteMoeHybrid", {**MAMBA, **NO_EXPERTS}),
    "Granite 4-H MoE": Architecture("GraniteMoeHybrid", {**MAMBA, **EXPERTS}),
    "LFM 2": Architecture("Lfm2", {"layer_types": ["conv", "full_attention"], "block_auto_adjust_ff_dim": False}),
    "LFM 3": Architecture("Lfm3", {"layer_types": ["conv", "full_attention"]}),
    "Cohere 2": Architecture("Cohere2", WINDOWED),
    "EXAONE 4": Architecture("Exaone4", WINDOWED, chats.SWITCHED),
    "Hunyuan": Architecture("HunYuanDenseV1"),
    "gpt-oss": Architecture("GptOss", {**WINDOWED, **EXPERTS, "intermediate_size": 32}, chats.CHANNEL),
    "Llama 4": Architecture("Llama4Text", {**EXPERTS, "intermediate_size_mlp": 32}),
    "GPT-2": Architecture("GPT2"),
    **{name: Architecture(name) for name in (
        "Apertus", "Arcee", "Ernie4_5", "Glm", "Glm4", "GPTNeoX", "Helium", "Nemotron", "SeedOss", "StableLm",
        "Starcoder2",
    )},
    "T5": Architecture("T5"),
    "BART": Architecture("Bart"),
}  # fmt: skip


def make_student(folder: Path, architecture: Architecture) -> Path:
    """A freshly drawn student's folder, as `save_pretrained` writes it."""
    if architecture.config in ("T5", "Bart"):
        family = architecture.config.lower()
        tokenizer = make_seq2seq_tokenizer(family)
        tokenizer.save_pretrained(folder)
        make_seq2seq(family, len(tokenizer), positions=512).save_pretrained(folder)
        return folder
    begins = architecture.template in (chats.NO_SYSTEM, chats.SYSTEM_LAST)
    tokenizer = chats.make_chatty(architecture.template, begins=begins)
    tokenizer.save_pretrained(folder)
    ends = {"eos_token_id": 1, "pad_token_id": 0, "bos_token_id": tokenizer.bos_token_id}
    text = {**SMALL, **ends, "vocab_size": len(tokenizer), **architecture.text}
    torch.manual_seed(7)
    kind = getattr(transformers, f"{architecture.config}Config")
    config = kind(**text) if architecture.parts is None else kind(text_config=text, **architecture.parts)
    sees = architecture.parts is not None
    auto: Any = transformers.AutoModelForImageTextToText if sees else transformers.AutoModelForCausalLM
    model = auto.from_config(config)
    # Tied to embeddings as small as they are drawn, an output layer that LoRA leaves alone tells no token apart.
    model.get_input_embeddings().weight.data.mul_(10)
    model.save_pretrained(folder)
    return folder


def table() -> str:
    """Markdown of all architectures: what each row says a test holds."""
    lines = ["| students | `model_type` | adapters are served | layers |", "| --- | --- | --- | --- |"]
    for name, each in ARCHITECTURES.items():
        family = getattr(transformers, f"{each.config}Config").model_type
        beside = "merged, in weights of their own" if each.is_merged else "beside one base"
        layers = "some with a running state" if each.has_running_states else "attention"
        lines.append(f"| {name} | `{family}` | {beside} | {layers} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(), end="")
