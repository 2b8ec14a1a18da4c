"""Which verdicts are data on agreement, and which come too late to be blind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from review.adjudication.agreement.blind_verdicts import BlindVerdict, while_blind

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DRAFT, ANN, BO, CY = (uuid4().hex for _ in range(4))


def word(who: str, verdict: str, minute: int, *, retracts: BlindVerdict | None = None) -> BlindVerdict:
    at = (START + timedelta(minutes=minute)).isoformat()
    return BlindVerdict(DRAFT, uuid4().hex, who, verdict, at, retracts.id if retracts else None, None, {}, "")


def said(*words: BlindVerdict, wanted: int = 1) -> dict[str, str]:
    return {one.reviewer: one.verdict for one in while_blind(words, required=wanted)}


def test_two_verdicts_count_as_they_were_given() -> None:
    assert said(word(ANN, "accept", 0), word(BO, "reject", 1)) == {ANN: "accept", BO: "reject"}


def test_a_verdict_taken_back_and_given_anew_while_blind_counts_by_its_last_word() -> None:
    first = word(ANN, "accept", 0)

    found = said(first, word(ANN, "retract", 1, retracts=first), word(ANN, "edit", 2), word(BO, "edit", 3))

    assert found == {ANN: "edit", BO: "edit"}


def test_what_is_changed_once_the_other_verdict_stands_changes_nothing() -> None:
    first = word(ANN, "accept", 0)

    found = said(first, word(BO, "reject", 1), word(ANN, "retract", 2, retracts=first), word(ANN, "reject", 3))

    assert found == {ANN: "accept", BO: "reject"}


def test_a_third_opinion_counts_by_its_first_word() -> None:
    third = word(CY, "edit", 2)

    found = said(word(ANN, "accept", 0), word(BO, "reject", 1), third, word(CY, "retract", 3, retracts=third))

    assert found == {ANN: "accept", BO: "reject", CY: "edit"}


def test_blindness_lasts_until_as_many_judged_as_the_draft_takes() -> None:
    first = word(ANN, "accept", 0)
    rest = [
        word(BO, "accept", 1),
        word(ANN, "retract", 2, retracts=first),
        word(ANN, "reject", 3),
        word(CY, "accept", 4),
    ]

    assert said(first, *rest, wanted=3) == {ANN: "reject", BO: "accept", CY: "accept"}
    assert said(first, *rest) == {ANN: "accept", BO: "accept", CY: "accept"}


def test_a_verdict_taken_back_for_good_is_none() -> None:
    first = word(ANN, "accept", 0)

    assert said(first, word(ANN, "retract", 1, retracts=first), word(BO, "accept", 2)) == {BO: "accept"}
