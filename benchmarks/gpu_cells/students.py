"""Students of public sizes with random weights, and rows for them. No weights are fetched."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any, Final

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, LlamaConfig, PretrainedConfig, PreTrainedTokenizerFast

from benchmarks.memory import STUDENTS

# What the whole command is rehearsed with on a CPU.
TINY: Final = LlamaConfig(
    vocab_size=320, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, tie_word_embeddings=True,
)  # fmt: skip
CONTEXT: Final = 32_768
# Of rows as real datasets have them: most short, a few long. Tokens, natural logarithm.
MIXED_MEAN, MIXED_SPREAD, MIXED_MOST = 6.3, 0.6, 2_048


def config_of(name: str) -> PretrainedConfig:
    """The config of a student, with room for the longest rows measured."""
    config = TINY if name == "tiny" else STUDENTS[name]
    config.max_position_embeddings = CONTEXT
    config.pad_token_id, config.eos_token_id, config.bos_token_id = 0, 1, None
    return config


def make_folder(name: str, folder: Path) -> Path:
    """A student's folder in bf16, made on the GPU where there is one; made once."""
    if (folder / "config.json").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    byte = Tokenizer(models.BPE())
    byte.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    byte.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    byte.train_from_iterator(
        [], trainers.BpeTrainer(vocab_size=258, special_tokens=["<pad>", "<end>"], initial_alphabet=alphabet)
    )
    PreTrainedTokenizerFast(tokenizer_object=byte, eos_token="<end>", pad_token="<pad>").save_pretrained(folder)
    torch.manual_seed(0)
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        model = AutoModelForCausalLM.from_config(config_of(name), dtype=torch.bfloat16)
    model.save_pretrained(folder)
    del model
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return folder


def lengths(kind: str, count: int) -> list[int]:
    """Tokens of each row: all alike (`8192`), or `mixed` as real rows are."""
    if kind != "mixed":
        return [int(kind)] * count
    chance = random.Random(0)
    return [min(MIXED_MOST, max(64, round(chance.lognormvariate(MIXED_MEAN, MIXED_SPREAD)))) for _ in range(count)]


def rows(kind: str, count: int) -> list[dict[str, Any]]:
    """Rows of about these lengths, half of each supervised; a token is a byte."""
    # The template of a tokenizer without one adds a few tokens; they are counted by those who read the rows.
    return [
        {"id": str(number), "prompt": [{"role": "user", "content": "a" * (length // 2 - 16)}],
         "completion": [{"role": "assistant", "content": "b" * (length // 2 - 16)}], "meta": "{}"}
        for number, length in enumerate(lengths(kind, count))
    ]  # fmt: skip


def write_rows(path: Path, kind: str, count: int) -> Path:
    """A file of such rows."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows(kind, count)))
    return path
