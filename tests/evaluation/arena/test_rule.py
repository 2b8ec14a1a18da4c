"""The rule of an arena, without a database: what is dealt next, what is clear, and when it ends."""

from __future__ import annotations

from uuid import UUID

import pytest

from evaluation.arena import results, rule
from evaluation.arena.rule import JudgedPair


def pair(n: int, left: int = 0, right: int = 1, *votes: str, **flags: bool) -> JudgedPair:
    said = tuple((f"voter {place}", verdict) for place, verdict in enumerate(votes))
    return JudgedPair(
        UUID(int=1000 * left + 100_000 * right + n), UUID(int=n), left, right,
        flags.get("is_identical", False), flags.get("is_doubled", False), said,  # type: ignore[arg-type]
    )  # fmt: skip


def dealt(pairs: list[JudgedPair], systems: int = 2, voter: str = "eva", most: int = 200) -> JudgedPair | None:
    return rule.next_pair(pairs, systems, most, seed="seed", voter=voter)  # type: ignore[arg-type]


def test_a_score_is_told_for_the_system_that_comes_first_whatever_side_it_was_on() -> None:
    assert pair(1, 0, 1, "left").score == 1.0
    assert pair(1, 1, 0, "left").score == 0.0
    assert pair(1, 1, 0, "right", "tie").score == 0.75
    [counts] = rule.matchups([pair(1, 1, 0, "left"), pair(2, 0, 1, "left"), pair(3, 0, 1, "both_bad")], 2)
    assert (counts.wins, counts.losses, counts.both_bad, counts.voted) == (1, 1, 1, 3)


def test_only_the_first_vote_on_a_pair_counts_for_the_rule() -> None:
    [counts] = rule.matchups([pair(1, 0, 1, "left", "right")], 2)

    assert (counts.wins, counts.losses) == (1, 0)


def test_the_two_systems_whose_order_is_least_certain_are_dealt() -> None:
    known = [pair(n, 0, 1, "left") for n in range(6)] + [pair(n, 0, 2, "left" if n % 2 else "right") for n in range(6)]
    known += [pair(n, 1, 2, "left") for n in range(6)]
    waiting = [pair(n, *two) for n in range(6, 12) for two in ((0, 1), (0, 2), (1, 2))]

    chosen = dealt([*known, *waiting], systems=3)

    assert chosen is not None and (chosen.first, chosen.second) == (0, 2)


def test_what_is_clear_is_dealt_no_more() -> None:
    clear = [pair(n, 0, 1, "left") for n in range(9)]

    assert dealt([*clear, pair(9)]) is None
    assert rule.ending([*clear, pair(9)], 2, 200) == "clear"
    # With three systems each order must be clearer.
    assert dealt([*clear, pair(9)], systems=3) is not None


def test_the_planned_votes_are_the_end() -> None:
    level = [pair(n, 0, 1, "left" if n % 2 else "right") for n in range(10)]

    assert rule.ending([*level, pair(10)], 2, 10) == "spent"
    assert rule.ending([*level, pair(10)], 2, 11) is None
    assert rule.ending(level, 2, 200) == "spent"


def test_two_voters_are_dealt_in_orders_of_their_own_and_each_the_same_at_every_look() -> None:
    pairs = [pair(n) for n in range(50)]
    orders = {voter: [dealt(pairs, voter=voter) for _ in range(2)] for voter in ("eva", "otto", "ida")}

    assert all(one == other for one, other in orders.values())
    assert len({one for one, _ in orders.values()}) > 1


def test_a_doubled_pair_goes_to_a_second_voter_before_new_ones_and_never_to_a_third() -> None:
    once, twice = pair(1, 0, 1, "tie", is_doubled=True), pair(2, 0, 1, "tie", "left", is_doubled=True)

    assert dealt([once, twice, pair(3)]) == once
    assert dealt([once, twice, pair(3)], voter="voter 0") == pair(3)
    assert dealt([twice]) is None


def test_equal_texts_count_as_ties_as_far_as_the_votes_have_come() -> None:
    alike = [pair(n, is_identical=True) for n in range(100, 110)]
    voted = [pair(n, 0, 1, "right") for n in range(4)] + [pair(4, 0, 1, "left")]

    half = results.standings(["teacher", "run"], [*voted, *alike, *(pair(n) for n in range(5, 10))], 200)
    whole = results.standings(["teacher", "run"], [*voted, *alike], 200)

    # Four of five won, and for each voted half one tie for every pair voted on; then all ten ties.
    assert half[0].strength.chance == pytest.approx((4 + 2.5) / 10)
    assert whole[0].strength.chance == pytest.approx((4 + 5) / 15)


def test_an_arena_without_a_vote_says_so_and_rates_nobody() -> None:
    found = results.result(["teacher", "run"], [pair(n) for n in range(3)], 200)

    assert found.sentence == "No votes on teacher and run yet."
    assert [row.strength.chance for row in found.standings] == [0.5, None]
    assert found.agreement is found.left is None


def test_columns_with_a_few_values_divide_and_others_do_not() -> None:
    facts = {
        UUID(int=n): {"sector": "a" if n % 2 else "b", "name": f"n{n}", "one": "x", "empty": "", "parts": []}
        for n in range(20)
    }

    assert list(results.columns(facts, ["sector", "name", "one", "empty", "parts", "absent"])) == ["sector"]


@pytest.mark.slow
def test_what_votes_can_show_is_told_before_they_are_given() -> None:
    rows = {need.percent: need for need in rule.needs(4)}

    assert (rows[60].of_two, rows[80].of_two) == (352, 33)
    assert (rows[60].of_all, rows[80].of_all) == (475, 46)
    assert rule.outlook(2, 60).least_percent == 73
    assert rule.outlook(2, 5).least_percent is None


def test_the_verdict_of_three_systems_names_what_is_clear_and_counts_the_rest() -> None:
    pairs = [pair(n, 0, 1, "left") for n in range(12)] + [pair(n, 0, 2, "tie") for n in range(12)]

    found = results.result(["teacher", "run", "base"], pairs, 200)

    assert found.sentences == [
        "teacher is preferred to run: 12 of the 12 votes that decide.",
        "No clear order of 2 of 3 pairs of systems.",
    ]
