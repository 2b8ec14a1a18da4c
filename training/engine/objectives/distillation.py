"""Distillation: the student learns the whole distribution of an open-weight teacher at every supervised position.

Set beside SFT on the same rows it tells what behavioural cloning, which sees one token of that distribution, leaves
behind. The teacher reads every batch as the student does, without gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from training.engine.contracts import TrainError
from training.engine.data import jsonl
from training.engine.data.chat import Chat
from training.engine.data.completion_batch import collate_completions
from training.engine.data.sft_rows import TokenRow
from training.engine.loss.divergence import Direction, divergence, score_source
from training.engine.loss.supervised_head import Network, SupervisedHead
from training.engine.model.loading import LoadedStudent
from training.engine.objectives.base import Measures, measure

if TYPE_CHECKING:
    from training.engine.model_types import CausalModel


@dataclass(frozen=True)
class Distillation:
    """Distillation on `sft` files.

    Attributes:
        tokens: Scores that the tokenizer's tokens take; output layers are often padded beyond, and one may lack some.
        teacher: On the run's device, in evaluation mode.
        direction: `forward` covers all the teacher says, `reverse` keeps to what it finds likely.
        temperature: Softens both distributions.
    """

    tokens: int
    teacher: Network
    direction: Direction
    temperature: float

    def loss(self, network: Network, items: Sequence[TokenRow]) -> tuple[Tensor, Measures]:
        """Divergence from the teacher, summed over supervised tokens, nats."""
        layout = collate_completions([[row] for row in items], network.pad, share=False).to(network.device)
        with torch.no_grad():
            theirs = score_source(self.teacher, layout)
        mine = score_source(network, layout)
        loss, own, agrees = divergence(
            mine,
            theirs,
            layout.targets,
            vocabulary=min(self.tokens, mine.width, theirs.width),
            direction=self.direction,
            temperature=self.temperature,
        )
        return loss, {"nll": measure(own), "agreement": measure(agrees)}

    def normaliser(self, items: Sequence[TokenRow]) -> int:
        return jsonl.supervised(items)


def teacher_network(
    teacher: LoadedStudent,
    student: LoadedStudent,
    device: torch.device,
    *,
    autocast: Callable[[CausalModel], nn.Module],
) -> Network:
    """A teacher ready to be asked.

    Args:
        teacher: Loaded, with the student's tokens (`require_same_tokens`); frozen here.
        autocast: Wraps a forward pass in the run's mixed precision.
    """
    model = teacher.model.eval().requires_grad_(False).to(device)
    head = SupervisedHead(model)
    return Network(autocast(model), head, student.chat.pad, device, teacher.extra_inputs)


def require_same_tokens(teacher: Chat, student: Chat) -> None:
    """Refuse a teacher whose scores are about other tokens than the student's.

    Raises:
        TrainError: With how many tokens differ.
    """
    theirs, own = teacher.tokenizer.get_vocab(), student.tokenizer.get_vocab()
    if theirs == own:
        return
    differ = len({*theirs.items()} ^ {*own.items()})
    raise TrainError(
        "other_tokenizer",
        f"teacher and student have different tokenizers ({len(theirs):,} and {len(own):,} tokens, {differ:,} differ), "
        "so their scores cannot be compared",
        "Choose a teacher of the student's own family, or tune on the teacher's texts by SFT.",
    )
