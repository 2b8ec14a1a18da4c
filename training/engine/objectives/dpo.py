"""Direct preference optimisation, anchored: the better answer becomes likelier than the worse, and the writing stays.

Rafailov et al. (arXiv 2305.18290): of a pair, -log sigmoid(beta * (log-ratio of the better - log-ratio of the worse)),
each ratio against the reference the run starts from. Left alone, the loss is content to make both unlikelier. The
anchor (the NLL term of Iterative RPO, arXiv 2404.19733, normalised by the answer's length) holds the better one up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from torch import Tensor
from torch.nn import functional

from training.engine.data.completion_batch import collate_completions
from training.engine.data.pairs import AnswerPair
from training.engine.data.sft_rows import TokenRow
from training.engine.loss.log_probs import summed, token_log_probs
from training.engine.loss.supervised_head import Network
from training.engine.objectives.base import Measures, measure
from training.engine.objectives.reference import ReferenceLogProbs, reference_kl


@dataclass
class Dpo:
    """DPO on `dpo` files.

    Attributes:
        beta: How hard departing from the reference is punished.
        anchor: Weight of the better answer's loss, nats per token; 0 is plain DPO.
        references: What the reference says of every answer; must be measured before the first loss.
        share: Whether both answers stand behind one copy of their prompt.
    """

    beta: float
    anchor: float
    references: ReferenceLogProbs = field(default_factory=ReferenceLogProbs)
    share: bool = False

    def loss(self, network: Network, items: Sequence[AnswerPair]) -> tuple[Tensor, Measures]:
        layout = collate_completions([(pair.chosen, pair.rejected) for pair in items], network.pad, share=self.share)
        layout = layout.to(network.device)
        tokens = token_log_probs(network, layout)
        log_probs = summed(tokens, layout)
        chosen, rejected = log_probs[0::2], log_probs[1::2]
        rewards = self.beta * (log_probs - self.references.of(self.referenced(items), network.device))
        margins = rewards[0::2] - rewards[1::2]
        lengths = layout.owners.bincount(minlength=layout.completions)[0::2]
        anchored = -chosen / lengths
        loss = -functional.logsigmoid(margins).sum() + self.anchor * anchored.sum()
        return loss, {
            "reward_margin": measure(margins),
            "accuracy": measure((margins > 0).float()),
            "reward_chosen": measure(rewards[0::2]),
            "reward_rejected": measure(rewards[1::2]),
            "logp_chosen": measure(chosen),
            "logp_rejected": measure(rejected),
            "nll_chosen": measure(anchored),
            **reference_kl(network, [pair.chosen for pair in items]),
        }

    def normaliser(self, items: Sequence[AnswerPair]) -> int:
        return len(items)

    def referenced(self, items: Sequence[AnswerPair]) -> list[TokenRow]:
        """Answers whose log-probability under the reference the loss asks for."""
        return [row for pair in items for row in (pair.chosen, pair.rejected)]
