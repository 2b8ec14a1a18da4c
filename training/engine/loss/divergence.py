"""Divergence of a student's next-token distribution from a teacher's, position by position, in blocks.

Scores of student and teacher, (N, V) each, exist for one block of positions at a time where the output layer ends the
model; gradients are computed beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from training.engine import autograd
from training.engine.data.completion_batch import CompletionBatch
from training.engine.loss.supervised_head import Network, block_rows

Direction = Literal["forward", "reverse"]


@dataclass(frozen=True)
class ScoreSource:
    """Source of scores: hidden states (N, H) with an output layer (V, H), or scores (N, V) with none."""

    values: Tensor
    weight: Tensor | None
    bias: Tensor | None
    compute: torch.dtype

    @property
    def width(self) -> int:
        """Scores of one position, padding of the vocabulary included."""
        return (self.values if self.weight is None else self.weight.t()).shape[-1]

    def scores(self, at: slice, vocabulary: int) -> Tensor:
        """Scores of a block in fp32: (n, vocabulary)."""
        block = self.values[at]
        if self.weight is None:
            return block[:, :vocabulary].float()
        bias = None if self.bias is None else self.bias[:vocabulary].to(self.compute)
        layer = self.weight[:vocabulary].to(self.compute)
        return nn.functional.linear(block.to(self.compute), layer, bias).float()


def score_source(network: Network, layout: CompletionBatch) -> ScoreSource:
    """Run a network up to its scores at the positions of a layout."""
    inputs = {**network.extra_inputs(layout.input_ids), **layout.inputs()}
    if not network.head.ends_model:
        scores = network.head.logits(network.model, layout.input_ids, layout.positions, **inputs)
        return ScoreSource(scores, None, None, torch.float32)
    hidden, compute = network.head.hidden(network.model, layout.input_ids, layout.positions, **inputs)
    weight, bias = network.head.layer
    return ScoreSource(hidden, weight, bias, compute)


def divergence(
    student: ScoreSource,
    teacher: ScoreSource,
    targets: Tensor,
    *,
    vocabulary: int,
    direction: Direction,
    temperature: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """Summed divergence of a student from a teacher, gradients towards the student included.

    Args:
        student: Carries gradients.
        teacher: Does not.
        targets: What was written, (N).
        vocabulary: Tokens that are compared, from the first; output layers are often padded beyond the tokenizer's.
        direction: `forward` is KL(teacher || student), `reverse` KL(student || teacher).
        temperature: Both distributions are softened by it; as in GKD (arXiv 2306.13649) the loss is not rescaled.

    Returns:
        The divergence in nats (scalar, fp32), the student's own loss on each target (N), without gradients and without
        temperature, and whether the likeliest token of both is the same (N).
    """
    loss, own, agrees = autograd.apply(
        _Divergence,
        student.values,
        student.weight,
        student.bias,
        student,
        teacher,
        targets,
        vocabulary,
        direction,
        temperature,
    )
    return loss, own, agrees


class _DivergenceContext(autograd.GradientContext):
    gradients: tuple[Tensor | None, ...] | None
    dtypes: tuple[torch.dtype | None, ...]


class _Divergence(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: _DivergenceContext,
        values: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        student: ScoreSource,
        teacher: ScoreSource,
        targets: Tensor,
        vocabulary: int,
        direction: Direction,
        temperature: float,
    ) -> tuple[Tensor, Tensor, Tensor]:
        needs_values, needs_weight, needs_bias, *_ = ctx.needs_input_grad
        d_values = torch.zeros_like(values) if needs_values else None
        d_weight = torch.zeros_like(weight, dtype=torch.float32) if weight is not None and needs_weight else None
        d_bias = torch.zeros_like(bias, dtype=torch.float32) if bias is not None and needs_bias else None
        total = torch.zeros((), dtype=torch.float32, device=values.device)
        own = torch.empty(targets.shape, dtype=torch.float32, device=values.device)
        agrees = torch.empty_like(own)
        rows = block_rows(student.width, values.device)
        for start in range(0, values.shape[0], rows):
            at = slice(start, start + rows)
            mine, theirs = student.scores(at, vocabulary), teacher.scores(at, vocabulary)
            own[at] = mine.logsumexp(1) - mine.gather(1, targets[at].unsqueeze(1)).squeeze(1)
            agrees[at] = (mine.argmax(1) == theirs.argmax(1)).float()
            loss, gradient = _block(mine, theirs, direction, temperature)
            total += loss
            if weight is None:
                if d_values is not None:
                    d_values[at, :vocabulary] = gradient.to(d_values.dtype)
                continue
            gradient = gradient.to(student.compute)
            if d_values is not None:
                d_values[at] = (gradient @ weight[:vocabulary].to(student.compute)).to(d_values.dtype)
            if d_weight is not None:
                d_weight[:vocabulary] += gradient.t() @ values[at].to(student.compute)
            if d_bias is not None:
                d_bias[:vocabulary] += gradient.sum(0)
        ctx.gradients = (d_values, d_weight, d_bias)
        ctx.dtypes = tuple(None if part is None else part.dtype for part in (values, weight, bias))
        ctx.mark_non_differentiable(own, agrees)
        return total, own, agrees

    @staticmethod
    @once_differentiable
    def backward(ctx: _DivergenceContext, upstream: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        parts = zip(ctx.gradients or (), ctx.dtypes, strict=True)
        scaled = [None if part is None else part.mul_(upstream).to(dtype) for part, dtype in parts]
        ctx.gradients = None
        return (*scaled, None, None, None, None, None, None)


def _block(mine: Tensor, theirs: Tensor, direction: Direction, temperature: float) -> tuple[Tensor, Tensor]:
    """Summed divergence of scores (n, V), and its gradient towards the first of them."""
    student = torch.log_softmax(mine / temperature, dim=1)
    teacher = torch.log_softmax(theirs / temperature, dim=1)
    if direction == "forward":
        teacher_probs = teacher.exp()
        loss = (teacher_probs * (teacher - student)).sum()
        return loss, (student.exp_() - teacher_probs).div_(temperature)
    had, apart = student.exp(), student.sub_(teacher)
    each = (had * apart).sum(1, keepdim=True)
    return each.sum(), had.mul_(apart - each).div_(temperature)
