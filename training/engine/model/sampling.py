"""The next token of each row of a batch, drawn so that one row's draw depends on that row alone.

Gumbel-max sampling (Gumbel 1954; Maddison et al., "A* Sampling", 2014): the token with the largest sum of scaled score
and noise is a draw from the softmax. The noise of a token is a hash of the row's seed, the position and the token's id,
after counter-based generators (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011), so scores that
differ in their last bits, as those of another batch do, change a draw only where two candidates lie that close.

A share of the likeliest mass (top-p) is kept without sorting: a winner that lies outside it is struck out with all that
are no likelier, and the race is run again on the same noise; what wins at last is what would have won among those
inside (the rejection of FlashInfer's sampling kernels). Everything stays on the scores' device.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor

# On a CPU so many scores are worked on at once: a dozen passes over more would each go to memory.
CACHED_SCORES: Final = 1 << 17
_WORD: Final = (1 << 64) - 1


@dataclass(frozen=True)
class TokenSampling:
    """Settings by which one row's next token is drawn.

    Attributes:
        temperature: 0 takes the likeliest.
        top_p: The likeliest tokens that hold this share of the mass stay; the likeliest always does.
        seed: Of the row's noise.
        position: How many tokens the row has written.
        top_k: So many of the likeliest tokens stay, and those as likely as the last of them; 0 keeps all.
        min_p: Tokens stay that are at least so likely as this share of the likeliest's probability.
    """

    temperature: float
    top_p: float
    seed: int
    position: int
    top_k: int = 0
    min_p: float = 0.0


def sample_tokens(scores: Tensor, samplings: Sequence[TokenSampling]) -> list[int]:
    """Draw as `draw_tokens` does, once the device has come so far."""
    return list(map(int, draw_tokens(scores, samplings).tolist()))


def draw_tokens(scores: Tensor, samplings: Sequence[TokenSampling]) -> Tensor:
    """Draw a token for each row, (B,), on the scores' device.

    Args:
        scores: Float scores, (B, V); left as they are.
        samplings: One for each row.

    Raises:
        ValueError: Scores are no numbers.
    """
    best, tokens = scores.max(dim=1)
    if bool(best.isnan().any()):
        raise ValueError("the model's scores are not numbers")
    warm = [at for at, sampling in enumerate(samplings) if sampling.temperature > 0]
    at_once = max(1, CACHED_SCORES // scores.shape[1]) if scores.device.type == "cpu" else len(warm)
    for first in range(0, len(warm), at_once):
        rows = warm[first : first + at_once]
        places = torch.tensor(rows, device=scores.device)
        tokens[places] = _sampled(scores[places], [samplings[at] for at in rows])
    return tokens


def in_top_p(scaled: Tensor, token: Tensor, top_p: Tensor) -> tuple[Tensor, Tensor]:
    """Tell whether tokens are among the likeliest that hold a share of the mass.

    Args:
        scaled: Scores over temperature, (B, V).
        token: One a row, (B, 1).
        top_p: Shares, (B, 1).

    Returns:
        Whether the mass of likelier tokens is below the share, (B, 1); and which tokens are likelier, (B, V).
    """
    likelier = scaled > scaled.gather(1, token)
    masses = scaled.softmax(dim=1).masked_fill_(~likelier, 0.0)
    return masses.sum(dim=1, keepdim=True) < top_p, likelier


def _sampled(scores: Tensor, samplings: Sequence[TokenSampling]) -> Tensor:
    # Formats are named: torch's default is another while a model is built in another thread.
    temperatures = [[sampling.temperature] for sampling in samplings]
    scaled = scores.div_(torch.tensor(temperatures, dtype=torch.float32, device=scores.device))
    for row, sampling in enumerate(samplings):
        if sampling.top_k or sampling.min_p:
            _narrow(scaled[row], sampling)
    race = scaled - _exponential_noise(scaled.shape[1], samplings, scores.device).log_()
    winners = race.argmax(dim=1, keepdim=True)
    # A share of 1 keeps everything, whatever a sum of rounded masses comes to.
    kept = [[sampling.top_p if sampling.top_p < 1 else torch.inf] for sampling in samplings]
    shares = torch.tensor(kept, dtype=torch.float32, device=scores.device)
    open_rows = shares[:, 0].isfinite().nonzero()[:, 0]
    while len(open_rows):
        are_in, likelier = in_top_p(scaled[open_rows], winners[open_rows], shares[open_rows])
        out = ~are_in[:, 0]
        open_rows = open_rows[out]
        race[open_rows] = race[open_rows].masked_fill_(~likelier[out], -torch.inf)
        winners[open_rows] = race[open_rows].argmax(dim=1, keepdim=True)
    return winners[:, 0]


def _narrow(scaled: Tensor, sampling: TokenSampling) -> None:
    """Strike out of one row, (V,), in place, what `min_p` and `top_k` do not keep; `top_p` is a share of what stays."""
    least = scaled.max() + math.log(sampling.min_p) if sampling.min_p > 0 else None
    if sampling.top_k > 0:
        kth = scaled.topk(min(sampling.top_k, len(scaled))).values[-1]
        least = kth if least is None else torch.maximum(least, kth)
    if least is not None:
        scaled.masked_fill_(scaled < least, -torch.inf)


def _exponential_noise(size: int, samplings: Sequence[TokenSampling], device: torch.device) -> Tensor:
    """Exponential noise, (B, V): 23 bits, so that none is zero or infinite."""
    noise = _mixed(_hashes(size, device) ^ _keys(samplings, device))
    noise.bitwise_right_shift_(9).bitwise_and_(0x7FFFFF)
    return noise.float().add_(0.5).mul_(-(2.0**-23)).log1p_().neg_()


def _keys(samplings: Sequence[TokenSampling], device: torch.device) -> Tensor:
    """One word for each row, (B, 1), from its seed and position (the finaliser of SplitMix64)."""
    words = []
    for sampling in samplings:
        word = (sampling.seed * 0x9E3779B97F4A7C15 + (sampling.position + 1) * 0xD1B54A32D192ED03) & _WORD
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _WORD
        words.append([(word >> 32) - (1 << 31)])
    return torch.tensor(words, dtype=torch.int32, device=device)


@lru_cache(maxsize=16)
def _hashes(size: int, device: torch.device) -> Tensor:
    """One word for each token id, (V,)."""
    return _mixed(torch.arange(1, size + 1, dtype=torch.int32, device=device).mul_(-0x61C88647))


def _mixed(words: Tensor) -> Tensor:
    """Hash 32-bit words in place (Wellons' lowbias32)."""
    words ^= (words >> 16) & 0xFFFF
    words *= 0x7FEB352D
    words ^= (words >> 15) & 0x1FFFF
    words *= -0x7B935975
    words ^= (words >> 16) & 0xFFFF
    return words
