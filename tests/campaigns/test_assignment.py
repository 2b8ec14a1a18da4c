from __future__ import annotations

from collections import Counter

import pytest

from campaigns.planning.assignment import arm_of, fraction, is_sampled


def test_a_cluster_falls_into_the_same_arm_always() -> None:
    first = [arm_of("salt", f"co{n}.example", [1, 1]) for n in range(100)]

    again = [arm_of("salt", f"co{n}.example", [1, 1]) for n in reversed(range(100))]

    assert first == again[::-1]


def test_the_case_of_a_cluster_does_not_matter() -> None:
    assert arm_of("salt", "ACME.example ", [1, 1, 1]) == arm_of("salt", "acme.example", [1, 1, 1])


def test_another_salt_shuffles_anew() -> None:
    clusters = [f"co{n}.example" for n in range(200)]

    moved = sum(arm_of("a", name, [1, 1]) != arm_of("b", name, [1, 1]) for name in clusters)

    assert 60 < moved < 140


@pytest.mark.parametrize("weights", [[1, 1], [9, 1], [1, 2, 3], [1, 0, 1]])
def test_arms_get_what_their_weights_say(weights: list[int]) -> None:
    counts = Counter(arm_of("salt", f"co{n}.example", weights) for n in range(20_000))

    for index, weight in enumerate(weights):
        expected = 20_000 * weight / sum(weights)
        assert abs(counts[index] - expected) < 4 * max(expected, 1) ** 0.5


def test_the_assignment_is_the_one_that_is_documented() -> None:
    # SHA-256 of "salt|acme.example" begins with these bits; who registers an experiment can check it by hand.
    import hashlib

    head = int.from_bytes(hashlib.sha256(b"salt|acme.example").digest()[:8], "big") / 2**64

    assert abs(fraction("salt", "acme.example") - head) < 1e-15


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1], [-1]])
def test_weights_that_assign_nobody_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match=r"assign no contacts|empty"):
        arm_of("salt", "acme.example", weights)


def test_a_smaller_share_is_a_part_of_a_larger_one() -> None:
    names = [str(n) for n in range(2_000)]

    few = {name for name in names if is_sampled("salt", name, 0.1)}
    more = {name for name in names if is_sampled("salt", name, 0.3)}

    assert few < more
    assert 140 < len(few) < 260
    assert not any(is_sampled("salt", name, 0.0) for name in names)
    assert all(is_sampled("salt", name, 1.0) for name in names)
