"""Ask a model itself whether it reads completions behind a shared prompt as it would read each alone.

Attention windows, attention code that takes no mask of the caller's, recurrent layers: each would quietly give other
numbers. Two short completions laid out both ways tell.
"""

from __future__ import annotations

from typing import Final

import torch

from training.engine.data.completion_batch import collate_completions
from training.engine.data.sft_rows import TokenRow
from training.engine.loss.log_probs import log_probs
from training.engine.loss.supervised_head import Network

# Half formats round this much over a probe of two dozen tokens; a wrong mask is off by whole nats.
CLOSE_NATS: Final = 0.2
PROBE_PROMPT: Final = 12
PROBE_COMPLETIONS: Final = (9, 6)


def can_share_prompts(network: Network, *, longest: int) -> bool:
    """Return whether prompts may be read once for several completions.

    Args:
        network: The model; its mode is kept.
        longest: Tokens of the longest line. A model with an attention window this short or shorter is left alone: a
            probe of a few tokens would not meet the window.
    """
    if (window := _window(network)) is not None and window <= longest:
        return False
    was_training = network.model.training
    network.model.eval()
    try:
        with torch.no_grad():
            alone, shared = (
                log_probs(network, collate_completions([_probe(network)], network.pad, share=share).to(network.device))
                for share in (False, True)
            )
    except (ValueError, RuntimeError, TypeError):
        return False
    finally:
        network.model.train(was_training)
    return bool((alone - shared).abs().max() < CLOSE_NATS)


def _probe(network: Network) -> list[TokenRow]:
    chance = torch.Generator().manual_seed(0)
    vocabulary = network.head.layer[0].shape[0]
    prompt, *completions = (
        torch.randint(vocabulary, (length,), generator=chance).tolist() for length in (PROBE_PROMPT, *PROBE_COMPLETIONS)
    )
    return [TokenRow("probe", prompt + completion, PROBE_PROMPT) for completion in completions]


def _window(network: Network) -> int | None:
    config = network.model.config.get_text_config() if hasattr(network.model, "config") else None
    layers = getattr(config, "layer_types", None)
    if layers is not None and not any("full" not in kind for kind in layers):
        return None
    window = getattr(config, "sliding_window", None)
    return int(window) if window else None
