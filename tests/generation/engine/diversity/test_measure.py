from __future__ import annotations

import pytest

from generation.diversity.measure import COMPARED, distinct, measure, similarity


def test_distinct_n_is_distinct_runs_over_all_runs() -> None:
    texts = [["a", "b", "a", "b"], ["a", "b", "c"]]

    # One word: a b a b a b c is 7 runs of 3 kinds. Two: ab ba ab | ab bc is 5 of 3. Three: aba bab | abc is 3 of 3.
    assert distinct(texts, 1) == pytest.approx(3 / 7, abs=1e-4)
    assert distinct(texts, 2) == pytest.approx(3 / 5, abs=1e-4)
    assert distinct(texts, 3) == 1.0


def test_runs_do_not_reach_from_one_text_into_the_next() -> None:
    assert distinct([["a"], ["b"]], 2) == 0.0


def test_similarity_is_the_mean_over_pairs_and_over_nearest_others() -> None:
    one = ["a", "b", "c", "d", "e", "f"]  # abcde bcdef
    two = ["a", "b", "c", "d", "e", "g"]  # abcde bcdeg: shares 1 of 3
    other = ["u", "v", "w", "x", "y"]  # shares none

    mean, nearest = similarity([one, two, other])

    assert mean == pytest.approx((1 / 3 + 0 + 0) / 3, abs=1e-4)
    assert nearest == pytest.approx((1 / 3 + 1 / 3 + 0) / 3, abs=1e-4)


def test_equal_texts_are_wholly_alike_and_one_text_is_like_none() -> None:
    words = ["a", "b", "c", "d", "e", "f"]

    assert similarity([words, words]) == (1.0, 1.0)
    assert similarity([words]) == (0.0, 0.0)
    assert similarity([[], []]) == (0.0, 0.0)


def test_of_many_texts_an_even_sample_is_compared() -> None:
    found = measure([f"text number {n} says what {n} says and nothing else" for n in range(3 * COMPARED + 1)])

    assert found.texts == 3 * COMPARED + 1
    assert COMPARED * 0.7 < found.compared <= COMPARED
