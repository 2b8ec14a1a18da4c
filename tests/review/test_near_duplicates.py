"""Near-duplicates are found exactly, whatever the order; signatures estimate the true similarity."""

from __future__ import annotations

import random
import subprocess
import sys
import unicodedata

import numpy as np
import pytest

from review.text import near_duplicates
from review.text.near_duplicates import minhash
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


VOCABULARY = [f"w{number}" for number in range(5000)]


def text(rng: random.Random, length: int = 150) -> list[str]:
    return rng.choices(VOCABULARY, k=length)


def pair(rng: random.Random, shared: int, own: int) -> tuple[list[str], list[str]]:
    """Two texts with so many five-word runs in common and so many each alone: Jaccard shared / (shared + 2 own)."""
    same, *ends = (
        [f"{rng.random():.12f}"[2:] for _ in range(size)] for size in (shared + minhash.SHINGLE_WORDS - 1, own, own)
    )
    return same + ends[0], same + ends[1]


def groups_of(texts: list[list[str]]) -> list[list[int]]:
    return minhash.clusters(minhash.signatures(texts), lambda rows: [" ".join(texts[row]) for row in rows])


def changed(words: list[str], rng: random.Random, swaps: int) -> list[str]:
    copy = list(words)
    for place in rng.sample(range(len(copy)), swaps):
        copy[place] = "changed"
    return copy


@pytest.mark.parametrize("swaps", [1, 3, 6, 12])
def test_an_estimate_is_near_the_true_similarity(swaps: int) -> None:
    rng = random.Random(7)
    errors = []
    for _ in range(60):
        one = text(rng)
        other = changed(one, rng, swaps)
        true = minhash.jaccard(minhash.shingles(one), minhash.shingles(other))
        first, second = minhash.signatures([one, other])
        errors.append(float(minhash.estimates(first, second[None])[0]) - true)

    assert abs(np.mean(errors)) < 0.02
    assert np.std(errors) < 0.055


def test_equal_texts_have_equal_signatures_in_every_process() -> None:
    code = (
        "from review.text.near_duplicates import minhash; "
        "print(minhash.signatures([['a','b','c','d','e','f']])[0][:4].tolist())"
    )

    here = minhash.signatures([["a", "b", "c", "d", "e", "f"]])[0][:4].tolist()
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert there.strip() == str(here)


def test_clusters_hold_what_is_alike_and_leave_the_rest() -> None:
    rng = random.Random(3)
    seeds = [text(rng) for _ in range(3)]
    texts = [changed(seeds[row % 3], rng, 1) if row < 30 else text(rng) for row in range(130)]

    groups = groups_of(texts)

    assert sorted(sorted(group) for group in groups) == [list(range(start, 30, 3)) for start in range(3)]


def test_no_member_of_a_cluster_is_unlike_its_first() -> None:
    rng = random.Random(11)
    chain = [text(rng)]
    for _ in range(40):
        chain.append(changed(chain[-1], rng, 2))
    sets = [minhash.shingles(words) for words in chain]

    groups = groups_of(chain)

    assert len(groups) > 1
    for first, *others in groups:
        assert min(minhash.jaccard(sets[first], sets[other]) for other in others) >= minhash.THRESHOLD


# Shared and own shingles: similarities of exactly .80, of .82, .85 and .90.
@pytest.mark.parametrize(("shared", "own"), [(80, 10), (73, 8), (68, 6), (72, 4)])
def test_near_duplicates_at_the_threshold_and_above_are_found(shared: int, own: int) -> None:
    rng = random.Random(5)
    pairs = [pair(rng, shared, own) for _ in range(300)]

    groups = groups_of([words for both in pairs for words in both])

    assert {tuple(group) for group in groups} <= {(row, row + 1) for row in range(0, 600, 2)}
    assert len(groups) >= 297


# .79, .78 and .75: estimates of many of them lie above the threshold.
@pytest.mark.parametrize(("shared", "own"), [(79, 10), (71, 10), (60, 10)])
def test_texts_below_the_threshold_are_never_joined(shared: int, own: int) -> None:
    rng = random.Random(6)
    pairs = [pair(rng, shared, own) for _ in range(300)]

    assert groups_of([words for both in pairs for words in both]) == []


def test_a_near_duplicate_is_found_among_many_texts_of_one_template() -> None:
    rng = random.Random(8)
    template = text(rng)
    texts = [changed(template, rng, 12) for _ in range(300)]
    texts = [[f"{word}-{row}" if word == "changed" else word for word in words] for row, words in enumerate(texts)]

    assert groups_of([*texts, changed(texts[250], rng, 1)]) == [[250, 300]]


def test_a_text_that_is_gone_by_now_joins_nothing() -> None:
    words = text(random.Random(9))

    assert minhash.clusters(minhash.signatures([words] * 3), lambda rows: ["", " ".join(words), ""]) == []


def test_empty_texts_are_like_nothing() -> None:
    found = minhash.signatures([[], [], ["a"]])

    assert not found[0].any()
    assert groups_of([[], [], ["a"]]) == []
    assert minhash.jaccard(minhash.shingles([]), minhash.shingles([])) == 0
