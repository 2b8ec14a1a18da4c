"""Changes that a request makes to the scores of its next token: penalties for what is written, and biases.

Each token's score is changed in this order; a grammar's forbidden tokens are struck out afterwards and stay so:

1. Repetition (Keskar et al., "CTRL", 2019, section 4.1): of each token in the prompt or the answer, a positive score is
   divided by the penalty, a negative one multiplied.
2. Frequency and presence, as OpenAI documents them: less `count * frequency + (count > 0) * presence`, where `count`
   says how often the answer holds the token so far.
3. The token's bias is added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from serving.engine.contracts import GenerateRequest
from serving.engine.errors import RequestRefused


class ScoreChanges:
    """Changes for one row, kept on the scores' device from token to token.

    Args:
        prompt: Token ids of the prompt.
        biases: By token id.
    """

    def __init__(
        self,
        prompt: Sequence[int],
        biases: Mapping[int, float],
        *,
        frequency: float,
        presence: float,
        repetition: float,
    ) -> None:
        self._frequency, self._presence, self._repetition = frequency, presence, repetition
        self._biases = biases
        self._prompt = prompt
        self._seen, self._settled = set[int](), 0
        self._added: Tensor | None = None  # (V,)
        self._is_repeated: Tensor | None = None  # (V,)

    def apply(self, scores: Tensor, written: Sequence[int]) -> None:
        """Change the scores of the next token, (V,), in place; the same once more where a step is done again.

        Args:
            written: All tokens of the answer so far.
        """
        added = self._brought_up(scores, written)
        if self._is_repeated is not None:
            penalized = torch.where(scores > 0, scores / self._repetition, scores * self._repetition)
            scores.copy_(torch.where(self._is_repeated, penalized, scores))
        scores += added

    def _brought_up(self, scores: Tensor, written: Sequence[int]) -> Tensor:
        """Bring the tensors up to what is written; returns what is added to each score."""
        if self._added is None:
            self._added = torch.zeros_like(scores)
            for token, bias in self._biases.items():
                self._added[token] = bias
            if self._repetition != 1:
                self._is_repeated = torch.zeros_like(scores, dtype=torch.bool)
                self._is_repeated[list(self._prompt)] = True
        for token in written[self._settled :]:
            if self._is_repeated is not None:
                self._is_repeated[token] = True
            self._added[token] -= self._frequency + (0.0 if token in self._seen else self._presence)
            self._seen.add(token)
        self._settled = len(written)
        return self._added


def score_changes(ask: GenerateRequest, prompt: Sequence[int], vocabulary: int) -> ScoreChanges | None:
    """Begin the changes that a request asks for; None where it asks for none.

    Args:
        vocabulary: How many scores the model gives.

    Raises:
        RequestRefused: 400, a bias is for a token that the model does not have.
    """
    unknown = next((token for token in ask.logit_bias if not 0 <= token < vocabulary), None)
    if unknown is not None:
        raise RequestRefused(
            400,
            "invalid_logit_bias",
            f"'logit_bias' names the token {unknown}; {ask.model} has tokens from 0 to {vocabulary - 1}.",
        )
    if not (ask.logit_bias or ask.frequency_penalty or ask.presence_penalty or ask.repetition_penalty != 1):
        return None
    return ScoreChanges(
        prompt,
        ask.logit_bias,
        frequency=ask.frequency_penalty,
        presence=ask.presence_penalty,
        repetition=ask.repetition_penalty,
    )
