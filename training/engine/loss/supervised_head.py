"""The loss on completions only, and scores only where it needs them.

Scores of a whole batch, (B, T, V), are the largest tensor of a small student's step, and most of them are thrown away:
prompts and padding are not supervised. `SupervisedHead` hands the model's output layer only the positions that are.
Where the model does nothing to the scores afterwards they are never held as a whole, only in blocks; where it does
(soft-capping, scaling), that stays the model's own code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from training.engine import autograd

if TYPE_CHECKING:
    from training.engine.model_types import CausalModel

# Scores are made and used up in blocks of about this size. On a CPU a product of fewer rows reads the output layer more
# often than it computes (measured, docs/speed.md), and more leave the cache; a GPU wants larger products.
BLOCK_BYTES: Final = 1 << 25
GPU_BLOCK_BYTES: Final = 1 << 28
# Rows of the output layer whose gradient is made at once where it cannot be added in place.
PRODUCT_ROWS: Final = 1 << 14


def block_rows(width: int, device: torch.device) -> int:
    """Return how many rows of `width` fp32 scores make a block."""
    return max(1, (GPU_BLOCK_BYTES if device.type == "cuda" else BLOCK_BYTES) // (4 * width))


class SupervisedHead:
    """The loss of a model at chosen positions, computed at its output layer."""

    def __init__(self, model: CausalModel) -> None:
        self._head: nn.Module = model.get_output_embeddings()
        # What BART adds to all scores; a constant of the model, not of its output layer.
        self._constant: Tensor | None = getattr(model, "final_logits_bias", None)
        self._positions: Tensor | None = None
        self._takes_hidden = False
        self._hidden: Tensor | None = None
        self._compute = torch.float32
        self._head.register_forward_pre_hook(self._narrow)
        self.ends_model = _ends_model(model, self._head, self._constant)

    def logits(self, model: nn.Module, input_ids: Tensor, positions: Tensor, **inputs: Any) -> Tensor:
        """Scores at flat `positions` (N) of `input_ids` (B, T): (N, V).

        `model` may be a wrapper (PEFT, DistributedDataParallel) around the model this head was made for.
        """
        scores = self._forward(model, input_ids, positions, inputs)
        return scores.view(-1, scores.shape[-1])

    def loss(self, model: nn.Module, input_ids: Tensor, positions: Tensor, targets: Tensor, **inputs: Any) -> Tensor:
        """Sum of the next-token losses at flat `positions` (N) of `input_ids` (B, T), in nats, in fp32.

        Args:
            model: The model this head was made for, or a wrapper around it.
            input_ids: Token ids, (B, T), padded on the right.
            positions: Where the next token is supervised, (N).
            targets: Those next tokens, (N).
            inputs: What else the model's forward pass wants.

        Returns:
            Scalar. Divide by the supervised tokens of the *global* batch, accumulation and processes included.

        Raises:
            ValueError: If no token is supervised.
        """
        if targets.numel() == 0:
            raise ValueError("no token is supervised")
        if not self.ends_model:
            return summed_loss(self.logits(model, input_ids, positions, **inputs), targets)
        hidden, compute = self.hidden(model, input_ids, positions, **inputs)
        weight, bias = self.layer
        total: Tensor = autograd.apply(_HeadLoss, hidden, weight, bias, targets, compute)
        return total

    def hidden(
        self, model: nn.Module, input_ids: Tensor, positions: Tensor, **inputs: Any
    ) -> tuple[Tensor, torch.dtype]:
        """Return what the output layer would be given at flat `positions` (N): (N, H), and the format it computes in.

        Only for models that the output layer ends.
        """
        self._takes_hidden = True
        try:
            self._forward(model, input_ids, positions, inputs)
            hidden, self._hidden = self._hidden, None
        finally:
            self._takes_hidden = False
        if hidden is None:
            raise RuntimeError("the model did not pass its output layer")
        return hidden, self._compute

    @property
    def layer(self) -> tuple[Tensor, Tensor | None]:
        """Weight (V, H) and bias (V) of the output layer, what the model adds to its scores included."""
        layer = cast(nn.Linear, self._head)
        return layer.weight, layer.bias if self._constant is None else self._constant.view(-1)

    def _forward(self, model: nn.Module, input_ids: Tensor, positions: Tensor, inputs: dict[str, Any]) -> Tensor:
        self._positions = positions
        try:
            scores: Tensor = model(input_ids=input_ids, use_cache=False, **inputs).logits
        finally:
            self._positions = None
        return scores

    def _narrow(self, _: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        if self._positions is None:
            return inputs
        hidden = inputs[0].reshape(-1, inputs[0].shape[-1]).index_select(0, self._positions)
        if not self._takes_hidden:
            return (hidden, *inputs[1:])
        device = hidden.device.type
        is_mixed = torch.is_autocast_enabled(device)
        self._hidden, self._compute = hidden, torch.get_autocast_dtype(device) if is_mixed else hidden.dtype
        # The layer itself then has nothing to do; its part is done block by block in `_HeadLoss`.
        return (hidden[:0], *inputs[1:])


@dataclass(frozen=True)
class Network:
    """A model that is tuned, as objectives see it.

    `model` may be wrapped by accelerate; `head` watches the output layer of the same model without its wrapper;
    `extra_inputs` gives what the family's forward pass asks for beside token ids.
    """

    model: Any
    head: SupervisedHead
    pad: int
    device: torch.device
    extra_inputs: Callable[[Tensor], dict[str, Tensor]]


def _ends_model(model: CausalModel, head: nn.Module, constant: Tensor | None) -> bool:
    """Test for a plain linear output layer whose output, up to a constant, is the model's own."""
    if type(head) is not nn.Linear:
        return False
    if constant is not None and cast("Tensor | None", head.bias) is not None:
        return False
    outputs: list[Tensor] = []
    hook = head.register_forward_hook(lambda _, __, output: outputs.append(output))
    was_training = model.training
    model.eval()
    probe = torch.zeros(1, 2, dtype=torch.long, device=head.weight.device)
    answer = {"decoder_input_ids": probe} if model.config.is_encoder_decoder else {}
    with torch.no_grad():
        scores = model(input_ids=probe, use_cache=False, **answer).logits
    model.train(was_training)
    hook.remove()
    if len(outputs) != 1:
        return False
    return (
        bool(scores.data_ptr() == outputs[0].data_ptr())
        if constant is None
        else torch.equal(scores, outputs[0] + constant)
    )


