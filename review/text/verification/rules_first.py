"""Rules and a model together: what the rules refute stays refuted, the model judges what they leave open. Pure Python.

The rules are right nearly always where they refute, and miss much; a model reads what they cannot. So a claim is
supported where both say so. Its score is the model's where the rules left it open, and a model is never asked of what
they refute.
"""

from __future__ import annotations

from collections.abc import Sequence

from review.text.verification import rules
from review.text.verification.finding import Claim, Verification, Verifier


class RulesFirst:
    """A verifier that asks the rules, and a model, where there is one, of what they leave open.

    Attributes:
        unanswered: Claims of the last call that the model was asked of and gave no answer to.
    """

    def __init__(self, model: Verifier | None) -> None:
        self._model = model
        self.unanswered = 0

    def verify(self, claims: Sequence[Claim]) -> list[Verification]:
        """One answer for each claim.

        Of what the rules refute it is theirs, of the rest the model's. Where the model gave no answer that of the rules
        stands.
        """
        first = [rules.verify(claim.source, claim.text) for claim in claims]
        left_open = [index for index, answer in enumerate(first) if answer.supported]
        self.unanswered = 0
        if self._model is None or not left_open:
            return first
        answers = self._model.verify([claims[index] for index in left_open])
        for index, answer in zip(left_open, answers, strict=True):
            if answer is None:
                self.unanswered += 1
            else:
                first[index] = answer
        return first
