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

    groups = minhash.clusters(minhash.signatures(texts))

    assert sorted(sorted(group) for group in groups) == [list(range(start, 30, 3)) for start in range(3)]


def test_no_member_of_a_cluster_is_unlike_its_first() -> None:
    rng = random.Random(11)
    chain = [text(rng)]
    for _ in range(40):
        chain.append(changed(chain[-1], rng, 2))
    found = minhash.signatures(chain)

    groups = minhash.clusters(found)

    assert len(groups) > 1
    for group in groups:
        assert float(minhash.estimates(found[group[0]], found[group]).min()) >= minhash.THRESHOLD


def test_near_duplicates_at_nine_tenths_are_all_found() -> None:
    rng = random.Random(5)
    pairs = [(one, changed(one, rng, 1)) for one in (text(rng) for _ in range(300))]

    groups = minhash.clusters(minhash.signatures([words for pair in pairs for words in pair]))

    assert len(groups) >= 299


def test_empty_texts_are_like_nothing() -> None:
    found = minhash.signatures([[], [], ["a"]])

    assert not found[0].any()
    assert minhash.clusters(found) == []
    assert minhash.jaccard(minhash.shingles([]), minhash.shingles([])) == 0
