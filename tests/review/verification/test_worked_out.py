"""Spans, limits and conditions told in other terms, and ranks that nothing in the passage bears out."""

from __future__ import annotations

import pytest

from review.text.verification.rules import verify

MAIL = (
    "Your trial of the mill's scheduler ends on Friday. Your plans stay stored for 90 days even if you do not renew. "
    "If the hours we save you do not reach 200 a year, we refund the fee. Could you send us the signed form by the end "
    "of August? Otherwise the place goes to the next in line. Anna wants a fixed price, not per sack. Whoever signs "
    "before May gets the first two wagons free. A lease runs for two months."
)
SALE = "The bakers took a majority stake in Arlen Mill for $60m. The shares of Arlen Mill gained 12%."
BATTLE = (
    "A troupe will act out the battle of Arlen on Sunday. Some 300 people in old dress will walk to the hill, where "
    "the village holds a fair. The hall has a new roof."
)


@pytest.mark.parametrize(
    "claim",
    [
        "Plans are kept for three months.",
        "A lease runs for 60 days.",
        "The fee is returned if the mill saves less than 200 hours.",
        "Without the form by the end of August the place goes to another.",
        "Anna asked for a fixed price rather than a price per sack.",
        "Those who sign by May get two wagons free.",
    ],
)
def test_what_a_mail_says_in_other_terms_is_not_marked(claim: str) -> None:
    assert verify(MAIL, claim).unsupported == ()


@pytest.mark.parametrize(
    ("claim", "place"),
    [
        ("Plans are kept for four months.", "four months"),
        ("A lease runs for 75 days.", "75 days"),
        ("Plans are kept for 85 days.", "85 days"),
        ("Whoever signs before May gets the first three wagons free.", "three"),
    ],
)
def test_another_span_or_number_is_marked(claim: str, place: str) -> None:
    assert place in [claim[each.start : each.end] for each in verify(MAIL, claim).unsupported]


def test_a_majority_of_owners_is_no_share_of_a_count() -> None:
    assert verify(SALE, "The bakers bought a majority of Arlen Mill for $60m.").supported


@pytest.mark.parametrize(
    ("claim", "place"),
    [
        ("The troupe will act out one of the bloodiest battles of the time.", "bloodiest"),
        ("The battle of Arlen is one of the land's most famous battles.", "most famous"),
        ("The hall is the tallest in the village.", "tallest"),
    ],
)
def test_a_rank_that_the_passage_does_not_give_is_marked(claim: str, place: str) -> None:
    assert place in [claim[each.start : each.end] for each in verify(BATTLE, claim).unsupported]


@pytest.mark.parametrize("claim", ["At most 300 people walk to the hill.", "Most people walk to the hill on Sunday."])
def test_most_of_a_number_is_no_rank(claim: str) -> None:
    assert verify(BATTLE, claim).supported


def test_what_is_denied_may_be_told_in_one_word() -> None:
    assert verify("Olga insured her boat. Her mill is not insured.", "Olga's mill is uninsured.").supported
