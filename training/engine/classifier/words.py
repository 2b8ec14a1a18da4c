"""Votes of words for labels, beside an encoder: a linear model of words and of pairs of neighbours.

A small encoder that has read little knows few words, and a head on its mean learns them slowly. Counts of words, rare ones
weighing more, tell most labels at once (Wang & Manning, Baselines and Bigrams, 2012). So they are fitted first, in seconds.

The encoder then learns what they leave open: in training a text meets votes that were fitted without it (stacking by folds;
Wolpert, Stacked Generalization, 1992). Afterwards the mean of the folds votes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.engine.classifier.fields import HeadField
from training.engine.classifier.rows import TargetRow, collate

# Words and pairs share so many places; those that meet in one share a vote.
PLACES: Final = 1 << 16
FOLDS: Final = 4
# Steps of the fit, the least rows of one, and how often a row comes at least.
STEPS: Final = 250
ROWS: Final = 32
PASSES: Final = 4
RATE: Final = 0.06
_DIGIT: Final = re.compile(r"\d")


class WordVotes(nn.Module):
    """Scores of labels from the words of a text; numbers get none.

    Attributes:
        words: Number of a token's word without case, blanks and digits, (V,); 0 for none.
        rarity: Weight of each place: log of how few training texts have it.
        votes: Scores by place and fold, (PLACES, F, S); one fold where it was loaded.
    """

    words: Tensor
    rarity: Tensor
    votes: Tensor

    def __init__(self, words: Tensor, rarity: Tensor, votes: Tensor) -> None:
        super().__init__()
        for name, value in (("words", words), ("rarity", rarity), ("votes", votes)):
            self.register_buffer(name, value, persistent=False)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Scores of all heads in order, (B, S): in training of the fold that the text is not of."""
        places, weights = self._features(input_ids, attention_mask)
        folds = self.votes.shape[1]
        scores = _summed(places, weights, self.votes)
        if self.training and folds > 1:
            return scores[torch.arange(len(scores), device=scores.device), fold_of(input_ids, attention_mask)]
        return scores.mean(dim=1)

    def tensors(self) -> dict[str, Tensor]:
        """Return what is kept of it: one table, the folds' mean, in half precision."""
        return {
            "words": self.words.int(),
            "rarity": self.rarity,
            "votes": self.votes.mean(dim=1, keepdim=True).half().contiguous(),
        }

    @classmethod
    def of_tensors(cls, kept: Mapping[str, Tensor]) -> WordVotes:
        return cls(kept["words"].long(), kept["rarity"].float(), kept["votes"].float())

    @classmethod
    def fit(cls, tokenizer: Any, rows: Sequence[TargetRow], fields: Sequence[HeadField], *, seed: int) -> WordVotes:
        """Fit the votes on training rows.

        Args:
            seed: Of the order of rows.
        """
        scores = sum(field.scores for field in fields)
        model = cls(word_numbers(tokenizer), torch.ones(PLACES), torch.zeros(PLACES, FOLDS, scores))
        model.rarity = model._rarity_in(rows)
        with torch.enable_grad():
            model.votes.requires_grad_()
            model._learn(rows, fields, Random(seed))
        model.votes = model.votes.detach()
        return model

    def _learn(self, rows: Sequence[TargetRow], fields: Sequence[HeadField], rng: Random) -> None:
        optimizer = torch.optim.Adam([self.votes], lr=RATE)
        size = min(len(rows), max(ROWS, math.ceil(PASSES * len(rows) / STEPS)))
        waiting: list[TargetRow] = []
        for step in range(STEPS):
            if len(waiting) < size:
                waiting += rng.sample(rows, k=len(rows))
            batch, waiting = waiting[:size], waiting[size:]
            optimizer.param_groups[0]["lr"] = RATE * (1 - step / STEPS)
            input_ids, mask = collate([row.ids for row in batch], 0, torch.device("cpu"))
            scores = _summed(*self._features(input_ids, mask), self.votes)
            learns = torch.arange(FOLDS)[None] != fold_of(input_ids, mask)[:, None]
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(_loss(scores, learns, batch, fields))
            optimizer.step()

    def _features(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Places of a batch's words and pairs, and their weights, of length one a text: (B, 2T - 1) each."""
        words = self.words[input_ids] * attention_mask
        first, second = words[:, :-1], words[:, 1:]
        places = torch.cat([words * 7919, first * 40503 + second * 7919 + 17], dim=1) % PLACES
        is_there = torch.cat([words > 0, (first > 0) & (second > 0)], dim=1)
        weights = self.rarity[places] * is_there
        return places, weights / weights.norm(dim=1, keepdim=True).clamp(min=1e-6)

    def _rarity_in(self, rows: Sequence[TargetRow]) -> Tensor:
        texts = torch.zeros(PLACES)
        for row in rows:
            input_ids, mask = collate([row.ids], 0, torch.device("cpu"))
            places, weights = self._features(input_ids, mask)
            texts[places[weights > 0].unique()] += 1
        return torch.log((len(rows) + 1) / (texts + 1)) * (texts > 0)


def word_numbers(tokenizer: Any) -> Tensor:
    """Number tokens by their word without case, blanks and digits; 0 for control tokens and blanks."""
    numbers: dict[str, int] = {}
    special = set(tokenizer.all_special_ids)
    texts = tokenizer.batch_decode([[token] for token in range(len(tokenizer))])
    words = ["" if token in special else _DIGIT.sub("0", text.strip().casefold()) for token, text in enumerate(texts)]
    return torch.tensor([numbers.setdefault(word, len(numbers) + 1) if word else 0 for word in words])


def fold_of(input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    """Fold of each text, by its tokens: equal texts share one."""
    return (input_ids * attention_mask).sum(dim=1) % FOLDS


def _summed(places: Tensor, weights: Tensor, votes: Tensor) -> Tensor:
    """Votes of the words of each text, (B, F, S)."""
    summed: Tensor = functional.embedding_bag(places, votes.flatten(1), per_sample_weights=weights, mode="sum")
    return summed.view(len(places), *votes.shape[1:])


def _loss(scores: Tensor, learns: Tensor, rows: Sequence[TargetRow], fields: Sequence[HeadField]) -> Tensor:
    """Mean cross-entropy of labels, over the folds that a row is taught to."""
    total, begin = scores.sum() * 0, 0
    for number, field in enumerate(fields):
        own = scores[:, :, begin : begin + field.scores]
        begin += field.scores
        at = [place for place, row in enumerate(rows) if row.targets[number] is not None]
        if field.is_number or not at:
            continue
        aims = torch.tensor([int(rows[place].targets[number] or 0) for place in at])
        losses = functional.cross_entropy(
            own[at].transpose(1, 2), aims[:, None].expand(-1, own.shape[1]), reduction="none"
        )
        total = total + (losses * learns[at]).sum() / learns[at].sum().clamp(min=1)
    return total
