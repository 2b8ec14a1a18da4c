from __future__ import annotations

import pytest

from generation.selection.signatures import SignatureIndex, signature

LONG = (
    "we plan your loads so that fewer lorries leave half empty and your planners get home on time each day of the week"
)


def texts(**by_key: str) -> tuple[SignatureIndex, dict[str, str]]:
    seen = SignatureIndex(at_most=1000)
    seen.add((key, signature(text)) for key, text in by_key.items())
    return seen, by_key


def test_a_text_with_one_word_changed_near_its_end_is_a_twin() -> None:
    seen, known = texts(first=LONG, other="something else entirely that nobody would take for the first of the two")

    twin = seen.twin(LONG.replace("week", "year"), but="new", text_of=known.get)

    # 19 runs of five each, 18 of them shared: 18 of 20.
    assert twin is not None and twin.key == "first"
    assert round(twin.similarity, 4) == round(18 / 20, 4)


@pytest.mark.slow
def test_a_twin_at_the_threshold_is_found_and_one_below_it_is_none() -> None:
    # 80 of 100 runs of five stand in both texts, and 79 of 99.
    told = {
        f"{shared} {number}": both for shared in (80, 79) for number in range(200) for both in [pair(shared, number)]
    }
    seen, known = texts(**{key: one for key, (one, _) in told.items()})

    found = {key for key, (_, other) in told.items() if seen.twin(other, but="new", text_of=known.get)}

    assert found <= {f"80 {number}" for number in range(200)}
    assert len(found) >= 198


def test_a_twin_is_found_behind_many_that_seem_as_like() -> None:
    for draw in range(20):
        words = [f"{draw}x{place}" for place in range(104)]
        others = {str(n): " ".join([*words[:91], *(f"{draw}x{n}x{k}" for k in range(10))]) for n in range(30)}
        seen, known = texts(**others, twin=" ".join([*words[:93], *(f"{draw}own{k}" for k in range(10))]))

        twin = seen.twin(" ".join(words), but="new", text_of=known.get)

        assert twin is not None and twin.key == "twin"


def pair(shared: int, number: int) -> tuple[str, str]:
    """Two texts that share so many runs of five words, and have ten more each."""
    same = [f"w{number}x{shared}x{place}" for place in range(shared + 4)]
    first, second = ([f"{side}{number}x{shared}x{place}" for place in range(10)] for side in "ab")
    return " ".join(same + first), " ".join(same + second)


def test_a_text_that_shares_half_is_no_twin() -> None:
    seen, known = texts(first=LONG)

    half = " ".join(LONG.split()[:11]) + " and then it goes on in quite another way about warehouses and docks"
    assert seen.twin(half, but="new", text_of=known.get) is None


def test_a_draft_told_again_is_no_twin_of_itself() -> None:
    seen, known = texts(same=LONG)

    assert seen.twin(LONG, but="same", text_of=known.get) is None


def test_a_twin_that_is_gone_is_none() -> None:
    seen, _ = texts(first=LONG)

    assert seen.twin(LONG, but="new", text_of=lambda key: None) is None


def test_only_the_newest_are_remembered() -> None:
    seen = SignatureIndex(at_most=4)
    known = {str(n): f"{LONG} number {n} of {n} texts that all differ by {n} {n + 1} {n + 2} {n + 3}" for n in range(9)}
    for key, text in known.items():
        seen.add([(key, signature(text))])

    assert len(seen) <= 8
    assert seen.twin(known["8"], but="new", text_of=known.get) is not None


def test_an_empty_text_is_like_nothing() -> None:
    seen, known = texts(first="", second=LONG)

    assert len(seen) == 1
    assert seen.twin("", but="new", text_of=known.get) is None
