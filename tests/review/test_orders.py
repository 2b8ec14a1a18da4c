"""Orders of a queue: by how little past verdicts say, and by how different texts are."""

from __future__ import annotations

import numpy as np

from review.desk import ordering_strategies
from tests import pace

TOPICS = ("cold chain depot freight", "payroll invoices audit tax", "roof solar panels inverter")


def test_a_pattern_names_each_check_once() -> None:
    marks = [{"check": "spam_words"}, {"check": "length"}, {"check": "spam_words"}]

    assert ordering_strategies.pattern_of(marks) == "length spam_words"
    assert ordering_strategies.pattern_of([]) == ""


def test_rates_are_drawn_towards_the_overall_rate_where_little_was_judged() -> None:
    history = [("", True)] * 80 + [("", False)] * 20 + [("length", False)]

    rates = ordering_strategies.acceptance_by_pattern(history)

    overall = (80 + 1) / (101 + 2)
    assert rates["*"] == overall
    assert rates["length"] == (0 + 8 * overall) / (1 + 8)
    assert rates[""] == (80 + 8 * overall) / (100 + 8)


def test_without_history_every_draft_is_as_uncertain_as_the_next() -> None:
    assert ordering_strategies.acceptance_by_pattern([]) == {"*": 0.5}


def test_the_chance_nearest_a_half_comes_first_and_equals_keep_their_order() -> None:
    assert ordering_strategies.least_certain_first([0.9, 0.5, 0.1, 0.45, 0.55]) == [1, 3, 4, 0, 2]


def test_likely_good_ones_come_first_by_lot() -> None:
    equal_lots = ordering_strategies.likely_good_first([0.1, 0.9, 0.5], [0.4, 0.4, 0.4])
    # The worst has drawn the best lot: no place tells for sure what is thought of the draft there.
    awaited = ordering_strategies.likely_good_first([0.5, 0.8, 0.6], [0.4, 0.4, 0.4], [False, False, True])
    assert awaited == [2, 1, 0], "ten times odds of 1.5 come before odds of 4"
    lucky = ordering_strategies.likely_good_first([0.1, 0.9, 0.5], [0.99, 0.2, 0.2])

    assert equal_lots == [1, 2, 0] and lucky[0] == 0


def test_a_draft_with_twice_the_odds_comes_first_twice_as_often() -> None:
    lots = np.random.default_rng(3).random((4_000, 2))
    first = [ordering_strategies.likely_good_first([2 / 3, 0.5], list(pair))[0] for pair in lots]

    # Odds of 2 and 1: two of three times, with a standard error of 0.7 points; the seed is fixed.
    assert abs(first.count(0) / len(first) - 2 / 3) < 0.02


def test_the_first_round_shows_every_topic() -> None:
    texts = [f"{TOPICS[index // 10]} number{index}" for index in range(30)]

    places = ordering_strategies.most_different_first(texts)

    assert sorted(places) == list(range(30))
    first = [place // 10 for place in places[:3]]
    assert sorted(first) == [0, 1, 2]


def test_equal_texts_come_one_after_the_other() -> None:
    assert ordering_strategies.most_different_first(["same words here"] * 4) == [0, 1, 2, 3]
    assert ordering_strategies.most_different_first(["one"]) == [0]
    assert ordering_strategies.most_different_first(["", ""]) == [0, 1]


def test_ten_thousand_texts_take_seconds() -> None:
    texts = [f"{TOPICS[index % 3]} {index} {index % 97} {index % 89}" for index in range(10_000)]

    with pace.within(8):
        places = ordering_strategies.most_different_first(texts)

    assert len(set(places)) == 10_000
