"""Votes of words for labels, beside an encoder: a linear model of words, pairs of neighbours, and runs of letters.

A small encoder that has read little knows few words, and a head on its mean learns them slowly. Counts of words, rare
ones weighing more, tell most labels at once (Wang & Manning, Baselines and Bigrams, 2012). So they are fitted first, in
seconds.

Three to five letters in a row vote too: they tell forms of a word, parts of a compound, and words with a typo.

The encoder then learns what they leave open: in training a text meets votes that were fitted without it (stacking by
folds; Wolpert, Stacked Generalization, 1992). Afterwards the mean of the folds votes.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.engine.classifier.fields import HeadField
from training.engine.classifier.rows import TargetRow, collate
from training.engine.data import kept_text

# Words and pairs share so many places, and so do runs of letters; those that meet in one share a vote.
PLACES: Final = 1 << 16
FOLDS: Final = 4
# Letters of a token that are read, and the lengths of their runs.
LETTERS: Final = 16
RUNS: Final = (3, 4, 5)
# Runs of letters weigh less than words: few rows say little of them.
RUNS_WEIGH: Final = 0.3
# Steps of the fit, steps between two reports, the least rows of a step, and how often a row comes at least.
STEPS: Final = 250
REPORT_EVERY: Final = 10
ROWS: Final = 32
PASSES: Final = 4
RATE: Final = 0.06
_DIGIT: Final = re.compile(r"\d")
# Marks of tokenizers: of a token that begins a word, and of one that goes on with it.
_BEGINS: Final = ("Ġ", "▁")
_PIECE: Final = "##"


class Features(NamedTuple):
    """Places of a batch's words and runs of letters, text by text, and their weights.

    Attributes:
        places: Of all texts, (N,).
        weights: A text's words have length one, and so have its runs, (N,).
        counts: Number of places of each text, (B,).
    """

    places: Tensor
    weights: Tensor
    counts: Tensor


class WordVotes(nn.Module):
    """Scores of labels from the words and letters of a text; numbers get none.

    Attributes:
        words: Number of a token's word without case, blanks and digits, (V,); 0 for none.
        letters: Letters of each token, from 1 to 255, (V, LETTERS); 0 for none.
        rarity: Weight of each place: log of how few training texts have it, (2 * PLACES,).
        votes: Scores by place and fold, (2 * PLACES, F, S); one fold where it was loaded.
        fit_s: Seconds that the fit took; 0 where it was loaded.
    """

    fit_s: float = 0.0

    words: Tensor
    letters: Tensor
    rarity: Tensor
    votes: Tensor

    def __init__(self, words: Tensor, letters: Tensor, rarity: Tensor, votes: Tensor) -> None:
        super().__init__()
        for name, value in (("words", words), ("letters", letters), ("rarity", rarity), ("votes", votes)):
            self.register_buffer(name, value, persistent=False)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Scores of all heads in order, (B, S): in training of the fold that the text is not of."""
        scores = _summed(self._features(input_ids, attention_mask), self.votes)
        if self.training and self.votes.shape[1] > 1:
            return scores[torch.arange(len(scores), device=scores.device), fold_of(input_ids, attention_mask)]
        return scores.mean(dim=1)

    def tensors(self) -> dict[str, Tensor]:
        """Return what is kept of it: one table, the folds' mean, in half precision."""
        return {
            "words": self.words.int(),
            "letters": self.letters,
            "rarity": self.rarity.half(),
            "votes": self.votes.mean(dim=1, keepdim=True).half().contiguous(),
        }

    @classmethod
    def of_tensors(cls, tensors: Mapping[str, Tensor]) -> WordVotes:
        return cls(tensors["words"].long(), tensors["letters"], tensors["rarity"].float(), tensors["votes"].float())

    @classmethod
    def fit(
        cls,
        tokenizer: Any,
        rows: Sequence[TargetRow],
        fields: Sequence[HeadField],
        *,
        seed: int,
        report: Callable[[int], object] = lambda done: None,
    ) -> WordVotes:
        """Fit the votes on training rows.

        Args:
            seed: Of the order of rows.
            report: Receives how many of `STEPS` are done, after every tenth.
        """
        began = time.perf_counter()
        scores = sum(field.scores for field in fields)
        spelled = spellings(tokenizer)
        rarity = torch.ones(2 * PLACES)
        model = cls(word_numbers(spelled), letters_of(spelled), rarity, torch.zeros(2 * PLACES, FOLDS, scores))
        model.rarity = model._rarity_in(rows)
        with torch.enable_grad():
            model.votes.requires_grad_()
            model._learn(rows, fields, Random(seed), report)
        model.votes = model.votes.detach()
        model.fit_s = time.perf_counter() - began
        return model

    def _learn(
        self, rows: Sequence[TargetRow], fields: Sequence[HeadField], rng: Random, report: Callable[[int], object]
    ) -> None:
        optimizer = torch.optim.Adam([self.votes], lr=RATE, fused=True)
        size = min(len(rows), max(ROWS, math.ceil(PASSES * len(rows) / STEPS)))
        waiting: list[TargetRow] = []
        for step in range(STEPS):
            if len(waiting) < size:
                waiting += rng.sample(rows, k=len(rows))
            batch, waiting = waiting[:size], waiting[size:]
            optimizer.param_groups[0]["lr"] = RATE * (1 - step / STEPS)
            input_ids, mask = collate([row.ids for row in batch], 0, torch.device("cpu"))
            scores = _summed(self._features(input_ids, mask), self.votes)
            learns = torch.arange(FOLDS)[None] != fold_of(input_ids, mask)[:, None]
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(_loss(scores, learns, batch, fields))
            optimizer.step()
            if (step + 1) % REPORT_EVERY == 0:
                report(step + 1)

    def _features(self, input_ids: Tensor, attention_mask: Tensor) -> Features:
        groups = (self._word_places(input_ids, attention_mask), self._run_places(input_ids, attention_mask))
        weights = [self.rarity[places] * is_there for places, is_there in groups]
        weights = [each / each.norm(dim=1, keepdim=True).clamp(min=1e-6) for each in weights]
        weights[1] = weights[1] * RUNS_WEIGH
        places, is_there = (torch.cat(parts, dim=1) for parts in zip(*groups, strict=True))
        return Features(places[is_there], torch.cat(weights, dim=1)[is_there], is_there.sum(dim=1))

    def _rarity_in(self, rows: Sequence[TargetRow]) -> Tensor:
        texts = torch.zeros(2 * PLACES)
        for begin in range(0, len(rows), ROWS):
            ids = [row.ids for row in rows[begin : begin + ROWS]]
            read = self._features(*collate(ids, 0, torch.device("cpu")))
            of_text = torch.arange(len(ids)).repeat_interleave(read.counts) * (2 * PLACES)
            cells = (of_text + read.places).unique() % (2 * PLACES)
            texts += torch.bincount(cells, minlength=2 * PLACES)
        return torch.log((len(rows) + 1) / (texts + 1)) * (texts > 0)

    def _word_places(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        words = self.words[input_ids] * attention_mask
        first, second = words[:, :-1], words[:, 1:]
        places = torch.cat([words * 7919, first * 40503 + second * 7919 + 17], dim=1) % PLACES
        return places, torch.cat([words > 0, (first > 0) & (second > 0)], dim=1)

    def _run_places(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        letters = self.letters[input_ids].long() * attention_mask[:, :, None]
        line = _closed_up(letters.flatten(1))
        places, is_there, run = [], [], line
        for length in range(2, max(RUNS) + 1):
            # Numbers stay below 2 ** 62: each run is folded before it grows.
            run = (run[:, :-1] * 1_000_003 + line[:, length - 1 :]) % (1 << 40)
            if length in RUNS:
                places.append((run * 31 + length) % 2_147_483_647 % PLACES + PLACES)
                is_there.append(line[:, length - 1 :] > 0)
        return torch.cat(places, dim=1), torch.cat(is_there, dim=1)


def spellings(tokenizer: Any) -> list[str]:
    """Texts of tokens without case, a blank before those that begin a word; control tokens have none."""
    special = set(tokenizer.all_special_ids)
    ids = range(kept_text.width_of(tokenizer))
    # An id between others may have no token.
    tokens = [token or "" for token in tokenizer.convert_ids_to_tokens(list(ids))]
    texts = tokenizer.batch_decode([[token] for token in ids])
    goes_on = any(token.startswith(_PIECE) for token in tokens)
    spelled = []
    for number, (token, text) in enumerate(zip(tokens, texts, strict=True)):
        begins = not token.startswith(_PIECE) if goes_on else token.startswith(_BEGINS) or text[:1].isspace()
        bare = _DIGIT.sub("0", text.removeprefix(_PIECE).strip().casefold())
        spelled.append("" if number in special else f" {bare}" if begins else bare)
    return spelled


def word_numbers(spelled: Sequence[str]) -> Tensor:
    """Number tokens by their word; 0 for control tokens and blanks."""
    numbers: dict[str, int] = {}
    words = [text.strip() for text in spelled]
    return torch.tensor([numbers.setdefault(word, len(numbers) + 1) if word else 0 for word in words])


def letters_of(spelled: Sequence[str]) -> Tensor:
    """Letters of tokens as numbers from 1 to 255, (V, LETTERS); 0 behind the last."""
    lines = [[1 if letter == " " else 2 + ord(letter) % 254 for letter in text[:LETTERS]] for text in spelled]
    return torch.tensor([[*line, *[0] * (LETTERS - len(line))] for line in lines], dtype=torch.uint8)


def fold_of(input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    """Fold of each text, by its tokens: equal texts share one."""
    return (input_ids * attention_mask).sum(dim=1) % FOLDS


def _closed_up(letters: Tensor) -> Tensor:
    """Letters of each text without the gaps between them, zeros behind: (B, L)."""
    is_there = letters > 0
    at = is_there.cumsum(dim=1) - 1
    width = max(int(is_there.sum(dim=1).max()), max(RUNS))
    line = torch.zeros(len(letters), width + 1, dtype=torch.long, device=letters.device)
    # What is no letter goes to a place behind the line, which is cut off.
    return line.scatter_(1, torch.where(is_there, at, width), letters)[:, :width]


def _summed(features: Features, votes: Tensor) -> Tensor:
    """Votes of the features of each text, (B, F, S)."""
    begins = features.counts.cumsum(0) - features.counts
    summed: Tensor = functional.embedding_bag(
        features.places, votes.flatten(1), begins, per_sample_weights=features.weights, mode="sum"
    )
    return summed.view(len(begins), *votes.shape[1:])


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
