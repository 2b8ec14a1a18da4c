"""Signatures estimate the true similarity, and clusters hold what is alike and nothing else."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest

from review.text.near_duplicates import minhash

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
