"""The loss on completions only, and logits only where it needs them.

Scores of a whole batch, (B, T, V), are the largest tensor of a small student's step, and most of them are thrown away:
prompts and padding are not supervised. `SupervisedHead` hands the model's own output layer only the positions that
are. All the model does to its logits afterwards (soft-capping, scaling) stays the model's own code.
"""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

# Rows of logits handled at a time, so that a block stays in a CPU's cache between the passes over it.
BLOCK_BYTES: Final = 1 << 21


class SupervisedHead:
    """Narrows the input of a model's output layer to chosen positions while a forward pass asks for it."""

    def __init__(self, model: Any) -> None:
        head: nn.Module = model.get_output_embeddings()
        head.register_forward_pre_hook(self._narrow)
        self._positions: Tensor | None = None

    def logits(self, model: Any, input_ids: Tensor, positions: Tensor, **inputs: Tensor) -> Tensor:
        """Scores at flat `positions` (N) of `input_ids` (B, T): (N, V).

        `model` may be a wrapper (PEFT, DistributedDataParallel) around the model this head was made for.
        """
        self._positions = positions
        try:
            scores: Tensor = model(input_ids=input_ids, use_cache=False, **inputs).logits
        finally:
            self._positions = None
        return scores.view(-1, scores.shape[-1])

    def _narrow(self, _: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        if self._positions is None:
            return inputs
        hidden = inputs[0]
        return (hidden.reshape(-1, hidden.shape[-1])[self._positions], *inputs[1:])


class _SummedCrossEntropy(torch.autograd.Function):
    """Sum of next-token losses; turns the logits into their own gradient in place, block by block."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, targets: Tensor) -> Tensor:
        rows = max(1, BLOCK_BYTES // (4 * logits.shape[1]))
        # detach() shares the version counter: an op that saved these logits would fail loudly, not go wrong.
        scores = logits.detach()
        total = torch.zeros((), dtype=torch.float32, device=logits.device)
        for block, wanted in zip(torch.split(scores, rows), torch.split(targets, rows), strict=True):
            wanted = wanted.unsqueeze(1)
            log_probs = torch.log_softmax(block.float(), dim=1)
            total -= log_probs.gather(1, wanted).sum()
            gradient = log_probs.exp_()
            gradient.scatter_add_(1, wanted, gradient.new_full(wanted.shape, -1.0))
            block.copy_(gradient)
        ctx.gradient = scores
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None]:
        gradient = ctx.gradient
        ctx.gradient = None
        return gradient.mul_(upstream), None


def summed_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Sum of the next-token losses, in nats, computed in fp32.

    Args:
        logits: Scores, (N, V). Their memory is reused for the gradient: read nothing from them afterwards.
        targets: Token ids, (N).

    Returns:
        Scalar. Divide by the supervised tokens of the *global* batch, accumulation and processes included.

    Raises:
        ValueError: If no token is supervised.
    """
    if targets.numel() == 0:
        raise ValueError("no token is supervised")
    if not (torch.is_grad_enabled() and logits.requires_grad):
        return nn.functional.cross_entropy(logits.float(), targets, reduction="sum")
    loss: Tensor = _SummedCrossEntropy.apply(logits, targets)  # type: ignore[no-untyped-call]
    return loss
