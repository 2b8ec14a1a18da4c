"""Tiny encoder–decoders made from a config, with tokenizers that add their family's special tokens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.training.engine.conftest import PAIRS, sft_row

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

PAD, END, BEGIN = "<pad>", "</s>", "<s>"
T5_SHAPE: dict[str, Any] = {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4}
BART_SHAPE: dict[str, Any] = {
    "d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64,
}  # fmt: skip
FAMILIES = ("t5", "bart")
ALL_FAMILIES = ("t5", "t5-untied", "mt5", "umt5", "bart", "pegasus")


def make_seq2seq_tokenizer(family: str) -> PreTrainedTokenizerFast:
    """Byte-level; T5's ends texts with `</s>`, BART's also begins them with `<s>`."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=[PAD, END, BEGIN], initial_alphabet=alphabet, show_progress=False
    )
    inner.train_from_iterator([text for pair in PAIRS for text in pair], trainer)
    single = f"{BEGIN} $A {END}" if family == "bart" else f"$A {END}"
    inner.post_processor = processors.TemplateProcessing(single=single, special_tokens=[(END, 1), (BEGIN, 2)])
    bos = {"bos_token": BEGIN} if family == "bart" else {}
    return PreTrainedTokenizerFast(tokenizer_object=inner, eos_token=END, pad_token=PAD, **bos)


def make_seq2seq(family: str, vocabulary: int, *, dropout: float = 0.0, positions: int = 128) -> Any:
    """A freshly drawn model of a family's shape."""
    import torch
    from transformers import (
        BartConfig,
        BartForConditionalGeneration,
        MT5Config,
        MT5ForConditionalGeneration,
        PegasusConfig,
        PegasusForConditionalGeneration,
        T5Config,
        T5ForConditionalGeneration,
        UMT5Config,
        UMT5ForConditionalGeneration,
    )

    torch.set_num_threads(1)
    torch.manual_seed(7)
    ends = {"vocab_size": vocabulary, "eos_token_id": 1, "pad_token_id": 0}
    if family in ("bart", "pegasus"):
        start = {"decoder_start_token_id": 1 if family == "bart" else 0, "bos_token_id": 2, "forced_eos_token_id": None}
        rest = {**ends, **start, **BART_SHAPE, "dropout": dropout, "max_position_embeddings": positions}
        if family == "pegasus":
            model: Any = PegasusForConditionalGeneration(PegasusConfig(**rest))
        else:
            model = BartForConditionalGeneration(BartConfig(**rest))
    else:
        rest = {**ends, **T5_SHAPE, "decoder_start_token_id": 0, "dropout_rate": dropout}
        if family == "mt5":
            model = MT5ForConditionalGeneration(MT5Config(**rest))
        elif family == "umt5":
            model = UMT5ForConditionalGeneration(UMT5Config(**rest))
        elif family == "t5-untied":
            kind = {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}
            model = T5ForConditionalGeneration(T5Config(**rest, **kind))
        else:
            model = T5ForConditionalGeneration(T5Config(**rest))
    if not getattr(model.config, "scale_decoder_outputs", True) or family == "mt5":
        # Scores that are not scaled down would, of weights as large as they are drawn, be mere noise.
        model.get_output_embeddings().weight.data.mul_(0.2)
    return model


@pytest.fixture(scope="session")
def seq2seq(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A folder as `save_pretrained` writes it, for a family."""
    made: dict[tuple[str, float], Path] = {}

    def make(family: str = "t5", *, dropout: float = 0.0) -> Path:
        if (family, dropout) not in made:
            folder = tmp_path_factory.mktemp(family)
            tokenizer = make_seq2seq_tokenizer(family)
            tokenizer.save_pretrained(folder)
            make_seq2seq(family, len(tokenizer), dropout=dropout).save_pretrained(folder)
            made[family, dropout] = folder
        return made[family, dropout]

    return make


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    """Eight short rows, with line breaks in their answers."""
    return [sft_row(n, f"{PAIRS[n % 4][0]} {n}", PAIRS[n % 4][1]) for n in range(8)]
