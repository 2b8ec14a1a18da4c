"""Near-duplicates are found exactly, whatever the order."""

import random
import unicodedata

import pytest

from review.text import near_duplicates
from tests.review import near_pairs


def words(n: int, seed: int) -> list[str]:
    return [
        random.Random(seed * 1000 + i).choice(["red", "blue", "cold", "truck", "depot", "plan", "quiet"]) + str(i)
        for i in range(n)
    ]


def test_a_text_with_one_word_changed_is_a_near_duplicate() -> None:
    text = words(100, 1)
    changed = [*text[:50], "different", *text[51:]]

    found = near_pairs.pairs([" ".join(text), "something else entirely, of a few words only", " ".join(changed)])

    assert found == [(0, 2)]


def test_case_and_punctuation_do_not_hide_a_duplicate() -> None:
    found = near_pairs.pairs(["One two three four five six.", "one, two THREE four five six"])

    assert found == [(0, 1)]


def test_letters_composed_in_another_way_do_not_hide_a_duplicate() -> None:
    text = "Für größere Läden prüfen wir täglich, ob Ihre Kühlgeräte überhitzen und Wärme in die Räume zurückführen."
    texts = [text, unicodedata.normalize("NFD", text)]

    assert near_pairs.pairs(texts) == [(0, 1)]
    assert near_duplicates.shingles(texts[0]) == near_duplicates.shingles(texts[1])
    assert near_duplicates.rows_to_exclude(texts, ["train", "test"]) == {0: ("straddles", 1), 1: ("straddles", 0)}


def test_empty_texts_pair_with_nothing() -> None:
    assert near_pairs.pairs(["", "", " ... "]) == []


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

    assert near_pairs.pairs(texts) == brute
    assert brute


def brute(texts: list[str], splits: list[str]) -> dict[int, str]:
    """The rule, word for word: whoever has a twin in another split goes,
    and of twins in one split the earliest stays.
    """
    sets = [near_duplicates.shingles(text) for text in texts]
    near = [
        (i, j)
        for i in range(len(texts))
        for j in range(i + 1, len(texts))
        if sets[i] and len(sets[i] & sets[j]) >= 0.8 * len(sets[i] | sets[j])
    ]
    out = {row: "straddles" for pair in near if splits[pair[0]] != splits[pair[1]] for row in pair}
    for earlier, later in near:
        if earlier not in out and later not in out:
            out[later] = "near_duplicate"
    return out


def crowd(seed: int, count: int) -> tuple[list[str], list[str]]:
    """Texts of few and many words, many of them alike, in splits."""
    rng = random.Random(seed)
    base = [[f"w{rng.randrange(rng.choice([30, 300]))}" for _ in range(rng.randrange(3, 80))] for _ in range(12)]
    texts = []
    for _ in range(count):
        tokens = list(rng.choice(base))
        for _ in range(rng.randrange(4)):
            tokens[rng.randrange(len(tokens))] = f"x{rng.randrange(1000)}"
        texts.append(" ".join(tokens[: len(tokens) - rng.choice([0, 0, rng.randrange(15)])]))
    return texts, [rng.choices(["train", "validation", "test"], [8, 1, 1])[0] if seed % 3 else "train" for _ in texts]


@pytest.mark.parametrize("seed", range(6))
def test_what_is_left_out_is_what_the_rule_says_of_all_pairs(seed: int) -> None:
    texts, splits = crowd(seed, 150)

    out = near_duplicates.rows_to_exclude(texts, splits)

    assert {row: reason for row, (reason, _) in out.items()} == brute(texts, splits)
    assert out


def test_each_row_left_out_names_a_twin_that_tells_why() -> None:
    texts, splits = crowd(1, 150)

    out = near_duplicates.rows_to_exclude(texts, splits)

    for row, (reason, twin) in out.items():
        assert (row, twin) in near_pairs.pairs(texts) or (twin, row) in near_pairs.pairs(texts)
        assert (splits[row] != splits[twin]) == (reason == "straddles")
        assert reason == "straddles" or (twin < row and twin not in out)


@pytest.mark.slow
def test_thousands_of_texts_that_all_say_the_same_are_told_apart_from_none() -> None:
    same = " ".join(words(90, 3))
    texts = [f"{same} company{i}" for i in range(3000)]

    out = near_duplicates.rows_to_exclude(texts, ["train"] * 3000)

    assert len(out) == 2999
    assert 0 not in out


def test_nothing_is_left_out_of_nothing() -> None:
    assert near_duplicates.rows_to_exclude([], []) == {}
    assert near_duplicates.rows_to_exclude(["", " "], ["train", "test"]) == {}
