"""A student of two layers in the widths of a real one: what differs with depth is a sum over layers."""

from __future__ import annotations

from transformers import LlamaConfig


def llama(*, vocabulary: int = 128256, is_tied: bool = True) -> LlamaConfig:
    """Llama 3.2 1B, with two of its layers."""
    return LlamaConfig(
        vocab_size=vocabulary, hidden_size=2048, intermediate_size=8192, num_hidden_layers=2, num_attention_heads=32,
        num_key_value_heads=8, head_dim=64, tie_word_embeddings=is_tied,
    )  # fmt: skip
