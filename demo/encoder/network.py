"""Network of the demo encoder and its objectives: masked words, pairs of texts with the same meaning, and language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize
from transformers import ModernBertConfig, ModernBertModel

from demo.encoder.messages import LANGUAGES
from demo.encoder.tokenizer import BEGIN_ID, CONTEXT, END_ID, PAD_ID, VOCABULARY

WIDTH: Final = 192
LAYERS: Final = 4
COMPARED: Final = 96
TEMPERATURE: Final = 0.07
IGNORED: Final = -100
# Count at which a token keeps half of its squared information; scale of the meaning over the initial noise.
RARE: Final = 10
MEANING_SCALE: Final = 0.4


@dataclass(frozen=True)
class Batch:
    """Texts of pairs, all first sides before the second ones.

    Attributes:
        ids: Token ids, some of them masked, (2P, T).
        mask: 1 for tokens, 0 for padding, (2P, T).
        labels: Masked tokens; -100 elsewhere, (2P, T).
        concepts: Concept of each pair, (P,).
        languages: Language of each text, (2P,).
    """

    ids: Tensor
    mask: Tensor
    labels: Tensor
    concepts: Tensor
    languages: Tensor


@dataclass(frozen=True)
class Losses:
    """Mean losses in nats: of masked tokens, of finding a text's other side, of the language."""

    words: Tensor
    pairs: Tensor
    language: Tensor

    @property
    def total(self) -> Tensor:
        """Return the sum to minimise."""
        return self.words + self.pairs + 0.3 * self.language


def build_encoder(*, seed: int, vocabulary: int = VOCABULARY) -> ModernBertModel:
    """Build the untrained encoder: 4 layers of ModernBERT, width 192, with global attention in each."""
    torch.manual_seed(seed)
    return ModernBertModel(
        ModernBertConfig(
            vocab_size=vocabulary,
            hidden_size=WIDTH,
            intermediate_size=288,
            num_hidden_layers=LAYERS,
            num_attention_heads=4,
            layer_types=["full_attention"] * LAYERS,
            max_position_embeddings=CONTEXT,
            pad_token_id=PAD_ID,
            bos_token_id=None,
            eos_token_id=None,
            cls_token_id=BEGIN_ID,
            sep_token_id=END_ID,
        )
    )


@torch.no_grad()
def start_from(encoder: ModernBertModel, counts: Tensor) -> None:
    """Initialise the embeddings from co-occurrence of tokens and concepts, and silence the layers.

    Embeddings are singular vectors of the positive pointwise mutual information (Levy & Goldberg, Neural Word Embedding
    as Implicit Matrix Factorization, 2014), so that words of like use in any language begin alike. All weights are
    trained afterwards.

    Args:
        encoder: Untrained encoder.
        counts: Number of texts of each concept that hold each token, (V, C).
    """
    total = counts.sum()
    expected = counts.sum(1, keepdim=True) * counts.sum(0, keepdim=True) / total
    information = torch.log(counts.clamp(min=1e-9) / expected.clamp(min=1e-9)).clamp(min=0.0)
    # The information of rare tokens is mostly chance, so it is reduced.
    information *= (counts.sum(1, keepdim=True) / (counts.sum(1, keepdim=True) + RARE)).sqrt()
    weight = encoder.get_input_embeddings().weight
    left, values, _ = torch.svd_lowrank(information, q=weight.shape[1] // 2, niter=4)
    meaning = left * values.sqrt()
    weight[:, : meaning.shape[1]] += MEANING_SCALE * meaning / meaning.norm(dim=1).mean()
    for layer in encoder.layers:
        for name in ("attn.Wo", "mlp.Wo"):
            layer.get_submodule(name).get_parameter("weight").zero_()


class Pretraining(nn.Module):
    """Encoder with three small heads for its objectives; only the encoder is exported."""

    def __init__(self, encoder: ModernBertModel) -> None:
        super().__init__()
        width = encoder.config.hidden_size
        self.encoder = encoder
        self.word = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        self.word_bias = nn.Parameter(torch.zeros(encoder.config.vocab_size))
        self.compared = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, COMPARED))
        self.language = nn.Linear(width, len(LANGUAGES))

    def forward(self, batch: Batch) -> Losses:
        hidden = self.encoder(input_ids=batch.ids, attention_mask=batch.mask).last_hidden_state  # (2P, T, H)
        is_masked = batch.labels != IGNORED
        scores = self.word(hidden[is_masked]) @ self.encoder.get_input_embeddings().weight.T + self.word_bias
        there = batch.mask.unsqueeze(-1).to(hidden.dtype)
        pooled = (hidden * there).sum(1) / there.sum(1)  # (2P, H), as the heads of a classifier read it
        return Losses(
            words=cross_entropy(scores.float(), batch.labels[is_masked]),
            pairs=same_loss(self.compared(pooled).float(), batch.concepts),
            language=cross_entropy(self.language(pooled).float(), batch.languages),
        )


def same_loss(vectors: Tensor, concepts: Tensor) -> Tensor:
    """Compute InfoNCE (van den Oord et al., 2018) in both directions: each text has to find its pair's other side.

    Args:
        vectors: All first sides before the second ones, (2P, D).
        concepts: Concept of each pair, (P,); other pairs of the same concept are no negatives.
    """
    first, second = normalize(vectors, dim=-1).chunk(2)
    likeness = first @ second.T / TEMPERATURE  # (P, P)
    own = torch.arange(len(concepts))
    alike = (concepts[:, None] == concepts[None]) & (own[:, None] != own[None])
    likeness = likeness.masked_fill(alike, float("-inf"))
    return (cross_entropy(likeness, own) + cross_entropy(likeness.T, own)) / 2
