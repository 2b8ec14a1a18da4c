"""Rules and a model together, and what a task's answer says of a claim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from demo.data.claim_check import CLAIM_CHECK
from review.spec.starters import outreach
from review.text.verification import claim_task
from review.text.verification.finding import Claim, Verification
from review.text.verification.rules import verify
from review.text.verification.rules_first import RulesFirst

SOURCE = "Harrow Rail has 40 trains. Its office opened in May."
RIGHT, WRONG = Claim(SOURCE, "Harrow Rail has 40 trains."), Claim(SOURCE, "Harrow Rail has 90 trains.")


class Model:
    """A model that says the same of all it is asked."""

    def __init__(self, fields: dict[str, Any] | None, score: float | None = None) -> None:
        self.asked: list[Claim] = []
        self._fields = fields
        self._told = {} if score is None else {"supported": {"true": score, "false": 1 - score}}

    def verify(self, claims: Sequence[Claim]) -> list[Verification | None]:
        self.asked += claims
        return [claim_task.verification_of(claim, self._fields, self._told, by="mini") for claim in claims]


def test_what_the_rules_refute_stays_refuted_and_no_model_is_asked_of_it() -> None:
    model = Model({"supported": True}, 0.9)

    wrong, right = RulesFirst(model).verify([WRONG, RIGHT])

    assert model.asked == [RIGHT]
    assert wrong == verify(*WRONG) and not wrong.supported
    assert (right.supported, right.score, right.by) == (True, 0.9, "mini")


def test_a_model_refutes_what_the_rules_leave_open() -> None:
    (right,) = RulesFirst(Model({"supported": False}, 0.2)).verify([RIGHT])

    assert (right.supported, right.score, right.by) == (False, 0.2, "mini")
    assert [(place.start, place.end, place.why) for place in right.unsupported] == [(0, 26, claim_task.NO_SUPPORT)]


def test_where_a_model_gives_no_answer_that_of_the_rules_stands_and_is_counted() -> None:
    verifier = RulesFirst(Model(None))

    assert verifier.verify([RIGHT, WRONG]) == [verify(each.source, each.text) for each in (RIGHT, WRONG)]
    assert verifier.unanswered == 1
    assert RulesFirst(None).verify([RIGHT]) == [verify(RIGHT.source, RIGHT.text)]
    assert RulesFirst(None).verify([]) == []


@pytest.mark.parametrize(
    ("supported", "told", "score"), [(True, 0.4999, 0.5), (False, 0.5, 0.4999), (True, None, 1.0), (False, None, 0.0)]
)
def test_a_score_never_contradicts_its_answer(supported: bool, told: float | None, score: float) -> None:
    (answer,) = Model({"supported": supported}, told).verify([RIGHT])

    assert answer is not None
    assert (answer.supported, answer.score) == (supported, score)
    assert answer.supported == (answer.score >= 0.5)


def test_the_demos_task_checks_claims_and_a_mail_does_not() -> None:
    assert claim_task.is_claim_task(CLAIM_CHECK.spec)
    assert not claim_task.is_claim_task(outreach.SPEC)