class _HeadContext(autograd.GradientContext):
    gradients: tuple[Tensor | None, ...] | None
    weight_dtype: torch.dtype


class _HeadLoss(torch.autograd.Function):
    """Output layer and summed loss in one: scores exist for one block of positions at a time.

    Gradients are computed on the way forward, while a block's scores are at hand, and scaled on the way back.
    """

    @staticmethod
    def forward(
        ctx: _HeadContext, hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, compute: torch.dtype
    ) -> Tensor:
        needs_hidden, needs_weight, needs_bias, *_ = ctx.needs_input_grad
        layer, lowered_bias = weight.to(compute), None if bias is None else bias.to(compute)
        d_hidden = torch.empty_like(hidden) if needs_hidden else None
        d_weight = torch.zeros_like(weight, dtype=torch.float32) if needs_weight else None
        d_bias = torch.zeros_like(bias, dtype=torch.float32) if bias is not None and needs_bias else None
        total = torch.zeros((), dtype=torch.float32, device=hidden.device)
        rows = block_rows(weight.shape[0], weight.device)
        for start in range(0, hidden.shape[0], rows):
            block = hidden[start : start + rows].to(compute)
            scores = nn.functional.linear(block, layer, lowered_bias)
            loss, gradient = _block_loss(scores, targets[start : start + rows])
            total += loss
            gradient = gradient.to(compute)
            if d_hidden is not None:
                d_hidden[start : start + rows] = gradient @ layer
            if d_weight is not None:
                _add_product(d_weight, gradient, block)
            if d_bias is not None:
                d_bias += gradient.sum(dim=0)
        ctx.gradients = (d_hidden, d_weight, d_bias)
        ctx.weight_dtype = weight.dtype
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: _HeadContext, upstream: Tensor) -> tuple[Tensor | None, ...]:
        d_hidden, d_weight, d_bias = ctx.gradients or ()
        ctx.gradients = None
        scaled = [None if part is None else part.mul_(upstream) for part in (d_hidden, d_weight, d_bias)]
        return scaled[0], *(None if part is None else part.to(ctx.weight_dtype) for part in scaled[1:]), None, None


def _add_product(total: Tensor, gradient: Tensor, block: Tensor) -> None:
    """Add `gradientᵀ block` (V, H) to an fp32 total without a second tensor of its size.

    Args:
        total: fp32, (V, H); changed in place.
        gradient: Of a block's scores, (n, V).
        block: What the output layer was given, (n, H), in the gradient's format.
    """
    if gradient.dtype == total.dtype:
        total.addmm_(gradient.t(), block)
        return
    # A half-precision product cannot be added up in fp32 in place: it is made in parts of the vocabulary.
    for part, columns in zip(torch.split(total, PRODUCT_ROWS), torch.split(gradient, PRODUCT_ROWS, dim=1), strict=True):
        part += columns.t() @ block


class _CrossEntropyContext(autograd.GradientContext):
    gradient: Tensor | None


class _SummedCrossEntropy(torch.autograd.Function):
    """Sum of next-token losses; turns the scores into their own gradient in place, block by block."""

    @staticmethod
    def forward(ctx: _CrossEntropyContext, logits: Tensor, targets: Tensor) -> Tensor:
        rows = block_rows(logits.shape[1], logits.device)
        # detach() shares the version counter: an op that saved these scores would fail loudly, not go wrong.
        scores = logits.detach()
        total = torch.zeros((), dtype=torch.float32, device=logits.device)
        for block, labels in zip(torch.split(scores, rows), torch.split(targets, rows), strict=True):
            loss, gradient = _block_loss(block, labels)
            total += loss
            block.copy_(gradient)
        ctx.gradient = scores
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: _CrossEntropyContext, upstream: Tensor) -> tuple[Tensor, None]:
        gradient, ctx.gradient = ctx.gradient, None
        if gradient is None:
            raise RuntimeError("the gradient has been used already")
        return gradient.mul_(upstream), None


def _block_loss(scores: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Summed loss of scores (n, V) and its gradient (n, V) in fp32: the probabilities, less one at the target."""
    columns = targets.unsqueeze(1)
    log_probs = torch.log_softmax(scores.float(), dim=1)
    loss = -log_probs.gather(1, columns).sum()
    gradient = log_probs.exp_()
    gradient.scatter_add_(1, columns, gradient.new_full(columns.shape, -1.0))
    return loss, gradient


def summed_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Sum of the next-token losses, in nats, computed in fp32.

    Args:
        logits: Scores, (N, V). Their memory is reused for the gradient: read nothing from them afterwards.
        targets: Token ids, (N).

    Returns:
        Scalar.
    """
    if not (torch.is_grad_enabled() and logits.requires_grad):
        return nn.functional.cross_entropy(logits.float(), targets, reduction="sum")
    loss: Tensor = autograd.apply(_SummedCrossEntropy, logits, targets)
    return loss
