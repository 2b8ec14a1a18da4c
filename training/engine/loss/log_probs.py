"""Log-probabilities of what was written, token by token and as a whole, never holding the scores of a batch at once.

Preferences weigh whole completions, and the weight of each is known only when all of a batch have been read. So
gradients towards the hidden states are computed beside the scores, for a weight of one, and scaled afterwards.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from training.engine import autograd
from training.engine.data.completion_batch import CompletionBatch
from training.engine.loss.supervised_head import Network, block_rows


def token_log_probs(network: Network, layout: CompletionBatch) -> Tensor:
    """Log-probability of every target of a layout, (N) in fp32, nats; carries gradients where they are enabled."""
    inputs = {**network.extra_inputs(layout.input_ids), **layout.inputs()}
    if not network.head.ends_model:
        scores = network.head.logits(network.model, layout.input_ids, layout.positions, **inputs)
        return torch.log_softmax(scores.float(), dim=1).gather(1, layout.targets.unsqueeze(1)).squeeze(1)
    hidden, compute = network.head.hidden(network.model, layout.input_ids, layout.positions, **inputs)
    weight, bias = network.head.layer
    if not torch.is_grad_enabled():
        return _forward(hidden, weight, bias, layout.targets, compute, None)
    result: Tensor = autograd.apply(_TokenLogProbs, hidden, weight, bias, layout.targets, compute)
    return result


def summed(tokens: Tensor, layout: CompletionBatch) -> Tensor:
    """Sum over the tokens (N) of each completion of a layout: (S)."""
    return tokens.new_zeros(layout.completions).index_add(0, layout.owners, tokens)


def log_probs(network: Network, layout: CompletionBatch) -> Tensor:
    """Log-probability of every completion of a layout given its prompt, (S) in fp32, nats."""
    return summed(token_log_probs(network, layout), layout)


class _LogProbContext(autograd.GradientContext):
    compute: torch.dtype
    tunes_layer: bool


class _TokenLogProbs(torch.autograd.Function):
    """Output layer, softmax and choice of the target in one.

    Where the output layer itself is tuned, scores are made again on the way back: its gradient needs the weights of the
    tokens, which are not known before.
    """

    @staticmethod
    def forward(
        ctx: _LogProbContext, hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, compute: torch.dtype
    ) -> Tensor:
        ctx.compute = compute
        ctx.tunes_layer = ctx.needs_input_grad[1] or ctx.needs_input_grad[2]
        if ctx.tunes_layer:
            ctx.save_for_backward(hidden, weight, bias, targets)
            return _forward(hidden, weight, bias, targets, compute, None)
        d_hidden = torch.empty_like(hidden)
        result = _forward(hidden, weight, bias, targets, compute, d_hidden)
        ctx.save_for_backward(d_hidden)
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: _LogProbContext, upstream: Tensor) -> tuple[Tensor | None, ...]:
        if not ctx.tunes_layer:
            (d_hidden,) = ctx.saved_tensors
            return d_hidden * upstream.unsqueeze(1).to(d_hidden.dtype), None, None, None, None
        hidden, weight, bias, targets = ctx.saved_tensors
        layer, lowered = weight.to(ctx.compute), None if bias is None else bias.to(ctx.compute)
        d_hidden, d_weight = torch.empty_like(hidden), torch.zeros_like(weight, dtype=torch.float32)
        d_bias = None if bias is None else torch.zeros_like(bias, dtype=torch.float32)
        for at in _blocks(hidden, weight):
            block = hidden[at].to(ctx.compute)
            _, gradient = _block(nn.functional.linear(block, layer, lowered), targets[at])
            gradient = gradient.mul_(upstream[at].unsqueeze(1)).to(ctx.compute)
            d_hidden[at] = (gradient @ layer).to(d_hidden.dtype)
            d_weight += gradient.t() @ block
            if d_bias is not None:
                d_bias += gradient.sum(0)
        return (
            d_hidden,
            d_weight.to(weight.dtype),
            None if d_bias is None or bias is None else d_bias.to(bias.dtype),
            None,
            None,
        )


def _forward(
    hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, compute: torch.dtype, d_hidden: Tensor | None
) -> Tensor:
    """Log-probabilities (N); fills `d_hidden` (N, H) with the gradient of each with respect to its hidden state."""
    layer, lowered = weight.to(compute), None if bias is None else bias.to(compute)
    result = torch.empty(targets.shape, dtype=torch.float32, device=hidden.device)
    for at in _blocks(hidden, weight):
        scores = nn.functional.linear(hidden[at].to(compute), layer, lowered)
        if d_hidden is None:
            scores = scores.float()
            result[at] = scores.gather(1, targets[at].unsqueeze(1)).squeeze(1) - scores.logsumexp(1)
            continue
        result[at], gradient = _block(scores, targets[at])
        d_hidden[at] = (gradient.to(compute) @ layer).to(d_hidden.dtype)
    return result


def _block(scores: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Log-probabilities of targets (n) under scores (n, V), and their fp32 gradient (n, V): one-hot less p."""
    columns = targets.unsqueeze(1)
    log_softmax = torch.log_softmax(scores.float(), dim=1)
    result = log_softmax.gather(1, columns).squeeze(1)
    gradient = log_softmax.exp_().neg_()
    gradient.scatter_add_(1, columns, gradient.new_ones(columns.shape))
    return result, gradient


def _blocks(hidden: Tensor, weight: Tensor) -> list[slice]:
    rows = block_rows(weight.shape[0], weight.device)
    return [slice(at, at + rows) for at in range(0, hidden.shape[0], rows)]
