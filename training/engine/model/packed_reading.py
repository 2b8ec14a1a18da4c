"""Models that can read packed rows, found out by trying, and switching one to it and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import Tensor
from transformers import PretrainedConfig, PreTrainedModel

from training.engine.data.packing import pack
from training.engine.data.sft_rows import TokenRow, collate
from training.engine.loss.supervised_head import Network
from training.engine.model import packed_attention

if TYPE_CHECKING:
    from training.engine.model_types import CausalModel

# Layers whose attention a row's bounds and a window say all about; others keep what packed rows would share.
KNOWN_LAYERS: Final = frozenset({"full_attention", "sliding_attention"})
PROBE_LENGTHS: Final = (5, 19, 11)
# Packed scores may differ by rounding from those of rows alone; from those of rows that see each other by far more.
CLOSE: Final = 0.2


class PackedReading(AbstractContextManager[None]):
    """While it is entered a model's attention takes packed rows, and only those. May be entered again, not nested."""

    def __init__(self, model: CausalModel) -> None:
        self._configs = _configs(model)
        self._before: list[str] = []

    def __enter__(self) -> None:
        self._before = [config._attn_implementation for config in self._configs]
        for config in self._configs:
            config._attn_implementation = packed_attention.NAME

    def __exit__(self, *_: object) -> None:
        for config, before in zip(self._configs, self._before, strict=True):
            config._attn_implementation = before


def why_not_packed(network: Network) -> str:
    """Why a model cannot read packed rows; empty where it can.

    Beside looking at its shape it reads three short rows alone and packed: whatever a family does with positions,
    masks and caches, the scores must be the same, where rows that see each other would change them.

    Args:
        network: The model; its mode and weights stay as they are.
    """
    model = network.model
    configs = _configs(model)
    # The model may be wrapped; its parts know what it is.
    if any(config.is_encoder_decoder for config in configs):
        return "it reads prompts with an encoder and answers with a decoder, each in rows of its own"
    if not configs or any(config._attn_implementation != "sdpa" for config in configs):
        return "its attention cannot be replaced"
    kinds = {kind for config in configs for kind in getattr(config, "layer_types", None) or ()}
    if not kinds <= KNOWN_LAYERS or any(getattr(config, "attention_chunk_size", None) for config in configs):
        return f"it has layers other than full and sliding attention ({', '.join(sorted(kinds))})"
    with _evaluating(model), torch.no_grad():
        try:
            alone, mixed, packed = _scores_alone(network), _scores_mixed(network), _scores_packed(network)
        except (TypeError, ValueError, RuntimeError, NotImplementedError) as error:
            return f"it does not take packed rows ({str(error).splitlines()[0][:120]})"
    apart, allowed = float((alone - packed).abs().mean()), CLOSE * float((alone - mixed).abs().mean())
    return "" if apart <= allowed else "its scores change when rows are packed"


def _scores_alone(network: Network) -> Tensor:
    return torch.cat([_scores(network, row) for row in _probe(network)])


def _scores_mixed(network: Network) -> Tensor:
    """Scores of the same rows as one text, so that each sees those before it."""
    rows = _probe(network)
    line = pack(rows)
    text = TokenRow("mixed", [*line.input_ids[0].tolist(), rows[-1].ids[-1]], 1)
    return _scores(network, text)[line.positions]


def _scores(network: Network, row: TokenRow) -> Tensor:
    batch = collate([row], network.pad).to(network.device)
    extra = network.extra_inputs(batch.input_ids)
    return network.head.logits(network.model, batch.input_ids, batch.positions, **extra).float()


def _scores_packed(network: Network) -> Tensor:
    line = pack(_probe(network)).to(network.device)
    inputs: dict[str, Any] = {**network.extra_inputs(line.input_ids), **line.inputs()}
    with PackedReading(network.model):
        return network.head.logits(network.model, line.input_ids, line.positions, **inputs).float()


def _probe(network: Network) -> list[TokenRow]:
    chance = torch.Generator().manual_seed(0)
    vocabulary = network.head.layer[0].shape[0]
    return [
        TokenRow(str(length), torch.randint(vocabulary, (length,), generator=chance).tolist(), 1)
        for length in PROBE_LENGTHS
    ]


def _configs(model: CausalModel) -> list[Any]:
    by_id = {id(part.config): part.config for part in model.modules() if isinstance(part, PreTrainedModel)}
    for config in list(by_id.values()):
        text = config.get_text_config() if isinstance(config, PretrainedConfig) else config
        by_id[id(text)] = text
    return list(by_id.values())


@contextmanager
def _evaluating(model: CausalModel) -> Iterator[None]:
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)
