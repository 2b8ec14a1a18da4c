"""Distance that a tuned model has moved from its reference: the exact KL, token by token, on texts a person found good.

Both distributions are whole at each position, so it is no estimate from samples; it is asked at validations only, since
it costs a second forward pass.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from training.engine.data.completion_batch import collate_completions
from training.engine.data.sft_rows import TokenRow
from training.engine.loss.divergence import divergence, score_source
from training.engine.loss.supervised_head import Network
from training.engine.objectives.base import Measures, measure
from training.engine.objectives.reference import adapter_switched_off, has_adapter


def reference_kl(network: Network, rows: Sequence[TokenRow]) -> Measures:
    """KL(tuned || reference) over the supervised tokens of rows, as the measure `drift`, nats per token.

    Empty while gradients are on, without rows, and for a model tuned as a whole: it has no adapter to switch off.
    """
    if torch.is_grad_enabled() or not rows or not has_adapter(network.model):
        return {}
    layout = collate_completions([[row] for row in rows], network.pad, share=False).to(network.device)
    vocabulary = network.head.layer[0].shape[0]
    mine = score_source(network, layout, vocabulary)
    with adapter_switched_off(network.model):
        theirs = score_source(network, layout, vocabulary)
    apart, _, _ = divergence(mine, theirs, layout.targets, direction="reverse", temperature=1.0)
    return {"drift": measure(apart, count=layout.targets.numel())}
