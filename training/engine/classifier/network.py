"""An encoder with a linear head for each field: what is tuned, how it reads a batch, and what it leaves on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch
from peft import LoraConfig, get_peft_model
from pydantic import BaseModel, ConfigDict
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from training.engine.classifier.fields import FORMAT, HeadField, HeadSet
from training.engine.classifier.words import WordVotes
from training.engine.model import lora
from training.recipes.schema import Recipe

if TYPE_CHECKING:
    from training.engine.model_types import CausalModel

HEADS_FILE: Final = "heads.json"
HEAD_WEIGHTS: Final = "heads.safetensors"
WORDS: Final = "words."


class Scaler(BaseModel):
    """Scale of a number: mean and standard deviation over the training rows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mean: float = 0.0
    deviation: float = 1.0

    @classmethod
    def over(cls, values: Sequence[float]) -> Scaler:
        """The scaler of these values; one that changes nothing but the mean where they are all the same."""
        numbers = torch.tensor(values, dtype=torch.float64)
        deviation = float(numbers.std(unbiased=False)) if len(values) > 1 else 0.0
        return cls(mean=float(numbers.mean()) if values else 0.0, deviation=deviation or 1.0)


class HeadsFile(BaseModel):
    """`heads.json`: which fields the heads predict, and what turns their scores into values."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = FORMAT
    heads: HeadSet
    scalers: dict[str, Scaler]


class EncoderWithHeads(nn.Module):
    """An encoder whose tokens' mean is read by one linear layer a field, beside votes of words.

    Attributes:
        encoder: A transformers encoder, wrapped by PEFT or not.
        layers: A linear layer for each field, in order. Always fp32.
        words: Votes of words, added to the layers' scores; None for none.
    """

    def __init__(
        self,
        encoder: Any,
        heads: HeadSet,
        scalers: Mapping[str, Scaler],
        *,
        words: WordVotes | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.encoder, self.heads, self.scalers, self.words = encoder, heads, dict(scalers), words
        generator = torch.Generator().manual_seed(seed)
        width = int(encoder.config.hidden_size)
        self.layers = nn.ModuleList(_layer(width, field, generator) for field in heads.fields)

    @property
    def config(self) -> Any:
        return self.encoder.config

    def mute_encoder(self) -> None:
        """Zero the layers, so that words alone decide."""
        with torch.no_grad():
            for layer in self.layers.parameters():
                layer.zero_()

    def get_input_embeddings(self) -> Any:
        return self.encoder.get_input_embeddings()

    def get_output_embeddings(self) -> None:
        """None: an encoder scores no tokens."""

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, ...]:
        """Scores of each field, fp32.

        Args:
            input_ids: Token ids, (B, T), padded on the right.
            attention_mask: 1 where a token stands, (B, T).
        """
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state  # (B, T, H)
        pooled = mean_of_tokens(hidden.float(), attention_mask)
        with torch.autocast(pooled.device.type, enabled=False):
            scores = tuple(layer(pooled) for layer in self.layers)
            if self.words is None:
                return scores
            votes = self.words(input_ids, attention_mask).split([field.scores for field in self.heads.fields], dim=1)
            return tuple(score + vote for score, vote in zip(scores, votes, strict=True))

    def save_pretrained(self, folder: str) -> None:
        self.encoder.save_pretrained(folder)
        weights = {
            f"{number}.{name}": value.detach().float().contiguous().cpu()
            for number, layer in enumerate(self.layers)
            for name, value in layer.state_dict().items()
        }
        if self.words is not None:
            weights |= {f"{WORDS}{name}": value.cpu() for name, value in self.words.tensors().items()}
        save_file(weights, Path(folder) / HEAD_WEIGHTS)
        kept = HeadsFile(heads=self.heads, scalers=self.scalers).model_dump(mode="json", exclude_none=True)
        (Path(folder) / HEADS_FILE).write_text(json.dumps(kept, ensure_ascii=False, indent=2), encoding="utf-8")


def mean_of_tokens(hidden: Tensor, mask: Tensor) -> Tensor:
    """Mean over the tokens that are there: (B, T, H) and (B, T) to (B, H)."""
    weights = mask.to(hidden.dtype).unsqueeze(-1)
    return (hidden * weights).sum(dim=1) / weights.sum(dim=1)


def with_saved_heads(encoder: object, folder: Path) -> EncoderWithHeads:
    """An encoder with the heads of a folder, in evaluation mode."""
    kept = HeadsFile.model_validate_json((folder / HEADS_FILE).read_text(encoding="utf-8"))
    weights = load_file(folder / HEAD_WEIGHTS)
    words = {name.removeprefix(WORDS): weights.pop(name) for name in list(weights) if name.startswith(WORDS)}
    votes = WordVotes.of_tensors(words) if words else None
    model = EncoderWithHeads(encoder, kept.heads, kept.scalers, words=votes)
    model.layers.load_state_dict(weights)
    return model.eval()


def attach_adapter(encoder: CausalModel, recipe: Recipe, rank: int) -> Any:
    """Freeze an encoder and put fresh adapters on all its linear layers, drawn from the recipe's seed."""
    torch.manual_seed(recipe.seed)
    config = LoraConfig(
        task_type="FEATURE_EXTRACTION",
        r=rank,
        lora_alpha=recipe.alpha,  # type: ignore[arg-type]  # PEFT annotates int and computes with floats
        lora_dropout=recipe.dropout,
        use_rslora=recipe.rslora,
        target_modules="all-linear",
        bias="none",
    )
    adapted = get_peft_model(encoder, config)
    lora.skip_input_casts(adapted)
    return adapted


def _layer(width: int, field: HeadField, generator: torch.Generator) -> nn.Linear:
    layer = nn.Linear(width, field.scores, dtype=torch.float32)
    with torch.no_grad():
        layer.weight.normal_(0, 0.02, generator=generator)
        layer.bias.zero_()
    return layer
