"""Near-duplicates are found exactly, whatever the order."""

import random

import pytest

from review import near_duplicates


def words(n: int, seed: int) -> list[str]:
    return [
        random.Random(seed * 1000 + i).choice(["red", "blue", "cold", "truck", "depot", "plan", "quiet"]) + str(i)
        for i in range(n)
    ]


def test_a_text_with_one_word_changed_is_a_near_duplicate() -> None:
    text = words(100, 1)
    changed = [*text[:50], "different", *text[51:]]

    found = near_duplicates.pairs([" ".join(text), "something else entirely, of a few words only", " ".join(changed)])

    assert found == [(0, 2)]


def test_case_and_punctuation_do_not_hide_a_duplicate() -> None:
    found = near_duplicates.pairs(["One two three four five six.", "one, two THREE four five six"])

    assert found == [(0, 1)]


def test_empty_texts_pair_with_nothing() -> None:
    assert near_duplicates.pairs(["", "", " ... "]) == []


@pytest.mark.parametrize("seed", range(5))
def test_prefix_filtering_misses_no_pair_that_comparing_all_finds(seed: int) -> None:
    rng = random.Random(seed)
    base = [words(60, rng.randrange(5)) for _ in range(40)]
    texts = []
    for tokens in base:
        for position in rng.sample(range(60), rng.randrange(4)):
            tokens[position] = f"x{rng.randrange(10**6)}"
        texts.append(" ".join(tokens))
    sets = [near_duplicates.shingles(text) for text in texts]
    brute = [
        (i, j) for i in range(40) for j in range(i + 1, 40) if len(sets[i] & sets[j]) >= 0.8 * len(sets[i] | sets[j])
    ]

    assert near_duplicates.pairs(texts) == brute
    assert brute


def test_a_pair_across_splits_leaves_both_out_and_one_within_a_split_leaves_the_later_out() -> None:
    out = near_duplicates.verdicts(["train", "test", "train", "train"], [(0, 1), (2, 3)])

    assert out == {0: "straddles", 1: "straddles", 3: "near_duplicate"}
