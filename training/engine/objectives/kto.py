"""Kahneman-Tversky optimisation: single verdicts, good or bad, judged against how far the model has drifted.

Ethayarajh et al. (arXiv 2402.01306): of a good answer, w (1 - sigmoid(beta * (log-ratio - drift))), of a bad one the
same with the sign turned; the drift is the mean log-ratio of answers written for other prompts, at least 0, over the
batch, and no gradient flows through it. An anchor may hold the good answers up, as in `dpo`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from training.engine.data.completion_batch import collate_completions
from training.engine.data.labelled import LabelledAnswer
from training.engine.data.sft_rows import TokenRow
from training.engine.loss.log_probs import log_probs, summed, token_log_probs
from training.engine.loss.supervised_head import Network
from training.engine.objectives.base import Measures, measure
from training.engine.objectives.reference import ReferenceLogProbs, reference_kl


@dataclass
class Kto:
    """KTO on `kto` files.

    Attributes:
        beta: How hard departing from the reference is punished.
        anchor: Weight of the good answers' loss, nats per token; 0 is plain KTO.
        references: What the reference says of every answer; must be measured before the first loss.
    """

    beta: float
    anchor: float
    desirable_weight: float
    undesirable_weight: float
    references: ReferenceLogProbs = field(default_factory=ReferenceLogProbs)

    def loss(self, network: Network, items: Sequence[LabelledAnswer]) -> tuple[Tensor, Measures]:
        drifted = self._drifted(network, items)
        rows = [item.row for item in items]
        layout = collate_completions([[row] for row in rows], network.pad, share=False).to(network.device)
        answer_log_probs = summed(token_log_probs(network, layout), layout)
        ratios = answer_log_probs - self.references.of(rows, network.device)
        good = torch.tensor([item.is_good for item in items], device=network.device)
        sign = good.float() * 2 - 1
        weights = torch.where(good, self.desirable_weight, self.undesirable_weight)
        loss = (weights * (1 - torch.sigmoid(self.beta * sign * (ratios - drifted)))).sum()
        held = (-answer_log_probs / layout.owners.bincount(minlength=layout.completions))[good]
        rewards = self.beta * ratios
        return loss + self.anchor * held.sum(), {
            "reward_margin": measure(rewards * sign),
            "accuracy": measure((sign * (ratios - drifted) > 0).float()),
            "reward_chosen": measure(rewards[good]),
            "reward_rejected": measure(rewards[~good]),
            "logp_chosen": measure(answer_log_probs[good]),
            "logp_rejected": measure(answer_log_probs[~good]),
            "nll_chosen": measure(held),
            "kl": measure(drifted),
            **reference_kl(network, [item.row for item in items if item.is_good]),
        }

    def normaliser(self, items: Sequence[LabelledAnswer]) -> int:
        return len(items)

    def referenced(self, items: Sequence[LabelledAnswer]) -> list[TokenRow]:
        """Answers whose log-probability under the reference the loss asks for."""
        return [row for item in items for row in (item.row, item.stranger)]

    def _drifted(self, network: Network, items: Sequence[LabelledAnswer]) -> Tensor:
        strangers = [item.stranger for item in items]
        layout = collate_completions([[row] for row in strangers], network.pad, share=False).to(network.device)
        with torch.no_grad():
            ratios = log_probs(network, layout) - self.references.of(strangers, network.device)
        return ratios.mean().clamp(min=0)
